#include "tools/schema.hpp"

#include <array>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stores.hpp"

namespace penny::tools {
namespace {

using test::must;
using test::refusal;
using testing::HasSubstr;

constexpr std::size_t kBytesMax = 16384;

InputSchema search_schema() {
  return must(InputSchema::compile(R"({
    "type": "object",
    "properties": {
      "search": {"type": "string", "minLength": 1, "maxLength": 5},
      "max_results": {"type": "integer", "minimum": 1, "maximum": 10, "default": 3},
      "order": {"enum": ["best", "newest"]},
      "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3, "uniqueItems": true},
      "place": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
      "ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
      "even": {"type": "integer", "multipleOf": 2},
      "day": {"type": ["string", "null"], "format": "date"}
    },
    "required": ["search"]
  })"));
}

void expect_refused(const std::string& input, const std::string& field, const std::string& message) {
  const Error error = refusal(search_schema().check(input, kBytesMax));
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_EQ(error.field, field);
  EXPECT_THAT(error.message, HasSubstr(message));
  EXPECT_FALSE(error.advice.empty());
}

TEST(InputSchemaTest, SaysWhichFieldIsWrongAndWhy) {
  expect_refused(R"({"search":"a","max_results":11})", "input.max_results",
                 "max_results must be at most 10, but is 11");
  expect_refused(R"({"search":"a","max_results":0})", "input.max_results", "max_results must be at least 1, but is 0");
  expect_refused(R"({"search":"a","max_results":1.5})", "input.max_results",
                 "must be an integer, but is a number with a fraction");
  expect_refused(R"({"max_results":1})", "input.search", "search is missing");
  expect_refused(R"({"search":""})", "input.search", "search must not be empty");
  expect_refused(R"({"search":"ééé語語語"})", "input.search", "search must have at most 5 characters, but has 6");
  expect_refused(R"({"search":3})", "input.search", "search must be a string, but is an integer");
  expect_refused(R"({"serch":"a"})", "input.serch", "there is no field named serch; did you mean search?");
  expect_refused(R"({"search":"a","order":"worst"})", "input.order",
                 "order must be one of \"best\", \"newest\", but is \"worst\"");
  expect_refused(R"({"search":"a","tags":["a",1]})", "input.tags[1]", "tags[1] must be a string, but is an integer");
  expect_refused(R"({"search":"a","tags":["a","b","a"]})", "input.tags", "tags has the same item at 0 and 2");
  expect_refused(R"({"search":"a","tags":["a","b","c","d"]})", "input.tags",
                 "tags must have at most 3 items, but has 4");
  expect_refused(R"({"search":"a","place":{}})", "input.place.city", "place.city is missing");
  expect_refused(R"({"search":"a","place":{"city":"b","street":1}})", "input.place.street",
                 "there is no field named street");
  expect_refused(R"({"search":"a","ratio":1})", "input.ratio", "ratio must be below 1, but is 1");
  expect_refused(R"({"search":"a","even":3})", "input.even", "even must be a multiple of 2, but is 3");
  expect_refused(R"({"search":"a","day":"2026-02-30"})", "input.day", "day must be a date, for example 2026-03-01");
  expect_refused("[]", "input", "the input must be an object, but is an array");
  expect_refused(R"({"search":"a","search":"b"})", "input", "input has the field \"search\" twice");
}

TEST(InputSchemaTest, GivesOneTextForEqualInputsWithDefaultsFilledIn) {
  const InputSchema schema = search_schema();
  const std::string expected = R"({"even":2,"max_results":3,"ratio":0.1,"search":"é"})";
  EXPECT_EQ(must(schema.check(R"({"search":"é","ratio":0.1,"even":2})", kBytesMax)), expected);
  EXPECT_EQ(must(schema.check(R"( { "even" : 2.0, "ratio":1e-1, "max_results":3.0, "search":"\u00e9" } )", kBytesMax)),
            expected);
  EXPECT_EQ(must(schema.check(expected, kBytesMax)), expected);
}

TEST(InputSchemaTest, RefusesByTheByteBeforeItParses) {
  const InputSchema schema = search_schema();
  const std::string input = R"({"search":"a"})";
  EXPECT_TRUE(schema.check(input, input.size()).has_value());
  const Error error = refusal(schema.check(input, input.size() - 1));
  EXPECT_EQ(error.field, "input");
  EXPECT_EQ(error.message, "input has 14 bytes; the limit is 13");
  // Not even looked at.
  EXPECT_THAT(refusal(schema.check("\xff" + input, input.size())).message, HasSubstr("the limit is 14"));
}

TEST(InputSchemaTest, ChecksEachFormat) {
  const auto check = [](const std::string& format, const std::string& text) {
    const auto schema = must(
        InputSchema::compile(R"({"type":"object","properties":{"a":{"type":"string","format":")" + format + "\"}}}"));
    return schema.check(R"({"a":")" + text + "\"}", kBytesMax).has_value();
  };
  for (const auto& [format, good, bad] :
       std::vector<std::array<std::string, 3>>{{"date", "2024-02-29", "2023-02-29"},
                                               {"date-time", "2026-03-01T12:00:00.5+01:00", "2026-03-01T12:00:00"},
                                               {"time", "23:59:60Z", "24:00:00Z"},
                                               {"email", "a.b+c@example.org", "a@b@example.org"},
                                               {"hostname", "a-b.example", "-a.example"},
                                               {"ipv4", "192.0.2.1", "192.0.2.256"},
                                               {"ipv6", "::1", "::1::"},
                                               {"uri", "https://example.org/a?b=%20", "example.org/a"},
                                               {"uuid", "019c0000-0000-7000-8000-000000000000", "019c0000"}}) {
    EXPECT_TRUE(check(format, good)) << format;
    EXPECT_FALSE(check(format, bad)) << format;
  }
}

TEST(InputSchemaTest, TakesOtherFieldsOnlyWhereTheSchemaSaysSo) {
  const auto open = must(InputSchema::compile(R"({"type":"object","additionalProperties":{"type":"integer"}})"));
  EXPECT_TRUE(open.check(R"({"a":1})", kBytesMax).has_value());
  EXPECT_EQ(refusal(open.check(R"({"a":"1"})", kBytesMax)).field, "input.a");
  const auto any = must(InputSchema::compile(R"({"type":"object","additionalProperties":true})"));
  EXPECT_EQ(must(any.check(R"({"b":{"c":[1,null]},"a":"1"})", kBytesMax)), R"({"a":"1","b":{"c":[1,null]}})");
  EXPECT_EQ(refusal(any.check(R"({"b":{"c":["\u0007"]}})", kBytesMax)).field, "input.b.c[0]");
}

TEST(InputSchemaTest, IsCheckedByManyThreadsAtOnce) {
  const auto schema = must(InputSchema::compile(
      R"({"type":"object","properties":{"a":{"type":"string","pattern":"^[a-z]+$"},"b":{"enum":[1,2]}},"required":["a"]})"));
  std::vector<std::thread> threads;
  std::array<int, 4> right{};
  for (int& count : right) {
    threads.emplace_back([&schema, &count] {
      for (int i = 0; i < 200; ++i) {
        if (schema.check(R"({"a":"abc","b":2})", kBytesMax).has_value()) count += 1;
        if (!schema.check(R"({"a":"ABC","b":2})", kBytesMax).has_value()) count += 1;
        if (!schema.check(R"({"a":"abc","b":3})", kBytesMax).has_value()) count += 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(right, testing::Each(600));
}

}  // namespace
}  // namespace penny::tools
