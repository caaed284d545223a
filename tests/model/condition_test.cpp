#include "model/condition.hpp"

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <penny/limits.hpp>

namespace penny::model {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using What = ConditionKey::What;

TEST(ConditionKey, EveryFormIsRead) {
  const std::pair<const char*, ConditionKey> forms[] = {
      {"turns", {What::kTurns, ""}},
      {"session:s1", {What::kSession, "s1"}},
      {"preference:favourite color", {What::kPreference, "favourite color"}},
      {"dimension:humor", {What::kDimension, "humor"}},
      {"preference:a:b", {What::kPreference, "a:b"}},
      {"session:turns", {What::kSession, "turns"}},
      {"dimension:日本語", {What::kDimension, "日本語"}},
      {"fact:017F22E2-79B0-7CC3-98C4-DC0C0C07398F", {What::kFact, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"}}};
  for (const auto& [text, key] : forms) {
    const auto parsed = parse_condition_key(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(*parsed, key) << text;
  }
}

TEST(ConditionKey, OtherFormsAreRefused) {
  for (const std::string& text :
       {""s, "turn"s, "turns:"s, "turns:1"s, "Turns"s, " turns"s, "session"s, "user:cj"s, ":x"s, "preferences:x"s}) {
    const auto parsed = parse_condition_key(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(parsed.error().field, "if_unchanged_since");
    EXPECT_THAT(parsed.error().message, HasSubstr("\"" + text + "\""));
    EXPECT_THAT(parsed.error().advice, HasSubstr("preference:<key>"));
  }
}

TEST(ConditionKey, TheNameFollowsTheRulesOfNames) {
  const std::string longest(limits::kNameBytesMax, 'n');
  for (const char* prefix : {"session:", "preference:", "dimension:"}) {
    EXPECT_TRUE(parse_condition_key(prefix + longest).has_value());
    for (const auto& [name, part] :
         {std::pair{""s, "has 0 bytes"}, std::pair{longest + "n", "has 129 bytes; the limit is 128"},
          std::pair{"a\0b"s, "NUL"}, std::pair{"\xff"s, "UTF-8"}, std::pair{"a\nb"s, "cannot be printed"}}) {
      const auto parsed = parse_condition_key(prefix + name);
      ASSERT_FALSE(parsed.has_value()) << prefix << name;
      EXPECT_THAT(parsed.error().message, HasSubstr(part));
      EXPECT_EQ(parsed.error().field, "if_unchanged_since");
    }
  }
}

TEST(ConditionKey, AFactIsNamedByItsId) {
  for (const char* text :
       {"fact:", "fact:tea", "fact:017f22e279b07cc398c4dc0c0c07398f", "fact:017f22e2-79b0-7cc3-98c4-dc0c0c07398g"}) {
    const auto parsed = parse_condition_key(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr("names no fact"));
  }
}

TEST(ConditionKey, LongOrUnprintableKeysAreNotRepeatedInTheMessage) {
  for (const std::string& text : {std::string(100'000, 'k'), "\x1b[31m"s, "\xff\xfe"s}) {
    const auto parsed = parse_condition_key(text);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_LT(parsed.error().message.size(), 200U);
    EXPECT_THAT(parsed.error().message, HasSubstr(std::to_string(text.size()) + " bytes"));
    EXPECT_EQ(parsed.error().message.find('\x1b'), std::string::npos);
  }
}

}  // namespace
}  // namespace penny::model
