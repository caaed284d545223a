#include "assistant/voice/sound_commands.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "assistant/voice/command.hpp"
#include "base/error.hpp"

namespace penny::assistant {
namespace {

using tools::Descriptor;

// A player that hangs is left after the sound's length and this.
constexpr std::chrono::seconds kPlayerMore{10};
// A player prints nothing that matters.
constexpr std::size_t kPrintedMax = std::size_t{1} << 20U;

class Microphone : public SoundSource {
 public:
  Microphone(Command command, Descriptor sound) : command_(std::move(command)), sound_(std::move(sound)) {}

  Result<std::span<const std::int16_t>> next(const CancelToken& cancel) override {
    while (!cancel.is_cancelled()) {
      pollfd ready[] = {{.fd = sound_.get(), .events = POLLIN, .revents = 0},
                        {.fd = cancel.descriptor(), .events = POLLIN, .revents = 0},
                        {.fd = command_.complaints(), .events = POLLIN, .revents = 0}};
      // A token without a descriptor is looked at now and then.
      if (::poll(ready, 3, 200) < 0) continue;
      if (ready[2].revents != 0) command_.hear_complaints();
      if (ready[0].revents == 0) continue;
      auto* const bytes = reinterpret_cast<char*>(samples_.data());
      const ssize_t some = ::read(sound_.get(), bytes + odd_, samples_.size() * sizeof(std::int16_t) - odd_);
      if (some < 0) continue;
      if (some == 0) return end();
      const std::size_t whole = (odd_ + static_cast<std::size_t>(some)) / sizeof(std::int16_t);
      const bool is_odd = (odd_ + static_cast<std::size_t>(some)) % sizeof(std::int16_t) != 0;
      heard_.assign(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(whole));
      if (is_odd) bytes[0] = bytes[whole * sizeof(std::int16_t)];
      odd_ = is_odd ? 1 : 0;
      if (whole > 0) return std::span<const std::int16_t>(heard_);
    }
    return std::span<const std::int16_t>();
  }
  [[nodiscard]] bool is_live() const override { return true; }

 private:
  // It closed its output: soon it has ended, and says why.
  Result<std::span<const std::int16_t>> end() {
    pollfd ended{.fd = command_.descriptor(), .events = POLLIN, .revents = 0};
    if (::poll(&ended, 1, 1'000) > 0) {
      if (auto outcome = command_.outcome(); !outcome) return std::unexpected(outcome.error());
    }
    return std::span<const std::int16_t>();
  }

  Command command_;
  const Descriptor sound_;
  std::array<std::int16_t, 1'600> samples_{};  // as read, after the first half of a sample that is not whole
  std::size_t odd_ = 0;                        // bytes of that
  std::vector<std::int16_t> heard_;
};

}  // namespace

Result<std::unique_ptr<SoundSource>> open_microphone(const std::vector<std::string>& command) {
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  int ends[2] = {-1, -1};
  (void)::pipe2(ends, O_CLOEXEC);
  Descriptor reading(ends[0]);
  const Descriptor writing(ends[1]);
  auto started = Command::start(command, nothing, writing);
  if (!started) return std::unexpected(started.error());
  return std::make_unique<Microphone>(*std::move(started), std::move(reading));
}

Result<void> SoundPlayer::play(const Sound& sound, const CancelToken& cancel) {
  const auto played = run_command(command_, wav_of(sound), kPrintedMax,
                                  std::chrono::steady_clock::now() + sound.length() + kPlayerMore, cancel);
  if (!played && played.error().code != ErrorCode::kStopped) return std::unexpected(played.error());
  return {};
}

}  // namespace penny::assistant
