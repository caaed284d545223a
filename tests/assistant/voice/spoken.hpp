#pragma once

// Real speech for tests: spoken by flite's voice slt, which pocketsphinx understands.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "assistant/voice/command_speech.hpp"
#include "assistant/voice/sound.hpp"
#include "support/stores.hpp"

namespace penny::test {

inline assistant::Sound spoken(std::string_view text) {
  assistant::CommandTextToSpeech flite({"flite", "-voice", "slt", "-t", "{text}", "-o", "{file}"});
  return assistant::at_rate(
      must(flite.speak(text, std::chrono::steady_clock::now() + std::chrono::seconds(60), CancelToken())),
      assistant::kSpeechRateHz);
}

inline std::string heard(const assistant::Sound& sound) {
  assistant::CommandSpeechToText pocketsphinx({"pocketsphinx_continuous", "-infile", "{file}", "-logfn", "/dev/null"});
  return must(pocketsphinx.hear(sound, std::chrono::steady_clock::now() + std::chrono::seconds(60), CancelToken()));
}

inline assistant::Sound silence(std::chrono::milliseconds length) {
  return {.samples =
              std::vector<std::int16_t>(static_cast<std::size_t>(length.count()) * assistant::kSpeechRateHz / 1'000)};
}

inline assistant::Sound joined(const std::vector<assistant::Sound>& parts) {
  assistant::Sound all;
  for (const assistant::Sound& part : parts)
    all.samples.insert(all.samples.end(), part.samples.begin(), part.samples.end());
  return all;
}

}  // namespace penny::test
