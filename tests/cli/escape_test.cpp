#include "cli/escape.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

#include "base/utf8.hpp"

namespace penny::cli {
namespace {

TEST(Escape, ALineShowsControlCharactersInsteadOfSendingThem) {
  EXPECT_EQ(escape_line("plain, ä, 日本, 🙂 \\"), "plain, ä, 日本, 🙂 \\");
  EXPECT_EQ(escape_line("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(escape_line("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(escape_line(std::string_view("\0\a\b\x7f", 4)), "\\x00\\x07\\x08\\x7f");
  EXPECT_EQ(escape_line("\u009b31m\u0085"), "\\u009b31m\\u0085");
  EXPECT_EQ(escape_line("\u202eabc\u2066\u2028\u200f\u061c"), "\\u202eabc\\u2066\\u2028\\u200f\\u061c");
}

TEST(Escape, BytesThatAreNotUtf8AreShownAsBytes) {
  EXPECT_EQ(escape_line("a\xff\xc3"), "a\\xff\\xc3");
  EXPECT_EQ(escape_line("\xc0\x9b\xed\xa0\x80\xf5"), "\\xc0\\x9b\\xed\\xa0\\x80\\xf5");
  EXPECT_EQ(escape_line("\x9b"), "\\x9b");
}

TEST(Escape, ABlockKeepsItsLinesAndIndentsThem) {
  EXPECT_EQ(escape_block("one\ntwo\tthree\n", 2), "one\n  two\tthree");
  EXPECT_EQ(escape_block("a\r\n\x1b", 1), "a\\r\n \\x1b");
  EXPECT_EQ(escape_block("", 4), "");
}

TEST(Escape, ALongTextIsCutAtACharacter) {
  EXPECT_EQ(shorten("häl", 3), "häl");
  EXPECT_EQ(shorten("hällo", 3), "hä…");
  EXPECT_EQ(shorten("\x1b\x1b\x1b", 2), "\\x1b…");
  EXPECT_EQ(shorten("", 3), "");
  EXPECT_EQ(count_characters("hä日🙂"), 4);
}

TEST(Escape, JsonKeepsItsMeaning) { EXPECT_EQ(escape_json("\"\x7f\u009b\u202e ä\""), "\"\\u007f\\u009b\\u202e ä\""); }

RC_GTEST_PROP(Escape, NothingThatComesOutIsAControlCharacter, (const std::string& bytes)) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  for (const std::string& shown : {escape_line(bytes), shorten(bytes, 5)}) {
    RC_ASSERT(std::none_of(shown.begin(), shown.end(), is_control));
    RC_ASSERT(shown.empty() || base::is_printable_utf8(shown));
  }
}

}  // namespace
}  // namespace penny::cli
