#include "assistant/voice/sound_commands.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::assistant {
namespace {

using test::must;

std::vector<std::int16_t> all_of(SoundSource& source, const CancelToken& cancel) {
  std::vector<std::int16_t> all;
  while (true) {
    const auto piece = must(source.next(cancel));
    if (piece.empty()) return all;
    all.insert(all.end(), piece.begin(), piece.end());
  }
}

// More than a pipe holds: it would wait for ever for somebody to hear it, and no sound would come.
TEST(Microphones, ThatComplainAtLengthAreHeard) {
  const CancelToken cancel;
  const std::jthread watchdog([&](const std::stop_token& done) {
    if (!test::until([&] { return done.stop_requested(); })) cancel.cancel();
  });
  const auto microphone =
      must(open_microphone({"sh", "-c", R"(yes overrun | head -c 1000000 >&2; printf '\1\0'; printf '\2\0\3\0')"}));
  EXPECT_EQ(all_of(*microphone, cancel), (std::vector<std::int16_t>{1, 2, 3}));
}

TEST(Microphones, ThatFailSayWhy) {
  const auto microphone = must(open_microphone({"sh", "-c", "echo no such device >&2; exit 1"}));
  const auto piece = microphone->next({});
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error().field, "command");
  EXPECT_TRUE(piece.error().message.ends_with("exit code 1: no such device")) << piece.error().message;
}

}  // namespace
}  // namespace penny::assistant
