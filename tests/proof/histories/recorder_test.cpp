#include "proof/histories/recorder.hpp"

#include <gtest/gtest.h>

#include "base/temporary_folder.hpp"
#include "proof/histories/hand_made.hpp"

namespace penny::proof::histories {
namespace {

TEST(Recorder, GivesBackWhatWasRecorded) {
  HandMade made;
  const Call basis = made.read({1, 0}, 0, 0, Ask::kSessionTurns);
  Call guarded = made.guarded({1, 0}, 0, 0, basis, {turn(1), set_tone(2, 5)});
  Call changes = made.read({1, 0}, 0, 0, Ask::kChanges);
  Call context = made.read({1, 0}, 0, 0, Ask::kPromptContext);
  const base::TemporaryFolder folder;
  {
    Recorder recorder(folder / "record", 3);
    for (Call* const call : {&guarded, &changes, &context}) {
      recorder.begin(1, *call);
      recorder.end(1, *call);
    }
  }
  const auto lanes = Recorder::read(folder / "record");
  ASSERT_EQ(lanes.size(), 3U);
  ASSERT_EQ(lanes[1].size(), 3U);
  const Call& read = lanes[1][0];
  EXPECT_EQ(read.actions, guarded.actions);
  EXPECT_EQ(read.entries, guarded.entries);
  EXPECT_EQ(read.guard->keys, guarded.guard->keys);
  EXPECT_EQ(read.status, Status::kOk);
  EXPECT_EQ(read.number, 0U);
  EXPECT_EQ(read.thread, 1U);
  EXPECT_LE(read.invoked, read.completed);
  EXPECT_LE(read.completed, lanes[1][1].invoked);
  EXPECT_EQ(lanes[1][1].actions, changes.actions);
  EXPECT_EQ(lanes[1][1].entries, changes.entries);
  EXPECT_EQ(lanes[1][2].text, context.text);
}

TEST(Recorder, ShowsACallThatHadNoAnswer) {
  const base::TemporaryFolder folder;
  Recorder recorder(folder / "record", 1);
  Call call;
  call.actions = {turn(1)};
  recorder.begin(0, call);
  const auto lanes = Recorder::read(folder / "record");
  ASSERT_EQ(lanes[0].size(), 1U);
  EXPECT_EQ(lanes[0][0].status, Status::kPending);
  EXPECT_EQ(lanes[0][0].actions, call.actions);
}

TEST(Vocabulary, EveryActionComesBackFromItsOperation) {
  const std::vector<Action> actions{
      turn(1),
      turn(2, 0),
      set_tone(3, 5),
      adjust(4, -0.2),
      remember(5),
      forget(6, 5),
      {.id = 7, .session = named_session(1, 12), .kind = Kind::kEndSession},
      {.id = 8, .value = option(3), .amount = 0.6, .kind = Kind::kObserveDimension, .name = Name::kHumor},
      {.id = 9, .value = real(0.7), .kind = Kind::kSetDimension, .name = Name::kFormality},
  };
  for (const Action& action : actions) EXPECT_EQ(action_of(operation_of(kAnna, action)), action) << describe(action);
}

TEST(Vocabulary, AnAlteredTextIsNobodys) {
  Operation operation = operation_of(kAnna, turn(1));
  std::get<AppendTurn>(operation.payload).assistant_response += "!";
  EXPECT_EQ(action_of(operation).id, kNobodys);
}

TEST(Vocabulary, SessionsAndIdsComeBack) {
  for (const std::uint64_t session : {named_session(0, 1), named_session(1, 77), std::uint64_t{123'456}})
    EXPECT_EQ(find_session(session_text(session)), session);
  EXPECT_EQ(find_session("first-"), kNobodys);
  EXPECT_EQ(number_of(OperationId::make()), kNobodys);
  EXPECT_LT(operation_id(8), operation_id(9));
}

}  // namespace
}  // namespace penny::proof::histories
