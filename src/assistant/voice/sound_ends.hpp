#pragma once

// The two ends of a talk by voice: where sound comes from, and where it goes.

#include <cstdint>
#include <span>

#include <penny/cancel.hpp>
#include <penny/error.hpp>

#include "assistant/voice/sound.hpp"

namespace penny::assistant {

// Used by one thread at a time.
class SoundSource {
 public:
  SoundSource() = default;
  SoundSource(const SoundSource&) = delete;
  SoundSource& operator=(const SoundSource&) = delete;
  virtual ~SoundSource() = default;

  // The next samples at 16 kHz, valid until the next call; none at the end, or when it was cancelled. Blocks until there are some.
  // Errors: those of where they come from.
  [[nodiscard]] virtual Result<std::span<const std::int16_t>> next(const CancelToken& cancel) = 0;

  // Comes as it is spoken, and does not wait for answers; else it is a file.
  [[nodiscard]] virtual bool is_live() const = 0;
};

// Used by one thread at a time.
class SoundSink {
 public:
  SoundSink() = default;
  SoundSink(const SoundSink&) = delete;
  SoundSink& operator=(const SoundSink&) = delete;
  virtual ~SoundSink() = default;

  // Blocks until it was heard, or is cancelled, which is no error. Errors: those of where it goes.
  [[nodiscard]] virtual Result<void> play(const Sound& sound, const CancelToken& cancel) = 0;
};

}  // namespace penny::assistant
