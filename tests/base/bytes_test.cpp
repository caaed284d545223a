#include "base/bytes.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace penny::base {
namespace {

using namespace std::string_literals;

TEST(Bytes, NumbersAreEightBytesLittleEndian) {
  ByteWriter writer;
  writer.u64(0x0102030405060708);
  writer.i64(-2);
  writer.f64(1.0);
  writer.flag(true);
  writer.flag(false);
  EXPECT_EQ(writer.view(),
            "\x08\x07\x06\x05\x04\x03\x02\x01"
            "\xfe\xff\xff\xff\xff\xff\xff\xff"
            "\0\0\0\0\0\0\xf0\x3f"
            "\1\0\0\0\0\0\0\0"
            "\0\0\0\0\0\0\0\0"s);
}

TEST(Bytes, TextsFollowTheirLength) {
  ByteWriter writer;
  writer.bytes("a\0b"s);
  writer.bytes("");
  EXPECT_EQ(writer.take(), "\3\0\0\0\0\0\0\0a\0b\0\0\0\0\0\0\0\0"s);
}

using Value = std::variant<std::uint64_t, std::int64_t, bool, std::string>;

rc::Gen<Value> any_value() {
  return rc::gen::oneOf(rc::gen::cast<Value>(rc::gen::arbitrary<std::uint64_t>()),
                        rc::gen::cast<Value>(rc::gen::arbitrary<std::int64_t>()),
                        rc::gen::cast<Value>(rc::gen::arbitrary<bool>()),
                        rc::gen::cast<Value>(rc::gen::arbitrary<std::string>()));
}

RC_GTEST_PROP(Bytes, EverythingIsReadBackAsItWasWritten, ()) {
  const auto values = *rc::gen::container<std::vector<Value>>(any_value());
  ByteWriter writer;
  for (const Value& value : values) {
    if (const auto* number = std::get_if<std::uint64_t>(&value)) writer.u64(*number);
    if (const auto* number = std::get_if<std::int64_t>(&value)) writer.i64(*number);
    if (const auto* flag = std::get_if<bool>(&value)) writer.flag(*flag);
    if (const auto* text = std::get_if<std::string>(&value)) writer.bytes(*text);
  }
  ByteReader reader(writer.view());
  for (const Value& value : values) {
    RC_ASSERT(reader.ok());
    if (const auto* number = std::get_if<std::uint64_t>(&value)) RC_ASSERT(reader.u64() == *number);
    if (const auto* number = std::get_if<std::int64_t>(&value)) RC_ASSERT(reader.i64() == *number);
    if (const auto* flag = std::get_if<bool>(&value)) RC_ASSERT(reader.flag() == *flag);
    if (const auto* text = std::get_if<std::string>(&value)) RC_ASSERT(reader.bytes() == *text);
  }
  RC_ASSERT(reader.at_end());
}

TEST(Bytes, DoublesKeepEveryBit) {
  for (const double number : {0.0, -0.0, 0.1, -1e308, 5e-324, std::numeric_limits<double>::infinity()}) {
    ByteWriter writer;
    writer.f64(number);
    ByteReader reader(writer.view());
    const double read = reader.f64();
    EXPECT_EQ(read, number);
    EXPECT_EQ(std::signbit(read), std::signbit(number));
  }
}

TEST(ByteReader, AFailureStays) {
  ByteWriter writer;
  writer.u64(2);  // no flag
  writer.u64(7);
  ByteReader reader(writer.view());
  EXPECT_FALSE(reader.flag());
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u64(), 0U);
  EXPECT_EQ(reader.f64(), 0.0);
  EXPECT_EQ(reader.bytes(), "");
  EXPECT_FALSE(reader.at_end());
}

TEST(ByteReader, NeverReadsBeyondTheEnd) {
  ByteWriter writer;
  writer.bytes("abc");
  const std::string whole = writer.take();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);  // a copy, so that a sanitizer sees a read beyond it
    ByteReader reader(cut);
    EXPECT_EQ(reader.bytes(), "");
    EXPECT_FALSE(reader.ok()) << size;
  }
}

TEST(ByteReader, ALengthBeyondTheEndFails) {
  for (const std::uint64_t length : {std::uint64_t{4}, std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{7}}) {
    ByteWriter writer;
    writer.u64(length);
    ByteReader reader(writer.view());
    EXPECT_EQ(reader.bytes(), "");
    EXPECT_FALSE(reader.ok());
  }
}

TEST(ByteReader, BytesLeftOverAreNotTheEnd) {
  ByteReader reader("12345678x");
  static_cast<void>(reader.u64());
  EXPECT_TRUE(reader.ok());
  EXPECT_FALSE(reader.at_end());
}

}  // namespace
}  // namespace penny::base
