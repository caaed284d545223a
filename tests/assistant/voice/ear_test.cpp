#include "assistant/voice/ear.hpp"

#include <chrono>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assistant/voice/spoken.hpp"

namespace penny::assistant {
namespace {

using std::chrono::milliseconds;
using test::joined;
using test::silence;
using test::spoken;

std::vector<Sound> utterances(const Sound& sound, std::size_t piece, const EarOptions& options = {}) {
  Ear ear(options);
  std::span<const std::int16_t> rest = sound.samples;
  while (!rest.empty()) {
    const std::size_t size = std::min(piece, rest.size());
    ear.listen(rest.first(size));
    rest = rest.subspan(size);
  }
  ear.end();
  std::vector<Sound> all;
  while (auto utterance = ear.take()) all.push_back(*std::move(utterance));
  return all;
}

Sound noise(milliseconds length, double amplitude) {
  Sound sound = silence(length);
  std::mt19937 random(7);
  std::normal_distribution<double> level(0, amplitude);
  for (std::int16_t& sample : sound.samples) sample = static_cast<std::int16_t>(level(random));
  return sound;
}

Sound hum(milliseconds length) {
  Sound sound = silence(length);
  for (std::size_t i = 0; i < sound.samples.size(); ++i)
    sound.samples[i] =
        static_cast<std::int16_t>(3'000 * std::sin(2 * std::numbers::pi * 50 * static_cast<double>(i) / kSpeechRateHz));
  return sound;
}

Sound mixed(const Sound& a, const Sound& b) {
  Sound sum = a;
  for (std::size_t i = 0; i < std::min(a.samples.size(), b.samples.size()); ++i)
    sum.samples[i] = static_cast<std::int16_t>(a.samples[i] + b.samples[i]);
  return sum;
}

TEST(Ear, FindsEachUtteranceBetweenSilences) {
  const Sound first = spoken("my favorite color is green");
  const Sound second = spoken("what is the weather like in london today");
  const Sound all = joined({silence(milliseconds(900)), first, silence(milliseconds(1'500)), second});
  for (const std::size_t piece : {std::size_t{1}, std::size_t{160}, std::size_t{1'111}, all.samples.size()}) {
    const auto found = utterances(all, piece);
    ASSERT_EQ(found.size(), 2U) << piece;
    // The whole of it, and not much more.
    EXPECT_GE(found[0].length(), first.length() - milliseconds(300)) << piece;
    EXPECT_LE(found[0].length(), first.length() + milliseconds(900)) << piece;
    EXPECT_GE(found[1].length(), second.length() - milliseconds(300)) << piece;
  }
}

TEST(Ear, WhatItFindsIsUnderstood) {
  const Sound all =
      joined({silence(milliseconds(900)), spoken("my favorite color is green"), silence(milliseconds(1'500))});
  const auto found = utterances(all, 1'600);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(test::heard(found[0]), "my favorite color is green");
}

TEST(Ear, NeitherSilenceNorNoiseNorHumIsAVoice) {
  EXPECT_TRUE(utterances(silence(milliseconds(5'000)), 160).empty());
  EXPECT_TRUE(utterances(noise(milliseconds(5'000), 300), 160).empty());
  EXPECT_TRUE(utterances(noise(milliseconds(5'000), 5'000), 160).empty());
  EXPECT_TRUE(utterances(hum(milliseconds(5'000)), 160).empty());
}

TEST(Ear, AClickIsNoVoice) {
  Sound click = silence(milliseconds(3'000));
  for (std::size_t i = 16'000; i < 16'400; ++i) click.samples[i] = i % 20 < 10 ? 20'000 : -20'000;
  EXPECT_TRUE(utterances(click, 160).empty());
}

TEST(Ear, HearsAVoiceInNoise) {
  const Sound all = joined(
      {silence(milliseconds(1'000)), spoken("turn on the lights in the living room"), silence(milliseconds(1'500))});
  EXPECT_EQ(utterances(mixed(all, noise(all.length(), 150)), 160).size(), 1U);
}

TEST(Ear, APauseThatIsShorterThanItsLimitEndsNothing) {
  const Sound all = joined({spoken("i would like a cup of tea"), silence(milliseconds(500)),
                            spoken("with milk and no sugar"), silence(milliseconds(2'500))});
  EXPECT_EQ(utterances(all, 160, {.silence = milliseconds(1'500)}).size(), 1U);
  EXPECT_EQ(utterances(all, 160, {.silence = milliseconds(300)}).size(), 2U);
}

TEST(Ear, WhoNeverStopsIsCut) {
  const Sound sentence = spoken("please remember that my sister's birthday is on the ninth of march");
  const auto found =
      utterances(joined({sentence, sentence, sentence, sentence}), 160, {.utterance_max = milliseconds(3'000)});
  EXPECT_GE(found.size(), 3U);
  for (const Sound& utterance : found) EXPECT_LE(utterance.length(), milliseconds(3'000));
}

TEST(Ear, TellsThatSomebodySpeaksWhileItGoesOn) {
  Ear ear({});
  ear.listen(silence(milliseconds(1'000)).samples);
  EXPECT_FALSE(ear.hears_voice());
  const Sound sentence = spoken("please remember that my sister's birthday is on the ninth of march");
  ear.listen(std::span(sentence.samples).first(kSpeechRateHz));
  EXPECT_TRUE(ear.hears_voice());
  EXPECT_FALSE(ear.take());
  ear.listen(silence(milliseconds(1'500)).samples);
  EXPECT_FALSE(ear.hears_voice());
  EXPECT_TRUE(ear.take());
}

}  // namespace
}  // namespace penny::assistant
