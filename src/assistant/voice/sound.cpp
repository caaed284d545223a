#include "assistant/voice/sound.hpp"

#include <samplerate.h>
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"

namespace penny::assistant {
namespace {

constexpr int kRateLeastHz = 4'000;
constexpr int kRateMostHz = 192'000;
constexpr int kChannelsMax = 64;
constexpr sf_count_t kFramesAtOnce = 4'096;

// A file in memory, as libsndfile reads and writes it.
struct Memory {
  std::string bytes;
  sf_count_t at = 0;

  static Memory& of(void* self) { return *static_cast<Memory*>(self); }

  static sf_count_t size(void* self) { return static_cast<sf_count_t>(of(self).bytes.size()); }
  static sf_count_t tell(void* self) { return of(self).at; }
  static sf_count_t seek(sf_count_t offset, int whence, void* self) {
    Memory& memory = of(self);
    const sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? memory.at : size(self);
    memory.at = std::max<sf_count_t>(from + offset, 0);
    return memory.at;
  }
  static sf_count_t read(void* to, sf_count_t count, void* self) {
    Memory& memory = of(self);
    const sf_count_t some = std::clamp<sf_count_t>(size(self) - memory.at, 0, count);
    std::memcpy(to, memory.bytes.data() + memory.at, static_cast<std::size_t>(some));
    memory.at += some;
    return some;
  }
  static sf_count_t write(const void* from, sf_count_t count, void* self) {
    Memory& memory = of(self);
    const auto end = static_cast<std::size_t>(memory.at + count);
    if (memory.bytes.size() < end) memory.bytes.resize(end);
    std::memcpy(memory.bytes.data() + memory.at, from, static_cast<std::size_t>(count));
    memory.at += count;
    return count;
  }
};

SF_VIRTUAL_IO in_memory() {
  return {.get_filelen = Memory::size,
          .seek = Memory::seek,
          .read = Memory::read,
          .write = Memory::write,
          .tell = Memory::tell};
}

struct CloseFile {
  void operator()(SNDFILE* file) const { ::sf_close(file); }
};
using File = std::unique_ptr<SNDFILE, CloseFile>;

// What is no number is silence.
std::int16_t sample_of(float value) {
  if (std::isnan(value)) return 0;
  return static_cast<std::int16_t>(std::lrint(std::clamp(value * 32'768.0F, -32'768.0F, 32'767.0F)));
}

std::unexpected<Error> no_sound(std::string message) {
  return base::fail(ErrorCode::kInvalid, std::move(message), "give a WAV file, 16 bits a sample", "sound");
}

}  // namespace

Result<Sound> read_sound(std::string_view bytes) {
  Memory memory{.bytes = std::string(bytes)};
  SF_VIRTUAL_IO io = in_memory();
  SF_INFO info{};
  const File file(::sf_open_virtual(&io, SFM_READ, &info, &memory));
  if (file == nullptr) return no_sound(fmt::format("this is no sound: {}", ::sf_strerror(nullptr)));
  if (info.samplerate < kRateLeastHz || info.samplerate > kRateMostHz || info.channels > kChannelsMax)
    return no_sound(fmt::format("{} Hz and {} channels are out of range", info.samplerate, info.channels));
  Sound sound{.rate_hz = static_cast<std::uint32_t>(info.samplerate)};
  const auto channels = static_cast<std::size_t>(info.channels);
  // Numbers from -1 to 1 whatever the file has. As whole ones libsndfile would give floating point the loudness of its loudest sample.
  std::vector<float> frames(static_cast<std::size_t>(kFramesAtOnce) * channels);
  // As many as there are: the header may lie about that, and a stream's header does not know it.
  while (const sf_count_t read = ::sf_readf_float(file.get(), frames.data(), kFramesAtOnce)) {
    if (sound.samples.size() + static_cast<std::size_t>(read) > kSamplesMax) return no_sound("longer than an hour");
    for (std::size_t frame = 0; frame < static_cast<std::size_t>(read); ++frame) {
      float sum = 0;
      for (std::size_t channel = 0; channel < channels; ++channel) sum += frames[frame * channels + channel];
      sound.samples.push_back(sample_of(sum / static_cast<float>(channels)));
    }
  }
  return sound;
}

std::string wav_of(const Sound& sound) {
  Memory memory;
  SF_VIRTUAL_IO io = in_memory();
  SF_INFO info{};
  info.samplerate = static_cast<int>(sound.rate_hz);
  info.channels = 1;
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  File file(::sf_open_virtual(&io, SFM_WRITE, &info, &memory));
  if (file == nullptr) return {};  // no memory
  ::sf_writef_short(file.get(), sound.samples.data(), static_cast<sf_count_t>(sound.samples.size()));
  file.reset();  // writes the header
  return std::move(memory.bytes);
}

Sound at_rate(const Sound& sound, std::uint32_t rate_hz) {
  if (sound.rate_hz == rate_hz || sound.samples.empty()) return {.rate_hz = rate_hz, .samples = sound.samples};
  const double ratio = static_cast<double>(rate_hz) / sound.rate_hz;
  std::vector<float> in(sound.samples.size());
  ::src_short_to_float_array(sound.samples.data(), in.data(), static_cast<int>(in.size()));
  std::vector<float> out(static_cast<std::size_t>(std::ceil(static_cast<double>(in.size()) * ratio)) + 1);
  SRC_DATA conversion{};
  conversion.data_in = in.data();
  conversion.data_out = out.data();
  conversion.input_frames = static_cast<long>(in.size());
  conversion.output_frames = static_cast<long>(out.size());
  conversion.src_ratio = ratio;
  // Fails for ratios out of range alone, which rates in range do not have.
  if (::src_simple(&conversion, SRC_SINC_MEDIUM_QUALITY, 1) != 0) return {.rate_hz = rate_hz};
  Sound other{.rate_hz = rate_hz,
              .samples = std::vector<std::int16_t>(static_cast<std::size_t>(conversion.output_frames_gen))};
  ::src_float_to_short_array(out.data(), other.samples.data(), static_cast<int>(other.samples.size()));
  return other;
}

}  // namespace penny::assistant
