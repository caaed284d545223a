#pragma once

// A command that hears, and one that speaks.

#include <string>
#include <vector>

#include "assistant/voice/speech.hpp"

namespace penny::assistant {

// Whether text can stand in a command's words, where it has a place {text}: only as a word of its own behind one that begins with a
// hyphen, the option that takes it or "--". Elsewhere a text that begins with a hyphen would be an option itself, and texts come from
// models.
[[nodiscard]] bool has_safe_place_for_text(const std::vector<std::string>& command);

// WAV (16 kHz, one channel, 16 bits) on its standard input, text on its standard output. "{file}" in a word becomes a name
// of it that ends in ".wav", for commands that want a file.
class CommandSpeechToText : public SpeechToText {
 public:
  explicit CommandSpeechToText(std::vector<std::string> command) : command_(std::move(command)) {}

  [[nodiscard]] Result<std::string> hear(const Sound& sound, base::Instant deadline,
                                         const CancelToken& cancel) override;

 private:
  const std::vector<std::string> command_;
};

// Text on its standard input, a file of sound on its standard output. A word "{text}" becomes the text, and "{file}" in a word a name
// of its standard output that ends in ".wav". The text is any text, on one line. Error more: `kInvalid` with `field` "command" without
// `has_safe_place_for_text`.
class CommandTextToSpeech : public TextToSpeech {
 public:
  explicit CommandTextToSpeech(std::vector<std::string> command) : command_(std::move(command)) {}

  [[nodiscard]] Result<Sound> speak(std::string_view text, base::Instant deadline, const CancelToken& cancel) override;

 private:
  const std::vector<std::string> command_;
};

}  // namespace penny::assistant
