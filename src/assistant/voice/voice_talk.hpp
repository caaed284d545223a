#pragma once

// A talk by voice. Three threads take part:
//
//   listener   the caller of `run`: hears the microphone, cuts utterances out of it, and stops the answer when somebody speaks
//              into it (barge-in)
//   talker     turns each utterance to words, says them to the conversation, hands the answer on sentence by sentence
//   speaker    turns the sentences to speech and plays them
//
// What was said is never lost by a barge-in: the turn is committed with as much of its answer as there was.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "assistant/conversation.hpp"
#include "assistant/voice/ear.hpp"
#include "assistant/voice/speaker.hpp"

namespace penny::assistant {

// One exchange by voice.
struct VoiceTurn {
  std::string words;
  Reply reply;
  bool is_interrupted = false;              // by somebody who spoke
  std::chrono::milliseconds utterance{};    // how long it was
  std::chrono::milliseconds recognition{};  // how long that took
};

// What the user may want to see. Called by the talker, one after the other, but for `failed`, which the speaker may call too.
class VoiceEvents {
 public:
  VoiceEvents() = default;
  VoiceEvents(const VoiceEvents&) = delete;
  VoiceEvents& operator=(const VoiceEvents&) = delete;
  virtual ~VoiceEvents() = default;

  virtual void heard(std::string_view words) = 0;
  virtual void answers(std::string_view piece) = 0;
  virtual void answered(const VoiceTurn& turn) = 0;
  // Speech was not understood or not spoken, or a turn is not stored. The talk goes on.
  virtual void failed(const Error& error) = 0;
};

struct VoiceOptions {
  EarOptions ear{};
  bool may_interrupt = true;  // barge-in; a file never does, since it does not wait for the answers
};

class VoiceTalk {
 public:
  // All outlive it. Without a speaker answers are text alone.
  VoiceTalk(Conversation& conversation, SpeechToText& ears, Speaker* speaker, VoiceEvents& events,
            VoiceOptions options);

  // Until the source ends, or it is cancelled; then the answer that is being given ends too. Blocks. Once only. Errors: those of the
  // source.
  [[nodiscard]] Result<void> run(SoundSource& source, const CancelToken& cancel);

 private:
  void talk(const CancelToken& stop);
  void answer(const Sound& utterance, const CancelToken& stop);
  void tell_whether_somebody_speaks(bool speaks);
  void interrupt();
  void hand_over(Sound utterance);
  void wait_until_idle(const CancelToken& cancel);

  Conversation& conversation_;
  SpeechToText& ears_;
  Speaker* const speaker_;
  VoiceEvents& events_;
  const VoiceOptions options_;

  base::Mutex mutex_{base::Rank::kLeaf};
  base::CondVar changed_;
  std::deque<Sound> utterances_ GUARDED_BY(mutex_);  // the first is being answered
  std::optional<CancelToken> answer_ GUARDED_BY(mutex_);
  bool is_spoken_into_ GUARDED_BY(mutex_) = false;  // somebody speaks at this moment
  bool has_ended_ GUARDED_BY(mutex_) = false;
};

}  // namespace penny::assistant
