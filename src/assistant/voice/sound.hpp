#pragma once

// Speech as numbers: 16 bits a sample, one channel.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <penny/error.hpp>

namespace penny::assistant {

// What speech recognisers take.
inline constexpr std::uint32_t kSpeechRateHz = 16'000;

// An hour at 16 kHz: what comes from outside is no longer.
inline constexpr std::size_t kSamplesMax = std::size_t{57'600'000};

struct Sound {
  std::uint32_t rate_hz = kSpeechRateHz;
  std::vector<std::int16_t> samples{};

  [[nodiscard]] std::chrono::milliseconds length() const {
    return std::chrono::milliseconds(samples.size() * 1'000 / rate_hz);
  }
  friend bool operator==(const Sound&, const Sound&) = default;
};

// The bytes of a file of sound, WAV or whatever else libsndfile reads; channels are mixed into one. Error: `kInvalid` for what is none
// of these, is longer than `kSamplesMax`, or has a rate outside 4 to 192 kHz.
[[nodiscard]] Result<Sound> read_sound(std::string_view bytes);

// As a WAV file.
[[nodiscard]] std::string wav_of(const Sound& sound);

// The same sound with so many samples a second, 4,000 to 192,000.
[[nodiscard]] Sound at_rate(const Sound& sound, std::uint32_t rate_hz);

}  // namespace penny::assistant
