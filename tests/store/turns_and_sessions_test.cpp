// Which session a turn joins, when one ends, and what the lists say of them.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stores.hpp"

namespace penny::test {
namespace {

using testing::ElementsAre;

TurnResult append(Store& store, Operation turn) { return result_of<TurnResult>(must(store.commit(std::move(turn)))); }

std::vector<std::string> inputs_of(const Page<Turn>& page) {
  std::vector<std::string> inputs;
  for (const Turn& turn : page.items) inputs.push_back(turn.user_input);
  return inputs;
}

TEST(Turns, KeepEveryFieldAsItWasGiven) {
  const StoreFolder folder;
  Store store = folder.open();
  Operation operation = with_id(operation_of("cj", AppendTurn{.user_input = "日本語\n\t\"x\"",
                                                              .assistant_response = "Grüße 👋",
                                                              .modality = Modality::kVoice,
                                                              .session = "kitchen",
                                                              .response_time_ms = 12.5,
                                                              .confidence = 0.1,
                                                              .metadata = "{ \"b\":1, \"a\":[1.0] }"}));
  operation.at = day(2);
  operation.origin = Origin::kImport;
  operation.channel = "voice@kitchen";
  const Outcome stored = must(store.commit(operation));

  const Page<Turn> page = must(store.last_turns("cj"));
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.rev, 1U);
  const Turn& turn = page.items[0];
  EXPECT_EQ(turn.rev, stored.rev);
  EXPECT_EQ(turn.id, *operation.id);
  EXPECT_EQ(turn.at, day(2));
  EXPECT_EQ(turn.modality, Modality::kVoice);
  EXPECT_EQ(turn.session, "kitchen");
  EXPECT_EQ(turn.number, 1U);
  EXPECT_EQ(turn.user_input, "日本語\n\t\"x\"");
  EXPECT_EQ(turn.assistant_response, "Grüße 👋");
  EXPECT_EQ(turn.response_time_ms, 12.5);
  EXPECT_EQ(turn.confidence, 0.1);
  EXPECT_EQ(turn.metadata, "{ \"b\":1, \"a\":[1.0] }");
  EXPECT_EQ(turn.origin, Origin::kImport);
  EXPECT_EQ(turn.channel, "voice@kitchen");
  EXPECT_FALSE(turn.is_forgotten);
}

TEST(Turns, GetTheMomentOfTheCommitIfTheCallerGivesNone) {
  const StoreFolder folder;
  Store store = folder.open();
  const auto before = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  must(store.commit(a_turn()));
  const Time at = must(store.last_turns("cj")).items.at(0).at;
  EXPECT_GE(at, before);
  EXPECT_LE(at, std::chrono::system_clock::now());
}

TEST(Sessions, OfAUserAreJoinedFromEveryModality) {
  const StoreFolder folder;
  Store store = folder.open();
  const TurnResult first = append(
      store, operation_of("cj", AppendTurn{.user_input = "1", .assistant_response = "", .modality = Modality::kChat}));
  EXPECT_EQ(first.number, 1U);
  EXPECT_EQ(first.session_first_rev, 1U);
  std::uint32_t number = 1;
  for (const Modality modality : {Modality::kVoice, Modality::kAgent, Modality::kChat}) {
    const TurnResult next = append(
        store, operation_of("cj", AppendTurn{.user_input = "2", .assistant_response = "", .modality = modality}));
    EXPECT_EQ(next, (TurnResult{.session = first.session, .session_first_rev = 1, .number = ++number}));
  }
  const TurnResult other = append(store, a_turn("ada"));
  EXPECT_NE(other.session, first.session);
  EXPECT_EQ(other.number, 1U);
}

TEST(Sessions, RollOverAtTwentyTurns) {
  const StoreFolder folder;
  Store store = folder.open();
  const TurnResult first = append(store, at_time(a_turn(), day(0)));
  for (std::uint32_t number = 2; number <= 20; ++number) {
    // What lies between two turns makes no difference.
    must(store.commit(operation_of("cj", AdjustDimension{.name = "communication_formality", .delta = 0.01})));
    const TurnResult next = append(store, a_turn());
    EXPECT_EQ(next.session, first.session);
    EXPECT_EQ(next.number, number);
  }
  EXPECT_FALSE(must(store.sessions("cj")).items.at(0).ended_at.has_value());

  const Outcome rolled = must(store.commit(at_time(a_turn(), day(1))));
  const auto next = result_of<TurnResult>(rolled);
  EXPECT_NE(next.session, first.session);
  EXPECT_EQ(next.number, 1U);
  EXPECT_EQ(next.session_first_rev, rolled.rev);
  EXPECT_EQ(append(store, a_turn()).number, 2U);

  const auto sessions = must(store.sessions("cj")).items;
  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions[0].id, first.session);
  EXPECT_EQ(sessions[0].turn_count, 20U);
  EXPECT_EQ(sessions[0].started_at, day(0));
  EXPECT_EQ(sessions[0].ended_at, day(1));
  EXPECT_EQ(sessions[0].first_rev, 1U);
  EXPECT_EQ(sessions[0].last_turn_rev, 39U);
  EXPECT_EQ(sessions[1].id, next.session);
  EXPECT_EQ(sessions[1].turn_count, 2U);
  EXPECT_FALSE(sessions[1].ended_at.has_value());
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Sessions, RollOverInsideABatch) {
  const StoreFolder folder;
  Store store = folder.open();
  const BatchOutcome stored = must(store.commit(Batch{.operations = std::vector<Operation>(41, a_turn())}));
  EXPECT_EQ(result_of<TurnResult>(stored.outcomes[19]).number, 20U);
  EXPECT_EQ(result_of<TurnResult>(stored.outcomes[20]).number, 1U);
  EXPECT_EQ(result_of<TurnResult>(stored.outcomes[40]).number, 1U);
  const auto sessions = must(store.sessions("cj")).items;
  ASSERT_EQ(sessions.size(), 3U);
  EXPECT_EQ(sessions[1].turn_count, 20U);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Sessions, ThatAreNamedHoldMoreThanTwentyTurns) {
  const StoreFolder folder;
  Store store = folder.open();
  for (std::uint32_t number = 1; number <= 45; ++number) {
    // A turn that names none joins the open one, also if that one is named.
    const TurnResult next = append(store, number % 3 == 0 ? a_turn() : a_turn("cj", "Hi", "kitchen"));
    EXPECT_EQ(next, (TurnResult{.session = "kitchen", .session_first_rev = 1, .number = number}));
  }
  EXPECT_EQ(must(store.sessions("cj")).items.size(), 1U);
}

TEST(Sessions, ThatAreInterleavedKeepTheirCounts) {
  const StoreFolder folder;
  Store store = folder.open();
  std::uint32_t of_a = 0;
  std::uint32_t of_b = 0;
  for (int i = 0; i < 60; ++i) {
    if (i % 3 == 1) {
      EXPECT_EQ(append(store, a_turn("cj", "in b", "b")).number, ++of_b);
    } else {
      EXPECT_EQ(append(store, a_turn("cj", "in a", "a")).number, ++of_a);
    }
  }
  const auto sessions = must(store.sessions("cj")).items;
  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions[0].id, "a");
  EXPECT_EQ(sessions[0].turn_count, 40U);
  EXPECT_EQ(sessions[0].last_turn_rev, 60U);
  EXPECT_EQ(sessions[1].id, "b");
  EXPECT_EQ(sessions[1].turn_count, 20U);
  EXPECT_EQ(sessions[1].last_turn_rev, 59U);
  EXPECT_EQ(must(store.session_turns("cj", "b")).items.size(), 20U);
  EXPECT_EQ(must(store.user_statistics("cj")).value.turns, 60U);
  EXPECT_EQ(must(store.statistics()).turns, 60U);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Sessions, ThatTheStoreBeganGoOnAfterANamedOneCameBetween) {
  const StoreFolder folder;
  Store store = folder.open();
  const TurnResult first = append(store, a_turn());
  append(store, a_turn("cj", "Hi", "kitchen"));
  EXPECT_EQ(append(store, a_turn("cj", "Hi", first.session)),
            (TurnResult{.session = first.session, .session_first_rev = 1, .number = 2}));
  EXPECT_EQ(append(store, a_turn()).number, 3U);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Sessions, EndByNameAndWithout) {
  const StoreFolder folder;
  Store store = folder.open();
  append(store, a_turn("cj", "Hi", "a"));
  append(store, a_turn("cj", "Hi", "b"));
  append(store, a_turn("cj", "Hi", "b"));
  const auto end = [&](std::optional<std::string> session) {
    return store.commit(at_time(operation_of("cj", EndSession{.session = std::move(session)}), day(7)));
  };
  EXPECT_EQ(result_of<SessionResult>(must(end("a"))),
            (SessionResult{.session = "a", .turn_count = 1, .was_open = true}));
  EXPECT_EQ(result_of<SessionResult>(must(end(std::nullopt))),
            (SessionResult{.session = "b", .turn_count = 2, .was_open = true}));
  EXPECT_EQ(refusal(end(std::nullopt)).code, ErrorCode::kNotFound);
  EXPECT_EQ(result_of<SessionResult>(must(end("b"))),
            (SessionResult{.session = "b", .turn_count = 2, .was_open = false}));
  const Error unknown = refusal(end("c"));
  EXPECT_EQ(unknown.code, ErrorCode::kNotFound);
  EXPECT_EQ(unknown.field, "session");
  EXPECT_THAT(unknown.message, testing::HasSubstr("\"c\""));
  for (const Session& session : must(store.sessions("cj")).items) EXPECT_EQ(session.ended_at, day(7));
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Sessions, OfNobodyCannotEnd) {
  const StoreFolder folder;
  Store store = folder.open();
  EXPECT_EQ(refusal(store.commit(operation_of("cj", EndSession{}))).code, ErrorCode::kNotFound);
  must(store.commit(operation_of("cj", RememberFact{.text = "likes tea"})));
  EXPECT_EQ(refusal(store.commit(operation_of("cj", EndSession{}))).code, ErrorCode::kNotFound);
  must(store.commit(a_turn("ada", "Hi", "hers")));
  EXPECT_EQ(refusal(store.commit(operation_of("cj", EndSession{.session = "hers"}))).code, ErrorCode::kNotFound);
}

TEST(Sessions, TakeNoTurnAfterTheirEnd) {
  const StoreFolder folder;
  Store store = folder.open();
  append(store, a_turn("cj", "Hi", "a"));
  must(store.commit(operation_of("cj", EndSession{})));
  const Error ended = refusal(store.commit(a_turn("cj", "Hi", "a")));
  EXPECT_EQ(ended.code, ErrorCode::kConflict);
  EXPECT_EQ(ended.field, "session");
  EXPECT_THAT(ended.message, testing::HasSubstr("\"a\" ended at rev 2"));

  const TurnResult next = append(store, a_turn());
  EXPECT_NE(next.session, "a");
  EXPECT_EQ(next, (TurnResult{.session = next.session, .session_first_rev = 3, .number = 1}));
  EXPECT_EQ(append(store, a_turn()).number, 2U);
  EXPECT_EQ(refusal(store.commit(a_turn("cj", "Hi", "a"))).code, ErrorCode::kConflict);
}

TEST(Sessions, HaveTopicsAndASummary) {
  const StoreFolder folder;
  Store store = folder.open();
  append(store, a_turn("cj", "Will it rain? And play some music.", "a"));
  append(store, a_turn("cj", "A song about the weather", "a"));
  append(store, a_turn("cj", "Hm", "b"));
  const auto sessions = must(store.sessions("cj")).items;
  EXPECT_THAT(sessions.at(0).topics, ElementsAre("music", "weather"));
  EXPECT_EQ(sessions.at(0).summary, "Discussed: music, weather. Duration: 2 turns");
  EXPECT_TRUE(sessions.at(1).topics.empty());
  EXPECT_EQ(sessions.at(1).turn_count, 1U);
}

TEST(Sessions, AreListedInPagesInOrderOfTheirFirstTurn) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 7; ++i) append(store, a_turn("cj", "Hi", "z" + std::to_string(9 - i)));
  append(store, a_turn("cj", "Hi", "z9"));  // the oldest is the current one again

  const auto page = must(store.sessions("cj", 0, 3));
  ASSERT_EQ(page.items.size(), 3U);
  EXPECT_EQ(page.items[0].id, "z9");
  EXPECT_EQ(page.items[0].turn_count, 2U);
  EXPECT_EQ(page.items[2].id, "z7");
  ASSERT_EQ(page.next, 3U);
  const auto second = must(store.sessions("cj", *page.next, 3));
  EXPECT_EQ(second.items.at(0).id, "z6");
  const auto last = must(store.sessions("cj", *second.next, 3));
  ASSERT_EQ(last.items.size(), 1U);
  EXPECT_EQ(last.items[0].id, "z3");
  EXPECT_FALSE(last.next.has_value());
  // A page that is exactly full is the last one.
  EXPECT_FALSE(must(store.sessions("cj", 0, 7)).next.has_value());
}

TEST(Sessions, TurnsOfOneComeInPagesOldestFirst) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 10; ++i) {
    append(store, a_turn("cj", "a" + std::to_string(i), "a"));
    append(store, a_turn("cj", "b" + std::to_string(i), "b"));
    append(store, a_turn("ada", "ada", "a"));
  }
  const auto first = must(store.session_turns("cj", "a", 0, 4));
  EXPECT_THAT(inputs_of(first), ElementsAre("a0", "a1", "a2", "a3"));
  const auto second = must(store.session_turns("cj", "a", first.next.value(), 4));
  EXPECT_THAT(inputs_of(second), ElementsAre("a4", "a5", "a6", "a7"));
  const auto third = must(store.session_turns("cj", "a", second.next.value(), 4));
  EXPECT_THAT(inputs_of(third), ElementsAre("a8", "a9"));
  EXPECT_FALSE(third.next.has_value());
  EXPECT_EQ(third.rev, 20U);
  EXPECT_TRUE(must(store.session_turns("cj", "b", 20, 4)).items.empty());
  const Error unknown = refusal(store.session_turns("cj", "c"));
  EXPECT_EQ(unknown.code, ErrorCode::kNotFound);
  EXPECT_EQ(unknown.field, "session");
}

// The store names a session that it begins by the turn's id, and a caller may have used that very text.
TEST(Sessions, ATurnWhoseSessionNameIsTakenIsRefusedAndLeavesTheFullSessionOpen) {
  const StoreFolder folder;
  Store store = folder.open();
  const OperationId id = OperationId::make();
  append(store, a_turn("cj", "first", id.to_string()));
  must(store.commit(operation_of("cj", EndSession{})));
  for (int i = 0; i < 20; ++i) append(store, a_turn("cj", "more"));
  const std::string full = must(store.sessions("cj")).items.at(1).id;

  EXPECT_EQ(refusal(store.commit(with_id(a_turn("cj", "taken"), id))).code, ErrorCode::kConflict);

  const Page<Session> sessions = must(store.sessions("cj"));
  ASSERT_EQ(sessions.items.size(), 2U);
  EXPECT_FALSE(sessions.items[1].ended_at) << "nothing of the refused turn is left";
  EXPECT_EQ(append(store, a_turn("cj", "another")).number, 1U);
  EXPECT_TRUE(must(store.verify()).problems.empty());
}

}  // namespace
}  // namespace penny::test
