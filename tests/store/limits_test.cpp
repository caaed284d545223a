// Every field of every operation at its limit, and one beyond: refused with the field, the limit and the value's size,
// and nothing is written.

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/validation.hpp"
#include "support/log_copy.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

void expect_refused(Store& store, const Operation& operation, const std::string& field,
                    const std::vector<std::string>& parts) {
  const Error error = refusal(store.commit(operation));
  EXPECT_EQ(error.code, ErrorCode::kInvalid) << error.message;
  EXPECT_EQ(error.field, field) << error.message;
  EXPECT_THAT(error.message, HasSubstr(field));
  for (const std::string& part : parts) EXPECT_THAT(error.message, HasSubstr(part));
  EXPECT_FALSE(error.advice.empty());
}

// A field whose value has a size.
struct SizedField {
  std::string field;
  std::size_t size_max;
  std::function<Operation(const std::string&)> with;
  std::size_t size_min = 1;
};

std::vector<SizedField> names() {
  const std::size_t limit = limits::kNameBytesMax;
  return {
      {"user", limit, [](const auto& text) { return a_turn(text); }},
      {"channel", limit,
       [](const auto& text) {
         Operation operation = a_turn();
         operation.channel = text;
         return operation;
       },
       0},
      {"session", limit, [](const auto& text) { return a_turn("cj", "Hi", text); }},
      {"session", limit, [](const auto& text) { return operation_of("cj", EndSession{.session = text}); }},
      {"key", limit, [](const auto& text) { return operation_of("cj", ObservePreference{.key = text, .value = "1"}); }},
      {"key", limit, [](const auto& text) { return operation_of("cj", SetPreference{.key = text, .value = "1"}); }},
      {"name", limit, [](const auto& text) { return operation_of("cj", AdjustDimension{.name = text, .delta = 0.1}); }},
      {"name", limit,
       [](const auto& text) { return operation_of("cj", ObserveDimension{.name = text, .value = 0.5}); }},
      {"name", limit, [](const auto& text) { return operation_of("cj", SetDimension{.name = text, .value = 0.5}); }},
      {"value", limit,
       [](const auto& text) { return operation_of("cj", ObserveDimension{.name = "mood", .value = text}); }},
      {"value", limit,
       [](const auto& text) { return operation_of("cj", SetDimension{.name = "mood", .value = text}); }},
  };
}

std::vector<SizedField> texts() {
  return {
      {"user_input", limits::kTextBytesMax,
       [](const auto& text) {
         return operation_of("cj", AppendTurn{.user_input = text, .assistant_response = "Hello"});
       },
       0},
      {"assistant_response", limits::kTextBytesMax,
       [](const auto& text) { return operation_of("cj", AppendTurn{.user_input = "Hi", .assistant_response = text}); },
       0},
      {"text", limits::kTextBytesMax, [](const auto& text) { return operation_of("cj", RememberFact{.text = text}); }},
      {"trigger", limits::kTriggerBytesMax,
       [](const auto& text) {
         return operation_of("cj", AdjustDimension{.name = "energy", .delta = 0.1, .trigger = text});
       },
       0},
      {"trigger", limits::kTriggerBytesMax,
       [](const auto& text) {
         return operation_of("cj", ObserveDimension{.name = "energy", .value = 0.5, .trigger = text});
       },
       0},
      {"trigger", limits::kTriggerBytesMax,
       [](const auto& text) {
         return operation_of("cj", SetDimension{.name = "energy", .value = 0.5, .trigger = text});
       },
       0},
  };
}

// Fields that hold JSON, given an object.
std::vector<SizedField> json_fields() {
  return {
      {"metadata", limits::kJsonBytesMax,
       [](const auto& json) {
         return operation_of("cj", AppendTurn{.user_input = "Hi", .assistant_response = "", .metadata = json});
       }},
      {"value", limits::kJsonBytesMax,
       [](const auto& json) { return operation_of("cj", ObservePreference{.key = "k", .value = json}); }},
      {"value", limits::kJsonBytesMax,
       [](const auto& json) { return operation_of("cj", SetPreference{.key = "k", .value = json}); }},
  };
}

std::vector<SizedField> all_texts() {
  std::vector<SizedField> all = names();
  for (const SizedField& field : texts()) all.push_back(field);
  return all;
}

std::string object_of_size(std::size_t size) { return "{\"k\":\"" + std::string(size - 8, 'x') + "\"}"; }

std::string object_of_depth(int depth) {
  std::string json = "{\"k\":";
  for (int i = 1; i < depth; ++i) json += '[';
  for (int i = 1; i < depth; ++i) json += ']';
  return depth == 1 ? "{}" : json + "}";
}

TEST(Limits, OfSizesAreAcceptedAndOneByteBeyondIsRefused) {
  const StoreFolder folder;
  Store store = folder.open();
  must(store.commit(a_turn("cj", "Hi", std::string(limits::kNameBytesMax, 'x'))));  // for EndSession
  for (const SizedField& field : all_texts()) {
    const auto accepted = store.commit(field.with(std::string(field.size_max, 'x')));
    EXPECT_TRUE(accepted.has_value() || accepted.error().code == ErrorCode::kConflict)
        << field.field << ": " << accepted.error().message;
    const std::string before = bytes_on_disk(folder.path());
    expect_refused(store, field.with(std::string(field.size_max + 1, 'x')), field.field,
                   {std::to_string(field.size_max), std::to_string(field.size_max + 1)});
    if (field.size_min > 0) expect_refused(store, field.with(""), field.field, {"0 bytes", "at least 1"});
    EXPECT_TRUE(bytes_on_disk(folder.path()) == before) << field.field;
  }
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Limits, OfNamesCountBytesAndNotCharacters) {
  const StoreFolder folder;
  Store store = folder.open();
  std::string name;
  for (int i = 0; i < 64; ++i) name += "é";
  EXPECT_TRUE(store.commit(a_turn(name)).has_value());
  expect_refused(store, a_turn(name + "x"), "user", {"129", "128"});
}

TEST(Limits, OfJsonAreItsSizeAndItsDepth) {
  const StoreFolder folder;
  Store store = folder.open();
  for (const SizedField& field : json_fields()) {
    EXPECT_TRUE(store.commit(field.with(object_of_size(field.size_max))).has_value());
    EXPECT_TRUE(store.commit(field.with(object_of_depth(32))).has_value());
    const std::string before = bytes_on_disk(folder.path());
    expect_refused(store, field.with(object_of_size(field.size_max + 1)), field.field, {"65536", "65537"});
    expect_refused(store, field.with(object_of_depth(33)), field.field, {"32", "33"});
    expect_refused(store, field.with(""), field.field, {"0 bytes"});
    for (const char* wrong : {"{", "{}}", "nan", "{'a':1}", "{\"a\":1,}", "{\"a\":\"\\u0000\"}", "{\"a\":1e999}"})
      expect_refused(store, field.with(wrong), field.field, {});
    EXPECT_TRUE(bytes_on_disk(folder.path()) == before);
  }
  expect_refused(store, json_fields()[0].with("[1]"), "metadata", {"no object"});
}

TEST(Refusals, NoTextHoldsANulOrInvalidUtf8) {
  const StoreFolder folder;
  Store store = folder.open();
  for (const SizedField& field : all_texts()) {
    expect_refused(store, field.with("a\0b"s), field.field, {"NUL", "3"});
    for (const char* wrong : {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80"})
      expect_refused(store, field.with(wrong), field.field, {"UTF-8"});
  }
  for (const SizedField& field : json_fields()) {
    expect_refused(store, field.with("{\"a\":\"\xff\"}"), field.field, {"UTF-8"});
    expect_refused(store, field.with("{\"a\":\"\0\"}"s), field.field, {});
  }
  for (const SizedField& field : names()) {
    for (const char* wrong : {"a\nb", "\x1b[31m", "\xe2\x80\xa8", "\x7f"})
      expect_refused(store, field.with(wrong), field.field, {"printed"});
  }
  EXPECT_EQ(must(store.statistics()).users, 0U);
}

// A number and its range.
struct NumberField {
  std::string field;
  double least;
  double most;
  std::function<Operation(double)> with;
};

std::vector<NumberField> numbers() {
  return {
      {"response_time_ms", 0, limits::kResponseTimeMsMax,
       [](double number) {
         return operation_of("cj",
                             AppendTurn{.user_input = "Hi", .assistant_response = "", .response_time_ms = number});
       }},
      {"confidence", 0, 1,
       [](double number) {
         return operation_of("cj", AppendTurn{.user_input = "Hi", .assistant_response = "", .confidence = number});
       }},
      {"confidence", 0, 1,
       [](double number) {
         return operation_of("cj", ObservePreference{.key = "k", .value = "1", .confidence = number});
       }},
      {"confidence", 0, 1,
       [](double number) { return operation_of("cj", SetPreference{.key = "k", .value = "1", .confidence = number}); }},
      {"delta", -1, 1,
       [](double number) { return operation_of("cj", AdjustDimension{.name = "energy", .delta = number}); }},
      {"confidence_change", -1, 1,
       [](double number) {
         return operation_of("cj", AdjustDimension{.name = "energy", .confidence_change = number});
       }},
      {"value", 0, 1,
       [](double number) { return operation_of("cj", ObserveDimension{.name = "energy", .value = number}); }},
      {"confidence", 0, 1,
       [](double number) {
         return operation_of("cj", ObserveDimension{.name = "energy", .value = 0.5, .confidence = number});
       }},
      {"value", 0, 1,
       [](double number) { return operation_of("cj", SetDimension{.name = "energy", .value = number}); }},
      {"confidence_change", -1, 1,
       [](double number) {
         return operation_of("cj", SetDimension{.name = "energy", .value = 0.5, .confidence_change = number});
       }},
      {"confidence", 0, 1,
       [](double number) { return operation_of("cj", RememberFact{.text = "likes tea", .confidence = number}); }},
  };
}

TEST(Limits, OfNumbersAreAcceptedAndTheNextNumberBeyondIsRefused) {
  const StoreFolder folder;
  Store store = folder.open();
  for (const NumberField& field : numbers()) {
    for (const double good : {field.least, field.most, (field.least + field.most) / 2}) {
      EXPECT_TRUE(store.commit(field.with(good)).has_value()) << field.field << " " << good;
    }
    const std::string before = bytes_on_disk(folder.path());
    for (const double bad : {std::nextafter(field.least, -kInfinity), std::nextafter(field.most, kInfinity), kNan,
                             kInfinity, -kInfinity, -0.0, 1e300}) {
      expect_refused(store, field.with(bad), field.field, {"must be in"});
    }
    EXPECT_TRUE(bytes_on_disk(folder.path()) == before) << field.field;
  }
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Refusals, ATurnNeedsAWordOfOneSide) {
  const StoreFolder folder;
  Store store = folder.open();
  const auto turn = [](const char* input, const char* response) {
    return operation_of("cj", AppendTurn{.user_input = input, .assistant_response = response});
  };
  EXPECT_TRUE(store.commit(turn("Hi", "")).has_value());
  EXPECT_TRUE(store.commit(turn("", "Hello")).has_value());
  expect_refused(store, turn("", ""), "user_input", {"0 bytes", "at least 1"});
  EXPECT_EQ(must(store.statistics()).turns, 2U);
}

TEST(Refusals, TimesOriginsAndModalitiesAreKnownOnes) {
  const StoreFolder folder;
  Store store = folder.open();
  const Time first = Time();
  const Time end = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};
  const auto instant = std::chrono::microseconds(1);
  EXPECT_TRUE(store.commit(at_time(a_turn(), first)).has_value());
  EXPECT_TRUE(store.commit(at_time(a_turn(), end - instant)).has_value());
  expect_refused(store, at_time(a_turn(), first - instant), "at", {"-1", "1970..9999"});
  expect_refused(store, at_time(a_turn(), end), "at", {"1970..9999"});
  for (const int number : {0, 6, 255}) {
    Operation operation = a_turn();
    operation.origin = static_cast<Origin>(number);
    expect_refused(store, operation, "origin", {std::to_string(number), "1..5"});
  }
  for (const int number : {0, 4, 255}) {
    expect_refused(
        store,
        operation_of(
            "cj", AppendTurn{.user_input = "Hi", .assistant_response = "", .modality = static_cast<Modality>(number)}),
        "modality", {std::to_string(number), "1..3"});
  }
  EXPECT_EQ(must(store.statistics()).turns, 2U);
}

// A batch of facts that counts exactly `size` bytes.
Batch batch_of_size(std::size_t size) {
  Batch batch{.operations = std::vector<Operation>(5, operation_of("cj", RememberFact{.text = "x"}))};
  const std::size_t empty_size = model::size_bytes(batch.operations[0]) - 1;
  std::size_t left = size - 5 * empty_size;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t part = i == 4 ? left : size / 5;
    std::get<RememberFact>(batch.operations[i].payload).text = std::string(part, 'x');
    left -= part;
  }
  return batch;
}

TEST(Limits, OfABatchAreSixtyFourOperationsAndFourMebibytes) {
  const StoreFolder folder;
  Store store = folder.open();
  EXPECT_TRUE(store.commit(Batch{.operations = std::vector<Operation>(64, a_turn())}).has_value());
  EXPECT_TRUE(store.commit(batch_of_size(limits::kBatchBytesMax)).has_value());
  LogCopy(folder.path()).await_end();
  const std::string before = bytes_on_disk(folder.path());

  const auto refused = [&](const Batch& batch, const std::string& field, const std::vector<std::string>& parts) {
    const Error error = refusal(store.commit(batch));
    EXPECT_EQ(error.code, ErrorCode::kInvalid);
    EXPECT_EQ(error.field, field) << error.message;
    for (const std::string& part : parts) EXPECT_THAT(error.message, HasSubstr(part));
  };
  refused(Batch{}, "operations", {"0 operations", "1..64"});
  refused(Batch{.operations = std::vector<Operation>(65, a_turn())}, "operations", {"65 operations", "1..64"});
  refused(batch_of_size(limits::kBatchBytesMax + 1), "operations", {"4194305", "4194304"});
  refused(Batch{.operations = {a_turn(), a_turn("cj", "Hi", std::string(129, 'x'))}}, "operations[1].session",
          {"operations[1]", "129", "128"});
  EXPECT_TRUE(bytes_on_disk(folder.path()) == before);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Limits, OfConditions) {
  const StoreFolder folder;
  Store store = folder.open();
  const auto with_keys = [](std::vector<std::string> keys, std::uint64_t rev = 0) {
    return Batch{.operations = {operation_of("cj", RememberFact{.text = "likes tea"})},
                 .if_unchanged_since = IfUnchangedSince{.rev = rev, .keys = std::move(keys)}};
  };
  EXPECT_TRUE(store.commit(with_keys(std::vector<std::string>(64, "turns"))).has_value());
  EXPECT_TRUE(store.commit(with_keys({"preference:" + std::string(128, 'x')})).has_value());
  EXPECT_TRUE(store.commit(with_keys({"turns"}, std::numeric_limits<std::int64_t>::max())).has_value());
  const std::vector<std::pair<Batch, std::string>> refused{{with_keys(std::vector<std::string>(65, "turns")), "65"},
                                                           {with_keys({"preference:" + std::string(129, 'x')}), "129"},
                                                           {with_keys({"turns"}, std::uint64_t{1} << 63U), "limit is"},
                                                           {with_keys({"turn"}), "\"turn\""},
                                                           {with_keys({"preference:"}), "0 bytes"},
                                                           {with_keys({"fact:tea"}), "names no fact"}};
  for (const auto& [batch, part] : refused) {
    const Error error = refusal(store.commit(batch));
    EXPECT_EQ(error.code, ErrorCode::kInvalid);
    EXPECT_EQ(error.field, "if_unchanged_since");
    EXPECT_THAT(error.message, HasSubstr(part));
  }
  expect_refused(store,
                 with_version(operation_of("cj", SetPreference{.key = "k", .value = "1"}), std::uint64_t{1} << 63U),
                 "if_version", {"9223372036854775808", "9223372036854775807"});
  EXPECT_EQ(must(store.statistics()).operations, 3U);
}

TEST(Limits, LargestTurnComesBackAsItWas) {
  const StoreFolder folder;
  Store store = folder.open();
  const std::string input(limits::kTextBytesMax, 'i');
  const std::string response(limits::kTextBytesMax, 'r');
  const std::string metadata = object_of_size(limits::kJsonBytesMax);
  must(store.commit(
      operation_of("cj", AppendTurn{.user_input = input, .assistant_response = response, .metadata = metadata})));
  const Turn turn = must(store.last_turns("cj")).items.at(0);
  EXPECT_TRUE(turn.user_input == input && turn.assistant_response == response && turn.metadata == metadata);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

}  // namespace
}  // namespace penny::test
