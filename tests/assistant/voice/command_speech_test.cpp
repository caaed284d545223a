#include "assistant/voice/command_speech.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "assistant/voice/spoken.hpp"
#include "base/process.hpp"
#include "base/temporary_folder.hpp"
#include "base/utf8.hpp"
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
  EXPECT_TRUE(must(hear({"echo", "--in={file},wav"})).ends_with(".wav,wav"));
  CommandTextToSpeech voice(
      {"sh", "-c", "cat >/dev/null; printf '%s' \"$1\" >/dev/null; exec flite -voice slt -t hello -o /dev/stdout",
       "sh"});
  EXPECT_GT(must(voice.speak("hello", steady_clock::now() + milliseconds(20'000), {})).samples.size(), 1'000U);
}

TEST(CommandSpeech, AnyTextCanBeSpoken) {
  for (const std::string_view text : {"--help", "-o /tmp/x", "$(reboot); `id` \"quoted\"", "{file}", "été, 日本語"})
    EXPECT_GT(test::spoken(text).samples.size(), 0U) << text;
}

// A model's answer, or what led it astray, must not choose the options of a program of the user's.
TEST(CommandSpeech, TextThatCouldBeAnOptionIsNotSpoken) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"{text}"},
                                                  {"echo", "{text}"},
                                                  {"echo", "-t", "say {text}"},
                                                  {"echo", "--text={text}"},
                                                  {"echo", "-t", "{text}", "{text}"}}) {
    CommandTextToSpeech voice(command);
    const Error error = refusal(voice.speak("-o /tmp/x", steady_clock::now() + milliseconds(20'000), {}));
    EXPECT_EQ(error.code, ErrorCode::kInvalid) << command.back();
    EXPECT_EQ(error.field, "command") << command.back();
  }
}

// Line by line some programs make a recording of each line.
TEST(CommandSpeech, TextIsOneLine) {
  const auto told = [](const std::vector<std::string>& command) {
    CommandTextToSpeech voice(command);
    using namespace std::string_literals;
    return refusal(voice.speak("one\ntwo\0three"s, steady_clock::now() + milliseconds(20'000), {})).message;
  };
  EXPECT_TRUE(told({"sh", "-c", "cat >&2; exit 1"}).ends_with(": one two three"));
  EXPECT_TRUE(told({"sh", "-c", "printf %s \"$1\" >&2; exit 1", "-", "{text}"}).ends_with(": one two three"));
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
  for (const char* bytes : {"\\377\\376", "\\303\\251%.0s"}) {
    const Error broken = refusal(hear({"sh", "-c", fmt::format("printf 'e{}' $(seq 200) >&2; exit 1", bytes)}));
    EXPECT_TRUE(base::is_valid_utf8(broken.message)) << broken.message;
    EXPECT_TRUE(broken.message.contains("exit code 1: ")) << broken.message;
  }
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

// Nobody reads all of it, and it would fill the memory.
TEST(CommandSpeech, ComplaintsWithoutEndAreNotKept) {
  std::atomic<bool> has_ended = false;
  std::uintmax_t bytes_most = 0;
  const auto kept = [] {
    std::uintmax_t bytes = 0;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
      if (!std::filesystem::read_symlink(entry, ignored).string().starts_with("/memfd:penny-voice")) continue;
      struct stat status{};
      if (::stat(entry.path().c_str(), &status) == 0) bytes += static_cast<std::uintmax_t>(status.st_blocks) * 512;
    }
    return bytes;
  };
  {
    const std::jthread watcher([&] {
      while (!has_ended) {
        bytes_most = std::max(bytes_most, kept());
        std::this_thread::sleep_for(milliseconds(5));
      }
    });
    EXPECT_EQ(refusal(hear({"sh", "-c", "exec yes >&2"}, milliseconds(700))).code, ErrorCode::kDeadlineExceeded);
    has_ended = true;
  }
  EXPECT_LT(bytes_most, std::uintmax_t{16} << 20U);
  const Error last = refusal(hear({"sh", "-c", "yes | head -c 1000000 >&2; echo that was it >&2; exit 1"}));
  EXPECT_TRUE(last.message.ends_with("y that was it")) << last.message;
}

// As a daemon has it: then files get the numbers that the command's own shall have.
TEST(CommandSpeech, WorksWithoutAStandardInput) {
  const int input = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  ::close(STDIN_FILENO);
  const auto heard = hear({"sh", "-c", "head -c 4; echo; echo hello"});
  if (input >= 0) {
    ::dup2(input, STDIN_FILENO);
    ::close(input);
  }
  EXPECT_EQ(must(heard), "RIFF hello");
}

TEST(CommandSpeech, ANameForTheSoundIsMadeOnlyIfItIsNeeded) {
  const char* const before = std::getenv("TMPDIR");
  const std::string folder = before == nullptr ? "" : before;
  ::setenv("TMPDIR", "/nowhere", 1);
  const auto unnamed = hear({"echo", "hello"});
  const auto named = hear({"echo", "{file}"});
  static_cast<void>(before == nullptr ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", folder.c_str(), 1));
  EXPECT_EQ(must(unnamed), "hello");
  EXPECT_EQ(refusal(named).field, "command");
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
