#pragma once

// Speaks sentences one after the other while the next are still being written.

#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "assistant/voice/sound_ends.hpp"
#include "assistant/voice/speech.hpp"
#include "base/sync.hpp"

namespace penny::assistant {

// A thread of its own, the speaker, turns text to speech and plays it. Any thread may call any function.
class Speaker {
 public:
  // Both outlive it, and are used by the speaker alone. `failed` is called by it.
  Speaker(TextToSpeech& voice, SoundSink& sink, std::function<void(const Error&)> failed);
  ~Speaker();  // says nothing more
  Speaker(const Speaker&) = delete;
  Speaker& operator=(const Speaker&) = delete;

  // One more sentence; unsaid, or said to its middle, once `cancel` is cancelled. Does not block.
  void say(std::string sentence, const CancelToken& cancel);

  // Blocks until everything is said.
  void wait();

 private:
  struct Sentence {
    std::string text;
    CancelToken cancel;
  };
  void speak_all();

  TextToSpeech& voice_;
  SoundSink& sink_;
  const std::function<void(const Error&)> failed_;
  base::Mutex mutex_{base::Rank::kLeaf};
  base::CondVar changed_;
  std::deque<Sentence> sentences_ GUARDED_BY(mutex_);  // the first is being said
  bool is_ending_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace penny::assistant
