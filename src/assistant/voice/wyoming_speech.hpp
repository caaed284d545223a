#pragma once

// Speech by a server of Wyoming's protocol: faster-whisper, Piper, the add-ons of Home Assistant. The protocol has neither keys nor
// encryption: such a server belongs on this machine or in a network that one trusts.

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "assistant/voice/speech.hpp"

namespace penny::assistant {

struct WyomingServer {
  std::string host;
  std::uint16_t port = 0;
  std::string voice{};                            // to speak with; empty: the server's own
  std::chrono::milliseconds silence_max{60'000};  // between two of its events
};

class WyomingSpeechToText : public SpeechToText {
 public:
  explicit WyomingSpeechToText(WyomingServer server) : server_(std::move(server)) {}

  [[nodiscard]] Result<std::string> hear(const Sound& sound, base::Instant deadline,
                                         const CancelToken& cancel) override;

 private:
  const WyomingServer server_;
};

class WyomingTextToSpeech : public TextToSpeech {
 public:
  explicit WyomingTextToSpeech(WyomingServer server) : server_(std::move(server)) {}

  [[nodiscard]] Result<Sound> speak(std::string_view text, base::Instant deadline, const CancelToken& cancel) override;

 private:
  const WyomingServer server_;
};

}  // namespace penny::assistant
