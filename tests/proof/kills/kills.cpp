// SIGKILL again and again: what was acknowledged is stored, once, and nothing half.

#include "proof/kills/kills.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
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
constexpr std::uint64_t kKillsOfAStore = 150;
// Of one job: the processes of one store mostly wait, for each other and for the places that the dead have left.
constexpr std::size_t kStoresSideBySide = 4;
constexpr std::string_view kEveryPoint = "every marked point that is demanded was hit by a kill";

// Attacks one store after the other until there were enough kills in all of them.
class Campaign {
 public:
  Campaign(const Order& order, Report& report)
      : order_(order),
        court_(report),
        kills_(order.amount_or(kShort, kCi, kLong)),
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
    for (const Point& point : demanded_points()) {
      const auto place = census_->find(point.name);
      const bool is_hit = place && all.at_point.at(*place) > 0;
      court_.check(kEveryPoint, is_hit, fmt::format("seed {}: {}: {}", order_.seed, point.name, point.meaning));
    }
  }

 private:
  void attack_stores(Tally& tally) {
    while (done_.load() < kills_) {
      const std::uint32_t number = next_store_.fetch_add(1);
      const std::string folder = fmt::format("{}/{}", order_.folder, number);
      std::filesystem::create_directory(folder);
      std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
      attack_store({.folder = folder,
                    .census_path = census_path_,
                    .census = &*census_,
                    .seed = order_.seed,
                    .store_number = number,
                    .kills = std::min(kKillsOfAStore, kills_ - std::min(kills_, done_.load()))},
                   tally, court_, [this] { count(); });
      std::filesystem::remove_all(folder);
    }
  }

  void count() {
    const std::uint64_t done = done_.fetch_add(1) + 1;
    const std::lock_guard lock(mutex_);
    progress_.at(done);
  }

  const Order& order_;
  Court court_;
  const std::uint64_t kills_;
  const std::string census_path_;
  const Mapped<Census> census_;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint32_t> next_store_{0};
  std::mutex mutex_;
  Progress progress_;
};

}  // namespace

void run_kills(const Order& order, Report& report) { Campaign(order, report).run(report); }

}  // namespace penny::proof::kills
