#include "cli/json_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>

#include "base/json_value.hpp"

namespace penny::cli {
namespace {

TEST(JsonText, NumbersAreDecimalAndShort) {
  EXPECT_EQ(json_text({0.1, 0.5, 1.0, -2.25, 1e300, 5e-324}), "[0.1,0.5,1,-2.25,1e+300,5e-324]");
  EXPECT_EQ(json_text({std::int64_t{-7}, std::uint64_t{UINT64_MAX}}), "[-7,18446744073709551615]");
  EXPECT_EQ(json_text(std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonText, StructureIsOnOneLine) {
  const boost::json::value value{{"a", {true, nullptr}}, {"b\n", boost::json::object{}}, {"c", boost::json::array{}}};
  EXPECT_EQ(json_text(value), R"({"a":[true,null],"b\n":{},"c":[]})");
}

TEST(JsonText, StoredJsonIsPrintedAsItWasStored) {
  for (const char* text : {R"({"a":[0.995056,1e+30,-0.1],"b":"\u0001","c":null,"d":[[]],"e":18446744073709551615})",
                           "0.1", "true", "\"text\"", "{}"}) {
    const base::JsonReading parsed = base::read_json(text);
    EXPECT_EQ(parsed.fault, base::JsonFault::kNone);
    EXPECT_EQ(json_text(parsed.value), text);
  }
  for (const char* text : {"", "{", "tru", "1 2", "01", "'a'", "{\"a\":1,}", "nan", "\"\n\""}) {
    EXPECT_NE(base::read_json(text).fault, base::JsonFault::kNone) << text;
  }
}

RC_GTEST_PROP(JsonText, ANumberIsReadBackAsItWas, (double number)) {
  const auto parsed = base::read_json(json_text(number));
  RC_ASSERT(parsed.value.to_number<double>() == number);
}

RC_GTEST_PROP(JsonText, AStringIsReadBackAsItWas, ()) {
  std::string text;
  for (const char32_t code : *rc::gen::container<std::u32string>(
           rc::gen::map(rc::gen::inRange<std::uint32_t>(1, 0x7ff),
                        [](std::uint32_t code) { return static_cast<char32_t>(code); }))) {
    if (code < 0x80) {
      text += static_cast<char>(code);
    } else {
      text += static_cast<char>(0xc0U | (code >> 6U));
      text += static_cast<char>(0x80U | (code & 0x3fU));
    }
  }
  const auto parsed = base::read_json(json_text(boost::json::value(text)));
  RC_ASSERT(std::string{parsed.value.get_string()} == text);
}

}  // namespace
}  // namespace penny::cli
