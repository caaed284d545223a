#include "base/utf8.hpp"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penny::base {
namespace {

using namespace std::string_literals;

// Encodes any number below 2^21, also those that are no code points.
std::string utf8(std::uint32_t code) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  const auto next = [&](unsigned shift) { return byte(0x80U | ((code >> shift) & 0x3fU)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xc0U | (code >> 6)), next(0)};
  if (code < 0x10000) return {byte(0xe0U | (code >> 12)), next(6), next(0)};
  return {byte(0xf0U | (code >> 18)), next(12), next(6), next(0)};
}

TEST(Utf8, EveryCodePointIsValidAndNothingElse) {
  for (std::uint32_t code = 0; code < 0x200000; ++code) {
    const bool is_code_point = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    ASSERT_EQ(is_valid_utf8(utf8(code)), is_code_point) << std::hex << code;
  }
}

TEST(Utf8, MalformedTextIsInvalid) {
  for (const std::string& text : {
           "\x80"s,
           "\xbf"s,
           "a\x80"s,  // a continuation alone
           "\xc2"s,
           "\xe2\x82"s,
           "\xf0\x9f\x98"s,
           "\xe2\x82x"s,  // cut off
           "\xc0\x80"s,
           "\xc1\xbf"s,
           "\xe0\x9f\xbf"s,
           "\xf0\x8f\xbf\xbf"s,  // not the shortest form
           "\xed\xa0\x80"s,
           "\xed\xbf\xbf"s,  // surrogates
           "\xf4\x90\x80\x80"s,
           "\xf5\x80\x80\x80"s,
           "\xf8\x88\x80\x80\x80"s,
           "\xfe"s,
           "\xff"s,
       }) {
    EXPECT_FALSE(is_valid_utf8(text));
    EXPECT_FALSE(is_printable_utf8(text));
    // Wherever it stands in a longer text, on every path of eight bytes.
    for (std::size_t before = 0; before < 20; ++before) {
      EXPECT_FALSE(is_valid_utf8(std::string(before, 'a') + text + std::string(20 - before, 'b'))) << before;
    }
  }
}

TEST(Utf8, OrdinaryTextIsValidAndPrintable) {
  for (const char* text :
       {"", "a", "cj", "Grüße aus Köln", "日本語", "привет", "שלום", "👩‍👩‍👧 family", " ", "a b"}) {
    EXPECT_TRUE(is_valid_utf8(text)) << text;
    EXPECT_TRUE(is_printable_utf8(text)) << text;
  }
}

TEST(Utf8, ControlsSeparatorsDirectionMarksAndNoncharactersAreNotPrintable) {
  const auto is_refused = [](std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029 || code == 0x061c ||
           code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || (code >= 0xfdd0 && code <= 0xfdef) || (code % 0x10000) >= 0xfffe;
  };
  for (std::uint32_t code = 0; code <= 0x10ffff; ++code) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    ASSERT_EQ(is_printable_utf8("name" + utf8(code)), !is_refused(code)) << std::hex << code;
  }
}

TEST(Utf8, APrefixCountsCodePoints) {
  const std::string text = "aé日👩z";
  EXPECT_EQ(utf8_prefix_bytes(text, 0), 0U);
  EXPECT_EQ(utf8_prefix_bytes(text, 1), 1U);
  EXPECT_EQ(utf8_prefix_bytes(text, 2), 3U);
  EXPECT_EQ(utf8_prefix_bytes(text, 3), 6U);
  EXPECT_EQ(utf8_prefix_bytes(text, 4), 10U);
  EXPECT_EQ(utf8_prefix_bytes(text, 5), 11U);
  EXPECT_EQ(utf8_prefix_bytes(text, 6), 11U);
  EXPECT_EQ(utf8_prefix_bytes("", 3), 0U);
}

RC_GTEST_PROP(Utf8, APrefixOfValidTextIsValid, ()) {
  const auto codes = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(1, 0xd800));
  const auto characters = *rc::gen::inRange<std::size_t>(0, codes.size() + 2);
  std::string text;
  std::string expected;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    text += utf8(codes[i]);
    if (i < characters) expected += utf8(codes[i]);
  }
  RC_ASSERT(is_valid_utf8(text));
  RC_ASSERT(text.substr(0, utf8_prefix_bytes(text, characters)) == expected);
}

}  // namespace
}  // namespace penny::base
