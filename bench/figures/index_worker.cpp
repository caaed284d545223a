// The process that keeps the search index while others write. Commands, each answered:
//
//     mark       forget how far it was behind until now
//     catch-up   wait until everything is in the index: when that was, and how far it had been behind since the mark

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>

#include <penny/store.hpp>

#include "bench/figures/child.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/workers.hpp"
#include "bench/shared_page.hpp"

namespace penny::figures {
namespace {

constexpr std::chrono::milliseconds kLookEvery{20};
constexpr std::chrono::minutes kCatchUpMax{30};

struct Behind {
  std::uint64_t looks = 0;
  std::uint64_t sum = 0;
  std::uint64_t most = 0;

  void look(std::uint64_t operations) {
    looks += 1;
    sum += operations;
    most = std::max(most, operations);
  }
  [[nodiscard]] double mean() const { return looks == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(looks); }
};

}  // namespace

void keep_index(const std::string& path) {
  const Store store = must(Store::open(path), "opening the store to index it");
  Behind behind;
  const auto look = [&](std::uint64_t indexed, std::uint64_t of) { behind.look(of - indexed); };
  (void)must(store.wait_for_search_index(std::chrono::milliseconds(0)), "beginning to index");
  tell({{"ready", true}});
  for (;;) {
    const Command command = next_command(kLookEvery);
    if (command.is_over) return;
    if (command.text == "mark") {
      behind = {};
      tell({{"marked", true}});
    } else if (command.text == "catch-up") {
      const Behind until_now = behind;
      if (!must(store.wait_for_search_index(kCatchUpMax), "indexing"))
        throw std::runtime_error("the search index does not catch up");
      tell({{"at_ns", bench::now_ns()},
            {"behind_mean", until_now.mean()},
            {"behind_most", until_now.most},
            {"looks", until_now.looks}});
    } else if (command.text.empty()) {
      (void)must(store.wait_for_search_index(std::chrono::milliseconds(0), look), "looking at the index");
    }
  }
}

}  // namespace penny::figures
