#include "assistant/voice/command_speech.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "assistant/voice/command.hpp"
#include "assistant/voice/transcript.hpp"
#include "base/error.hpp"

namespace penny::assistant {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSoundBytesMax = std::size_t{256} << 20U;

// A name for what is no file: the command's standard input or output, as a link. Recognisers look at the end of a name, and what was
// said never reaches a disk.
class NamedSound {
 public:
  explicit NamedSound(const char* target) {
    std::error_code error;
    folder_ = (fs::temp_directory_path(error) / "penny-voice-XXXXXX").string();
    if (error || ::mkdtemp(folder_.data()) == nullptr) {
      folder_.clear();
      return;
    }
    name_ = folder_ + "/speech.wav";
    if (::symlink(target, name_.c_str()) != 0) name_.clear();
  }
  ~NamedSound() {
    if (!name_.empty()) (void)::unlink(name_.c_str());
    if (!folder_.empty()) (void)::rmdir(folder_.c_str());
  }
  NamedSound(const NamedSound&) = delete;
  NamedSound& operator=(const NamedSound&) = delete;

  // "" if there is no place for a link.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string folder_;
  std::string name_;
};

std::vector<std::string> with(std::vector<std::string> words, std::string_view place, std::string_view value) {
  for (std::string& word : words) {
    if (word == place) word = value;
  }
  return words;
}

}  // namespace

Result<std::string> CommandSpeechToText::hear(const Sound& sound, base::Instant deadline, const CancelToken& cancel) {
  const NamedSound file("/dev/stdin");
  auto printed = run_command(with(command_, "{file}", file.name()), wav_of(at_rate(sound, kSpeechRateHz)),
                             kTranscriptBytesMax, deadline, cancel);
  if (!printed) return printed;
  return transcript_of(*printed);
}

Result<Sound> CommandTextToSpeech::speak(std::string_view text, base::Instant deadline, const CancelToken& cancel) {
  const NamedSound file("/dev/stdout");
  auto printed =
      run_command(with(with(command_, "{file}", file.name()), "{text}", text), text, kSoundBytesMax, deadline, cancel);
  if (!printed) return std::unexpected(printed.error());
  auto sound = read_sound(*printed);
  if (!sound) return base::fail(ErrorCode::kNotFound, sound.error().message, "try the command by hand", "answer");
  return sound;
}

}  // namespace penny::assistant
