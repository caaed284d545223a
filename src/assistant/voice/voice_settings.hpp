#pragma once

// What hears and what speaks: [voice] in the configuration file (docs/configuration.md).

#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <penny/error.hpp>

#include "assistant/voice/endpoint_speech.hpp"
#include "assistant/voice/wyoming_speech.hpp"

namespace penny::assistant {

// Nothing: what is installed.
using SpeechService = std::variant<std::monostate, std::vector<std::string>, AudioEndpoint, WyomingServer>;

struct VoiceSettings {
  SpeechService hear{};
  SpeechService speak{};
  std::vector<std::string> microphone{"arecord", "-q", "-t", "raw", "-f", "S16_LE", "-r", "16000", "-c", "1"};
  std::vector<std::string> player{"aplay", "-q", "-"};
  std::chrono::milliseconds silence{800};
  bool may_interrupt = true;
};

// `path`: the file; one that is missing says nothing. Blocks on the disk. Errors: `kInvalid` with file and line; those of reading files.
[[nodiscard]] Result<VoiceSettings> voice_settings(const std::string& path);

// Of what is configured, else pocketsphinx and flite, if PATH has them. Error: `kNotFound` with `field` "command".
[[nodiscard]] Result<std::unique_ptr<SpeechToText>> make_speech_to_text(const VoiceSettings& settings);
[[nodiscard]] Result<std::unique_ptr<TextToSpeech>> make_text_to_speech(const VoiceSettings& settings);

}  // namespace penny::assistant
