#include "assistant/voice/sound_files.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"

namespace penny::assistant {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFileBytesMax = std::uintmax_t{256} << 20U;

class SoundFile : public SoundSource {
 public:
  explicit SoundFile(Sound sound) : sound_(std::move(sound)) {}

  Result<std::span<const std::int16_t>> next(const CancelToken& cancel) override {
    if (cancel.is_cancelled()) return std::span<const std::int16_t>();
    const std::size_t begin = std::exchange(next_, std::min(next_ + kPiece, sound_.samples.size()));
    return std::span<const std::int16_t>(sound_.samples).subspan(begin, next_ - begin);
  }
  [[nodiscard]] bool is_live() const override { return false; }

 private:
  // A tenth of a second, so that an utterance is answered before the next is looked for.
  static constexpr std::size_t kPiece = kSpeechRateHz / 10;

  const Sound sound_;
  std::size_t next_ = 0;
};

std::unexpected<Error> not_read(const std::string& path, int error) {
  return base::fail(error == ENOENT   ? ErrorCode::kNotFound
                    : error == EACCES ? ErrorCode::kNoPermission
                                      : ErrorCode::kStorageFailed,
                    fmt::format("{} cannot be read: {}", path, std::strerror(error)), "check the name of the file",
                    "file");
}

}  // namespace

Result<std::unique_ptr<SoundSource>> open_sound_file(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return not_read(path, error.value());
  if (size > kFileBytesMax)
    return base::fail(ErrorCode::kInvalid, fmt::format("{} has more than 256 MiB", path), "cut it into parts", "file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return not_read(path, errno);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  auto sound = read_sound(bytes);
  if (!sound) return std::unexpected(sound.error());
  return std::make_unique<SoundFile>(at_rate(*sound, kSpeechRateHz));
}

Result<void> SoundFileWriter::play(const Sound& sound, const CancelToken& /*cancel*/) {
  if (all_.samples.empty()) all_.rate_hz = sound.rate_hz;
  const Sound more = at_rate(sound, all_.rate_hz);
  all_.samples.insert(all_.samples.end(), more.samples.begin(), more.samples.end());
  std::ofstream file(path_, std::ios::binary | std::ios::trunc);
  file << wav_of(all_) << std::flush;
  if (!file)
    return base::fail(ErrorCode::kStorageFailed, fmt::format("{} cannot be written: {}", path_, std::strerror(errno)),
                      "check its folder and the disk", "file");
  return {};
}

}  // namespace penny::assistant
