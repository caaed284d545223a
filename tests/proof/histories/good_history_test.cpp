// What is right must hold, and every claim must have been put to the test by it.

#include <gtest/gtest.h>

#include "proof/histories/hand_made.hpp"

namespace penny::proof::histories {
namespace {

const std::uint64_t kFirst = named_session(0, 1);
const std::uint64_t kSecond = named_session(1, 1);

History busy_history() {
  HandMade made;
  const Lane one{1, 0};
  const Lane two{2, 0};
  made.read(one, 1, 2, Ask::kSessionTurns);
  made.write(one, 3, 9, {turn(1, kFirst), set_tone(2, 5), adjust(3, 0.1)});
  made.write(two, 4, 8, {turn(4, kSecond)});
  const Call& basis = made.read(two, 10, 11, Ask::kSessionTurns, kAnna, kFirst);
  made.guarded(two, 12, 14, basis, {turn(5, kFirst), turn(6, kSecond)});
  made.guarded(two, 15, 16, basis, {turn(7, kFirst)});  // refused
  made.write(one, 17, 18, {set_tone(8, 6, 1)});
  made.write(one, 19, 20, {set_tone(9, 7, 1)});                                // refused
  made.write(one, 21, 22, {turn(1, kFirst), set_tone(2, 5), adjust(3, 0.1)});  // a retry
  made.write(two, 21, 25, {remember(10)}, kBen);
  made.write(one, 26, 28, {remember(11)}, kBen);
  made.write(two, 29, 30, {forget(12, 10)}, kBen);
  made.write(two, 31, 32, {forget(13, 10)}, kBen);  // refused
  made.killed({3, 0}, 33, 40, {turn(14, kFirst)}, true);
  made.killed({3, 1}, 33, 40, {turn(15, kFirst), adjust(16, 0.5)}, false);
  for (const Ask ask : {Ask::kLastTurns, Ask::kSessionTurns, Ask::kPreferences, Ask::kPersonality, Ask::kEvolution,
                        Ask::kChanges, Ask::kPromptContext}) {
    const auto at = 50 + 4 * static_cast<std::uint64_t>(ask);
    made.read(one, at, at + 2, ask);
    made.read(two, at + 1, at + 3, ask);
    made.read(one, at + 200, at + 202, ask);
  }
  made.read(one, 300, 301, Ask::kFacts, kBen);
  made.read(two, 302, 303, Ask::kSessions);
  made.watch(two, 304, 305, 1);
  made.watch(two, 306, 307, 8);
  made.write(one, 310, 311, {adjust(17, -1)});
  made.write(one, 312, 313, {turn(18, 0)}, kBen);
  made.write(two, 314, 315, {turn(19, 0)}, kBen);
  return made.finish();
}

TEST(HandMadeHistory, HoldsWhenNothingIsWrong) {
  const Findings findings = findings_of(busy_history());
  EXPECT_EQ(findings.claims().size(), 29U);
  for (const auto& [text, claim] : findings.claims()) {
    EXPECT_TRUE(claim.holds()) << text << ": tested " << claim.tested << " times; " << claim.witness;
  }
}

TEST(HandMadeHistory, AWitnessIsTheSmallestOneFound) {
  Findings findings;
  findings.contradict(claim::kNoGap, 5, [] { return "five"; });
  findings.contradict(claim::kNoGap, 2, [] { return "two"; });
  findings.contradict(claim::kNoGap, 3, [] { return "three"; });
  Findings all;
  all.add(findings, "seed 3: ");
  EXPECT_EQ(all.find(claim::kNoGap).witness, "seed 3: two");
  EXPECT_EQ(all.find(claim::kNoGap).contradicted, 3U);
}

TEST(HandMadeHistory, AClaimThatWasNeverTestedDoesNotHold) { EXPECT_FALSE(Findings{}.find(claim::kNoGap).holds()); }

TEST(HandMadeHistory, OverlapCountsCallsThatRunAtTheSameTimeOnOneKey) {
  HandMade made;
  made.write({1, 0}, 1, 5, {set_tone(1, 1)});
  made.write({2, 0}, 4, 8, {set_tone(2, 2)});
  made.write({1, 0}, 9, 10, {set_tone(3, 3)});
  made.write({2, 0}, 9, 10, {adjust(4, 0.1)});
  EXPECT_EQ(overlap_of(made.finish()).overlapping, 2U);
}

}  // namespace
}  // namespace penny::proof::histories
