#pragma once

// A talk from a file, and into one.

#include <memory>
#include <string>

#include "assistant/voice/sound_ends.hpp"

namespace penny::assistant {

// The whole of a file of sound, at 16 kHz. Blocks on the disk. Errors: `kNotFound` if it is not there, `kNoPermission`, `kStorageFailed`, `kInvalid` if it
// is no sound, longer than an hour, or larger than 256 MiB.
[[nodiscard]] Result<std::unique_ptr<SoundSource>> open_sound_file(const std::string& path);

// Everything that is played, one after the other, as one WAV file, which is whole after each piece.
class SoundFileWriter : public SoundSink {
 public:
  // A file of that name is written over at the first piece.
  explicit SoundFileWriter(std::string path) : path_(std::move(path)) {}

  // Blocks on the disk alone. Error: `kStorageFailed`.
  [[nodiscard]] Result<void> play(const Sound& sound, const CancelToken& cancel) override;

 private:
  const std::string path_;
  Sound all_;
};

}  // namespace penny::assistant
