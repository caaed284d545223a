// A talk by voice, on the memory that chat and agents use at the same moment.

#include "cli/voice_command.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

#include <penny/tool_guard.hpp>
#include <penny/toolbox.hpp>

#include "assistant/conversation.hpp"
#include "assistant/model_settings.hpp"
#include "assistant/voice/sound_commands.hpp"
#include "assistant/voice/sound_files.hpp"
#include "assistant/voice/voice_settings.hpp"
#include "assistant/voice/voice_talk.hpp"
#include "base/sync.hpp"
#include "cli/elsewhere.hpp"
#include "cli/escape.hpp"
#include "cli/on_interrupt.hpp"
#include "cli/opening.hpp"
#include "cli/reply_json.hpp"
#include "cli/talk_command.hpp"

namespace penny::cli {
namespace {

// What is seen of the talk. Talker, speaker and watcher call it.
class Shown : public assistant::VoiceEvents {
 public:
  explicit Shown(Output& output) : output_(output) {}

  void heard(std::string_view words) override {
    const base::MutexLock lock(mutex_);
    if (output_.is_json()) return;
    output_.print(fmt::format("{} {}\n{}", output_.in(Colour::kHeading, "You:"), escape_line(words),
                              output_.in(Colour::kHeading, "Penny: ")));
    is_line_open_ = true;
  }

  void answers(std::string_view piece) override {
    const base::MutexLock lock(mutex_);
    if (!output_.is_json()) output_.print(escape_piece(piece));
  }

  void answered(const assistant::VoiceTurn& turn) override {
    const base::MutexLock lock(mutex_);
    has_failed_ = has_failed_ || (turn.reply.failure && !turn.is_interrupted);
    if (output_.is_json()) {
      auto json = json_of(turn.reply);
      json["words"] = turn.words;
      json["is_interrupted"] = turn.is_interrupted;
      json["utterance_ms"] = turn.utterance.count();
      json["recognition_ms"] = turn.recognition.count();
      output_.print(boost::json::value(std::move(json)));
      return;
    }
    end_line();
    if (turn.is_interrupted) {
      output_.note("penny: interrupted");
    } else if (turn.reply.failure) {
      output_.note(fmt::format("penny: {}; {}", escape_line(turn.reply.failure->message), turn.reply.failure->advice));
    }
  }

  void failed(const Error& error) override {
    const base::MutexLock lock(mutex_);
    end_line();
    has_failed_ = true;
    (void)output_.fail(error);
  }

  void happened_elsewhere(const Change& change) {
    const base::MutexLock lock(mutex_);
    if (output_.is_json()) return;
    end_line();
    output_.print(output_.in(Colour::kQuiet, line_of_turn(change)) + "\n");
  }

  [[nodiscard]] bool has_failed() {
    const base::MutexLock lock(mutex_);
    return has_failed_;
  }

 private:
  void end_line() REQUIRES(mutex_) {
    if (std::exchange(is_line_open_, false)) output_.print(std::string_view("\n"));
  }

  Output& output_;
  base::Mutex mutex_{base::Rank::kLeaf};
  bool is_line_open_ GUARDED_BY(mutex_) = false;
  bool has_failed_ GUARDED_BY(mutex_) = false;
};

class VoiceCommand : public TalkCommand {
 public:
  VoiceCommand() : TalkCommand("voice") {}

  void add_options(CLI::App& app) override {
    app.add_option("--in", input_, "Listen to this file of sound instead of the microphone")->type_name("FILE");
    app.add_option("--out", out_, "Speak into this WAV file instead of the loudspeaker")->type_name("FILE");
    app.add_flag("--no-speech", is_silent_, "Answer in writing alone");
    TalkCommand::add_options(app);
  }

  ExitCode run(Output& output) override {
    block_interrupts();
    const auto path = configuration();
    if (!path) return output.fail(path.error());
    const auto model_settings = assistant::model_settings(*path);
    if (!model_settings) return output.fail(model_settings.error());
    const auto settings = assistant::voice_settings(*path);
    if (!settings) return output.fail(settings.error());
    const auto ears = assistant::make_speech_to_text(*settings);
    if (!ears) return output.fail(ears.error());
    auto source = open_source(*settings);
    if (!source) return output.fail(source.error());
    auto store = open_or_create(common, OpenOptions{}.deadline);
    if (!store) return output.fail(store.error());
    const auto tools = configured_tools(*store, *path);
    if (!tools) return output.fail(tools.error());
    return talk(*store, *tools, *assistant::make_model(*model_settings), **ears, **source, *settings, output);
  }

 private:
  [[nodiscard]] Result<std::unique_ptr<assistant::SoundSource>> open_source(
      const assistant::VoiceSettings& settings) const {
    if (!input_.empty()) return assistant::open_sound_file(input_);
    return assistant::open_microphone(settings.microphone);
  }

  [[nodiscard]] std::unique_ptr<assistant::SoundSink> make_sink(const assistant::VoiceSettings& settings) const {
    if (!out_.empty()) return std::make_unique<assistant::SoundFileWriter>(out_);
    return std::make_unique<assistant::SoundPlayer>(settings.player);
  }

  ExitCode talk(Store& store, const ToolRegistry& tools, assistant::Model& model, assistant::SpeechToText& ears,
                assistant::SoundSource& source, const assistant::VoiceSettings& settings, Output& output) {
    Shown shown(output);
    std::unique_ptr<assistant::TextToSpeech> voice;
    std::unique_ptr<assistant::SoundSink> sink;
    std::optional<assistant::Speaker> speaker;
    if (!is_silent_) {
      auto made = assistant::make_text_to_speech(settings);
      if (!made) return output.fail(made.error());
      voice = *std::move(made);
      sink = make_sink(settings);
      speaker.emplace(*voice, *sink, [&shown](const Error& error) { shown.failed(error); });
    }
    ToolGuard guard(store, tools);  // nobody can be asked for permission by voice
    assistant::Conversation conversation(
        store, model, {.user = common.user, .modality = Modality::kVoice, .channel = channel()}, &guard, &tools);
    const auto turns = store.last_turns(common.user, 1);
    const Elsewhere elsewhere(store, common.user, channel(), turns ? turns->rev : 0, [&shown](const Change& change) {
      shown.happened_elsewhere(change);
      return std::string();
    });
    if (source.is_live()) output.note("penny: speak; Ctrl-C ends it");
    const CancelToken cancel;
    const OnInterrupt on_interrupt([cancel] { cancel.cancel(); });
    assistant::VoiceTalk talk(conversation, ears, speaker ? &*speaker : nullptr, shown,
                              {.ear = {.silence = settings.silence}, .may_interrupt = settings.may_interrupt});
    const auto done = talk.run(source, cancel);
    if (!done) return output.fail(done.error());
    return shown.has_failed() ? ExitCode::kFailed : ExitCode::kDone;
  }

  std::string input_;
  std::string out_;
  bool is_silent_ = false;
};

}  // namespace

void add_voice_command(CLI::App& app, Commands& commands) {
  commands.add<VoiceCommand>(app, "voice", "Talk with the assistant by voice, on the memory that chats share",
                             "penny voice --user cj --in question.wav --out answer.wav");
}

}  // namespace penny::cli
