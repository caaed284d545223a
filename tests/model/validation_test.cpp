#include "model/validation.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <penny/limits.hpp>

#include "model/encoding.hpp"

namespace penny::model {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Operation operation_of(Payload payload) { return {.user = "cj", .payload = std::move(payload)}; }

Operation a_turn() { return operation_of(AppendTurn{.user_input = "Hi", .assistant_response = "Hello"}); }

// One valid operation of each kind.
std::vector<Operation> one_of_each() {
  return {a_turn(),
          operation_of(EndSession{}),
          operation_of(ObservePreference{.key = "color", .value = "\"blue\""}),
          operation_of(SetPreference{.key = "color", .value = "{\"a\":[1]}"}),
          operation_of(AdjustDimension{.name = "humor", .delta = 0.01}),
          operation_of(ObserveDimension{.name = "humor", .value = 0.5}),
          operation_of(SetDimension{.name = "style", .value = "brief"s}),
          operation_of(RememberFact{.text = "likes tea"}),
          operation_of(ForgetFact{.fact = OperationId::make()})};
}

void expect_valid(const Operation& operation) {
  const auto valid = validate(operation);
  EXPECT_TRUE(valid.has_value()) << valid.error().message;
}

// Each of `parts` stands in the message, besides the field.
void expect_invalid(const Result<void>& result, const std::string& field, const std::vector<std::string>& parts) {
  ASSERT_FALSE(result.has_value()) << field;
  EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(result.error().field, field) << result.error().message;
  EXPECT_THAT(result.error().message, HasSubstr(field));
  for (const std::string& part : parts) EXPECT_THAT(result.error().message, HasSubstr(part));
  EXPECT_FALSE(result.error().advice.empty()) << result.error().message;
}

// A text field of an operation.
using WithText = std::function<Operation(std::string)>;

std::vector<std::pair<std::string, WithText>> names() {
  return {
      {"user",
       [](std::string text) {
         Operation operation = a_turn();
         operation.user = std::move(text);
         return operation;
       }},
      {"session",
       [](std::string text) {
         return operation_of(AppendTurn{.user_input = "Hi", .assistant_response = "", .session = std::move(text)});
       }},
      {"session", [](std::string text) { return operation_of(EndSession{.session = std::move(text)}); }},
      {"key", [](std::string text) { return operation_of(ObservePreference{.key = std::move(text), .value = "1"}); }},
      {"key", [](std::string text) { return operation_of(SetPreference{.key = std::move(text), .value = "1"}); }},
      {"name", [](std::string text) { return operation_of(AdjustDimension{.name = std::move(text)}); }},
      {"name", [](std::string text) { return operation_of(ObserveDimension{.name = std::move(text), .value = 0.5}); }},
      {"name", [](std::string text) { return operation_of(SetDimension{.name = std::move(text), .value = 0.5}); }},
      {"value", [](std::string text) { return operation_of(ObserveDimension{.name = "a", .value = std::move(text)}); }},
      {"value", [](std::string text) { return operation_of(SetDimension{.name = "a", .value = std::move(text)}); }},
  };
}

// Texts with their limits; none of them must be printable on one line.
std::vector<std::tuple<std::string, std::size_t, WithText>> texts() {
  return {
      {"user_input", limits::kTextBytesMax,
       [](std::string text) {
         return operation_of(AppendTurn{.user_input = std::move(text), .assistant_response = "Hello"});
       }},
      {"assistant_response", limits::kTextBytesMax,
       [](std::string text) {
         return operation_of(AppendTurn{.user_input = "Hi", .assistant_response = std::move(text)});
       }},
      {"text", limits::kTextBytesMax, [](std::string text) { return operation_of(RememberFact{std::move(text)}); }},
      {"trigger", limits::kTriggerBytesMax,
       [](std::string text) { return operation_of(AdjustDimension{.name = "a", .trigger = std::move(text)}); }},
      {"trigger", limits::kTriggerBytesMax,
       [](std::string text) {
         return operation_of(ObserveDimension{.name = "a", .value = 0.5, .trigger = std::move(text)});
       }},
      {"trigger", limits::kTriggerBytesMax,
       [](std::string text) {
         return operation_of(SetDimension{.name = "a", .value = 0.5, .trigger = std::move(text)});
       }},
  };
}

TEST(Validation, OneOfEachKindIsValid) {
  for (const Operation& operation : one_of_each()) expect_valid(operation);
}

TEST(Validation, NamesAreOneTo128BytesOfPrintableUtf8) {
  for (const auto& [field, with] : names()) {
    expect_valid(with("n"));
    expect_valid(with(std::string(128, 'n')));
    expect_valid(with("voice@kitchen 日本語 👋"));
    expect_invalid(validate(with("")), field, {"has 0 bytes", "at least 1"});
    expect_invalid(validate(with(std::string(129, 'n'))), field, {"has 129 bytes; the limit is 128"});
    expect_invalid(validate(with(std::string(126, 'n') + "日")), field, {"has 129 bytes; the limit is 128"});
    expect_invalid(validate(with("a\0b"s)), field, {"NUL at byte 1 of 3"});
    expect_invalid(validate(with("a\xff")), field, {"not valid UTF-8", "2 bytes"});
    for (const char* unprintable : {"a\nb", "a\x7f", "\u0085", "\u2028", "\u202e", "\ufdd0"}) {
      expect_invalid(validate(with(unprintable)), field,
                     {"cannot be printed", std::to_string(std::string(unprintable).size()) + " bytes"});
    }
  }
}

TEST(Validation, AChannelIsANameOrEmpty) {
  Operation operation = a_turn();
  expect_valid(operation);
  operation.channel = std::string(128, 'c');
  expect_valid(operation);
  operation.channel = std::string(129, 'c');
  expect_invalid(validate(operation), "channel", {"has 129 bytes; the limit is 128"});
  operation.channel = "a\tb";
  expect_invalid(validate(operation), "channel", {"cannot be printed"});
}

TEST(Validation, TextsHaveALimitInBytes) {
  for (const auto& [field, size_max, with] : texts()) {
    expect_valid(with(std::string(size_max, 't')));
    expect_invalid(validate(with(std::string(size_max + 1, 't'))), field,
                   {"has " + std::to_string(size_max + 1) + " bytes; the limit is " + std::to_string(size_max)});
  }
}

TEST(Validation, TextsAreUtf8WithoutNul) {
  for (const auto& [field, size_max, with] : texts()) {
    expect_valid(with("several\nlines\tand \u202e marks 👋"));
    expect_invalid(validate(with("a\0"s)), field, {"NUL at byte 1 of 2"});
    expect_invalid(validate(with("\xc0\x80")), field, {"not valid UTF-8", "2 bytes"});
    expect_invalid(validate(with("\xed\xa0\x80")), field, {"not valid UTF-8", "3 bytes"});
    expect_invalid(validate(with(std::string(1'000, 'a') + "\xe2\x82")), field, {"not valid UTF-8", "1002 bytes"});
  }
}

TEST(Validation, OneSideOfATurnMayBeEmptyNotBoth) {
  expect_valid(operation_of(AppendTurn{.user_input = "Hi", .assistant_response = ""}));
  expect_valid(operation_of(AppendTurn{.user_input = "", .assistant_response = "Hello"}));
  expect_invalid(validate(operation_of(AppendTurn{})), "user_input", {"assistant_response", "0 bytes", "at least 1"});
}

TEST(Validation, AFactIsNotEmpty) {
  expect_invalid(validate(operation_of(RememberFact{.text = ""})), "text", {"has 0 bytes", "at least 1"});
}

TEST(Validation, TriggersMayBeEmpty) { expect_valid(operation_of(AdjustDimension{.name = "a", .trigger = ""})); }

// A number of an operation and its range.
struct WithNumber {
  std::string field;
  double least;
  double most;
  std::function<Operation(double)> with;
};

std::vector<WithNumber> numbers() {
  return {
      {"response_time_ms", 0, 86'400'000,
       [](double n) {
         return operation_of(AppendTurn{.user_input = "Hi", .assistant_response = "", .response_time_ms = n});
       }},
      {"confidence", 0, 1,
       [](double n) {
         return operation_of(AppendTurn{.user_input = "Hi", .assistant_response = "", .confidence = n});
       }},
      {"confidence", 0, 1,
       [](double n) { return operation_of(ObservePreference{.key = "k", .value = "1", .confidence = n}); }},
      {"confidence", 0, 1,
       [](double n) { return operation_of(SetPreference{.key = "k", .value = "1", .confidence = n}); }},
      {"delta", -1, 1, [](double n) { return operation_of(AdjustDimension{.name = "a", .delta = n}); }},
      {"confidence_change", -1, 1,
       [](double n) { return operation_of(AdjustDimension{.name = "a", .confidence_change = n}); }},
      {"value", 0, 1, [](double n) { return operation_of(ObserveDimension{.name = "a", .value = n}); }},
      {"confidence", 0, 1,
       [](double n) { return operation_of(ObserveDimension{.name = "a", .value = 0.5, .confidence = n}); }},
      {"value", 0, 1, [](double n) { return operation_of(SetDimension{.name = "a", .value = n}); }},
      {"confidence_change", -1, 1,
       [](double n) { return operation_of(SetDimension{.name = "a", .value = 0.5, .confidence_change = n}); }},
      {"confidence", 0, 1, [](double n) { return operation_of(RememberFact{.text = "tea", .confidence = n}); }},
  };
}

TEST(Validation, NumbersStayInTheirRange) {
  for (const WithNumber& number : numbers()) {
    expect_valid(number.with(number.least));
    expect_valid(number.with(number.most));
    expect_valid(number.with(0.0));
    const std::string range = fmt::format("{}..{}", number.least, number.most);
    for (const double beyond : {std::nextafter(number.least, -kInfinity), std::nextafter(number.most, kInfinity)}) {
      expect_invalid(validate(number.with(beyond)), number.field, {fmt::format("is {}", beyond), range});
    }
  }
}

TEST(Validation, NumbersAreFiniteAndZeroHasNoSign) {
  for (const WithNumber& number : numbers()) {
    expect_invalid(validate(number.with(kNan)), number.field, {"is nan"});
    expect_invalid(validate(number.with(-kNan)), number.field, {"nan"});
    expect_invalid(validate(number.with(kInfinity)), number.field, {"is inf"});
    expect_invalid(validate(number.with(-kInfinity)), number.field, {"is -inf"});
    expect_invalid(validate(number.with(-0.0)), number.field, {"is -0"});
  }
}

TEST(Validation, MetadataIsAnObjectAndPreferencesAnyJson) {
  const auto with_metadata = [](std::string json) {
    return operation_of(AppendTurn{.user_input = "Hi", .assistant_response = "", .metadata = std::move(json)});
  };
  const auto observed = [](std::string json) {
    return operation_of(ObservePreference{.key = "k", .value = std::move(json)});
  };
  const auto set = [](std::string json) { return operation_of(SetPreference{.key = "k", .value = std::move(json)}); };

  const std::string longest = "{\"a\":\"" + std::string(limits::kJsonBytesMax - 8, 'x') + "\"}";
  ASSERT_EQ(longest.size(), limits::kJsonBytesMax);
  expect_valid(with_metadata(longest));
  expect_valid(observed(longest));
  expect_valid(set("[1, null]"));
  for (const auto& [field, with] : std::vector<std::pair<std::string, WithText>>{
           {"metadata", with_metadata}, {"value", observed}, {"value", set}}) {
    expect_invalid(validate(with(longest + " ")), field, {"has 65537 bytes; the limit is 65536"});
    expect_invalid(validate(with("")), field, {"0 bytes"});
    expect_invalid(validate(with("{\"a\":" + std::string(32, '[') + std::string(32, ']') + "}")), field,
                   {"has 33 levels; the limit is 32"});
    expect_invalid(validate(with("{\"a\":\"\\u0000\"}")), field, {"NUL"});
    expect_invalid(validate(with("{\"a\":\"\xff\"}")), field, {"not valid UTF-8"});
    expect_invalid(validate(with("{\"a\":1e999}")), field, {"not finite"});
    expect_invalid(validate(with("blue")), field, {"is not JSON"});
  }
  expect_invalid(validate(with_metadata("[1]")), "metadata", {"no object"});
}

TEST(Validation, EnumerationsStayInTheirRange) {
  for (const int number : {0, 4, 255}) {
    Operation operation = operation_of(
        AppendTurn{.user_input = "Hi", .assistant_response = "", .modality = static_cast<Modality>(number)});
    expect_invalid(validate(operation), "modality", {"number " + std::to_string(number), "1..3"});
  }
  for (const int number : {0, 6, 255}) {
    Operation operation = a_turn();
    operation.origin = static_cast<Origin>(number);
    expect_invalid(validate(operation), "origin", {"number " + std::to_string(number), "1..5"});
  }
  for (const Origin origin : {Origin::kUser, Origin::kAssistant, Origin::kTool, Origin::kWeb, Origin::kImport}) {
    Operation operation = a_turn();
    operation.origin = origin;
    expect_valid(operation);
  }
}

TEST(Validation, TimesAreInTheYears1970To9999) {
  using std::chrono::microseconds;
  const Time first{};
  const Time last{microseconds(253'402'300'799'999'999)};
  Operation operation = a_turn();
  for (const Time at : {first, last}) {
    operation.at = at;
    expect_valid(operation);
  }
  for (const Time at : {first - microseconds(1), last + microseconds(1), Time::min(), Time::max()}) {
    operation.at = at;
    expect_invalid(validate(operation), "at", {std::to_string(at.time_since_epoch().count()), "1970..9999"});
  }
}

TEST(Validation, OnlyWhatHasAVersionTakesIfVersion) {
  for (Operation operation : one_of_each()) {
    const bool has_version = !std::holds_alternative<AppendTurn>(operation.payload) &&
                             !std::holds_alternative<EndSession>(operation.payload) &&
                             !std::holds_alternative<RememberFact>(operation.payload);
    for (const std::uint64_t version : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{INT64_MAX}}) {
      operation.if_version = version;
      if (has_version) {
        expect_valid(operation);
      } else {
        expect_invalid(validate(operation), "if_version",
                       {std::to_string(version), std::string(kind_name(operation.payload))});
      }
    }
    operation.if_version = std::uint64_t{INT64_MAX} + 1;
    expect_invalid(validate(operation), "if_version", {"is 9223372036854775808; the limit is 9223372036854775807"});
  }
}

TEST(BatchValidation, TakesOneToSixtyFourOperations) {
  expect_invalid(validate(Batch{}), "operations", {"has 0 operations", "1..64"});
  EXPECT_TRUE(validate(Batch{{a_turn()}}).has_value());
  EXPECT_TRUE(validate(Batch{one_of_each()}).has_value());
  EXPECT_TRUE(validate(Batch{std::vector<Operation>(64, a_turn())}).has_value());
  expect_invalid(validate(Batch{std::vector<Operation>(65, a_turn())}), "operations", {"has 65 operations", "1..64"});
}

TEST(BatchValidation, HasFourMebibytesAtMost) {
  // Texts of the largest size, and a last one that fills the batch to the byte.
  Batch batch;
  for (int i = 0; i < 3; ++i) {
    batch.operations.push_back(operation_of(RememberFact{std::string(limits::kTextBytesMax, 't')}));
  }
  batch.operations.push_back(operation_of(RememberFact{""}));
  std::size_t used = 0;
  for (const Operation& operation : batch.operations) used += size_bytes(operation);
  auto& last = std::get<RememberFact>(batch.operations.back().payload).text;
  last.assign(limits::kBatchBytesMax - used, 't');
  EXPECT_TRUE(validate(batch).has_value());
  last.push_back('t');
  expect_invalid(validate(batch), "operations", {"have 4194305 bytes; the limit is 4194304"});
}

TEST(BatchValidation, IsOfOneUser) {
  Batch batch{one_of_each()};
  batch.operations[3].user = "someone";
  expect_invalid(validate(batch), "user", {"operations[3]", "1 user"});
}

TEST(BatchValidation, HasNoIdTwice) {
  Batch batch{one_of_each()};
  EXPECT_TRUE(validate(batch).has_value());  // several without an id
  for (Operation& operation : batch.operations) operation.id = OperationId::make();
  EXPECT_TRUE(validate(batch).has_value());
  batch.operations[5].id = batch.operations[2].id;
  expect_invalid(validate(batch), "id", {"operations[5]", batch.operations[2].id->to_string()});
}

TEST(BatchValidation, SaysWhichOperationIsInvalid) {
  Batch batch{one_of_each()};
  std::get<ObservePreference>(batch.operations[2].payload).key.clear();
  const auto several = validate(batch);
  ASSERT_FALSE(several.has_value());
  EXPECT_EQ(several.error().field, "operations[2].key");
  EXPECT_EQ(several.error().message, "operations[2]: key has 0 bytes; it needs at least 1");
  // A batch of one is that operation.
  expect_invalid(validate(Batch{{batch.operations[2]}}), "key", {"0 bytes"});
}

TEST(BatchValidation, ConditionsHaveSixtyFourWellFormedKeysAtMost) {
  Batch batch{{a_turn()}, IfUnchangedSince{.rev = 7, .keys = std::vector<std::string>(64, "preference:color")}};
  EXPECT_TRUE(validate(batch).has_value());
  batch.if_unchanged_since->keys.emplace_back("turns");
  expect_invalid(validate(batch), "if_unchanged_since", {"has 65 keys; the limit is 64"});
  batch.if_unchanged_since->keys = {"turns", "colour"};
  expect_invalid(validate(batch), "if_unchanged_since", {"\"colour\""});
  batch.if_unchanged_since->keys = {"session:" + std::string(129, 's')};
  expect_invalid(validate(batch), "if_unchanged_since", {"has 129 bytes; the limit is 128"});
  batch.if_unchanged_since = IfUnchangedSince{.rev = std::uint64_t{INT64_MAX}, .keys = {"turns"}};
  EXPECT_TRUE(validate(batch).has_value());
  ++batch.if_unchanged_since->rev;
  expect_invalid(validate(batch), "if_unchanged_since", {"9223372036854775808; the limit is 9223372036854775807"});
}

TEST(Validation, UsersAndNamesAreCheckedAlsoOnTheirOwn) {
  EXPECT_TRUE(validate_user("cj").has_value());
  expect_invalid(validate_user(""), "user", {"0 bytes"});
  expect_invalid(validate_user(std::string(129, 'u')), "user", {"has 129 bytes; the limit is 128"});
  EXPECT_TRUE(validate_name("humor", "dimension").has_value());
  expect_invalid(validate_name("a\nb", "dimension"), "dimension", {"cannot be printed"});
}

TEST(Validation, PagesHaveOneToAThousandItems) {
  EXPECT_TRUE(validate_limit(1).has_value());
  EXPECT_TRUE(validate_limit(1000).has_value());
  expect_invalid(validate_limit(0), "limit", {"is 0", "1..1000"});
  expect_invalid(validate_limit(1001), "limit", {"is 1001", "1..1000"});
  expect_invalid(validate_limit(SIZE_MAX), "limit", {"1..1000"});
}

TEST(Validation, TheSizeCountsEveryTextOfAnOperation) {
  for (const Operation& operation : one_of_each()) {
    Operation larger = operation;
    larger.user += "12345";
    larger.channel = "1234567";
    EXPECT_EQ(size_bytes(larger), size_bytes(operation) + 12);
    EXPECT_EQ(size_bytes(operation), encode(operation.payload).size() + 2);
  }
}

}  // namespace
}  // namespace penny::model
