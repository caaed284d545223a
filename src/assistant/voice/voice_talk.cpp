#include "assistant/voice/voice_talk.hpp"

#include <utility>

#include "assistant/voice/sentence_cutter.hpp"

namespace penny::assistant {
namespace {

using std::chrono::steady_clock;

// For one utterance.
constexpr std::chrono::seconds kRecognitionMax{60};
// Whether it was cancelled is looked at so often while an answer is awaited.
constexpr std::chrono::milliseconds kLookAgain{50};

}  // namespace

VoiceTalk::VoiceTalk(Conversation& conversation, SpeechToText& ears, Speaker* speaker, VoiceEvents& events,
                     VoiceOptions options)
    : conversation_(conversation), ears_(ears), speaker_(speaker), events_(events), options_(options) {}

Result<void> VoiceTalk::run(SoundSource& source, const CancelToken& cancel) {
  std::thread talker([this, &cancel] { talk(cancel); });
  Ear ear(options_.ear);
  const bool may_interrupt = options_.may_interrupt && source.is_live();
  Result<void> result;
  while (!cancel.is_cancelled()) {
    const auto samples = source.next(cancel);
    if (!samples) {
      result = std::unexpected(samples.error());
      break;
    }
    if (samples->empty()) {
      ear.end();
    } else {
      ear.listen(*samples);
    }
    if (may_interrupt) tell_whether_somebody_speaks(ear.hears_voice());
    while (auto utterance = ear.take()) {
      hand_over(*std::move(utterance));
      if (!source.is_live()) wait_until_idle(cancel);
    }
    if (samples->empty()) break;
  }
  wait_until_idle(cancel);
  {
    const base::MutexLock lock(mutex_);
    has_ended_ = true;
    changed_.notify_all();
  }
  talker.join();
  return result;
}

void VoiceTalk::hand_over(Sound utterance) {
  const base::MutexLock lock(mutex_);
  utterances_.push_back(std::move(utterance));
  changed_.notify_all();
}

void VoiceTalk::wait_until_idle(const CancelToken& cancel) {
  while (true) {
    if (cancel.is_cancelled()) interrupt();
    const base::MutexLock lock(mutex_);
    if (utterances_.empty()) return;
    (void)changed_.wait_until(mutex_, steady_clock::now() + kLookAgain);
  }
}

void VoiceTalk::tell_whether_somebody_speaks(bool speaks) {
  bool begins = false;
  {
    const base::MutexLock lock(mutex_);
    begins = speaks && !is_spoken_into_;
    is_spoken_into_ = speaks;
  }
  if (begins) interrupt();
}

void VoiceTalk::interrupt() {
  std::optional<CancelToken> answer;
  {
    const base::MutexLock lock(mutex_);
    answer = answer_;
  }
  if (answer) answer->cancel();
}

void VoiceTalk::talk(const CancelToken& stop) {
  while (true) {
    Sound utterance;
    {
      const base::MutexLock lock(mutex_);
      while (utterances_.empty() && !has_ended_) changed_.wait(mutex_);
      if (utterances_.empty()) return;
      utterance = utterances_.front();
    }
    if (!stop.is_cancelled()) answer(utterance, stop);
    const base::MutexLock lock(mutex_);
    utterances_.pop_front();
    changed_.notify_all();
  }
}

void VoiceTalk::answer(const Sound& utterance, const CancelToken& stop) {
  const auto begin = steady_clock::now();
  // Not cancelled by a barge-in: who speaks on while the words are being recognised still wants them kept.
  auto words = ears_.hear(utterance, begin + kRecognitionMax, stop);
  if (!words) return events_.failed(words.error());
  if (words->empty()) return;
  VoiceTurn turn{.words = *std::move(words),
                 .reply = {},
                 .utterance = utterance.length(),
                 .recognition = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begin)};
  events_.heard(turn.words);

  const CancelToken cancel;
  bool is_too_late = false;  // what ends an answer came before there was one to end
  {
    const base::MutexLock lock(mutex_);
    answer_ = cancel;
    is_too_late = is_spoken_into_;
  }
  if (is_too_late || stop.is_cancelled()) cancel.cancel();
  SentenceCutter sentences;
  const auto speak = [&](const std::optional<std::string>& sentence) {
    if (sentence && speaker_ != nullptr) speaker_->say(*sentence, cancel);
    return sentence.has_value();
  };
  auto reply = conversation_.say(
      turn.words,
      [&](std::string_view piece) {
        events_.answers(piece);
        sentences.add(piece);
        while (speak(sentences.next())) {
        }
      },
      cancel);
  speak(sentences.rest());
  if (speaker_ != nullptr) speaker_->wait();
  {
    const base::MutexLock lock(mutex_);
    answer_.reset();
  }
  if (!reply) return events_.failed(reply.error());
  turn.is_interrupted = cancel.is_cancelled();
  turn.reply = *std::move(reply);
  events_.answered(turn);
}

}  // namespace penny::assistant
