#include "cli/elsewhere.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "cli/escape.hpp"
#include "cli/text_form.hpp"

namespace penny::cli {
namespace {

constexpr std::chrono::milliseconds kLookAgain{200};
constexpr std::chrono::milliseconds kTryAgain{1'000};
constexpr std::size_t kShownMax = 200;

std::string_view place(Modality modality) {
  switch (modality) {
    case Modality::kChat:
      return "another chat";
    case Modality::kVoice:
      return "voice";
    case Modality::kAgent:
      return "an agent";
  }
  std::unreachable();
}

}  // namespace

Elsewhere::Elsewhere(const Store& store, std::string user, std::string channel, std::uint64_t since,
                     std::function<std::string(const Change&)> text_of)
    : store_(store),
      user_(std::move(user)),
      channel_(std::move(channel)),
      since_(since),
      text_of_(std::move(text_of)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      watcher_([this] { watch(); }) {}

Elsewhere::~Elsewhere() {
  is_ending_ = true;
  watcher_.join();
  ::close(wake_);
}

std::string Elsewhere::take() {
  const base::MutexLock lock(mutex_);
  eventfd_t ignored = 0;
  (void)::eventfd_read(wake_, &ignored);
  return std::exchange(lines_, {});
}

void Elsewhere::watch() {
  std::uint64_t seen = since_;
  while (!is_ending_) {
    auto watching = store_.watch(user_, seen);
    while (watching && !is_ending_) {
      const auto change = watching->next(kLookAgain);
      if (!change) break;  // a busy moment: watched anew, from where it was
      if (!*change) continue;
      seen = (*change)->rev;
      if (!std::holds_alternative<AppendTurn>((*change)->operation.payload) || (*change)->operation.channel == channel_)
        continue;
      const std::string text = text_of_(**change);
      const base::MutexLock lock(mutex_);
      lines_ += text;
      (void)::eventfd_write(wake_, 1);
    }
    for (auto waited = kLookAgain; !is_ending_ && waited < kTryAgain; waited += kLookAgain)
      std::this_thread::sleep_for(kLookAgain);
  }
}

std::string line_of_turn(const Change& change) {
  const auto& turn = std::get<AppendTurn>(change.operation.payload);
  return fmt::format("[{}] {} -> {}", place(turn.modality), escape_line(shorten(turn.user_input, kShownMax)),
                     escape_line(shorten(turn.assistant_response, kShownMax)));
}

}  // namespace penny::cli
