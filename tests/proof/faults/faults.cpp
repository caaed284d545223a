#include "proof/faults/faults.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proof/faults/board.hpp"
#include "proof/faults/claims.hpp"
#include "proof/faults/fault.hpp"
#include "proof/faults/subject.hpp"
#include "proof/faults/sweep.hpp"
#include "proof/faults/tally.hpp"
#include "support/child_process.hpp"

namespace penny::proof::faults {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// The longest attempt copies 16 MB some times; on a busy machine that is a second.
constexpr std::chrono::seconds kHangAfter{60};
constexpr milliseconds kLookEvery{50};
constexpr int kCrashesMax = 5;
const std::string kSurvives = "no fault kills the process or keeps it for longer than a minute";

class SweepProcess {
 public:
  SweepProcess(Share share, const std::string& folder) : share_(std::move(share)), board_path_(folder + "-board") {
    share_.folder = folder;
    std::filesystem::create_directories(folder);
    board_ = std::make_unique<Board>(board_path_);
    start();
  }
  ~SweepProcess() {
    if (pid_ < 0) return;
    (void)kill(pid_, SIGKILL);
    (void)waitpid(pid_, nullptr, 0);
  }
  SweepProcess(const SweepProcess&) = delete;
  SweepProcess& operator=(const SweepProcess&) = delete;

  [[nodiscard]] std::uint64_t done() const { return board_->done(); }

  // False: it has ended. Starts it again behind what crashed it, a few times.
  bool look(Report& report) {
    if (pid_ < 0) return false;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) {
      watch_for_hang();
      return true;
    }
    pid_ = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return false;
    const std::string how = WIFSIGNALED(status)
                                ? fmt::format("{}signal {}", has_hung_ ? "it hung; " : "", WTERMSIG(status))
                                : fmt::format("exit code {}", WEXITSTATUS(status));
    report.check(kSurvives, false, fmt::format("{}: {} (seed {})", board_->point(), how, share_.seed));
    if (++crashes_ > kCrashesMax) return false;
    share_.first_cell = board_->cell() + 1;
    start();
    return true;
  }

  [[nodiscard]] bool add_to(Tally& tally) const {
    std::ifstream said(output());
    return tally.read(said);
  }

 private:
  [[nodiscard]] std::string output() const { return share_.folder + "/output"; }

  void start() {
    std::vector<std::string> words{"/proc/self/exe", "--worker", "faults"};
    for (std::string& word : arguments_of(share_)) words.push_back(std::move(word));
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output().c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int error = posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("a worker cannot be started");
    has_hung_ = false;
    begun_ = board_->begun();
    moved_ = Clock::now();
  }

  void watch_for_hang() {
    if (board_->begun() != begun_) {
      begun_ = board_->begun();
      moved_ = Clock::now();
    } else if (Clock::now() - moved_ > kHangAfter) {
      has_hung_ = true;
      (void)kill(pid_, SIGKILL);
    }
  }

  Share share_;
  std::string board_path_;
  std::unique_ptr<Board> board_;
  pid_t pid_ = -1;
  int crashes_ = 0;
  bool has_hung_ = false;
  std::uint64_t begun_ = 0;
  Clock::time_point moved_;
};

// In memory if that is there: the faults are what is slow on a disk, not the disk.
class WorkFolder {
 public:
  explicit WorkFolder(const std::string& fallback) {
    std::string name = "/dev/shm/penny-faults-XXXXXX";
    path_ = mkdtemp(name.data()) != nullptr ? name : fallback;
  }
  ~WorkFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string list(const Tally& tally, const std::string& prefix) {
  std::string text;
  for (const auto& [key, count] : tally.counts()) {
    if (!key.starts_with(prefix)) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key.substr(prefix.size()), with_thousands_apart(count));
  }
  return text;
}

void report_tally(const Tally& tally, double seconds, Report& report) {
  const std::uint64_t points = tally.count("points");
  report.figure("fault points", with_thousands_apart(points));
  report.figure("rate", fmt::format("{:.0f} per second", static_cast<double>(points) / seconds));
  report.figure(
      "answers",
      fmt::format("{} acknowledged, {} refused, {} unknown", with_thousands_apart(tally.count("acknowledged")),
                  with_thousands_apart(tally.count("refused")), with_thousands_apart(tally.count("unknown"))));
  report.figure("where they struck", list(tally, "phase "));
  report.figure("by fault", list(tally, "fault "));
  report.figure("slowest attempt", fmt::format("{:.0f} ms: {}", tally.slowest_ms(), tally.slowest()));
  if (tally.red_count() > 0) report.figure("red", fmt::format("{}: {}", tally.red_count(), list(tally, "red ")));
  for (std::size_t i = 0; i < kClaims; ++i) {
    const auto claim = static_cast<Claim>(i);
    const auto red = tally.reds().find(claim);
    const std::string text(kClaimTexts[i]);
    if (needs_disks(claim) && !list(tally, "skipped ").empty()) continue;
    report.check(text, tally.checked(claim) > 0, "nothing of it was checked");
    if (red != tally.reds().end()) report.check(text, false, red->second);
  }
}

// In a process of its own, for it leaves the mounts of this one.
void try_real_disks(const std::string& folder, Report& report, Tally& tally) {
  std::filesystem::create_directories(folder);
  Tally of_disks;
  test::ChildProcess worker({"/proc/self/exe", "--worker", "faults", "disks", folder});
  std::istringstream said(worker.rest(kHangAfter));
  report.check(kSurvives, of_disks.read(said), "the store on real disks did not end");
  std::string skipped = list(of_disks, "skipped ");
  report.figure("real disks", skipped.empty() ? list(of_disks, "disks ") : "skipped: " + skipped);
  tally.merge(of_disks);
}

void check_coverage(const Tally& tally, Report& report) {
  const std::string all = "every fault met something, in, before and in the COMMIT of transactions, under every deed";
  report.check(all, true);
  for (const Fault& fault : faults()) {
    report.check(all, tally.count(fmt::format("fault {}", fault.name)) > 0, fmt::format("{} met nothing", fault.name));
  }
  for (const Phase phase : {Phase::kOutside, Phase::kInTransaction, Phase::kInCommit}) {
    report.check(all, tally.count(fmt::format("phase {}", name_of(phase))) > 0,
                 fmt::format("nothing struck {}", name_of(phase)));
  }
}

}  // namespace

void run(const Order& order, Report& report) {
  const WorkFolder folder(order.folder);
  const std::uint64_t workers = std::max<std::uint64_t>(1, order.jobs);
  const std::uint64_t budget = order.amount_or(1'000, 32'000, 0);
  const std::uint64_t pairs = order.scale == Scale::kLong ? 1'000'000 : 0;
  const auto began = Clock::now();
  report.check(kSurvives, true);
  std::vector<std::unique_ptr<SweepProcess>> processes;
  for (std::uint64_t i = 0; i < workers; ++i) {
    processes.push_back(std::make_unique<SweepProcess>(
        Share{.folder = {}, .index = i, .workers = workers, .budget = budget, .pairs = pairs, .seed = order.seed},
        fmt::format("{}/{}", folder.path(), i)));
  }
  {
    Progress progress("attempts", budget);
    for (;;) {
      bool is_running = false;
      std::uint64_t done = 0;
      for (const auto& process : processes) {
        is_running |= process->look(report);
        done += process->done();
      }
      if (!is_running) break;
      progress.at(done);
      std::this_thread::sleep_for(kLookEvery);
    }
  }
  Tally tally;
  for (const auto& process : processes) {
    report.check(kSurvives, process->add_to(tally), "a worker did not finish its share");
  }
  try_real_disks(folder.path() + "/disks", report, tally);
  report_tally(tally, std::chrono::duration<double>(Clock::now() - began).count(), report);
  check_coverage(tally, report);
  if (order.scale != Scale::kShort) {
    report.figure(kSplitGroups, with_thousands_apart(tally.count(kSplitGroups)));
    report.check(std::string(kClaimTexts[static_cast<std::size_t>(Claim::kNeighbours)]), tally.count(kSplitGroups) > 0,
                 "no group was ever split: all or none of it was stored");
  }
}

}  // namespace penny::proof::faults
