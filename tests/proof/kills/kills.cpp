// SIGKILL again and again: what was acknowledged is stored, once, and nothing half.

#include "proof/kills/kills.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>

#include <fmt/core.h>

#include "proof/kills/attack.hpp"
#include "proof/kills/court.hpp"
#include "proof/kills/mapped.hpp"
#include "proof/kills/tally.hpp"

namespace penny::proof::kills {
namespace {

constexpr std::uint64_t kShort = 300;
constexpr std::uint64_t kCi = 10'000;
constexpr std::uint64_t kLong = 1'000'000;
constexpr std::uint64_t kKillsOfAStoreMax = 150;
// Of one job: the processes of one store mostly wait, for each other and for the places that the dead have left.
constexpr std::size_t kStoresSideBySide = 4;
constexpr std::uint64_t kMoreForPoints = 4;
constexpr std::string_view kEveryPoint = "every marked point that is demanded was hit by a kill";

// A folder in memory, where a store writes much more between two kills; on a disk, kills fall into its waits for the disk.
// What a killed process wrote is in the kernel's hands in both. Without such a file system, the folder given.
class MemoryFolder {
 public:
  explicit MemoryFolder(const std::string& otherwise) : path_(otherwise + "/memory") {
    std::string name = "/dev/shm/penny-proof-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) {
      path_ = name;
    } else {
      std::filesystem::create_directory(path_);
    }
  }
  ~MemoryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Attacks one store after the other until there were enough kills in all of them.
class Campaign {
 public:
  Campaign(const Order& order, Report& report)
      : order_(order),
        court_(report),
        kills_(order.amount_or(kShort, kCi, kLong)),
        memory_(order.folder),
        census_path_(order.folder + "/census"),
        census_(Mapped<Census>::make(census_path_)),
        progress_("kills", kills_) {
    census_->add_demanded();
  }

  void run(Report& report) {
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    std::vector<Tally> tallies(order_.jobs * kStoresSideBySide);
    for (Tally& tally : tallies) threads.emplace_back([this, &tally] { attack_stores(tally); });
    for (std::thread& thread : threads) thread.join();
    Tally all;
    for (const Tally& tally : tallies) all.add(tally);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    all.show(*census_, took.count(), report);
    const Point* const missing = census_->missing();
    court_.check(
        kEveryPoint, missing == nullptr,
        missing == nullptr ? "" : fmt::format("seed {}: {}: {}", order_.seed, missing->name, missing->meaning));
  }

 private:
  void attack_stores(Tally& tally) {
    const std::uint64_t kills_of_a_store =
        std::clamp<std::uint64_t>(kills_ / (order_.jobs * kStoresSideBySide), 1, kKillsOfAStoreMax);
    while (is_another_wanted(planned_.fetch_add(kills_of_a_store))) {
      const std::uint32_t number = next_store_.fetch_add(1);
      const std::string folder = fmt::format("{}/{}", number / 2 % 2 == 0 ? order_.folder : memory_.path(), number);
      std::filesystem::create_directory(folder);
      std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
      const bool is_carried_out = court_.attend([&] {
        attack_store({.folder = folder,
                      .census_path = census_path_,
                      .census = &*census_,
                      .seed = order_.seed,
                      .store_number = number,
                      .kills = kills_of_a_store},
                     tally, court_, [this] { count(); });
      });
      std::filesystem::remove_all(folder);
      if (!is_carried_out) return;
    }
  }

  // More than were asked for only while a point was not hit, which may be bad luck in a short run.
  [[nodiscard]] bool is_another_wanted(std::uint64_t planned) const {
    return planned < kills_ || (planned < kMoreForPoints * kills_ && census_->missing() != nullptr);
  }

  void count() {
    const std::uint64_t done = done_.fetch_add(1) + 1;
    const std::lock_guard lock(mutex_);
    progress_.at(done);
  }

  const Order& order_;
  Court court_;
  const std::uint64_t kills_;
  const MemoryFolder memory_;
  const std::string census_path_;
  const Mapped<Census> census_;
  std::atomic<std::uint64_t> planned_{0};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint32_t> next_store_{0};
  std::mutex mutex_;
  Progress progress_;
};

}  // namespace

void run_kills(const Order& order, Report& report) { Campaign(order, report).run(report); }

}  // namespace penny::proof::kills
