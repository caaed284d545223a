#include "bench/figures/writers.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "bench/figures/fill.hpp"
#include "bench/figures/spoken.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::figures {
namespace {

using test::must;

std::uint64_t turns_in(const Store& store) { return must(store.statistics()).turns; }

TEST(FigureWriters, CountWhatTheyStoredInThePhaseInWhichItBegan) {
  const test::StoreFolder folder;
  Store store = folder.open();
  Writers writers(store, {.threads = 3, .per_second = 200, .seed = 1});
  ASSERT_TRUE(test::until([&] { return turns_in(store) > 10; }));
  writers.begin_phase(1);
  const std::uint64_t before = turns_in(store);
  ASSERT_TRUE(test::until([&] { return turns_in(store) > before + 10; }));
  writers.stop();
  const auto first = writers.phase(0);
  const auto second = writers.phase(1);
  EXPECT_GT(first.stored, 0U);
  EXPECT_GT(second.stored, 0U);
  EXPECT_EQ(first.stored + second.stored, turns_in(store));
  EXPECT_EQ(first.waits.count, first.stored);
  EXPECT_EQ(second.waits.count, second.stored);
  EXPECT_EQ(writers.phase(2).stored, 0U);
  EXPECT_EQ(first.refused + second.refused, 0U);
}

TEST(FigureWriters, SayWhatEndedThem) {
  const test::StoreFolder folder;
  folder.make();
  Store store = must(Store::open(folder.path(), {.read_only = true}));
  Writers writers(store, {.threads = 2, .seed = 1});
  EXPECT_THROW(writers.stop(), std::runtime_error);
}

TEST(FigureWriters, WriteEachTurnOfAStretchOnce) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const Speech speech(1);
  const Written written = write_turns(store, speech, 5, {.first = 40, .turns = 60}, 4);
  EXPECT_EQ(turns_in(store), 60U);
  EXPECT_EQ(written.waits.count(), 60U);
  std::uint64_t found = 0;
  for (std::uint64_t number = 40; number < 100; ++number) {
    const SpokenTurn said = speech.turn(number, 5);
    for (const Turn& turn : must(store.last_turns(bench::user_name(said.user), 1'000)).items)
      found += turn.assistant_response == said.assistant_response ? 1U : 0U;
  }
  EXPECT_EQ(found, 60U);
}

TEST(FigureWriters, FillOneUserWithAsManyTurnsAsWanted) {
  const test::StoreFolder folder;
  Store store = folder.open();
  fill_one_user(store, "cj", 130, 1);
  EXPECT_EQ(must(store.user_statistics("cj")).value.turns, 130U);
}

}  // namespace
}  // namespace penny::figures
