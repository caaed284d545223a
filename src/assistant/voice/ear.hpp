#pragma once

// Where in a stream of sound somebody speaks, and where that ends: silence detection. Which 10 ms hold a voice is decided by WebRTC's
// detector; this makes utterances of them.

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "assistant/voice/sound.hpp"

namespace penny::assistant {

struct EarOptions {
  std::chrono::milliseconds silence{800};           // so much of it ends an utterance
  std::chrono::milliseconds utterance_max{30'000};  // a longer one is cut, and goes on as the next
};

// Used by one thread at a time.
class Ear {
 public:
  explicit Ear(const EarOptions& options);
  ~Ear();
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;

  // The next samples, at 16 kHz, as many as there are.
  void listen(std::span<const std::int16_t> samples);

  // Nothing follows: what is being said is whole.
  void end();

  // Somebody is speaking, for a fifth of a second at least: a click or a cough is no voice.
  [[nodiscard]] bool hears_voice() const { return is_in_utterance_; }

  // The next utterance that is whole, with a quarter of a second of what was before it; nothing if there is none yet.
  [[nodiscard]] std::optional<Sound> take();

 private:
  struct Detector;
  void hear_frame(std::span<const std::int16_t> frame);
  void finish_utterance();

  const EarOptions options_;
  std::unique_ptr<Detector> detector_;
  std::vector<std::int16_t> part_;    // of a frame
  std::deque<std::int16_t> before_;   // the latest, while nobody speaks
  std::deque<bool> lately_;           // which of the latest frames had a voice
  std::vector<std::int16_t> spoken_;  // of this utterance
  bool is_in_utterance_ = false;
  std::size_t quiet_frames_ = 0;
  std::deque<Sound> whole_;
};

}  // namespace penny::assistant
