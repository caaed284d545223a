#include "assistant/voice/voice_settings.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.hpp"
#include "support/stores.hpp"
#include "test_paths.hpp"

namespace penny::assistant {
namespace {

namespace fs = std::filesystem;
using test::must;
using test::refusal;
using testing::ElementsAre;

class VoiceSettingsFile : public testing::Test {
 protected:
  std::string file(const std::string& text) const {
    const std::string path = folder_ / "penny.toml";
    std::ofstream(path) << text;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    return path;
  }

  base::TemporaryFolder folder_;
};

TEST_F(VoiceSettingsFile, WithoutAnythingWhatIsInstalledIsUsed) {
  const auto settings = must(voice_settings(folder_ / "none.toml"));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(settings.hear));
  EXPECT_EQ(settings.silence, std::chrono::milliseconds(800));
  EXPECT_TRUE(settings.may_interrupt);
  EXPECT_TRUE(make_speech_to_text(settings));
  EXPECT_TRUE(make_text_to_speech(settings));
}

TEST_F(VoiceSettingsFile, EachKindOfServiceIsTaken) {
  auto settings =
      must(voice_settings(file("[voice]\nsilence_seconds = 1.5\nbarge_in = false\nplayer = [\"play\", \"-\"]\n"
                               "[voice.hear]\nbase_url = \"http://a:8000/v1/\"\nmodel = \"whisper-1\"\n"
                               "[voice.speak]\nwyoming = \"piper:10200\"\nvoice = \"amy\"\n")));
  EXPECT_EQ(settings.silence, std::chrono::milliseconds(1'500));
  EXPECT_FALSE(settings.may_interrupt);
  EXPECT_THAT(settings.player, ElementsAre("play", "-"));
  EXPECT_EQ(std::get<AudioEndpoint>(settings.hear).base_url, "http://a:8000/v1");
  EXPECT_EQ(std::get<AudioEndpoint>(settings.hear).model, "whisper-1");
  EXPECT_EQ(std::get<WyomingServer>(settings.speak).host, "piper");
  EXPECT_EQ(std::get<WyomingServer>(settings.speak).port, 10'200);
  EXPECT_EQ(std::get<WyomingServer>(settings.speak).voice, "amy");
  settings =
      must(voice_settings(file("[voice.hear]\ncommand = [\"hear\", \"{file}\"]\n"
                               "[voice.speak]\nbase_url = \"http://a/v1\"\nmodel = \"tts\"\nvoice = \"nova\"\n")));
  EXPECT_THAT(std::get<std::vector<std::string>>(settings.hear), ElementsAre("hear", "{file}"));
  EXPECT_EQ(std::get<AudioEndpoint>(settings.speak).voice, "nova");
}

TEST_F(VoiceSettingsFile, TheExampleIsRight) {
  const std::string path = folder_ / "penny.toml";
  fs::copy_file(PENNY_EXAMPLE_CONFIGURATION, path);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  const auto settings = must(voice_settings(path));
  EXPECT_TRUE(std::holds_alternative<AudioEndpoint>(settings.hear));
  EXPECT_TRUE(std::holds_alternative<WyomingServer>(settings.speak));
}

TEST_F(VoiceSettingsFile, WhatMakesNoSenseIsRefusedWithItsPlace) {
  for (const char* text :
       {"[voice]\nsilence_seconds = 0\n", "[voice]\nmicrophone = \"arecord\"\n", "[voice]\nvolume = 3\n",
        "[voice.hear]\n", "[voice.hear]\ncommand = [\"a\"]\nwyoming = \"a:1\"\n",
        "[voice.hear]\nbase_url = \"http://a\"\n", "[voice.hear]\nbase_url = \"ftp://a\"\nmodel = \"m\"\n",
        "[voice.hear]\nwyoming = \"a\"\n", "[voice.hear]\nwyoming = \"a:0\"\n", "[voice.hear]\nwyoming = \"a:70000\"\n",
        "[voice.hear]\nwyoming = \"a/b:1\"\n", "[voice.hear]\nwyoming = \"a:1\"\nvoice = \"amy\"\n",
        "[voice.speak]\nwyoming = \"u@a:1\"\n", "[voice.speak]\ncommand = [\"a\"]\nvoice = \"amy\"\n",
        "[voice.speak]\ncommand = [\"say\", \"{text}\"]\n", "[voice.speak]\ncommand = [\"say\", \"-t={text}\"]\n",
        "[voice.hear]\ncommand = [\"hear\", \"-t\", \"{text}\"]\n", "[voice.listen]\nwyoming = \"a:1\"\n"}) {
    const Error error = refusal(voice_settings(file(text)));
    EXPECT_EQ(error.code, ErrorCode::kInvalid) << text;
    EXPECT_TRUE(error.message.contains("penny.toml:")) << error.message;
  }
}

}  // namespace
}  // namespace penny::assistant
