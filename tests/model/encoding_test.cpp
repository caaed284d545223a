#include "model/encoding.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <penny/limits.hpp>

#include "base/bytes.hpp"
#include "model/generators.hpp"
#include "model/kind.hpp"

namespace penny::model {
namespace {

using namespace std::string_literals;

constexpr std::array<std::uint8_t, 16> kSalt{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

std::string number(std::uint64_t value) {
  base::ByteWriter writer;
  writer.u64(value);
  return writer.take();
}

std::string bytes(std::string_view value) { return number(value.size()) + std::string(value); }

std::string real(double value) { return number(std::bit_cast<std::uint64_t>(value)); }

// One payload of each kind, with every optional and alternative.
std::vector<Payload> examples() {
  return {AppendTurn{.user_input = "Hi",
                     .assistant_response = "Hello",
                     .modality = Modality::kVoice,
                     .session = "s1",
                     .response_time_ms = 12.5,
                     .confidence = 0.75,
                     .metadata = "{\"a\":1}"},
          AppendTurn{.user_input = "Hi", .assistant_response = ""},
          EndSession{},
          EndSession{.session = "s1"},
          ObservePreference{.key = "color", .value = "\"blue\"", .confidence = 0.25},
          SetPreference{.key = "color", .value = "\"red\"", .confidence = 1},
          AdjustDimension{.name = "humor", .delta = 0.01, .confidence_change = -0.5, .trigger = "joke"},
          ObserveDimension{.name = "humor", .value = 0.5, .confidence = 1, .trigger = "joke"},
          ObserveDimension{.name = "style", .value = "brief"s, .confidence = 1, .trigger = ""},
          SetDimension{.name = "humor", .value = 1.0, .confidence_change = 0.5, .trigger = "asked"},
          RememberFact{.text = "likes tea", .confidence = 0.5},
          ForgetFact{.fact = *OperationId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")}};
}

// Stores hold these bytes and their hashes: a change here makes every store unreadable.
TEST(Encoding, EveryKindHasTheFormThatStoresHold) {
  const std::vector<std::string> forms{
      number(1) + bytes("Hi") + bytes("Hello") + number(2) + number(1) + bytes("s1") + real(12.5) + real(0.75) +
          bytes("{\"a\":1}"),
      number(1) + bytes("Hi") + bytes("") + number(1) + number(0) + real(0) + real(1) + bytes("{}"),
      number(2) + number(0),
      number(2) + number(1) + bytes("s1"),
      number(3) + bytes("color") + bytes("\"blue\"") + real(0.25),
      number(4) + bytes("color") + bytes("\"red\"") + real(1),
      number(5) + bytes("humor") + real(0.01) + real(-0.5) + bytes("joke"),
      number(6) + bytes("humor") + number(0) + real(0.5) + real(1) + bytes("joke"),
      number(6) + bytes("style") + number(1) + bytes("brief") + real(1) + bytes(""),
      number(7) + bytes("humor") + number(0) + real(1) + real(0.5) + bytes("asked"),
      number(8) + bytes("likes tea") + real(0.5),
      number(9) + bytes("\x01\x7f\x22\xe2\x79\xb0\x7c\xc3\x98\xc4\xdc\x0c\x0c\x07\x39\x8f")};
  const auto payloads = examples();
  ASSERT_EQ(payloads.size(), forms.size());
  for (std::size_t i = 0; i < forms.size(); ++i) EXPECT_EQ(encode(payloads[i]), forms[i]) << kind_name(payloads[i]);
}

TEST(Encoding, TheHashOfATurnIsTheOneThatStoresHold) {
  // Reckoned apart from this library, over the salt and the form above.
  EXPECT_EQ(fmt::format("{:02x}", fmt::join(payload_hash(kSalt, examples().front()), "")),
            "78b892205650b001aa0341badfe24aa425e29958a38aeb60758404332a30b5cb");
}

RC_GTEST_PROP(Encoding, EveryPayloadIsReadBack, ()) {
  const Payload payload = *any_payload();
  const auto decoded = decode(encode(payload));
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == payload);
  // Equal numbers may differ in their bits, which must not be lost either.
  RC_ASSERT(encode(*decoded) == encode(payload));
}

RC_GTEST_PROP(Encoding, TheSizeIsKnownWithoutEncoding, ()) {
  const Payload payload = *any_payload();
  RC_ASSERT(encoded_size(payload) == encode(payload).size());
}

RC_GTEST_PROP(Encoding, TheHashIsThatOfSaltAndEncoding, ()) {
  const Payload payload = *any_payload();
  const auto salt = *rc::gen::arbitrary<std::vector<std::uint8_t>>();
  base::Sha256 hash;
  hash.update(salt);
  hash.update(encode(payload));
  RC_ASSERT(payload_hash(salt, payload) == hash.finish());
}

TEST(Encoding, TheHashIsRightForTextsOfEveryLength) {
  for (std::size_t size = 0; size < 2'200; ++size) {
    const Payload payload = RememberFact{.text = std::string(size, 'x'), .confidence = 0.5};
    base::Sha256 hash;
    hash.update(kSalt);
    hash.update(encode(payload));
    ASSERT_EQ(payload_hash(kSalt, payload), hash.finish()) << size;
  }
}

RC_GTEST_PROP(Encoding, DifferentPayloadsHaveDifferentEncodings, ()) {
  const Payload a = *any_payload();
  const Payload b = *any_payload();
  RC_PRE(!(a == b));
  RC_ASSERT(encode(a) != encode(b));
}

RC_GTEST_PROP(Encoding, WhateverIsDecodedIsTheOneEncodingOfItsPayload, (std::string noise)) {
  // Noise of any kind, and real encodings with a byte changed.
  std::string text = encode(*any_payload());
  const auto place = *rc::gen::inRange<std::size_t>(0, text.size());
  text[place] = *rc::gen::arbitrary<char>();
  for (const std::string& candidate : {noise, text, text + noise}) {
    const auto decoded = decode(candidate);
    if (decoded) {
      RC_ASSERT(encode(*decoded) == candidate);
    } else {
      RC_ASSERT(decoded.error().code == ErrorCode::kDamaged);
    }
  }
}

TEST(Encoding, EveryCutAndEveryByteTooManyIsDamage) {
  for (const Payload& payload : examples()) {
    const std::string whole = encode(payload);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string cut = whole.substr(0, size);
      const auto decoded = decode(cut);
      ASSERT_FALSE(decoded.has_value()) << kind_name(payload) << " cut at " << size;
      EXPECT_EQ(decoded.error().code, ErrorCode::kDamaged);
    }
    EXPECT_FALSE(decode(whole + "\0"s).has_value());
    EXPECT_FALSE(decode(whole + whole).has_value());
  }
}

TEST(Encoding, ValuesOutOfRangeAreDamage) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::string> damaged{
      "",
      number(0),
      number(10) + bytes("x"),
      number(~std::uint64_t{0}),
      number(2) + number(2) + bytes("s1"),                                   // neither there nor not
      number(6) + bytes("a") + number(2) + real(0.5) + real(1) + bytes(""),  // no such alternative
      number(9) + bytes("too short"),
      number(9) + bytes("seventeen bytes!!"),
      number(8) + bytes("text") + real(nan),
      number(8) + bytes("text") + real(infinity),
      number(8) + number(~std::uint64_t{0}) + "text" + real(1),
      number(1) + bytes("") + bytes("") + number(0) + number(0) + real(0) + real(1) + bytes("{}"),
      number(1) + bytes("") + bytes("") + number(4) + number(0) + real(0) + real(1) + bytes("{}"),
      number(1) + bytes("") + bytes("") + number(257) + number(0) + real(0) + real(1) + bytes("{}")};
  for (const std::string& text : damaged) {
    const auto decoded = decode(text);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().code, ErrorCode::kDamaged);
    EXPECT_NE(decoded.error().message.find(std::to_string(text.size()) + " bytes"), std::string::npos);
    EXPECT_FALSE(decoded.error().advice.empty());
  }
}

TEST(ResultEncoding, EveryResultHasTheFormThatStoresHold) {
  const OperationId fact = *OperationId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_EQ(encode_result(TurnResult{"s1", 7, 3}), number(0) + bytes("s1") + number(7) + number(3));
  EXPECT_EQ(encode_result(SessionResult{"s1", 20, true}), number(1) + bytes("s1") + number(20) + number(1));
  EXPECT_EQ(encode_result(PreferenceResult{0.5, 3, 4, false}),
            number(2) + real(0.5) + number(3) + number(4) + number(0));
  EXPECT_EQ(encode_result(DimensionResult{"brief"s, 0.5, 6}),
            number(3) + number(1) + bytes("brief") + real(0.5) + number(6));
  EXPECT_EQ(encode_result(FactResult{fact, 1}),
            number(4) + bytes("\x01\x7f\x22\xe2\x79\xb0\x7c\xc3\x98\xc4\xdc\x0c\x0c\x07\x39\x8f") + number(1));
}

RC_GTEST_PROP(ResultEncoding, EveryResultIsReadBack, ()) {
  const OperationResult result = *any_result();
  const auto decoded = decode_result(encode_result(result));
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == result);
}

RC_GTEST_PROP(ResultEncoding, EveryCutIsDamage, ()) {
  const std::string whole = encode_result(*any_result());
  const std::string cut = whole.substr(0, *rc::gen::inRange<std::size_t>(0, whole.size()));
  RC_ASSERT(!decode_result(cut).has_value());
  RC_ASSERT(!decode_result(whole + "x").has_value());
}

TEST(ResultEncoding, ValuesOutOfRangeAreDamage) {
  for (const std::string& text : {number(7) + number(0), number(0) + bytes("s1") + number(7) + number(1ULL << 32),
                                  number(1) + bytes("s1") + number(20) + number(2)}) {
    const auto decoded = decode_result(text);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().code, ErrorCode::kDamaged);
  }
}

TEST(ResultEncoding, ResultsOfValidOperationsStayBelowTheLimitOfOutcomes) {
  const std::string name(limits::kNameBytesMax, 'n');
  for (const OperationResult& result : {OperationResult(TurnResult{name, UINT64_MAX, UINT32_MAX}),
                                        OperationResult(SessionResult{name, UINT32_MAX, true}),
                                        OperationResult(DimensionResult{name, 1, UINT64_MAX})}) {
    EXPECT_LE(encode_result(result).size(), limits::kOutcomeBytesMax);
  }
}

}  // namespace
}  // namespace penny::model
