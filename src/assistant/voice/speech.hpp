#pragma once

// What hears and what speaks: an endpoint with OpenAI's audio API, a server that speaks Wyoming's protocol, or a command. All are asked
// in the same words.

#include <string>
#include <string_view>

#include <penny/cancel.hpp>
#include <penny/error.hpp>

#include "assistant/voice/sound.hpp"
#include "base/clock.hpp"

namespace penny::assistant {

// Errors of both: `kDeadlineExceeded`, `kStopped` (cancelled), `kNotFound` with `field` "connection", "name", "certificate", "status",
// "answer" (what came is not the format), "cut" (it ended in the middle), "command" (it could not be started, or failed).

// Used by one thread at a time.
class SpeechToText {
 public:
  SpeechToText() = default;
  SpeechToText(const SpeechToText&) = delete;
  SpeechToText& operator=(const SpeechToText&) = delete;
  virtual ~SpeechToText() = default;

  // The words, valid UTF-8 on one line, without space at either end; "" if there are none. Blocks.
  [[nodiscard]] virtual Result<std::string> hear(const Sound& sound, base::Instant deadline,
                                                 const CancelToken& cancel) = 0;
};

// Used by one thread at a time.
class TextToSpeech {
 public:
  TextToSpeech() = default;
  TextToSpeech(const TextToSpeech&) = delete;
  TextToSpeech& operator=(const TextToSpeech&) = delete;
  virtual ~TextToSpeech() = default;

  // The text, spoken. Blocks.
  [[nodiscard]] virtual Result<Sound> speak(std::string_view text, base::Instant deadline,
                                            const CancelToken& cancel) = 0;
};

}  // namespace penny::assistant
