#include "assistant/voice/command_speech.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "assistant/voice/spoken.hpp"
#include "base/process.hpp"
#include "base/temporary_folder.hpp"
#include "support/until.hpp"

namespace penny::assistant {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::must;
using test::refusal;

std::vector<std::string> words_of(const std::string& sentence) {
  std::istringstream stream(sentence);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// Words that were inserted, left out or exchanged: the distance of Levenshtein.
std::size_t word_errors(const std::string& said, const std::string& heard) {
  const auto a = words_of(said);
  const auto b = words_of(heard);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t best = std::min({row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)});
      corner = std::exchange(row[j], best);
    }
  }
  return row.back();
}

Result<std::string> hear(std::vector<std::string> command, milliseconds time = milliseconds(20'000),
                         const CancelToken& cancel = {}) {
  CommandSpeechToText ears(std::move(command));
  return ears.hear(test::silence(milliseconds(100)), steady_clock::now() + time, cancel);
}

// flite speaks, pocketsphinx hears. Both are deterministic; the rate is that of these voices and models.
TEST(CommandSpeech, WhatFliteSaysPocketsphinxUnderstands) {
  const std::vector<std::string> exact{"what is the weather like in london today",
                                       "turn on the lights in the living room", "my favorite color is green"};
  const std::vector<std::string> others{
      "i would like a cup of tea with milk and no sugar", "good morning penny how are you today",
      "my dog is called max and he is seven years old", "please call me back at half past five this afternoon",
      "we are going to the mountains next weekend"};
  std::size_t errors = 0;
  std::size_t words = 0;
  for (const auto* sentences : {&exact, &others}) {
    for (const std::string& sentence : *sentences) {
      const std::string heard = test::heard(test::spoken(sentence));
      const std::size_t wrong = word_errors(sentence, heard);
      EXPECT_TRUE(wrong == 0 || sentences == &others) << sentence << " -> " << heard;
      errors += wrong;
      words += words_of(sentence).size();
      std::printf("%s -> %s\n", sentence.c_str(), heard.c_str());
    }
  }
  const double rate = 100.0 * static_cast<double>(errors) / static_cast<double>(words);
  std::printf("word error rate %.1f %% (%zu of %zu words)\n", rate, errors, words);
  EXPECT_LE(rate, 15);
}

TEST(CommandSpeech, SilenceHasNoWords) { EXPECT_EQ(test::heard(test::silence(milliseconds(1'000))), ""); }

TEST(CommandSpeech, SoundAndTextGoThroughStandardInputAndOutput) {
  EXPECT_EQ(must(hear({"sh", "-c", "head -c 4; echo; echo ' two  words '"})), "RIFF two words");
  EXPECT_EQ(must(hear({"head", "-c", "4", "{file}"})), "RIFF");
  EXPECT_TRUE(must(hear({"echo", "{file}"})).ends_with(".wav"));
  CommandTextToSpeech voice(
      {"sh", "-c", "cat >/dev/null; printf '%s' \"$1\" >/dev/null; exec flite -voice slt -t hello -o /dev/stdout",
       "sh"});
  EXPECT_GT(must(voice.speak("hello", steady_clock::now() + milliseconds(20'000), {})).samples.size(), 1'000U);
}

TEST(CommandSpeech, AnyTextCanBeSpoken) {
  for (const std::string_view text : {"--help", "-o /tmp/x", "$(reboot); `id` \"quoted\"", "{file}", "été, 日本語"})
    EXPECT_GT(test::spoken(text).samples.size(), 0U) << text;
}

TEST(CommandSpeech, FailuresSayWhatHappened) {
  EXPECT_TRUE(refusal(hear({"/nowhere/recogniser"})).message.contains("cannot be started"));
  EXPECT_TRUE(refusal(hear({})).message.contains("cannot be started"));
  const Error failed = refusal(hear({"sh", "-c", "echo the model is missing >&2; exit 3"}));
  EXPECT_EQ(failed.field, "command");
  EXPECT_TRUE(failed.message.contains("exit code 3: the model is missing")) << failed.message;
  EXPECT_TRUE(refusal(hear({"sh", "-c", "kill -9 $$"})).message.contains("signal 9"));
  EXPECT_EQ(refusal(hear({"printf", "\\377"})).field, "answer");
  EXPECT_TRUE(refusal(hear({"yes"})).message.contains("prints more than"));
  CommandTextToSpeech no_voice({"echo", "no sound"});
  EXPECT_EQ(refusal(no_voice.speak("hello", steady_clock::now() + milliseconds(20'000), {})).field, "answer");
}

// The whole group goes, also what ignores signals and what was left in the background.
TEST(CommandSpeech, WhatDoesNotEndIsKilledWithAllThatItBegan) {
  const base::TemporaryFolder folder;
  const std::string file = folder / "ids";
  const auto has_begun = [&] {
    std::ifstream ids(file);
    return std::ranges::count(std::string(std::istreambuf_iterator<char>(ids), {}), '\n') == 2;
  };
  const auto is_gone = [&] {
    std::ifstream ids(file);
    int count = 0;
    for (pid_t id = 0; ids >> id; ++count) {
      const auto process = base::process_stat(id);
      if (process && process->state != "Z") return false;  // a dead one waits for whoever inherits it
    }
    return count == 2;
  };
  const std::string script = fmt::format("trap '' TERM INT HUP; echo $$ > {0}; sleep 1000 & echo $! >> {0}; ", file);
  EXPECT_EQ(refusal(hear({"sh", "-c", script + "wait"}, milliseconds(500))).code, ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(test::until(is_gone));
  std::filesystem::remove(file);
  EXPECT_EQ(must(hear({"sh", "-c", script + "echo done"})), "done");
  EXPECT_TRUE(test::until(is_gone));
  std::filesystem::remove(file);
  const CancelToken cancel;
  const std::jthread canceller([&] {
    (void)test::until(has_begun);
    cancel.cancel();
  });
  EXPECT_EQ(refusal(hear({"sh", "-c", script + "wait"}, milliseconds(20'000), cancel)).code, ErrorCode::kStopped);
  EXPECT_TRUE(test::until(is_gone));
}

TEST(CommandSpeech, InheritsNoDescriptorAndNoBlockedSignal) {
  const base::TemporaryFolder folder;
  std::ofstream(folder / "secret") << "x";
  const int inheritable = ::open((folder / "secret").c_str(), O_RDONLY);
  ASSERT_GE(inheritable, 3);
  EXPECT_EQ(must(hear({"ls", "/proc/self/fd"})), "0 1 2 3");  // the last is ls's own
  ::close(inheritable);
  sigset_t interrupts;
  sigset_t before;
  ::sigemptyset(&interrupts);
  ::sigaddset(&interrupts, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &interrupts, &before);
  EXPECT_EQ(must(hear({"grep", "SigBlk", "/proc/self/status"})), "SigBlk: 0000000000000000");
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace penny::assistant
