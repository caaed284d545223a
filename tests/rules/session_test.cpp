#include "rules/session.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penny::rules {
namespace {

LastTurn open_session(std::uint32_t turns) {
  return {
      .session = "s", .session_first = 5, .session_number = turns, .is_session_open = true, .is_session_named = false};
}

void expect_new(const SessionPlace& place) {
  EXPECT_EQ(place.id, "new");
  EXPECT_TRUE(place.is_new);
  EXPECT_EQ(place.first_rev, 40U);
  EXPECT_EQ(place.number, 1U);
}

TEST(Session, TheFirstTurnOfAUserBeginsOne) { expect_new(place_turn({}, "new", 40)); }

TEST(Session, AnOpenOneTakesTheNextTurn) {
  const SessionPlace place = place_turn(open_session(7), "new", 40);
  EXPECT_EQ(place.id, "s");
  EXPECT_FALSE(place.is_new);
  EXPECT_EQ(place.first_rev, 5U);
  EXPECT_EQ(place.number, 8U);
}

TEST(Session, HoldsTwentyTurns) {
  EXPECT_EQ(place_turn(open_session(19), "new", 40).number, 20U);
  expect_new(place_turn(open_session(20), "new", 40));
  expect_new(place_turn(open_session(21), "new", 40));
}

TEST(Session, OneThatEndedTakesNoMoreTurns) {
  LastTurn ended = open_session(3);
  ended.is_session_open = false;
  expect_new(place_turn(ended, "new", 40));
  ended.is_session_named = true;
  expect_new(place_turn(ended, "new", 40));
}

TEST(Session, OneNamedByItsCallerHasNoLimit) {
  LastTurn named = open_session(500);
  named.is_session_named = true;
  EXPECT_EQ(place_turn(named, "new", 40).number, 501U);
  EXPECT_EQ(place_turn(named, "new", 40).id, "s");
}

RC_GTEST_PROP(Session, ARunOfTurnsIsCutIntoTwenties, ()) {
  const auto turns = *rc::gen::inRange<std::uint64_t>(1, 200);
  std::optional<LastTurn> last;
  for (std::uint64_t rev = 1; rev <= turns; ++rev) {
    const SessionPlace place = place_turn(last, std::to_string(rev), rev);
    const std::uint64_t first = (rev - 1) / 20 * 20 + 1;
    RC_ASSERT(place.id == std::to_string(first));
    RC_ASSERT(place.first_rev == first);
    RC_ASSERT(place.number == rev - first + 1);
    RC_ASSERT(place.is_new == (rev == first));
    last = LastTurn{.session = place.id,
                    .session_first = place.first_rev,
                    .session_number = place.number,
                    .is_session_open = true,
                    .is_session_named = false};
  }
}

RC_GTEST_PROP(Session, ATurnNeverJoinsAFullOrEndedOne, ()) {
  const LastTurn last{.session = "s",
                      .session_first = 1,
                      .session_number = *rc::gen::inRange<std::uint32_t>(1, 60),
                      .is_session_open = *rc::gen::arbitrary<bool>(),
                      .is_session_named = *rc::gen::arbitrary<bool>()};
  const SessionPlace place = place_turn(last, "new", 99);
  RC_ASSERT(place.is_new == (place.id == "new"));
  RC_ASSERT(place.is_new == (place.number == 1));
  if (!place.is_new) {
    RC_ASSERT(last.is_session_open);
    RC_ASSERT(place.number == last.session_number + 1);
    RC_ASSERT(last.is_session_named || place.number <= 20);
  }
}

}  // namespace
}  // namespace penny::rules
