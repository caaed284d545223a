#include "cli/values.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <string>

namespace penny::cli {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(Values, TimesAreIso8601AndUtcWithoutAnOffset) {
  const Time day{microseconds{1'763'856'000'000'000}};
  EXPECT_EQ(parse_time("2025-11-23"), day);
  EXPECT_EQ(parse_time("2025-11-23T00:00"), day);
  EXPECT_EQ(parse_time("2025-11-23 00:00:00Z"), day);
  EXPECT_EQ(parse_time("2025-11-23T01:30:00+01:30"), day);
  EXPECT_EQ(parse_time("2025-11-22T23:59:59.999999Z"), day - microseconds{1});
  EXPECT_EQ(parse_time("2025-11-22T22:00:00.5-02:00"), day + milliseconds{500});
  EXPECT_EQ(parse_time("1969-12-31T23:59:59.75"), Time{microseconds{-250'000}});
}

TEST(Values, WhatIsNoTimeIsRefused) {
  for (const char* text : {"",
                           "now",
                           "2025",
                           "2025-11",
                           "2025-13-01",
                           "2025-02-29",
                           "2025-11-23T",
                           "2025-11-23T24:00",
                           "2025-11-23T10",
                           "2025-11-23T10:60",
                           "2025-11-23T10:00:60",
                           "2025-11-23T10:00:00.",
                           "2025-11-23T10:00:00.1234567",
                           "2025-11-23T10:00:00+1",
                           "2025-11-23T10:00:00+25:00",
                           "2025-11-23Z",
                           "2025-11-23T10:00Zulu",
                           " 2025-11-23",
                           "2025-11-23 ",
                           "0000-01-01",
                           "-2025-11-23",
                           "20251123"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(Values, EveryTimeIsReadBackAsItWasPrinted, ()) {
  const auto year_1 = -62'135'596'800'000'000;
  const auto year_10000 = 253'402'300'800'000'000;
  const Time time{microseconds{*rc::gen::inRange<std::int64_t>(year_1, year_10000)}};
  RC_ASSERT(parse_time(format_time(time)) == time);
  const std::string brief = format_time_briefly(time);
  RC_ASSERT(parse_time(brief) == std::chrono::floor<std::chrono::seconds>(time));
}

TEST(Values, DurationsAreMillisecondsUnlessTheySayOtherwise) {
  EXPECT_EQ(parse_duration("1500"), milliseconds{1500});
  EXPECT_EQ(parse_duration("500ms"), milliseconds{500});
  EXPECT_EQ(parse_duration("5s"), milliseconds{5'000});
  EXPECT_EQ(parse_duration("0.25s"), milliseconds{250});
  EXPECT_EQ(parse_duration("2m"), milliseconds{120'000});
  EXPECT_EQ(parse_duration("0"), milliseconds{0});
  EXPECT_EQ(parse_duration("1440m"), milliseconds{86'400'000});
  for (const char* text : {"", "s", "-1", "-0", "5 s", "1h", "1441m", "nan", "inf", "1e99s", "0x10", "5ss"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Values, WholeNumbersAreDigitsAlone) {
  EXPECT_EQ(parse_whole_number("0"), 0);
  EXPECT_EQ(parse_whole_number("010"), 10);
  EXPECT_EQ(parse_whole_number("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "+1", "1.0", "0x10", " 1", "1 ", "18446744073709551616"}) {
    EXPECT_EQ(parse_whole_number(text), std::nullopt) << text;
  }
}

TEST(Values, NumbersAreFinite) {
  EXPECT_EQ(parse_number("-0.5"), -0.5);
  EXPECT_EQ(parse_number("1e-3"), 0.001);
  for (const char* text : {"", "nan", "inf", "-inf", "1e999", "0.5x", "half"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(Values, APreferenceIsJsonOrElseText) {
  EXPECT_EQ(json_of("true"), "true");
  EXPECT_EQ(json_of("0.50"), "0.50");
  EXPECT_EQ(json_of(R"( {"a": [1, null]} )"), R"( {"a": [1, null]} )");
  EXPECT_EQ(json_of("\"dark\""), "\"dark\"");
  EXPECT_EQ(json_of("dark"), "\"dark\"");
  EXPECT_EQ(json_of("007"), "\"007\"");
  EXPECT_EQ(json_of("True"), "\"True\"");
  EXPECT_EQ(json_of("say \"hi\"\n"), R"("say \"hi\"\n")");
  EXPECT_EQ(json_of(""), "\"\"");
}

TEST(Values, JsonThatIsTooDeepIsStillJsonForTheStoreToRefuse) {
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  EXPECT_EQ(json_of(deep), deep);
}

TEST(Values, ADimensionIsANumberOrAText) {
  EXPECT_EQ(parse_dimension_value("0.5"), DimensionValue{0.5});
  EXPECT_EQ(parse_dimension_value("-1"), DimensionValue{-1.0});
  EXPECT_EQ(parse_dimension_value("dad_jokes"), DimensionValue{"dad_jokes"});
  EXPECT_EQ(parse_dimension_value("\"0.5\""), DimensionValue{"0.5"});
  for (const char* text : {"true", "null", "[0.5]", "{}"}) EXPECT_EQ(parse_dimension_value(text), std::nullopt) << text;
}

}  // namespace
}  // namespace penny::cli
