#pragma once

// Speech by a server with OpenAI's audio API: Whisper's, Speaches, Ollama, LocalAI, OpenAI.
// https://platform.openai.com/docs/api-reference/audio

#include <chrono>
#include <string>
#include <utility>

#include "assistant/voice/speech.hpp"

namespace penny::assistant {

struct AudioEndpoint {
  std::string base_url;                           // without a slash at its end, for example http://127.0.0.1:8000/v1
  std::string model;                              // as the server calls it
  std::string voice{};                            // to speak with
  std::string key{};                              // sent as a bearer token; empty: none is sent
  std::chrono::milliseconds silence_max{60'000};  // until it answers
};

// POST {base_url}/audio/transcriptions
class EndpointSpeechToText : public SpeechToText {
 public:
  explicit EndpointSpeechToText(AudioEndpoint endpoint) : endpoint_(std::move(endpoint)) {}

  [[nodiscard]] Result<std::string> hear(const Sound& sound, base::Instant deadline,
                                         const CancelToken& cancel) override;

 private:
  const AudioEndpoint endpoint_;
};

// POST {base_url}/audio/speech
class EndpointTextToSpeech : public TextToSpeech {
 public:
  explicit EndpointTextToSpeech(AudioEndpoint endpoint) : endpoint_(std::move(endpoint)) {}

  [[nodiscard]] Result<Sound> speak(std::string_view text, base::Instant deadline, const CancelToken& cancel) override;

 private:
  const AudioEndpoint endpoint_;
};

}  // namespace penny::assistant
