// Chat and voice as a person has them: real programs, real speech.

#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "assistant/voice/spoken.hpp"
#include "cli/command_line.hpp"

namespace penny::cli {
namespace {

using std::chrono::milliseconds;

class VoiceLine : public CommandLine {
 protected:
  Surroundings without_model(const std::string& input = {}) const {
    return {.input = input,
            .variables = {{"XDG_CONFIG_HOME", folder_.path()}, {"PENNY_MODEL_URL", ""}, {"PENNY_MODEL", ""}}};
  }

  Finished chat(const std::string& line) const { return penny({"chat"}, without_model(line + "\n")); }

  std::string recorded(const std::string& name, const std::vector<std::string>& sentences) const {
    std::vector<assistant::Sound> parts;
    for (const std::string& sentence : sentences) {
      parts.push_back(test::spoken(sentence));
      parts.push_back(test::silence(milliseconds(1'200)));
    }
    const std::string path = folder_ / (name + ".wav");
    std::ofstream(path, std::ios::binary) << assistant::wav_of(test::joined(parts));
    return path;
  }

  // What a person hears of an answer.
  static std::string heard(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return test::heard(test::must(assistant::read_sound(std::string(std::istreambuf_iterator<char>(file), {}))));
  }

  Finished voice(const std::string& in, std::vector<std::string> options = {}) const {
    std::vector<std::string> words{"voice", "--in", in};
    words.insert(words.end(), options.begin(), options.end());
    return penny(words, without_model());
  }
};

TEST_F(VoiceLine, SpeaksWhatTheChatWasTold) {
  ASSERT_EQ(chat("my favorite color is green").exit_code, 0);
  const std::string answer = folder_ / "answer.wav";
  const Finished finished = voice(recorded("question", {"what is my favorite color"}), {"--out", answer});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(finished.out.contains("You: what is my favorite color\n")) << finished.out;
  EXPECT_TRUE(finished.out.contains("you told me by chat: \"my favorite color is green\"")) << finished.out;
  EXPECT_TRUE(heard(answer).contains("my favorite color is green")) << heard(answer);
}

TEST_F(VoiceLine, WhatItHearsTheChatKnows) {
  const Finished finished =
      voice(recorded("told", {"my dog is called max and he is seven years old"}), {"--no-speech"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const std::string answer = chat("what is my dog called?").out;
  EXPECT_TRUE(answer.contains("you told me by voice: \"my dog is called max")) << answer << finished.out;
}

// Three turns by voice while a chat says one after the other: each is stored, and each is answered from all that was stored before.
TEST_F(VoiceLine, TalksWhileAChatGoesOn) {
  const std::string in = recorded("talk", {"my favorite color is green", "turn on the lights in the living room",
                                           "i would like a cup of tea with milk and no sugar"});
  Finished spoken;
  std::thread talking([&] { spoken = voice(in, {"--out", folder_ / "answers.wav", "--json"}); });
  int chats = 0;
  std::string answer;
  for (; chats < 200 && !answer.contains("by voice: \"i would like a cup of tea"); ++chats)
    answer = chat("would i like milk in my tea?").out;
  talking.join();
  EXPECT_EQ(spoken.exit_code, 0) << spoken.err;
  EXPECT_TRUE(answer.contains("by voice: \"i would like a cup of tea")) << answer;
  const std::string turns = penny({"turns", "--last", "1000", "--json"}).out;
  std::size_t stored = 0;
  for (std::size_t at = turns.find("\"user_input\""); at != std::string::npos;
       at = turns.find("\"user_input\"", at + 1))
    ++stored;
  EXPECT_EQ(stored, static_cast<std::size_t>(chats + 3));
  EXPECT_EQ(penny({"verify"}).exit_code, 0);
}

TEST_F(VoiceLine, PrintsOneObjectForEachExchange) {
  const Finished finished = voice(recorded("talk", {"my favorite color is green"}), {"--no-speech", "--json"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const auto object = boost::json::parse(finished.out).as_object();
  EXPECT_EQ(text(object.at("words")), "my favorite color is green");
  EXPECT_EQ(object.at("rev").to_number<int>(), 1);
  EXPECT_FALSE(object.at("is_interrupted").as_bool());
  EXPECT_GT(object.at("utterance_ms").to_number<int>(), 1'000);
  EXPECT_GT(object.at("recognition_ms").to_number<int>(), 0);
}

TEST_F(VoiceLine, SaysWhatIsWrong) {
  const std::string no_sound = folder_ / "no.wav";
  std::ofstream(no_sound) << "hello";
  EXPECT_TRUE(voice(no_sound).err.contains("this is no sound"));
  EXPECT_EQ(voice(folder_ / "missing.wav").exit_code, 3);
  const std::string in = recorded("talk", {"my favorite color is green"});
  const Finished unwritten = voice(in, {"--out", (folder_ / "missing") + "/answer.wav"});
  EXPECT_EQ(unwritten.exit_code, 1);
  EXPECT_TRUE(unwritten.err.contains("cannot be written"));
  EXPECT_TRUE(penny({"turns"}).out.contains("my favorite color is green"));  // the words are kept
  const Finished nothing_installed =
      Process("/usr/bin/env", {"PATH=" + folder_.path(), PENNY_TEST_PROGRAM, "voice", "--in", in, "--user", "cj",
                               "--store", store(), "--config", folder_ / "none.toml"})
          .finish();
  EXPECT_TRUE(nothing_installed.err.contains("install pocketsphinx")) << nothing_installed.err;
}

}  // namespace
}  // namespace penny::cli
