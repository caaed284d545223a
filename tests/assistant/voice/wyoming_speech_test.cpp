#include "assistant/voice/wyoming_speech.hpp"

#include <chrono>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "assistant/voice/spoken.hpp"
#include "base/utf8.hpp"
#include "support/child_process.hpp"
#include "test_paths.hpp"

namespace penny::assistant {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::must;
using test::refusal;

// In another process: Python, with the protocol's own package.
class Server {
 public:
  explicit Server(const std::string& mode)
      : process_({"/usr/bin/env", fmt::format("PYTHONPATH={}", PENNY_TEST_WYOMING_PACKAGE), "python3",
                  PENNY_TEST_WYOMING_SERVER, mode}),
        at_{.host = "127.0.0.1", .port = static_cast<std::uint16_t>(std::stoi(process_.line()))} {}

  [[nodiscard]] const WyomingServer& at() const { return at_; }
  void kill() { process_.kill(); }

 private:
  test::ChildProcess process_;
  WyomingServer at_;
};

Result<std::string> hear(const WyomingServer& server, milliseconds time = milliseconds(20'000),
                         const CancelToken& cancel = {}) {
  WyomingSpeechToText ears(server);
  return ears.hear(test::silence(milliseconds(300)), steady_clock::now() + time, cancel);
}

Result<Sound> speak(const WyomingServer& server, milliseconds time = milliseconds(20'000),
                    const CancelToken& cancel = {}) {
  WyomingTextToSpeech voice(server);
  return voice.speak("good morning", steady_clock::now() + time, cancel);
}

TEST(WyomingSpeech, IsSpokenAndUnderstoodByTheProtocolsOwnServer) {
  const Server server("good");
  WyomingTextToSpeech voice(server.at());
  WyomingSpeechToText ears(server.at());
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  const Sound spoken = must(voice.speak("my favorite color is green", deadline, {}));
  EXPECT_EQ(spoken, test::spoken("my favorite color is green"));
  EXPECT_EQ(must(ears.hear(spoken, deadline, {})), "my favorite color is green");
}

TEST(WyomingSpeech, FailuresSayWhatHappened) {
  const struct {
    const char* mode;
    const char* hearing;
    const char* speaking;
  } cases[] = {{"garbage", "answer", "answer"},        {"error", "answer", "answer"}, {"cut", "cut", "cut"},
               {"endless-header", "answer", "answer"}, {"wide", "cut", "answer"},     {"mute", "answer", "answer"}};
  for (const auto& [mode, hearing, speaking] : cases) {
    const Server server(mode);
    EXPECT_EQ(refusal(hear(server.at())).field, hearing) << mode;
    EXPECT_EQ(refusal(speak(server.at())).field, speaking) << mode;
  }
  EXPECT_TRUE(refusal(hear(Server("error").at())).message.contains("the model is missing"));
}

TEST(WyomingSpeech, WhoSaysNothingOrNeverEndsIsLeft) {
  for (const char* mode : {"silent", "endless-events", "flood"}) {
    const Server server(mode);
    EXPECT_EQ(refusal(hear(server.at(), milliseconds(500))).code, ErrorCode::kDeadlineExceeded) << mode;
    EXPECT_EQ(refusal(speak(server.at(), milliseconds(500))).code, ErrorCode::kDeadlineExceeded) << mode;
  }
  const Server silent("silent");
  WyomingServer impatient = silent.at();
  impatient.silence_max = milliseconds(200);
  EXPECT_EQ(refusal(speak(impatient)).code, ErrorCode::kDeadlineExceeded);
  const CancelToken cancel;
  const std::jthread canceller([&] {
    std::this_thread::sleep_for(milliseconds(200));
    cancel.cancel();
  });
  EXPECT_EQ(refusal(speak(silent.at(), milliseconds(20'000), cancel)).code, ErrorCode::kStopped);
}

TEST(WyomingSpeech, CancellingIsSeenInAFlood) {
  const Server server("flood");
  const CancelToken cancel;
  const std::jthread canceller([&] {
    std::this_thread::sleep_for(milliseconds(200));
    cancel.cancel();
  });
  EXPECT_EQ(refusal(speak(server.at(), milliseconds(20'000), cancel)).code, ErrorCode::kStopped);
}

// More than the system keeps for a server that does not read it.
TEST(WyomingSpeech, AServerThatHangsUpIsAskedWhy) {
  const Server server("refuses");
  WyomingSpeechToText ears(server.at());
  const Error error =
      refusal(ears.hear(test::silence(std::chrono::minutes(10)), steady_clock::now() + milliseconds(20'000), {}));
  EXPECT_EQ(error.field, "answer");
  EXPECT_TRUE(error.message.contains("the model is missing")) << error.message;
  EXPECT_TRUE(base::is_valid_utf8(error.message)) << error.message;
}

TEST(WyomingSpeech, AServerThatIsGoneIsNamed) {
  Server server("good");
  server.kill();
  const Error error = refusal(hear(server.at()));
  EXPECT_EQ(error.field, "connection");
  EXPECT_TRUE(error.message.contains(fmt::format("127.0.0.1:{}", server.at().port)));
  EXPECT_EQ(refusal(hear({.host = "no-such-host.invalid", .port = 1})).field, "name");
}

}  // namespace
}  // namespace penny::assistant
