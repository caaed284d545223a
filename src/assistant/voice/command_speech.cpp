#include "assistant/voice/command_speech.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "assistant/voice/command.hpp"
#include "assistant/voice/transcript.hpp"
#include "base/error.hpp"
#include "base/one_line.hpp"

namespace penny::assistant {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSoundBytesMax = std::size_t{256} << 20U;
constexpr std::string_view kFilePlace = "{file}";
constexpr std::string_view kTextPlace = "{text}";

using Words = std::vector<std::string>;

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

void replace_all(std::string& word, std::string_view place, std::string_view value) {
  for (std::size_t at = 0; (at = word.find(place, at)) != std::string::npos; at += value.size())
    word.replace(at, place.size(), value);
}

// Runs the command, with a name for `target` where it asks for one, and then with `text` where it asks for that: its braces are its own.
Result<std::string> run(Words words, const char* target, std::string_view text, std::string_view input,
                        std::size_t output_bytes_max, base::Instant deadline, const CancelToken& cancel) {
  const auto names_file = [](const std::string& word) { return word.contains(kFilePlace); };
  std::optional<NamedSound> file;
  if (std::ranges::any_of(words, names_file)) {
    file.emplace(target);
    if (file->name().empty())
      return base::fail(ErrorCode::kNotFound, "there is no folder for a link to the sound", "check TMPDIR", "command");
  }
  for (std::string& word : words) {
    if (word == kTextPlace) {
      word = text;
    } else if (file) {
      replace_all(word, kFilePlace, file->name());
    }
  }
  return run_command(std::move(words), input, output_bytes_max, deadline, cancel);
}

}  // namespace

bool has_safe_place_for_text(const Words& command) {
  for (std::size_t place = 0; place < command.size(); ++place) {
    if (!command[place].contains(kTextPlace)) continue;
    if (place == 0 || command[place] != kTextPlace || !command[place - 1].starts_with('-')) return false;
  }
  return true;
}

Result<std::string> CommandSpeechToText::hear(const Sound& sound, base::Instant deadline, const CancelToken& cancel) {
  auto printed =
      run(command_, "/dev/stdin", {}, wav_of(at_rate(sound, kSpeechRateHz)), kTranscriptBytesMax, deadline, cancel);
  if (!printed) return printed;
  return transcript_of(*printed);
}

Result<Sound> CommandTextToSpeech::speak(std::string_view text, base::Instant deadline, const CancelToken& cancel) {
  if (!has_safe_place_for_text(command_))
    return base::fail(ErrorCode::kInvalid, "{text} stands where a text could be an option",
                      "let it be a word behind the option that takes it, or behind --", "command");
  const std::string line = base::on_one_line(text);
  auto printed = run(command_, "/dev/stdout", line, line, kSoundBytesMax, deadline, cancel);
  if (!printed) return std::unexpected(printed.error());
  auto sound = read_sound(*printed);
  if (!sound) return base::fail(ErrorCode::kNotFound, sound.error().message, "try the command by hand", "answer");
  return sound;
}

}  // namespace penny::assistant
