// Decisions that were made from a reading: refused with `kConflict` if that is no longer what is there.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stores.hpp"

namespace penny::test {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

void expect_conflict(const Error& error, const std::string& field, const std::vector<std::string>& parts) {
  EXPECT_EQ(error.code, ErrorCode::kConflict) << error.message;
  EXPECT_EQ(error.field, field);
  for (const std::string& part : parts) EXPECT_THAT(error.message, HasSubstr(part));
  EXPECT_FALSE(error.advice.empty());
}

Operation set_color(const std::string& value) {
  return operation_of("cj", SetPreference{.key = "color", .value = value});
}

TEST(IfVersion, ZeroMeansThatItMustNotBeThereYet) {
  const StoreFolder folder;
  Store store = folder.open();
  const std::vector<Operation> firsts{
      set_color("\"blue\""), operation_of("cj", ObservePreference{.key = "length", .value = "1"}),
      operation_of("cj", SetDimension{.name = "mood", .value = "calm"s}),
      operation_of("cj", AdjustDimension{.name = "communication_formality", .delta = 0.25}),
      operation_of("cj", ObserveDimension{.name = "proactive_suggestions", .value = 0.5})};
  for (const Operation& operation : firsts) {
    EXPECT_TRUE(store.commit(with_version(operation, 0)).has_value());
    expect_conflict(refusal(store.commit(with_version(operation, 0))), "if_version", {"version 1", "not 0"});
  }
  EXPECT_EQ(must(store.statistics()).operations, firsts.size());
}

TEST(IfVersion, MustBeTheCurrentOne) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(set_color("\"blue\"")));
  must(store.commit(set_color("\"red\"")));
  const std::string before = bytes_on_disk(folder.path());
  for (const std::uint64_t wrong : {0U, 1U, 3U}) {
    expect_conflict(refusal(store.commit(with_version(set_color("\"green\""), wrong))), "if_version",
                    {"preference:color", "version 2", "\"red\""});
  }
  EXPECT_TRUE(bytes_on_disk(folder.path()) == before);
  EXPECT_EQ(result_of<PreferenceResult>(must(store.commit(with_version(set_color("\"green\""), 2)))).version, 3U);
}

TEST(IfVersion, GuardsDimensionsAndFacts) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(operation_of("cj", SetDimension{.name = "mood", .value = "calm"s})));
  expect_conflict(
      refusal(store.commit(with_version(operation_of("cj", SetDimension{.name = "mood", .value = "glad"s}), 2))),
      "if_version", {"dimension:mood", "version 1", "not 2", "calm"});
  EXPECT_TRUE(
      store.commit(with_version(operation_of("cj", SetDimension{.name = "mood", .value = "glad"s}), 1)).has_value());

  const OperationId fact = must(store.commit(operation_of("cj", RememberFact{.text = "likes tea"}))).id;
  const Operation forget = operation_of("cj", ForgetFact{.fact = fact});
  expect_conflict(refusal(store.commit(with_version(forget, 0))), "if_version",
                  {"fact:" + fact.to_string(), "version 1", "remembered"});
  EXPECT_TRUE(store.commit(with_version(forget, 1)).has_value());
  // The tombstone has a version too.
  expect_conflict(refusal(store.commit(with_version(forget, 1))), "if_version", {"version 2", "forgotten"});
}

TEST(IfVersion, OfALongValueIsToldByItsSize) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(set_color("\"" + std::string(1000, 'x') + "\"")));
  const Error error = refusal(store.commit(with_version(set_color("1"), 0)));
  EXPECT_THAT(error.message, HasSubstr("1002 bytes"));
  EXPECT_LT(error.message.size(), 300U);
}

TEST(IfVersion, IsRefusedWhereNothingHasAVersion) {
  const StoreFolder folder;
  Store store = folder.open();
  for (const Operation& operation :
       {a_turn(), operation_of("cj", EndSession{}), operation_of("cj", RememberFact{.text = "likes tea"})}) {
    const Error error = refusal(store.commit(with_version(operation, 1)));
    EXPECT_EQ(error.code, ErrorCode::kInvalid);
    EXPECT_EQ(error.field, "if_version");
  }
}

TEST(IfVersion, OfOneMemberRefusesTheWholeBatch) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(set_color("\"blue\"")));
  const Batch batch{.operations = {a_turn(), with_version(set_color("\"red\""), 0)}};
  EXPECT_EQ(refusal(store.commit(batch)).code, ErrorCode::kConflict);
  EXPECT_EQ(must(store.statistics()).operations, 1U);
  EXPECT_EQ(must(store.statistics()).turns, 0U);
}

// One way to change something, the key that names it, and what the conflict tells of it.
struct Change {
  std::string key;
  std::vector<Operation> before;
  std::vector<Operation> change;
  std::string told;
};

std::vector<Change> changes() {
  const OperationId fact = OperationId::make();
  const OperationId later_fact = OperationId::make();
  const Operation remember = with_id(operation_of("cj", RememberFact{.text = "likes tea"}), fact);
  return {
      {"turns", {}, {a_turn()}, "the latest has rev 1"},
      {"turns", {a_turn(), set_color("1")}, {a_turn()}, "the latest has rev 3"},
      {"session:a", {}, {a_turn("cj", "Hi", "a")}, "1 turns, open"},
      {"session:a", {a_turn("cj", "Hi", "a")}, {a_turn()}, "2 turns, open"},
      {"session:a", {a_turn("cj", "Hi", "a")}, {operation_of("cj", EndSession{})}, "1 turns, ended"},
      {"session:a",
       {a_turn("cj", "Hi", "a"), a_turn("cj", "Hi", "b")},
       {a_turn("cj", "Hi", "a"), a_turn("cj", "Hi", "b")},
       "2 turns, open"},
      {"session:a",
       {a_turn("cj", "Hi", "a"), a_turn("cj", "Hi", "b")},
       {operation_of("cj", EndSession{.session = "a"})},
       "1 turns, ended"},
      {"preference:color", {}, {set_color("\"blue\"")}, "\"blue\""},
      {"preference:color",
       {set_color("\"blue\"")},
       {operation_of("cj", ObservePreference{.key = "color", .value = "\"red\"", .confidence = 0.1})},
       "\"blue\""},
      {"dimension:mood", {}, {operation_of("cj", SetDimension{.name = "mood", .value = "calm"s})}, "calm"},
      {"dimension:communication_formality",
       {},
       {operation_of("cj", AdjustDimension{.name = "communication_formality", .delta = 0.25})},
       "0.75"},
      {"fact:" + later_fact.to_string(),
       {},
       {with_id(operation_of("cj", RememberFact{.text = "likes tea"}), later_fact)},
       "remembered"},
      {"fact:" + fact.to_string(), {remember}, {operation_of("cj", ForgetFact{.fact = fact})}, "forgotten"},
  };
}

TEST(IfUnchangedSince, RefusesWhenItsKeyChangedAndTellsWhatIsThereNow) {
  for (const Change& change : changes()) {
    const StoreFolder folder;
    Store store = folder.open();
    for (const Operation& operation : change.before) must(store.commit(operation));
    const std::uint64_t read = must(store.changes("cj")).rev;
    std::uint64_t changed_at = 0;
    for (const Operation& operation : change.change) changed_at = must(store.commit(operation)).rev;
    const std::string before = bytes_on_disk(folder.path());
    const std::uint64_t rev = must(store.changes("cj")).rev;

    const Batch decided{.operations = {operation_of("cj", RememberFact{.text = "decided"})},
                        .if_unchanged_since = IfUnchangedSince{.rev = read, .keys = {change.key}}};
    expect_conflict(refusal(store.commit(decided)), "if_unchanged_since",
                    {change.key + " changed at rev ", change.told, "since rev " + std::to_string(read)});
    EXPECT_TRUE(bytes_on_disk(folder.path()) == before) << change.key;

    Batch again = decided;
    again.if_unchanged_since->rev = changed_at;
    EXPECT_EQ(must(store.commit(again)).outcomes.at(0).rev, rev + 1) << change.key;
  }
}

TEST(IfUnchangedSince, LetsOtherChangesPass) {
  for (const Change& change : changes()) {
    const StoreFolder folder;
    Store store = folder.open();
    for (const Operation& operation : change.before) must(store.commit(operation));
    const std::uint64_t read = must(store.changes("cj")).rev;
    for (const Operation& operation : change.change) must(store.commit(operation));
    const Batch decided{.operations = {operation_of("cj", RememberFact{.text = "decided"})},
                        .if_unchanged_since =
                            IfUnchangedSince{.rev = read,
                                             .keys = {"session:other", "preference:other", "dimension:other",
                                                      "dimension:energy", "fact:" + OperationId::make().to_string()}}};
    EXPECT_TRUE(store.commit(decided).has_value()) << change.key;
  }
}

TEST(IfUnchangedSince, TellsEveryKeyThatChanged) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(set_color("\"blue\"")));
  must(store.commit(a_turn()));
  const Error error = refusal(
      store.commit(Batch{.operations = {a_turn()},
                         .if_unchanged_since = IfUnchangedSince{
                             .rev = 0, .keys = {"turns", "preference:color", "dimension:proactive_suggestions"}}}));
  expect_conflict(error, "if_unchanged_since",
                  {"turns changed at rev 2", "preference:color changed at rev 1: \"blue\""});
  EXPECT_THAT(error.message, testing::Not(HasSubstr("proactive")));
}

TEST(IfUnchangedSince, TheBatchItselfIsNoChange) {
  const StoreFolder folder;
  Store store = folder.open();
  const Batch batch{.operations = {with_id(a_turn()), with_id(set_color("\"blue\""))},
                    .if_unchanged_since = IfUnchangedSince{.rev = 0, .keys = {"turns", "preference:color"}}};
  must(store.commit(batch));
  // Nor does a retry meet its own changes.
  EXPECT_TRUE(must(store.commit(batch)).is_already_stored);
}

TEST(IfUnchangedSince, LooksAtItsUserAlone) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(operation_of("ada", SetPreference{.key = "color", .value = "1"})));
  must(store.commit(a_turn("ada", "Hi", "a")));
  const IfUnchangedSince condition{.rev = 0, .keys = {"turns", "session:a", "preference:color"}};
  EXPECT_TRUE(store.commit(Batch{.operations = {a_turn()}, .if_unchanged_since = condition}).has_value());
}

}  // namespace
}  // namespace penny::test
