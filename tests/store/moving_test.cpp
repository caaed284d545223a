// Export and import: what comes back, what a second import adds, and whom it joins.

#include <algorithm>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stores.hpp"
#include "support/whole_user.hpp"

namespace penny::test {
namespace {

using ::testing::HasSubstr;

void expect_whole(const Store& store) { EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{}); }

// Something of everything: learnt turns, named sessions, batches, bytes that JSON would write otherwise, and forgetting.
void fill(Store& store, const std::string& user = "cj") {
  for (Operation& operation : one_of_each(user)) must(store.commit(std::move(operation)));
  const Batch lesson = must(Store::learn(with_id(a_turn(user, "please explain my algorithm in detail, thanks"))));
  const Batch kept = must(Store::learn(with_id(a_turn(user, "a short joke about the database architecture"))));
  must(store.commit(lesson));
  must(store.commit(kept));
  Operation odd =
      at_time(a_turn(user, std::string("tab\t, quote \", \x01, \x7f, \u202e and 日本語\n"), "work"), day(-900));
  odd.origin = Origin::kWeb;
  odd.channel = "voice@kitchen";
  std::get<AppendTurn>(odd.payload).metadata = "{ \"b\" : 1.50, \"a\":[1e2, \"\\u00e4\"] , \"b\":2}";
  std::get<AppendTurn>(odd.payload).response_time_ms = 0.1 + 0.2;
  std::get<AppendTurn>(odd.payload).modality = Modality::kVoice;
  must(store.commit(odd));
  must(store.commit(a_turn(user, "secret of the work", "work")));
  must(store.commit(operation_of(user, EndSession{.session = "work"})));
  must(store.commit(Batch{.operations = {operation_of(user, SetPreference{.key = "drink", .value = " \"tea\" "}),
                                         operation_of(user, ObservePreference{.key = "drink", .value = "\"tea\""}),
                                         operation_of(user, RememberFact{.text = "keeps bees"})}}));
  must(store.commit(operation_of(user, ForgetTurn{.turn = *lesson.operations[0].id})));
  must(store.forget_session(user, "work"));
  must(store.forget_preference(user, "drink"));
  must(store.commit(operation_of(user, ObservePreference{.key = "drink", .value = "\"milk\""})));
  must(store.commit(a_turn(user, "and on it goes")));
}

TEST(Moving, WhatIsImportedIsTheSameAndSoIsItsExport) {
  const StoreFolder folder;
  const StoreFolder elsewhere;
  Store store = folder.open();
  Store other = elsewhere.open();
  fill(store);
  const std::string lines = exported(store);
  const Imported done = must(import_text(other, lines));
  EXPECT_TRUE(done.is_complete);
  EXPECT_EQ(done.user, "cj");
  EXPECT_EQ(done.already_there, 0U);
  EXPECT_EQ(done.skipped, 0U);
  EXPECT_EQ(done.operations, must(store.user_statistics("cj")).value.operations);
  EXPECT_EQ(whole_user(other), whole_user(store));
  EXPECT_EQ(exported(other), lines);
  expect_whole(other);
  EXPECT_EQ(must(Store::check_import(source_of(lines))).operations, done.operations);
}

TEST(Moving, NothingThatWasForgottenIsInAnExport) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store);
  const std::string lines = exported(store);
  for (const char* gone : {"explain my", "secret of", "\\\"tea\\\"",
                           "voice@kitchen\",\"kind\":\"append_turn\",\"payload\":{\"user_input\":\"tab"})
    EXPECT_EQ(lines.find(gone), std::string::npos) << gone;
  EXPECT_THAT(lines, HasSubstr("keeps bees"));
}

TEST(Moving, ARetryAfterTheImportIsAnsweredWithTheFirstOutcome) {
  const StoreFolder folder;
  const StoreFolder elsewhere;
  Store store = folder.open();
  Store other = elsewhere.open();
  const Operation alone =
      with_id(operation_of("cj", SetPreference{.key = "drink", .value = "{ \"hot\" : 1.0 }", .confidence = 0.1}));
  const Batch lesson = must(Store::learn(with_id(a_turn("cj", "please explain it in detail"))));
  const Operation forgotten = with_id(a_turn("cj", "forget this"));
  const Outcome first = must(store.commit(alone));
  const BatchOutcome batch = must(store.commit(lesson));
  must(store.commit(forgotten));
  must(store.commit(operation_of("cj", ForgetTurn{.turn = *forgotten.id})));
  must(import_text(other, exported(store)));
  const Outcome again = must(other.commit(alone));
  EXPECT_TRUE(again.is_already_stored);
  EXPECT_EQ(again.rev, first.rev);
  EXPECT_EQ(again.result, first.result);
  const BatchOutcome retried = must(other.commit(lesson));
  EXPECT_TRUE(retried.is_already_stored);
  for (std::size_t i = 0; i < batch.outcomes.size(); ++i)
    EXPECT_EQ(retried.outcomes[i].result, batch.outcomes[i].result);
  EXPECT_TRUE(must(other.commit(forgotten)).is_already_stored);
  EXPECT_EQ(must(other.changes("cj")).rev, must(store.changes("cj")).rev);
}

TEST(Moving, ASecondImportAddsNothingAlsoAfterTheUserWentOn) {
  const StoreFolder folder;
  const StoreFolder elsewhere;
  Store store = folder.open();
  Store other = elsewhere.open();
  fill(store);
  const std::string lines = exported(store);
  const Imported first = must(import_text(other, lines));
  const std::string bytes = bytes_on_disk(elsewhere.path());
  const Imported second = must(import_text(other, lines));
  EXPECT_EQ(second.already_there, first.operations);
  EXPECT_EQ(second.operations, first.operations);
  EXPECT_EQ(bytes_on_disk(elsewhere.path()), bytes);
  must(other.commit(a_turn()));
  const std::string after = whole_user(other);
  EXPECT_EQ(must(import_text(other, lines)).already_there, first.operations);
  // Into the store that it came from, too.
  EXPECT_EQ(must(import_text(store, lines)).already_there, first.operations);
  EXPECT_EQ(whole_user(other), after);
  EXPECT_EQ(must(import_text(other, lines, {.is_joined = true})).already_there, first.operations);
  EXPECT_EQ(whole_user(other), after);
}

TEST(Moving, AnImportThatEndedInTheMiddleGoesOn) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 600; ++i) must(store.commit(a_turn("cj", std::string(500, 'x'))));
  must(store.forget_turns_after("cj", 100));
  const std::string lines = exported(store);
  const StoreFolder elsewhere;
  Store other = elsewhere.open();
  const Imported begun =
      must(import_text(other, lines, {.progress = [](const Imported& so_far) { return so_far.operations < 200; }}));
  EXPECT_FALSE(begun.is_complete);
  EXPECT_GE(begun.operations, 200U);
  EXPECT_LT(begun.operations, 600U);
  const Imported rest = must(import_text(other, lines));
  EXPECT_TRUE(rest.is_complete);
  EXPECT_EQ(rest.already_there, begun.operations);
  EXPECT_EQ(whole_user(other), whole_user(store));
  expect_whole(other);
  // A file that was cut off: what is there of it is stored, and the whole one goes on.
  const StoreFolder third;
  Store late = third.open();
  const std::string half = lines.substr(0, lines.size() / 2);
  const Error cut = refusal(import_text(late, half));
  EXPECT_EQ(cut.code, ErrorCode::kInvalid);
  EXPECT_THAT(cut.message, HasSubstr("cut off"));
  EXPECT_GT(must(late.changes("cj")).rev, 100U);
  must(import_text(late, lines));
  EXPECT_EQ(whole_user(late), whole_user(store));
}

TEST(Moving, AUserWithOtherOperationsIsJoinedOnlyIfAsked) {
  const StoreFolder folder;
  const StoreFolder elsewhere;
  Store store = folder.open();
  Store other = elsewhere.open();
  fill(store);
  must(store.forget_turns_after("cj", must(store.changes("cj")).rev - 1));
  const std::string lines = exported(store);
  for (int i = 0; i < 60; ++i) must(other.commit(a_turn("cj", "mine", "mine")));
  const std::string bytes = bytes_on_disk(elsewhere.path());
  const Error error = refusal(import_text(other, lines));
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_EQ(error.field, "lines[2].user");
  EXPECT_EQ(bytes_on_disk(elsewhere.path()), bytes);
  // Joined, revs are others; what the file forgets are its own turns and nobody else's.
  const Imported joined = must(import_text(other, lines, {.is_joined = true}));
  EXPECT_EQ(joined.already_there, 0U);
  const auto turns = must(other.last_turns("cj", 100)).items;
  EXPECT_EQ(std::ranges::count(turns, std::string("mine"), &Turn::user_input), 60);
  EXPECT_EQ(std::ranges::count(turns, true, &Turn::is_forgotten), 4);
  expect_whole(other);
  EXPECT_EQ(must(import_text(other, lines, {.is_joined = true})).already_there, joined.operations);
  // Under another name nothing is in the way.
  must(import_text(other, lines, {.as_user = "new"}));
  EXPECT_EQ(whole_user(other, "new"), whole_user(store));
}

TEST(Moving, UsersThatWentApartAreNotMixed) {
  const StoreFolder folder;
  const StoreFolder elsewhere;
  Store store = folder.open();
  Store other = elsewhere.open();
  for (int i = 0; i < 3; ++i) must(store.commit(a_turn()));
  must(import_text(other, exported(store)));
  must(other.commit(a_turn("cj", "there")));
  must(store.commit(a_turn("cj", "here")));
  const Error error = refusal(import_text(other, exported(store)));
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_EQ(error.field, "lines[5].user");
  EXPECT_EQ(must(other.changes("cj")).rev, 4U);
}

TEST(Moving, AnErasedUserIsExportedFromHisNewLifeOnAndTakesAnImportAgain) {
  const StoreFolder folder;
  const StoreFolder elsewhere;
  Store store = folder.open();
  Store other = elsewhere.open();
  fill(store);
  const std::string before = exported(store);
  must(store.erase("cj"));
  EXPECT_EQ(refusal(store.export_user("cj", [](std::string_view) { return true; })).code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal(store.export_user("nobody", [](std::string_view) { return true; })).code, ErrorCode::kNotFound);
  // Whoever was erased does not come back by a late import, for a day.
  const Error late = refusal(import_text(store, before));
  EXPECT_EQ(late.code, ErrorCode::kConflict);
  EXPECT_THAT(late.message, HasSubstr("line 2: "));
  must(import_text(other, before));
  // His new life is exported, and comes after that of another store as well.
  must(store.commit(a_turn("cj", "new life", "s")));
  must(store.commit(a_turn("cj", "more of it", "s")));
  must(store.forget_session("cj", "s"));
  const std::string after = exported(store);
  EXPECT_THAT(after, HasSubstr("\"number\":1,"));
  EXPECT_EQ(after.find("erase_user"), std::string::npos);
  must(import_text(other, after, {.as_user = "second"}));
  EXPECT_EQ(exported(other, "second"), std::string(after).replace(after.find("cj"), 2, "second"));
  must(other.erase("second"));
  EXPECT_EQ(refusal(import_text(other, after, {.as_user = "second"})).code, ErrorCode::kConflict);
  expect_whole(other);
}

// Any history comes back, whatever was forgotten of it, to the last bit of every outcome.
TEST(Moving, RandomHistoriesComeBack) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto number = [&](int end) { return static_cast<int>(random() % static_cast<unsigned>(end)); };
    const auto real = [&] { return std::uniform_real_distribution<double>(0, 1)(random); };
    const StoreFolder folder;
    Store store = folder.open();
    std::vector<OperationId> turns;
    std::vector<OperationId> facts;
    const auto any = [&](const std::vector<OperationId>& ids) {
      return ids.empty() ? OperationId::make() : ids[static_cast<std::size_t>(number(static_cast<int>(ids.size())))];
    };
    const auto payload = [&](const std::string& trigger) -> Payload {
      const std::string key = "key " + std::to_string(number(3));
      const std::string value = std::to_string(number(2));
      const std::string dimension = number(2) == 0 ? "proactive_suggestions" : "own";
      const std::string option = number(2) == 0 ? "dry" : "playful";
      switch (number(9)) {
        case 0:
          return ObservePreference{.key = key, .value = value, .confidence = real()};
        case 1:
          return SetPreference{.key = key, .value = value, .confidence = real() / 10};
        case 2:
          return ObservePreference{.key = key, .value = value, .confidence = 0.1};
        case 3:
          return AdjustDimension{
              .name = dimension, .delta = 2 * real() - 1, .confidence_change = real() / 3, .trigger = trigger};
        case 4:
          return ObserveDimension{.name = dimension, .value = real(), .confidence = real(), .trigger = trigger};
        case 5:
          return SetDimension{
              .name = dimension, .value = real(), .confidence_change = 2 * real() - 1, .trigger = trigger};
        case 6:
          return ObserveDimension{
              .name = "humor_style_preference", .value = option, .confidence = real(), .trigger = trigger};
        case 7:
          return SetDimension{.name = "humor_style_preference", .value = real(), .trigger = trigger};
        default:
          return ObserveDimension{.name = "style", .value = option, .confidence = real(), .trigger = trigger};
      }
    };
    for (int step = 0; step < 250; ++step) {
      Batch batch;
      const int what = number(12);
      if (what < 4) {
        Operation turn = with_id(
            a_turn("cj", "words " + std::to_string(step),
                   number(2) == 0 ? std::nullopt : std::optional<std::string>("s" + std::to_string(number(4)))));
        const std::string trigger = "Turn " + turn.id->to_string() + ": words...";
        turns.push_back(*turn.id);
        batch.operations.push_back(turn);
        for (int lessons = number(5); lessons > 0; --lessons)
          batch.operations.push_back(operation_of("cj", payload(trigger)));
      } else if (what < 7) {
        batch.operations.push_back(operation_of("cj", payload("by itself")));
      } else if (what == 7) {
        facts.push_back(OperationId::make());
        batch.operations.push_back(
            with_id(operation_of("cj", RememberFact{.text = "fact", .confidence = real()}), facts.back()));
      } else if (what == 8) {
        batch.operations.push_back(operation_of("cj", ForgetFact{.fact = any(facts)}));
      } else if (what == 9) {
        batch.operations.push_back(operation_of("cj", ForgetTurn{.turn = any(turns)}));
      } else if (what == 10) {
        batch.operations.push_back(operation_of("cj", ForgetPreference{.key = "key " + std::to_string(number(3))}));
      } else {
        const auto first = static_cast<std::uint64_t>(number(step + 1)) + 1;
        batch.operations.push_back(operation_of(
            "cj", ForgetTurns{.first_rev = first, .last_rev = first + static_cast<std::uint64_t>(number(400))}));
        if (number(3) == 0) batch.operations.push_back(operation_of("cj", EndSession{}));
      }
      (void)store.commit(std::move(batch));  // some are refused, and leave nothing
    }
    expect_whole(store);
    const StoreFolder elsewhere;
    Store other = elsewhere.open();
    const std::string lines = exported(store);
    must(import_text(other, lines));
    EXPECT_EQ(whole_user(other), whole_user(store));
    EXPECT_EQ(exported(other), lines);
    expect_whole(other);
  }
}

// A preference with so many old values that forgetting it took several operations.
TEST(Moving, APreferenceThatWasForgottenInSeveralStepsIsForgotten) {
  for (const std::size_t bytes : {std::size_t{10}, std::size_t{20'000}}) {
    const StoreFolder folder;
    Store store = folder.open();
    for (int i = 0; i < 600;) {
      Batch batch;
      for (std::size_t size = 0; i < 600 && batch.operations.size() < 64 && size < limits::kBatchBytesMax - 30'000;
           ++i, size += bytes + 100) {
        batch.operations.push_back(operation_of(
            "cj", SetPreference{.key = "k", .value = "\"" + std::string(bytes, 'x') + std::to_string(i) + "\""}));
      }
      must(store.commit(std::move(batch)));
    }
    EXPECT_GT(must(store.forget_preference("cj", "k")).operations, 1U);
    const std::string lines = exported(store);
    EXPECT_EQ(lines.find("xxxxxx"), std::string::npos);
    const StoreFolder elsewhere;
    Store other = elsewhere.open();
    const Imported done = must(import_text(other, lines));
    EXPECT_TRUE(done.is_complete);
    EXPECT_TRUE(must(other.preferences("cj")).items.empty());
    expect_whole(other);
    must(other.commit(operation_of("cj", SetPreference{.key = "k", .value = "1"})));
    const Imported again = must(import_text(other, lines));
    EXPECT_EQ(again.already_there, done.operations);
    EXPECT_EQ(again.skipped, done.skipped);
    EXPECT_EQ(must(other.preferences("cj")).items.size(), 1U);
  }
}

TEST(Moving, WhatIsWrittenMeanwhileIsInTheExportAndItsForgettingsToo) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 2'500; ++i) must(store.commit(a_turn("cj", "early", "s")));
  std::string lines;
  bool is_first = true;
  must(store.export_user("cj", [&](std::string_view more) {
    lines += more;
    if (std::exchange(is_first, false)) must(store.forget_session("cj", "s"));
    return true;
  }));
  const StoreFolder elsewhere;
  Store other = elsewhere.open();
  must(import_text(other, lines));
  EXPECT_EQ(whole_user(other), whole_user(store));
  expect_whole(other);
}

TEST(Moving, OthersWriteForTheSameUserWhileHeIsImported) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 2'000; ++i) must(store.commit(a_turn("cj", "from the file", "s")));
  must(store.forget_turns_after("cj", 1'500));
  const std::string lines = exported(store);
  const StoreFolder elsewhere;
  Store other = elsewhere.open();
  int written = 0;
  {
    std::jthread writer([&](const std::stop_token& stop) {
      while (!stop.stop_requested() || written == 0) {
        must(other.commit(a_turn("cj", "meanwhile")));
        written += 1;
      }
    });
    while (must(other.changes("cj")).rev == 0) std::this_thread::yield();
    // It forgets turns between which others came: that is told, or nobody came between.
    const auto done = import_text(other, lines, {.is_joined = true});
    EXPECT_TRUE(done || done.error().code == ErrorCode::kConflict) << done.error().message;
  }
  std::ptrdiff_t found = 0;
  all_pages(
      0, [&](std::uint64_t after) { return other.turns_between("cj", Time::min(), Time::max(), after, 1000); },
      [&](const Turn& turn) { found += turn.user_input == "meanwhile" ? 1 : 0; });
  EXPECT_EQ(found, written);
  expect_whole(other);
}

TEST(Moving, ASourceThatFailsIsToldAndASinkThatIsFullEndsTheExport) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store);
  const auto failing = [](std::span<char>) -> Result<std::size_t> {
    return std::unexpected(Error{.code = ErrorCode::kStorageFailed, .message = "no", .advice = {}, .field = {}});
  };
  EXPECT_EQ(refusal(store.import_user(failing)).code, ErrorCode::kStorageFailed);
  EXPECT_EQ(refusal(Store::check_import(failing)).code, ErrorCode::kStorageFailed);
  EXPECT_FALSE(must(store.export_user("cj", [](std::string_view) { return false; })).is_complete);
  store.close();
  EXPECT_EQ(refusal(store.import_user(source_of("{}\n"))).code, ErrorCode::kInvalid);
  EXPECT_EQ(refusal(store.export_user("cj", [](std::string_view) { return true; })).code, ErrorCode::kClosed);
}

}  // namespace
}  // namespace penny::test
