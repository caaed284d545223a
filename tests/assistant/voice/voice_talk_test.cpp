// Talks with real speech: flite speaks, pocketsphinx hears. What is played goes to a real process, or into a file.

#include "assistant/voice/voice_talk.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assistant/endpoint_model.hpp"
#include "assistant/offline_model.hpp"
#include "assistant/voice/command_speech.hpp"
#include "assistant/voice/sound_commands.hpp"
#include "assistant/voice/sound_files.hpp"
#include "assistant/voice/spoken.hpp"
#include "base/sync.hpp"
#include "support/hostile_server.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::assistant {
namespace {

using std::chrono::milliseconds;
using test::joined;
using test::must;
using test::silence;
using test::spoken;
using testing::ElementsAre;
using Connection = test::HostileServer::Connection;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

std::string piece(std::string_view text) {
  std::string event = R"(data: {"choices":[{"delta":{"content":")";
  event += text;
  event += "\"}}]}\n\n";
  return event;
}

// What somebody in the room sees and hears; everything is kept.
class Seen : public VoiceEvents {
 public:
  void heard(std::string_view words) override { note(words_, std::string(words)); }
  void answers(std::string_view text) override { note(pieces_, std::string(text)); }
  void answered(const VoiceTurn& turn) override {
    const base::MutexLock lock(mutex_);
    turns_.push_back(turn);
    changed_.notify_all();
  }
  void failed(const Error& error) override { note(failures_, error.message); }

  std::vector<std::string> words() { return copy(words_); }
  std::vector<std::string> failures() { return copy(failures_); }
  std::vector<VoiceTurn> turns() {
    const base::MutexLock lock(mutex_);
    return turns_;
  }

  // Until so much of an answer came.
  void await_pieces(std::size_t count) {
    const base::MutexLock lock(mutex_);
    while (pieces_.size() < count) changed_.wait(mutex_);
  }

 private:
  void note(std::vector<std::string>& where, std::string text) {
    const base::MutexLock lock(mutex_);
    where.push_back(std::move(text));
    changed_.notify_all();
  }
  std::vector<std::string> copy(const std::vector<std::string>& from) {
    const base::MutexLock lock(mutex_);
    return from;
  }

  base::Mutex mutex_{base::Rank::kLeaf};
  base::CondVar changed_;
  std::vector<std::string> words_;
  std::vector<std::string> pieces_;
  std::vector<std::string> failures_;
  std::vector<VoiceTurn> turns_;
};

// A microphone whose room is a script: each step gives sound, after it has waited for whatever it waits for.
class Room : public SoundSource {
 public:
  explicit Room(std::vector<std::function<Sound()>> steps) : steps_(std::move(steps)) {}

  Result<std::span<const std::int16_t>> next(const CancelToken& cancel) override {
    if (cancel.is_cancelled() || step_ == steps_.size()) return std::span<const std::int16_t>();
    now_ = steps_[step_++]();
    return std::span<const std::int16_t>(now_.samples);
  }
  [[nodiscard]] bool is_live() const override { return true; }

 private:
  const std::vector<std::function<Sound()>> steps_;
  std::size_t step_ = 0;
  Sound now_;
};

class VoiceTalks : public testing::Test {
 protected:
  Conversation conversation(Model& model) {
    return {store_, model, {.user = "cj", .modality = Modality::kVoice, .channel = "voice@1"}};
  }

  std::vector<Turn> turns() const { return must(store_.last_turns("cj", 10)).items; }

  test::StoreFolder folder_;
  Store store_ = folder_.open();
  Seen seen_;
  CommandSpeechToText ears_{{"pocketsphinx_continuous", "-infile", "{file}", "-logfn", "/dev/null"}};
  CommandTextToSpeech voice_{{"flite", "-voice", "slt", "-t", "{text}", "-o", "{file}"}};
};

TEST_F(VoiceTalks, AnswerByVoiceWhatWasToldByChat) {
  (void)must(store_.commit(test::a_turn("cj", "my favorite color is green")));
  OfflineModel model;
  auto talk = conversation(model);
  const std::string question = folder_ / "question.wav";
  std::ofstream(question, std::ios::binary)
      << wav_of(joined({silence(milliseconds(700)), spoken("what is my favorite color"), silence(milliseconds(1'200)),
                        spoken("my dog is called max and he is seven years old")}));
  SoundFileWriter out(folder_ / "answer.wav");
  {
    Speaker speaker(voice_, out, [&](const Error& error) { seen_.failed(error); });
    VoiceTalk voice(talk, ears_, &speaker, seen_, {});
    const auto source = must(open_sound_file(question));
    ASSERT_TRUE(voice.run(*source, {}));
  }
  EXPECT_THAT(seen_.words(),
              ElementsAre("what is my favorite color", "my dog is called max and he is seven years old"));
  EXPECT_TRUE(seen_.failures().empty());
  ASSERT_EQ(turns().size(), 3U);
  EXPECT_EQ(turns().back().modality, Modality::kVoice);
  EXPECT_EQ(turns().back().user_input, "my dog is called max and he is seven years old");
  // The answer was spoken, and who hears it understands it.
  std::ifstream file(folder_ / "answer.wav", std::ios::binary);
  const Sound answer = must(read_sound(std::string(std::istreambuf_iterator<char>(file), {})));
  EXPECT_TRUE(test::heard(answer).contains("my favorite color is green")) << test::heard(answer);
}

// The model writes on without end when somebody speaks: the model is left, and what it said until then is stored.
TEST_F(VoiceTalks, WhoSpeaksIntoAnAnswerStopsTheModel) {
  const test::HostileServer server({{"/v1/chat/completions", [](const Connection& to) {
                                       std::string begin(kHead);
                                       begin += piece("Once upon a time.");
                                       if (!to.send(begin)) return;
                                       to.wait();
                                     }}});
  EndpointModel model({.base_url = server.at("/v1"), .model = "tiny"});
  auto talk = conversation(model);
  Room room({[] { return joined({spoken("what is the weather like in london today"), silence(milliseconds(1'200))}); },
             [this] {
               seen_.await_pieces(1);
               return spoken("thank you that was very kind of you");
             }});
  VoiceTalk voice(talk, ears_, nullptr, seen_, {});
  const CancelToken cancel;
  const std::jthread ender([&] {
    seen_.await_pieces(2);  // the second answer has begun
    cancel.cancel();
  });
  ASSERT_TRUE(voice.run(room, cancel));
  const auto answered = seen_.turns();
  ASSERT_EQ(answered.size(), 2U);
  EXPECT_TRUE(answered[0].is_interrupted);
  ASSERT_TRUE(answered[0].reply.failure);
  EXPECT_EQ(answered[0].reply.failure->code, ErrorCode::kStopped);
  ASSERT_EQ(turns().size(), 2U);
  EXPECT_EQ(turns()[0].user_input, "what is the weather like in london today");
  EXPECT_EQ(turns()[0].assistant_response, "Once upon a time.");
  EXPECT_EQ(turns()[1].user_input, "thank you that was very kind of you");
}

// The answer is whole and is being played when somebody speaks: the player is killed.
TEST_F(VoiceTalks, WhoSpeaksIntoAnAnswerStopsThePlayer) {
  const std::string started = folder_ / "started";
  SoundPlayer player({"sh", "-c", "cat >/dev/null; echo $$ >> " + started + "; sleep 1000"});
  OfflineModel model;
  auto talk = conversation(model);
  Room room({[] { return joined({spoken("my favorite color is green"), silence(milliseconds(1'200))}); },
             [&] {
               EXPECT_TRUE(test::until([&] { return std::filesystem::exists(started); }));
               return spoken("thank you that was very kind of you");
             },
             [] { return silence(milliseconds(1'200)); }});
  const auto begin = std::chrono::steady_clock::now();
  CancelToken cancel;
  {
    Speaker speaker(voice_, player, [&](const Error& error) { seen_.failed(error); });
    VoiceTalk voice(talk, ears_, &speaker, seen_, {});
    const std::jthread ender([&] {
      const auto lines = [&] {
        std::ifstream file(started);
        return std::ranges::count(std::string(std::istreambuf_iterator<char>(file), {}), '\n');
      };
      EXPECT_TRUE(test::until([&] { return lines() == 2; }));  // the second answer is being played
      cancel.cancel();
    });
    ASSERT_TRUE(voice.run(room, cancel));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
  const auto answered = seen_.turns();
  ASSERT_EQ(answered.size(), 2U);
  EXPECT_TRUE(answered[0].is_interrupted);
  EXPECT_FALSE(answered[0].reply.failure);  // it was whole
  EXPECT_TRUE(turns()[0].assistant_response.contains("I keep that"));
  EXPECT_TRUE(seen_.failures().empty());
}

// Whoever goes on before the answer has begun hears none to what he said first; the words are kept.
TEST_F(VoiceTalks, WhoSpeaksOnBeforeTheAnswerIsNotTalkedOver) {
  const std::string played = folder_ / "played";
  SoundPlayer player({"sh", "-c", "cat >/dev/null; echo x >> " + played});
  const std::string recognising = folder_ / "recognising";
  const std::string goes_on = folder_ / "goes-on";
  // Recognises when somebody speaks again.
  CommandSpeechToText slow_ears({"sh", "-c",
                                 "touch " + recognising + "; while [ ! -e " + goes_on +
                                     " ]; do sleep 0.02; done; "
                                     "exec pocketsphinx_continuous -infile \"$0\" -logfn /dev/null",
                                 "{file}"});
  OfflineModel model;
  auto talk = conversation(model);
  const Sound more = spoken("thank you that was very kind of you");
  const std::size_t half = more.samples.size() / 2;
  Room room({[] { return joined({spoken("turn on the lights in the living room"), silence(milliseconds(1'200))}); },
             [&] {
               EXPECT_TRUE(test::until([&] { return std::filesystem::exists(recognising); }));
               return Sound{
                   .samples = {more.samples.begin(), more.samples.begin() + static_cast<std::ptrdiff_t>(half)}};
             },
             [&] {
               std::ofstream(goes_on) << "x";
               EXPECT_TRUE(test::until([&] { return seen_.turns().size() == 1; }));
               EXPECT_FALSE(std::filesystem::exists(played));
               return Sound{.samples = {more.samples.begin() + static_cast<std::ptrdiff_t>(half), more.samples.end()}};
             },
             [] { return silence(milliseconds(1'200)); }});
  {
    Speaker speaker(voice_, player, [&](const Error& error) { seen_.failed(error); });
    VoiceTalk voice(talk, slow_ears, &speaker, seen_, {});
    ASSERT_TRUE(voice.run(room, {}));
  }
  const auto answered = seen_.turns();
  ASSERT_EQ(answered.size(), 2U);
  EXPECT_TRUE(answered[0].is_interrupted);
  EXPECT_FALSE(answered[1].is_interrupted);
  EXPECT_EQ(turns()[0].user_input, "turn on the lights in the living room");
  EXPECT_EQ(turns()[1].user_input, "thank you that was very kind of you");
  EXPECT_TRUE(std::filesystem::exists(played));
}

TEST_F(VoiceTalks, WithoutBargeInAnAnswerIsHeardToItsEnd) {
  SoundPlayer player({"sh", "-c", "cat >/dev/null; sleep 1"});
  OfflineModel model;
  auto talk = conversation(model);
  Room room({[] { return joined({spoken("my favorite color is green"), silence(milliseconds(1'200))}); },
             [] { return joined({spoken("thank you that was very kind of you"), silence(milliseconds(1'200))}); }});
  Speaker speaker(voice_, player, [&](const Error& error) { seen_.failed(error); });
  VoiceTalk voice(talk, ears_, &speaker, seen_, {.may_interrupt = false});
  ASSERT_TRUE(voice.run(room, {}));
  const auto answered = seen_.turns();
  ASSERT_EQ(answered.size(), 2U);
  EXPECT_FALSE(answered[0].is_interrupted);
  EXPECT_FALSE(answered[1].is_interrupted);
}

TEST_F(VoiceTalks, WhatIsNotUnderstoodOrNotSpokenIsToldAndTheTalkGoesOn) {
  CommandSpeechToText no_ears({"false"});
  CommandTextToSpeech no_voice({"false"});
  SoundFileWriter out(folder_ / "answer.wav");
  OfflineModel model;
  auto talk = conversation(model);
  const auto room = [] {
    return std::vector<std::function<Sound()>>{
        [] { return joined({spoken("my favorite color is green"), silence(milliseconds(1'200))}); }};
  };
  {
    Room first(room());
    VoiceTalk voice(talk, no_ears, nullptr, seen_, {});
    ASSERT_TRUE(voice.run(first, {}));
  }
  ASSERT_EQ(seen_.failures().size(), 1U);
  EXPECT_TRUE(turns().empty());
  {
    Room second(room());
    Speaker speaker(no_voice, out, [&](const Error& error) { seen_.failed(error); });
    VoiceTalk voice(talk, ears_, &speaker, seen_, {});
    ASSERT_TRUE(voice.run(second, {}));
  }
  EXPECT_GE(seen_.failures().size(), 2U);
  EXPECT_EQ(turns().size(), 1U);
}

TEST_F(VoiceTalks, AMicrophoneThatFailsSaysWhy) {
  OfflineModel model;
  auto talk = conversation(model);
  VoiceTalk voice(talk, ears_, nullptr, seen_, {});
  const auto source = must(open_microphone({"sh", "-c", "echo no such card >&2; exit 1"}));
  const auto done = voice.run(*source, {});
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().message.contains("no such card"));
}

TEST_F(VoiceTalks, AMicrophoneIsHeardUntilItIsCancelled) {
  const std::string raw = folder_ / "room.raw";
  const Sound sound = joined({spoken("my favorite color is green"), silence(milliseconds(1'500))});
  std::ofstream(raw, std::ios::binary)
      .write(reinterpret_cast<const char*>(sound.samples.data()),
             static_cast<std::streamsize>(2 * sound.samples.size()));
  OfflineModel model;
  auto talk = conversation(model);
  VoiceTalk voice(talk, ears_, nullptr, seen_, {});
  // An odd number of bytes first: samples come in pieces of any size.
  const auto source =
      must(open_microphone({"sh", "-c", "head -c 1001 " + raw + "; tail -c +1002 " + raw + "; sleep 1000"}));
  const CancelToken cancel;
  const std::jthread ender([&] {
    seen_.await_pieces(1);
    cancel.cancel();
  });
  ASSERT_TRUE(voice.run(*source, cancel));
  EXPECT_THAT(seen_.words(), ElementsAre("my favorite color is green"));
  EXPECT_EQ(turns().size(), 1U);
}

}  // namespace
}  // namespace penny::assistant
