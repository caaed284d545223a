#pragma once

// A microphone and a loudspeaker by commands of the system's sound: Penny captures and plays nothing itself.

#include <memory>
#include <string>
#include <vector>

#include "assistant/voice/sound_ends.hpp"

namespace penny::assistant {

// A command that writes 16-bit samples, one channel, 16 kHz, little-endian, to its standard output until it is ended, for example
// `arecord -q -t raw -f S16_LE -r 16000 -c 1`. It ends with the source. Errors: `kNotFound` with `field` "command" if it cannot be
// started; the source's, if it fails.
[[nodiscard]] Result<std::unique_ptr<SoundSource>> open_microphone(const std::vector<std::string>& command);

// A command that plays the WAV file on its standard input and then ends, for example `aplay -q -`. Killed when it is cancelled.
class SoundPlayer : public SoundSink {
 public:
  explicit SoundPlayer(std::vector<std::string> command) : command_(std::move(command)) {}

  // Errors: `kNotFound` with `field` "command"; `kDeadlineExceeded` if it does not end 10 s after the sound.
  [[nodiscard]] Result<void> play(const Sound& sound, const CancelToken& cancel) override;

 private:
  const std::vector<std::string> command_;
};

}  // namespace penny::assistant
