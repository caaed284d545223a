#include "assistant/voice/speaker.hpp"

#include <chrono>
#include <utility>

namespace penny::assistant {
namespace {

// For one sentence.
constexpr std::chrono::seconds kSpeechMax{30};

}  // namespace

Speaker::Speaker(TextToSpeech& voice, SoundSink& sink, std::function<void(const Error&)> failed)
    : voice_(voice), sink_(sink), failed_(std::move(failed)), thread_([this] { speak_all(); }) {}

Speaker::~Speaker() {
  std::deque<Sentence> unsaid;
  {
    const base::MutexLock lock(mutex_);
    is_ending_ = true;
    unsaid = sentences_;
    changed_.notify_all();
  }
  for (const Sentence& sentence : unsaid) sentence.cancel.cancel();
  thread_.join();
}

void Speaker::say(std::string sentence, const CancelToken& cancel) {
  const base::MutexLock lock(mutex_);
  sentences_.push_back({.text = std::move(sentence), .cancel = cancel});
  changed_.notify_all();
}

void Speaker::wait() {
  const base::MutexLock lock(mutex_);
  while (!sentences_.empty()) changed_.wait(mutex_);
}

void Speaker::speak_all() {
  while (true) {
    Sentence next;
    {
      const base::MutexLock lock(mutex_);
      while (sentences_.empty() && !is_ending_) changed_.wait(mutex_);
      if (is_ending_) return;
      next = sentences_.front();
    }
    if (!next.cancel.is_cancelled()) {
      const auto sound = voice_.speak(next.text, std::chrono::steady_clock::now() + kSpeechMax, next.cancel);
      const auto played = sound ? sink_.play(*sound, next.cancel) : std::unexpected(sound.error());
      if (!played && !next.cancel.is_cancelled()) failed_(played.error());
    }
    const base::MutexLock lock(mutex_);
    sentences_.pop_front();
    changed_.notify_all();
  }
}

}  // namespace penny::assistant
