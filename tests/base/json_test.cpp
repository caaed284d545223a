#include "base/json.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <boost/json/parse.hpp>

#include <penny/limits.hpp>

namespace penny::base {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

std::string nested(int levels) {
  const auto count = static_cast<std::size_t>(levels);
  return std::string(count, '[') + std::string(count, ']');
}

std::string nested_objects(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += "{\"a\":";
  text += "1";
  return text.append(static_cast<std::size_t>(levels), '}');
}

// A string value of exactly `size` bytes with its quotes.
std::string string_of(std::size_t size) { return "\"" + std::string(size - 2, 'x') + "\""; }

void expect_refused(std::string_view text, std::string_view part) {
  const auto result = check_json_value(text, "value");
  ASSERT_FALSE(result.has_value()) << text;
  EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(result.error().field, "value");
  EXPECT_THAT(result.error().message, HasSubstr("value"));
  EXPECT_THAT(result.error().message, HasSubstr(std::string(part))) << text;
  EXPECT_FALSE(result.error().advice.empty());
}

TEST(Json, TakesEveryKindOfValue) {
  for (const char* text : {"null", "true", "false", "0", "-0", "-1.5e-7", "18446744073709551616", "1e-999", "\"\"",
                           "\"\\u00e9\\ud83d\\ude00\"", "[]", "{}", " [1, \"a\", {\"b\": null}]\n", "\"日本語\"",
                           "{\"a\":1,\"b\":{\"c\":[true]}}"}) {
    EXPECT_TRUE(check_json_value(text, "value").has_value()) << text;
  }
}

TEST(Json, RefusesWhatIsNotStrictJson) {
  for (const char* text : {"nul",
                           "True",
                           "NaN",
                           "-Infinity",
                           "+1",
                           ".5",
                           "1.",
                           "'a'",
                           "\"a",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "[1 2]",
                           "{\"a\"}",
                           "// no\n1",
                           "/* no */ 1",
                           "\"\t\"",
                           "\"\\x41\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "[",
                           "}",
                           "\xef\xbb\xbf{}",
                           " "}) {
    expect_refused(text, "is not JSON");
  }
  expect_refused("", "0 bytes");
  for (const char* text : {"1 2", "01", "0x10", "{} {}", "[]]", "nullnull"}) {
    expect_refused(text, "is not one JSON value");
  }
}

TEST(Json, RefusesNulInEveryForm) {
  expect_refused("\"\\u0000\"", "NUL");
  expect_refused("\"some text before it \\u0000 and after\"", "NUL");
  expect_refused("{\"\\u0000\":1}", "NUL");
  expect_refused("{\"key\\u0000\":1}", "NUL");
  expect_refused("[\"a\", {\"b\": [\"\\u0000\"]}]", "NUL");
  expect_refused("\"\0\""s, "is not JSON");
  expect_refused("1\0"s, "JSON");
}

TEST(Json, TextThatOnlyLooksLikeNulIsTaken) { EXPECT_TRUE(check_json_value("\"\\\\u0000\"", "value").has_value()); }

TEST(Json, RefusesInvalidUtf8) {
  for (const std::string& text :
       {"\"\xff\""s, "\"\xc0\x80\""s, "\"\xed\xa0\x80\""s, "\"\xe2\x82\""s, "{\"\x80\":1}"s}) {
    expect_refused(text, "not valid UTF-8; it has " + std::to_string(text.size()) + " bytes");
  }
}

TEST(Json, RefusesNumbersThatNoDoubleHolds) {
  for (const std::string& text : {"1e309"s, "-1e309"s, "[1,2e999]"s, std::string(400, '9'), "{\"a\":1.8e308}"s}) {
    expect_refused(text, "not finite");
  }
  EXPECT_TRUE(check_json_value("1.7e308", "value").has_value());
}

TEST(Json, SixtyFourKibibytesPassAndOneMoreIsRefused) {
  EXPECT_TRUE(check_json_value(string_of(limits::kJsonBytesMax), "value").has_value());
  expect_refused(string_of(limits::kJsonBytesMax + 1), "value has 65537 bytes; the limit is 65536");
}

TEST(Json, ThirtyTwoLevelsPassAndOneMoreIsRefused) {
  EXPECT_TRUE(check_json_value(nested(limits::kJsonDepthMax), "value").has_value());
  EXPECT_TRUE(check_json_object(nested_objects(limits::kJsonDepthMax), "value").has_value());
  expect_refused(nested(limits::kJsonDepthMax + 1), "value has 33 levels; the limit is 32");
  expect_refused(nested_objects(limits::kJsonDepthMax + 1), "value has 33 levels; the limit is 32");
  expect_refused(std::string(60'000, '['), "value has 60000 levels; the limit is 32");
}

TEST(Json, LevelsAreCountedOutsideOfTexts) {
  EXPECT_TRUE(check_json_value("\"" + std::string(100, '[') + "\"", "value").has_value());
  EXPECT_TRUE(check_json_value("\"\\\"" + std::string(100, '{') + "\\\\\"", "value").has_value());
  std::string side_by_side = "[";
  for (int i = 0; i < 100; ++i) side_by_side += "[],";
  EXPECT_TRUE(check_json_value(side_by_side + "{}]", "value").has_value());
}

TEST(Json, AnObjectIsAskedForWhereOneIsNeeded) {
  EXPECT_TRUE(check_json_object(" \r\n\t{\"a\": 1} ", "metadata").has_value());
  for (const char* text : {"[]", "1", "\"{}\"", "null"}) {
    const auto result = check_json_object(text, "metadata");
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().field, "metadata");
    EXPECT_THAT(result.error().message, HasSubstr("metadata is JSON, but no object"));
  }
  EXPECT_FALSE(check_json_object("{", "metadata").has_value());
}

TEST(Json, QuotesText) {
  EXPECT_EQ(json_string("a\"b\\c\n\r\t\x01 é"), "\"a\\\"b\\\\c\\n\\r\\t\\u0001 é\"");
  EXPECT_EQ(json_string("\0"s), "\"\\u0000\"");
  EXPECT_EQ(json_string(""), "\"\"");
}

RC_GTEST_PROP(Json, AQuotedTextIsReadBack, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127));
  RC_ASSERT(boost::json::parse(json_string(text)).as_string() == text);
}

TEST(Json, EqualValuesAreEqualHoweverTheyAreWritten) {
  const std::vector<std::pair<const char*, const char*>> equal{{"1", " 1 "},
                                                               {"1", "1.0"},
                                                               {"1e2", "100"},
                                                               {"0", "-0.0"},
                                                               {"\"a\"", "\"\\u0061\""},
                                                               {"{\"a\":1,\"b\":[2]}", "{ \"b\" : [2.0], \"a\" : 1 }"},
                                                               {"[]", "[ ]"},
                                                               {"null", "null"},
                                                               {"18446744073709551615", "18446744073709551615"},
                                                               {"not JSON", "not JSON"}};
  for (const auto& [a, b] : equal) {
    EXPECT_TRUE(json_equal(a, b)) << a << " " << b;
    EXPECT_TRUE(json_equal(b, a)) << a << " " << b;
  }
}

TEST(Json, DifferentValuesAreNotEqual) {
  const std::vector<std::pair<const char*, const char*>> different{{"1", "2"},
                                                                   {"1", "\"1\""},
                                                                   {"1", "1.5"},
                                                                   {"-1", "18446744073709551615"},
                                                                   {"9007199254740993", "9007199254740992.0"},
                                                                   {"18446744073709551615", "18446744073709551616"},
                                                                   {"9223372036854775807", "9223372036854775808.0"},
                                                                   {"null", "false"},
                                                                   {"0", "false"},
                                                                   {"[1,2]", "[2,1]"},
                                                                   {"[1]", "[1,1]"},
                                                                   {"[]", "{}"},
                                                                   {"{\"a\":1}", "{\"a\":1,\"b\":2}"},
                                                                   {"{\"a\":1}", "{\"b\":1}"},
                                                                   {"{\"a\":{\"b\":1}}", "{\"a\":{\"b\":2}}"},
                                                                   {"\"a\"", "\"A\""},
                                                                   {"1", "not JSON"}};
  for (const auto& [a, b] : different) {
    EXPECT_FALSE(json_equal(a, b)) << a << " " << b;
    EXPECT_FALSE(json_equal(b, a)) << a << " " << b;
  }
}

}  // namespace
}  // namespace penny::base
