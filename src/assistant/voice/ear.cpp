#include "assistant/voice/ear.hpp"

#include <algorithm>
#include <utility>

// Headers of others, which our warnings do not concern.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>
#pragma GCC diagnostic pop

namespace penny::assistant {
namespace {

constexpr std::size_t kFramesPerSecond = 100;  // the detector takes 10 ms at a time
constexpr std::size_t kFrame = kSpeechRateHz / kFramesPerSecond;
constexpr std::size_t kBefore = kSpeechRateHz / 4;

// Speech begins when 20 of the latest 30 frames have a voice.
constexpr std::size_t kLatelyFrames = 30;
constexpr std::ptrdiff_t kVoicedFrames = 20;

// Of the silence at its end an utterance keeps so much: recognisers want some.
constexpr std::size_t kQuietFramesKept = 30;

std::size_t frames_of(std::chrono::milliseconds time) { return static_cast<std::size_t>(time.count()) / 10; }

}  // namespace

struct Ear::Detector {
  Detector() : processing(webrtc::AudioProcessing::Create()) {
    // The detector takes hum and hiss for a voice; both are taken out of what it hears, not of what is kept.
    processing->high_pass_filter()->Enable(true);
    processing->noise_suppression()->set_level(webrtc::NoiseSuppression::kHigh);
    processing->noise_suppression()->Enable(true);
    processing->voice_detection()->set_likelihood(webrtc::VoiceDetection::kVeryLowLikelihood);
    processing->voice_detection()->Enable(true);
  }

  bool has_voice(std::span<const std::int16_t> samples) {
    frame.UpdateFrame(0, 0, samples.data(), samples.size(), kSpeechRateHz, webrtc::AudioFrame::kUndefined,
                      webrtc::AudioFrame::kVadUnknown);
    return processing->ProcessStream(&frame) == 0 && processing->voice_detection()->stream_has_voice();
  }

  const std::unique_ptr<webrtc::AudioProcessing> processing;
  webrtc::AudioFrame frame;
};

Ear::Ear(const EarOptions& options) : options_(options), detector_(std::make_unique<Detector>()) {}
Ear::~Ear() = default;

void Ear::listen(std::span<const std::int16_t> samples) {
  while (part_.size() + samples.size() >= kFrame) {
    const std::size_t missing = kFrame - part_.size();
    part_.insert(part_.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(missing));
    samples = samples.subspan(missing);
    hear_frame(part_);
    part_.clear();
  }
  part_.insert(part_.end(), samples.begin(), samples.end());
}

void Ear::hear_frame(std::span<const std::int16_t> frame) {
  const bool has_voice = detector_->has_voice(frame);
  if (is_in_utterance_) {
    spoken_.insert(spoken_.end(), frame.begin(), frame.end());
    quiet_frames_ = has_voice ? 0 : quiet_frames_ + 1;
    if (quiet_frames_ >= frames_of(options_.silence) || spoken_.size() / kFrame >= frames_of(options_.utterance_max))
      finish_utterance();
    return;
  }
  before_.insert(before_.end(), frame.begin(), frame.end());
  while (before_.size() > kBefore + kLatelyFrames * kFrame) before_.pop_front();
  lately_.push_back(has_voice);
  if (lately_.size() > kLatelyFrames) lately_.pop_front();
  if (std::ranges::count(lately_, true) < kVoicedFrames) return;
  is_in_utterance_ = true;
  quiet_frames_ = 0;
  spoken_.assign(before_.begin(), before_.end());
}

void Ear::end() {
  if (is_in_utterance_) finish_utterance();
}

void Ear::finish_utterance() {
  if (quiet_frames_ > kQuietFramesKept) spoken_.resize(spoken_.size() - (quiet_frames_ - kQuietFramesKept) * kFrame);
  whole_.push_back({.rate_hz = kSpeechRateHz, .samples = std::exchange(spoken_, {})});
  is_in_utterance_ = false;
  before_.clear();
  lately_.clear();
}

std::optional<Sound> Ear::take() {
  if (whole_.empty()) return std::nullopt;
  Sound next = std::move(whole_.front());
  whole_.pop_front();
  return next;
}

}  // namespace penny::assistant
