#include "base/json_value.hpp"

#include <string>

#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

namespace penny::base {
namespace {

using namespace std::string_literals;

JsonFault fault_of(const std::string& text, JsonRules rules) { return read_json(text, 4, rules).fault; }

TEST(JsonValue, ANumberIsTheNearestDouble) {
  for (const double number : {0.995056, 0.1, 1e300, 5e-324, -2.25}) {
    EXPECT_EQ(read_json(boost::json::serialize(boost::json::value(number))).value.to_number<double>(), number);
  }
  EXPECT_EQ(read_json("18446744073709551615").value.to_number<std::uint64_t>(), UINT64_MAX);
}

TEST(JsonValue, WhatTheGrammarRefusesBothRulesRefuse) {
  for (const JsonRules rules : {JsonRules::kGrammar, JsonRules::kStrict}) {
    for (const char* text : {"", "{", "tru", "'a'", "{\"a\":1,}", "nan", "\"\n\"", R"("\ud800")"}) {
      EXPECT_EQ(fault_of(text, rules), JsonFault::kSyntax) << text;
    }
    EXPECT_EQ(fault_of("1 2", rules), JsonFault::kFurtherText);
    EXPECT_EQ(fault_of("01", rules), JsonFault::kFurtherText);
    EXPECT_EQ(fault_of("[[[[]]]]", rules), JsonFault::kNone);
    EXPECT_EQ(fault_of("[[[[[]]]]]", rules), JsonFault::kTooDeep);
  }
}

TEST(JsonValue, WhatTwoReadersSeeDifferentlyOnlyTheStrictRulesRefuse) {
  const struct {
    std::string text;
    JsonFault fault;
  } cases[] = {{R"({"a":1,"b":2,"a":3})", JsonFault::kFieldTwice},
               {R"({"a":1,"\u0061":3})", JsonFault::kFieldTwice},
               {R"(["a\u0000"])", JsonFault::kNul},
               {R"({"a\u0000":1})", JsonFault::kNul},
               {"[1e400]", JsonFault::kNumberTooLarge},
               {"[-1e400]", JsonFault::kNumberTooLarge}};
  for (const auto& [text, fault] : cases) {
    EXPECT_EQ(fault_of(text, JsonRules::kStrict), fault) << text;
    EXPECT_EQ(fault_of(text, JsonRules::kGrammar), JsonFault::kNone) << text;
  }
  // The same name in two objects, and next to nothing, are all right.
  EXPECT_EQ(fault_of(R"([{"a":{"a":1}},{"a":1e-400}])", JsonRules::kStrict), JsonFault::kNone);
}

TEST(JsonValue, SaysWhereAndWhat) {
  EXPECT_EQ(read_json(R"({"size":1,"size":2})", 4, JsonRules::kStrict).detail, "size");
  EXPECT_EQ(read_json("{} {}").at, 3U);
  const JsonReading broken = read_json("[1,x]");
  EXPECT_EQ(broken.at, 3U);
  EXPECT_FALSE(broken.detail.empty());
  EXPECT_TRUE(broken.value.is_null());
}

TEST(JsonValue, LongTextsComeInPieces) {
  const std::string name(10'000, 'n');
  const std::string digits = "0." + std::string(5'000, '3');
  const JsonReading reading = read_json("{\"" + name + "\":[\"" + name + "\"," + digits + "]}", 4, JsonRules::kStrict);
  ASSERT_EQ(reading.fault, JsonFault::kNone);
  const auto& items = reading.value.at(name).as_array();
  EXPECT_EQ(items.at(0).as_string(), name);
  EXPECT_EQ(items.at(1).as_double(), 1.0 / 3);
  EXPECT_EQ(fault_of("{\"" + name + "\":1,\"" + name + "\":2}", JsonRules::kStrict), JsonFault::kFieldTwice);
}

}  // namespace
}  // namespace penny::base
