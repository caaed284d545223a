// What is wrong must be seen, by the checker that is meant to see it, whatever the others say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proof/histories/hand_made.hpp"

namespace penny::proof::histories {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

const std::uint64_t kFirst = named_session(0, 1);
const std::uint64_t kSecond = named_session(1, 1);
constexpr Lane kOne{1, 0};
constexpr Lane kTwo{2, 0};

// Takes the last operation out of the final state, as if it had never been.
void lose_last(FinalState& state) {
  state.changes.pop_back();
  state.changes_asked.pop_back();
  state.rev -= 1;
}

TEST(BadHistory, ALostWrite) {
  HandMade made;
  made.write(kOne, 1, 2, {turn(1)});
  made.write(kOne, 3, 4, {turn(2)});
  History history = made.finish();
  lose_last(history.final_states[kAnna]);
  history.final_states[kAnna].sessions[0].turns.pop_back();
  EXPECT_THAT(red(history), IsSupersetOf(claims({claim::kNothingLost, claim::kStateAgrees})));
}

TEST(BadHistory, ADoubledWrite) {
  HandMade made;
  made.write(kOne, 1, 2, {turn(1)});
  History history = made.finish();
  FinalState& state = history.final_states[kAnna];
  state.changes.push_back(state.changes[0]);
  state.changes.back().rev = 2;
  state.changes_asked.push_back(state.changes_asked[0]);
  state.rev = 2;
  state.sessions[0].turns.push_back(state.sessions[0].turns[0]);
  EXPECT_THAT(red(history), IsSupersetOf(claims({claim::kNothingDoubled, claim::kOutcomesAgree})));
}

TEST(BadHistory, ARetryThatIsStoredAgain) {
  HandMade made;
  made.write(kOne, 1, 2, {turn(1)});
  made.write(kOne, 3, 4, {turn(1)}).is_already_stored = false;
  EXPECT_THAT(red(made.finish()), testing::Contains(claim::kOneStoring));
}

TEST(BadHistory, ARefusedWriteThatIsThere) {
  HandMade made;
  Call& call = made.write(kOne, 1, 2, {turn(1)});
  call.status = Status::kRefused;
  call.error = ErrorCode::kDeadlineExceeded;
  call.entries.clear();
  made.read(kTwo, 3, 4, Ask::kSessionTurns);
  EXPECT_THAT(red(made.finish()), IsSupersetOf(claims({claim::kRefusedIsAbsent, claim::kNoAborted})));
}

TEST(BadHistory, HalfABatchOfAKilledProcess) {
  HandMade made;
  made.killed(kOne, 1, 5, {turn(1), turn(2)}, true);
  History history = made.finish();
  lose_last(history.final_states[kAnna]);
  history.final_states[kAnna].sessions[0].turns.pop_back();
  EXPECT_THAT(red(history), testing::Contains(claim::kAllOrNothing));
}

TEST(BadHistory, AStaleRead) {
  HandMade made;
  made.write(kOne, 1, 2, {turn(1)});
  Call stale = made.read(kTwo, 0, 0, Ask::kSessionTurns);
  made.write(kOne, 3, 4, {turn(2)});
  Call& read = made.read(kTwo, 5, 6, Ask::kSessionTurns);
  read.entries = stale.entries;
  read.rev = stale.rev;
  History history = made.finish();
  std::erase_if(history.calls, [](const Call& call) { return call.completed == 0; });
  const Findings findings = findings_of(history);
  EXPECT_GT(findings.find(claim::kSeenAtOnce).contradicted, 0U);
  EXPECT_GT(findings.find(claim::kReadsInOrder).contradicted, 0U);
  EXPECT_GT(findings.find(claim::kOtherProcesses).contradicted, 0U);
  EXPECT_THAT(findings.find(claim::kNoCycle).witness, HasSubstr("G-single with real time"));
  EXPECT_EQ(findings.find(claim::kReadsAgree).contradicted, 0U);  // the rev it says is the one it saw
}

TEST(BadHistory, AReadThatGoesBack) {
  HandMade made;
  made.write(kOne, 1, 2, {set_tone(1, 5)});
  Call& first = made.read(kTwo, 3, 4, Ask::kPreferences);
  made.write(kOne, 3, 9, {set_tone(2, 6)});
  Call& second = made.read(kTwo, 5, 6, Ask::kPreferences);
  std::swap(first.entries, second.entries);
  std::swap(first.rev, second.rev);
  EXPECT_THAT(red(made.finish()),
              IsSupersetOf(claims({claim::kMonotonicReads, claim::kReadsInOrder, claim::kRegister})));
}

TEST(BadHistory, AThreadThatDoesNotReadWhatItWrote) {
  HandMade made;
  made.write(kOne, 1, 2, {set_tone(1, 5)});
  Call& read = made.read(kOne, 3, 4, Ask::kPreferences);
  read.entries.clear();
  EXPECT_THAT(red(made.finish()), IsSupersetOf(claims({claim::kReadYourWrites, claim::kReadsAgree, claim::kRegister})));
}

TEST(BadHistory, ALostUpdateOfADimension) {
  HandMade made;
  made.write(kOne, 1, 5, {adjust(1, 0.1)});
  Call& second = made.write(kTwo, 2, 6, {adjust(2, 0.1)});
  second.entries[0].value = real(0.6);
  History history = made.finish();
  history.final_states[kAnna].dimensions[0].value = real(0.6);
  history.final_states[kAnna].evolution[1].value = real(0.6);
  history.final_states[kAnna].evolution[1].before = real(0.5);
  EXPECT_THAT(red(history), IsSupersetOf(claims({claim::kOutcomesAgree, claim::kCounter, claim::kVersionsWhole})));
}

TEST(BadHistory, ALostUpdateOfAList) {
  HandMade made;
  const Call& one = made.read(kOne, 1, 2, Ask::kSessionTurns);
  const Call& two = made.read(kTwo, 1, 2, Ask::kSessionTurns);
  made.guarded(kOne, 3, 6, one, {turn(1)});
  // Its condition is passed over.
  made.write(kTwo, 3, 6, {turn(2)}).guard =
      Guard{.rev = 0, .based_on = two.number, .keys = {{.number = kFirst, .what = GuardKey::What::kSession}}};
  const Findings findings = findings_of(made.finish());
  EXPECT_THAT(findings.find(claim::kNoCycle).witness, HasSubstr("G-single:"));
  EXPECT_GT(findings.find(claim::kOutcomesAgree).contradicted, 0U);
}

// Each read what the other one had not written yet.
TEST(BadHistory, WriteSkewIsG2) {
  HandMade made;
  const Call& one = made.read(kOne, 1, 2, Ask::kSessionTurns, kAnna, kSecond);
  const Call& two = made.read(kTwo, 1, 2, Ask::kSessionTurns, kAnna, kFirst);
  made.write(kOne, 3, 6, {turn(1, kFirst)}).guard =
      Guard{.rev = 0, .based_on = one.number, .keys = {{.number = kSecond, .what = GuardKey::What::kSession}}};
  made.write(kTwo, 3, 6, {turn(2, kSecond)}).guard =
      Guard{.rev = 0, .based_on = two.number, .keys = {{.number = kFirst, .what = GuardKey::What::kSession}}};
  EXPECT_THAT(findings_of(made.finish()).find(claim::kNoCycle).witness, HasSubstr("G2:"));
}

// Each read what the other one wrote.
TEST(BadHistory, CircularInformationFlowIsG1c) {
  HandMade made;
  Call& one = made.read(kOne, 1, 9, Ask::kSessionTurns, kAnna, kSecond);
  Call& two = made.read(kTwo, 1, 9, Ask::kSessionTurns, kAnna, kFirst);
  const auto basis = [](const Call& call, std::uint64_t session) {
    return Guard{.rev = 9, .based_on = call.number, .keys = {{.number = session, .what = GuardKey::What::kSession}}};
  };
  made.write(kOne, 10, 20, {turn(1, kFirst)}).guard = basis(one, kSecond);
  made.write(kTwo, 10, 20, {turn(2, kSecond)}).guard = basis(two, kFirst);
  for (auto* const read : {&one, &two}) {
    read->status = Status::kOk;
    read->rev = 1;
    read->entries = {{.id = read == &one ? 2U : 1U, .number = 1, .kind = Kind::kAppendTurn}};
  }
  EXPECT_THAT(findings_of(made.finish()).find(claim::kNoCycle).witness, HasSubstr("G1c:"));
}

// The lists order the same two batches in opposite ways.
TEST(BadHistory, WritesInACircleAreG0) {
  HandMade made;
  made.write(kOne, 1, 9, {turn(1, kFirst), turn(2, kSecond)});
  made.write(kTwo, 1, 9, {turn(3, kFirst), turn(4, kSecond)});
  History history = made.finish();
  auto& turns = history.final_states[kAnna].sessions[1].turns;
  std::swap(turns[0], turns[1]);
  EXPECT_THAT(findings_of(history).find(claim::kNoCycle).witness, HasSubstr("G0:"));
}

TEST(BadHistory, AReadOfHalfABatchIsG1b) {
  HandMade made;
  made.write(kOne, 1, 9, {turn(1), turn(2)});
  Call& read = made.read(kTwo, 3, 4, Ask::kSessionTurns);
  read.entries.pop_back();
  read.rev = 1;
  EXPECT_THAT(red(made.finish()), IsSupersetOf(claims({claim::kNoIntermediate, claim::kReadsAgree})));
}

TEST(BadHistory, TwoReadsThatDoNotAgreeOnTheOrder) {
  HandMade made;
  made.write(kOne, 1, 9, {turn(1)});
  made.write(kTwo, 1, 9, {turn(2)});
  Call& read = made.read(kTwo, 10, 11, Ask::kSessionTurns);
  std::swap(read.entries[0], read.entries[1]);
  EXPECT_THAT(red(made.finish()), IsSupersetOf(claims({claim::kOneOrder, claim::kReadsAgree})));
}

TEST(BadHistory, ARegisterThatIsNotLinearisable) {
  HandMade made;
  made.write(kOne, 1, 2, {set_tone(1, 5)});
  made.write(kOne, 3, 20, {set_tone(2, 6)});
  Call& read = made.read(kTwo, 4, 5, Ask::kPreferences);  // saw 6
  (void)read;
  Call& later = made.read({3, 0}, 6, 7, Ask::kPreferences);
  later.entries[0].value = whole(5);
  const Findings findings = findings_of(made.finish());
  EXPECT_THAT(findings.find(claim::kRegister).witness, HasSubstr("no order explains the last of"));
}

TEST(BadHistory, ACompareAndSetThatIsAcceptedTwice) {
  HandMade made;
  made.write(kOne, 1, 2, {set_tone(1, 5)});
  made.write(kOne, 3, 9, {set_tone(2, 6, 1)});
  made.write(kTwo, 3, 9, {set_tone(3, 7)}).actions[0].if_version = 1;
  EXPECT_THAT(red(made.finish()), IsSupersetOf(claims({claim::kOutcomesAgree, claim::kRegister})));
}

TEST(BadHistory, ARefusalWithoutACause) {
  HandMade made;
  made.write(kOne, 1, 2, {set_tone(1, 5)});
  Call& call = made.write(kTwo, 3, 9, {set_tone(2, 6, 7)});
  ASSERT_EQ(call.status, Status::kRefused);
  call.actions[0].if_version = 1;
  EXPECT_THAT(red(made.finish()), IsSupersetOf(claims({claim::kRefusalsAgree, claim::kRegister})));
}

TEST(BadHistory, ALockThatACallerIsToldOf) {
  HandMade made;
  Call& call = made.write(kOne, 1, 2, {set_tone(1, 5, 3)});
  call.error = ErrorCode::kStorageFailed;
  EXPECT_THAT(red(made.finish()), testing::Contains(claim::kPlainRefusals));
}

TEST(BadHistory, AHoleInTheEvolution) {
  HandMade made;
  for (std::uint64_t id = 1; id <= 3; ++id) made.write(kOne, 2 * id, 2 * id + 1, {adjust(id, 0.1)});
  History history = made.finish();
  auto& rows = history.final_states[kAnna].evolution;
  rows.erase(rows.begin() + 1);
  EXPECT_THAT(red(history), IsSupersetOf(claims({claim::kVersionsWhole, claim::kFoldAgrees, claim::kStateAgrees})));
}

TEST(BadHistory, AValueThatDoesNotFollowFromTheEvolution) {
  HandMade made;
  made.write(kOne, 1, 2, {adjust(1, 0.1)});
  Call& read = made.read(kTwo, 3, 4, Ask::kPersonality);
  read.entries[0].confidence += 1e-16;
  read.entries[0].value = real(0.6000000000000001);
  EXPECT_THAT(red(made.finish()), IsSupersetOf(claims({claim::kFoldAgrees, claim::kReadsAgree, claim::kCounter})));
}

TEST(BadHistory, ARevThatGoesBack) {
  HandMade made;
  made.write(kOne, 1, 2, {turn(1)});
  made.write(kOne, 3, 4, {turn(2)});
  History history = made.finish();
  std::swap(call_with(history, 1).entries[0].rev, call_with(history, 2).entries[0].rev);
  EXPECT_THAT(red(history), IsSupersetOf(claims({claim::kWritesInOrder, claim::kOneRev})));
}

TEST(BadHistory, ARevThatIsLeftOut) {
  HandMade made;
  made.write(kOne, 1, 2, {turn(1)});
  History history = made.finish();
  history.final_states[kAnna].rev = 2;
  EXPECT_THAT(red(history), testing::Contains(claim::kNoGap));
}

TEST(BadHistory, AWatchThatLeavesAChangeOut) {
  HandMade made;
  made.write(kOne, 1, 2, {turn(1)});
  made.write(kOne, 3, 4, {turn(2)});
  made.watch(kTwo, 5, 6, 1).since = 0;
  EXPECT_THAT(red(made.finish()), testing::Contains(claim::kWatchesAgree));
}

TEST(BadHistory, AWatchThatSleepsThroughAChange) {
  HandMade made;
  made.write(kOne, 1, 2, {turn(1)});
  made.watch(kTwo, 3, 50, 1).since = 0;
  EXPECT_THAT(red(made.finish()), testing::Contains(claim::kReadsInOrder));
}

TEST(BadHistory, AForgottenFactThatIsRead) {
  HandMade made;
  made.write(kOne, 1, 2, {remember(1)}, kBen);
  Call before = made.read(kTwo, 0, 0, Ask::kFacts, kBen);
  made.write(kOne, 3, 4, {forget(2, 1)}, kBen);
  made.read(kTwo, 5, 6, Ask::kFacts, kBen).entries = before.entries;
  EXPECT_THAT(red(made.finish()), IsSupersetOf(claims({claim::kSeenAtOnce, claim::kReadsAgree})));
}

TEST(BadHistory, ATextThatNobodySent) {
  HandMade made;
  made.write(kOne, 1, 2, {turn(1)});
  made.read(kTwo, 3, 4, Ask::kLastTurns).entries[0].id = kNobodys;
  EXPECT_THAT(red(made.finish()), IsSupersetOf(claims({claim::kNothingForeign, claim::kReadsAgree})));
}

}  // namespace
}  // namespace penny::proof::histories
