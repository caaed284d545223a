// A disk that is really full: one can forget and erase, nobody else takes the space of that, and writing resumes by itself.

#include <chrono>
#include <string>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "support/small_disk.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

using test::a_turn;
using test::must;
using test::operation_of;

constexpr std::size_t kDiskKib = std::size_t{64} << 10U;
constexpr int kTurns = 60;
const std::string kRoom = "On a disk that is full one can forget and erase";
const std::string kKept = "What the ballast gives is not taken by what adds to the store";
const std::string kResumed = "When there is space again writing resumes by itself, and nothing was lost";

// False: the disk took all of them.
bool is_refused_in_the_end(Store& store) {
  for (int i = 0; i < 4'000; ++i) {
    if (!store.commit(a_turn("ben", std::string(20'000, 'b')))) return true;
  }
  return false;
}

}  // namespace

void ballast(Report& report) {
  const test::StoreFolder folder;
  const test::SmallDisk disk(folder / "disk", kDiskKib);
  if (!disk.is_mounted()) return report.figure("a disk that is really full", "not tried: " + disk.why_not());
  Store store = must(Store::open(disk / "memory.db"));
  for (int i = 0; i < kTurns; ++i) (void)must(store.commit(a_turn("ada", "of ada " + std::string(1'000, 'a'))));
  disk.fill();
  report.check(kKept, is_refused_in_the_end(store), "a full disk takes everything");

  const auto turns = must(store.last_turns("ada", kTurns)).items;
  same(report, kResumed, turns.size(), std::size_t{kTurns}, "on the full disk");
  for (int i = 0; i < kTurns / 2; ++i) {
    const auto forgotten = store.commit(operation_of("ada", ForgetTurn{.turn = turns[static_cast<std::size_t>(i)].id}));
    report.check(kRoom, forgotten.has_value(), forgotten ? "" : forgotten.error().message);
  }
  const auto added = store.commit(a_turn("ben"));
  report.check(kKept, !added && added.error().code == ErrorCode::kStorageFailed, "a turn was taken");
  const auto erased = store.erase("ada", {.deadline = std::chrono::seconds(60), .progress = {}, .also_search_for = {}});
  report.check(kRoom, erased.has_value(), erased ? "" : erased.error().message);

  disk.make_space();
  const auto stored = store.commit(a_turn("ben"));
  report.check(kResumed, stored.has_value(), stored ? "" : stored.error().message);
  report.check(kResumed, must(store.verify()).problems.empty(), "it does not verify");
}

}  // namespace penny::proof::basics
