#include "proof/damage/damage.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "proof/damage/damages.hpp"
#include "proof/damage/verdict.hpp"
#include "support/child_process.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::proof::damage {
namespace {

namespace fs = std::filesystem;
using test::ChildProcess;

// For one damage. Most take some milliseconds; a sanitizer and a busy machine make that a second.
constexpr std::chrono::milliseconds kPatience{20'000};

// Nothing here is about power, and a disk would only make every commit wait. Falls back to `folder`.
class QuickFolder {
 public:
  explicit QuickFolder(const std::string& folder) : path_(folder) {
    std::string name = "/dev/shm/penny-damage-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) return;
    path_ = name;
    is_ours_ = true;
  }
  ~QuickFolder() {
    std::error_code ignored;
    if (is_ours_) fs::remove_all(path_, ignored);
  }
  QuickFolder(const QuickFolder&) = delete;
  QuickFolder& operator=(const QuickFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool is_ours_ = false;
};

std::string own_program() { return fs::read_symlink("/proc/self/exe").string(); }

// FOLDER/killed/memory.db, as a killed process left it, and FOLDER/copied/memory.db.
void prepare(const std::string& folder) {
  for (const char* name : {"/killed", "/copied"}) fs::create_directories(folder + name);
  {
    ChildProcess filler({own_program(), "--worker", "damage_fill", folder + "/killed"});
    if (filler.line() != "filled") throw std::runtime_error("the store was not filled");
    filler.kill();
  }
  const std::string path = folder + "/copied/memory.db";
  write_image(read_image(folder + "/killed/memory.db"), path, false);
  {
    test::RawDatabase database(path);
    database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    // Closing the last connection of a plain program would take log and shared memory away.
    write_image(read_image(path), folder + "/copied/kept.db", false);
  }
  write_image(read_image(folder + "/copied/kept.db"), path, false);
}

struct Tally {
  std::uint64_t damages = 0;
  std::uint64_t refused = 0;
  std::uint64_t changed = 0;
  std::uint64_t read_refused = 0;
  std::uint64_t found = 0;
  std::uint64_t harmless = 0;
};

class Part {
 public:
  Part(const Order& order, Report& report, std::uint64_t count)
      : order_(order), report_(report), count_(count), folder_(order.folder), progress_("damages", count) {
    prepare(folder_.path());
    images_ = load_images(folder_.path());
    targets_ = find_targets(images_, folder_.path());
    tallies_.resize(targets_.size());
    for (const std::string_view claim : kClaims) report_.check(std::string(claim), true);
  }

  void attack() {
    std::vector<std::thread> drivers;
    for (std::uint32_t i = 0; i < order_.jobs; ++i) drivers.emplace_back([this, i] { drive(i); });
    for (std::thread& driver : drivers) driver.join();
  }

  void tell() {
    report_.figure("damages", with_thousands_apart(done_));
    report_.figure("targets", std::to_string(targets_.size()));
    report_.figure("store", fmt::format("{} pages, {} frames of {} commits in the -wal, {} bytes of it leftovers",
                                        images_.copied.of(File::kDatabase).size() / kPageBytes, log().frames,
                                        log().commits.size(), leftover_bytes()));
    Tally all;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      const Tally& t = tallies_[i];
      report_.figure(
          targets_[i].name,
          fmt::format("{} damages: {} refused at open; of the others {} changed an answer, {} refused a read, "
                      "{} found by verify, {} harmless",
                      t.damages, t.refused, t.changed, t.read_refused, t.found, t.harmless));
      all.refused += t.refused;
      all.changed += t.changed;
      all.found += t.found;
      all.harmless += t.harmless;
    }
    report_.figure("refused at open", with_thousands_apart(all.refused));
    report_.figure("opened, and an answer changed", with_thousands_apart(all.changed));
    report_.figure("opened, and found by verify", with_thousands_apart(all.found));
    report_.figure("harmless", with_thousands_apart(all.harmless));
    report_.check("Every damage was done and judged", done_ == count_, fmt::format("{} of {}", done_, count_));
    const auto idle = std::ranges::find_if(tallies_, [](const Tally& t) { return t.damages == 0; });
    report_.check("Every target was hit", count_ < targets_.size() || idle == tallies_.end(),
                  idle == tallies_.end() ? "" : targets_[static_cast<std::size_t>(idle - tallies_.begin())].name);
    report_.check("At least a quarter of all damages count: they are refused or change an answer",
                  (all.refused + all.changed) * 4 >= done_, fmt::format("{} of {}", all.refused + all.changed, done_));
  }

 private:
  [[nodiscard]] Log log() const { return read_log(images_.killed.of(File::kLog)); }
  [[nodiscard]] std::uint64_t leftover_bytes() const {
    return images_.killed.of(File::kLog).size() - kLogHeaderBytes - log().frames * kFrameBytes;
  }

  // One worker after the other, each begun behind the damage that the one before did not survive.
  void drive(std::uint32_t number) {
    const std::string folder = fmt::format("{}/worker-{}", folder_.path(), number);
    std::uint64_t next = number;
    while (next < count_) {
      ChildProcess worker({own_program(), "--worker", "damage", folder_.path(), folder, std::to_string(order_.seed),
                           std::to_string(next), std::to_string(count_), std::to_string(order_.jobs)});
      try {
        next = listen(worker, next);
        check_end(worker.wait());
      } catch (const std::exception& error) {
        note_death(worker, next, error.what());
        next += order_.jobs;
      }
    }
  }

  std::uint64_t listen(ChildProcess& worker, std::uint64_t& next) {
    for (;;) {
      const std::string line = worker.line(kPatience);
      if (line == "done") return count_;
      if (line == fmt::format("begin {}", next)) continue;
      take(next, verdict_from(line));
      next += order_.jobs;
    }
  }

  // A sanitizer tells of what was lost when the process ends.
  void check_end(int status) {
    const std::lock_guard lock(mutex_);
    report_.check(std::string(kClaims[static_cast<std::size_t>(Claim::kSurvives)]), status == 0,
                  fmt::format("seed {}: a worker that had done all ended with status {}", order_.seed, status));
  }

  void note_death(ChildProcess& worker, std::uint64_t number, const std::string& said) {
    std::string how = fmt::format("no answer within {} ms", kPatience.count());
    try {
      const int status = worker.wait(std::chrono::milliseconds(500));
      how = WIFSIGNALED(status) ? fmt::format("killed by signal {}", WTERMSIG(status))
                                : fmt::format("ended with code {}", WEXITSTATUS(status));
    } catch (const std::exception&) {
      worker.kill();
    }
    const Damage damage = draw(targets_, images_, order_.seed, number);
    Verdict verdict;
    verdict.reds.push_back({.claim = Claim::kSurvives, .witness = fmt::format("{}; {}; {}", damage.what, how, said)});
    take(number, verdict);
  }

  void take(std::uint64_t number, const Verdict& verdict) {
    const std::lock_guard lock(mutex_);
    Tally& tally = tallies_[number % targets_.size()];
    tally.damages += 1;
    tally.refused += verdict.is_refused ? 1 : 0;
    tally.changed += verdict.has_changed ? 1 : 0;
    tally.read_refused += verdict.is_read_refused ? 1 : 0;
    tally.found += verdict.is_found ? 1 : 0;
    tally.harmless += verdict.is_refused || verdict.has_changed || verdict.is_found ? 0 : 1;
    for (const Red& red : verdict.reds) {
      report_.check(std::string(kClaims[static_cast<std::size_t>(red.claim)]), false,
                    fmt::format("seed {}, damage {}: {}", order_.seed, number, red.witness));
    }
    progress_.at(++done_);
  }

  const Order& order_;
  Report& report_;
  const std::uint64_t count_;
  const QuickFolder folder_;
  Images images_;
  std::vector<Target> targets_;
  std::vector<Tally> tallies_;
  std::mutex mutex_;  // all below and the report, while drivers run
  std::uint64_t done_ = 0;
  Progress progress_;
};

}  // namespace

void run(const Order& order, Report& report) {
  Part part(order, report, order.amount_or(150, 2'000, 100'000));
  part.attack();
  part.tell();
}

}  // namespace penny::proof::damage
