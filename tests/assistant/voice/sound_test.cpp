#include "assistant/voice/sound.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/stores.hpp"

namespace penny::assistant {
namespace {

using test::must;
using test::refusal;

Sound tone(std::uint32_t rate_hz, double frequency_hz, double seconds) {
  Sound sound{.rate_hz = rate_hz};
  for (std::size_t i = 0; i < static_cast<std::size_t>(seconds * rate_hz); ++i)
    sound.samples.push_back(static_cast<std::int16_t>(
        10'000 * std::sin(2 * std::numbers::pi * frequency_hz * static_cast<double>(i) / rate_hz)));
  return sound;
}

// How often it goes from below zero to above, in a second.
double crossings(const Sound& sound) {
  double count = 0;
  for (std::size_t i = 1; i < sound.samples.size(); ++i) count += sound.samples[i - 1] < 0 && sound.samples[i] >= 0;
  return count * sound.rate_hz / static_cast<double>(sound.samples.size());
}

std::string with_little_endian(std::string bytes, std::size_t at, std::uint32_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

TEST(Sound, ComesBackFromAWavFileAsItWas) {
  for (const std::uint32_t rate : {8'000U, 16'000U, 48'000U}) {
    const Sound sound = tone(rate, 440, 0.5);
    EXPECT_EQ(must(read_sound(wav_of(sound))), sound);
  }
  EXPECT_TRUE(must(read_sound(wav_of({}))).samples.empty());
}

TEST(Sound, SaysHowLongItIs) {
  EXPECT_EQ(tone(16'000, 440, 1.5).length(), std::chrono::milliseconds(1'500));
  EXPECT_EQ(Sound{}.length(), std::chrono::milliseconds(0));
}

TEST(Sound, KeepsItsPitchAndLengthAtAnotherRate) {
  const Sound sound = tone(44'100, 440, 1);
  for (const std::uint32_t rate : {8'000U, 16'000U, 48'000U}) {
    const Sound other = at_rate(sound, rate);
    EXPECT_EQ(other.rate_hz, rate);
    EXPECT_NEAR(static_cast<double>(other.samples.size()), rate, 2);
    EXPECT_NEAR(crossings(other), 440, 3) << rate;
  }
  EXPECT_EQ(at_rate(sound, 44'100), sound);
}

TEST(Sound, ChannelsAreMixedIntoOne) {
  // Two channels of 16 bits at 16 kHz: one says 1000, the other 3000.
  std::string bytes = wav_of({.samples = {1'000, 3'000, 1'000, 3'000}});
  bytes = with_little_endian(std::move(bytes), 22, 2, 2);
  bytes = with_little_endian(std::move(bytes), 28, 64'000, 4);
  bytes = with_little_endian(std::move(bytes), 32, 4, 2);
  const Sound sound = must(read_sound(bytes));
  EXPECT_EQ(sound.samples, (std::vector<std::int16_t>{2'000, 2'000}));
}

// Four bytes of floating point for each sample.
std::string wav_of_floats(const std::vector<float>& values) {
  std::string bytes = wav_of({.samples = std::vector<std::int16_t>(2 * values.size())});
  bytes = with_little_endian(std::move(bytes), 20, 3, 2);
  bytes = with_little_endian(std::move(bytes), 28, 64'000, 4);
  bytes = with_little_endian(std::move(bytes), 32, 4, 2);
  bytes = with_little_endian(std::move(bytes), 34, 32, 2);
  for (std::size_t i = 0; i < values.size(); ++i)
    bytes = with_little_endian(std::move(bytes), 44 + 4 * i, std::bit_cast<std::uint32_t>(values[i]), 4);
  return bytes;
}

TEST(Sound, FloatingPointKeepsItsLoudnessAndIsClipped) {
  EXPECT_EQ(must(read_sound(wav_of_floats({0.25F, -0.5F, 0.0001F}))).samples,
            (std::vector<std::int16_t>{8'192, -16'384, 3}));
  EXPECT_EQ(must(read_sound(wav_of_floats({0.25F, 7.0F, -7.0F, NAN, INFINITY}))).samples,
            (std::vector<std::int16_t>{8'192, INT16_MAX, INT16_MIN, 0, INT16_MAX}));
}

// A stream's header does not know how long it is.
TEST(Sound, IsReadToItsEndWhateverItsHeaderSays) {
  const Sound sound = tone(16'000, 440, 0.25);
  std::string bytes = wav_of(sound);
  bytes = with_little_endian(std::move(bytes), 4, 0xffffffff, 4);
  bytes = with_little_endian(std::move(bytes), 40, 0xffffffff, 4);
  EXPECT_EQ(must(read_sound(bytes)).samples.size(), sound.samples.size());
}

TEST(Sound, WhatIsNoneIsRefused) {
  std::string wav = wav_of(tone(16'000, 440, 0.1));
  for (const std::string& bytes :
       {std::string(), std::string("RIFF"), std::string("<html>not found</html>"), std::string(1'000, '\0'),
        wav.substr(0, 20), with_little_endian(wav, 24, 1, 4), with_little_endian(wav, 24, 3'000'000'000, 4)}) {
    EXPECT_EQ(refusal(read_sound(bytes)).code, ErrorCode::kInvalid) << bytes.size();
  }
}

// Every byte of a header may be another: it is refused, or read, and nothing else happens.
TEST(Sound, NoByteOfAHeaderDoesHarm) {
  const std::string wav = wav_of(tone(16'000, 440, 0.02));
  int refused = 0;
  for (std::size_t at = 0; at < 44; ++at) {
    for (const int byte : {0, 1, 0x7f, 0x80, 0xff}) {
      std::string bytes = wav;
      bytes[at] = static_cast<char>(byte);
      const auto sound = read_sound(bytes);
      if (!sound) ++refused;
      EXPECT_LE(sound ? sound->samples.size() : 0, wav.size());
    }
  }
  EXPECT_GT(refused, 20);
}

}  // namespace
}  // namespace penny::assistant
