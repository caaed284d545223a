#include <poll.h>

#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <penny/cancel.hpp>

namespace penny {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

bool is_readable(int descriptor) {
  pollfd place{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&place, 1, 0) == 1;
}

TEST(CancelTokenTest, CopiesShareOneState) {
  const CancelToken token;
  const CancelToken copy = token;  // NOLINT(performance-unnecessary-copy-initialization): this is what is tested
  EXPECT_FALSE(copy.is_cancelled());
  token.cancel();
  token.cancel();
  EXPECT_TRUE(copy.is_cancelled());
  EXPECT_TRUE(copy.wait_until(steady_clock::now() + 1h));
}

TEST(CancelTokenTest, ItsDescriptorIsReadableOnceItIsCancelledWheneverItWasAskedFor) {
  const CancelToken before;
  EXPECT_FALSE(is_readable(before.descriptor()));
  before.cancel();
  EXPECT_TRUE(is_readable(before.descriptor()));
  const CancelToken after;
  after.cancel();
  EXPECT_TRUE(is_readable(after.descriptor()));
  EXPECT_EQ(after.descriptor(), after.descriptor());
}

TEST(CancelTokenTest, AWaitEndsAtItsMoment) {
  const auto moment = steady_clock::now() + 20ms;
  EXPECT_FALSE(CancelToken().wait_until(moment));
  EXPECT_GE(steady_clock::now(), moment);
}

TEST(CancelTokenTest, WakesEveryoneWhoWaits) {
  const CancelToken token;
  std::vector<std::thread> waiters;
  for (int i = 0; i < 4; ++i) {
    waiters.emplace_back([token] { EXPECT_TRUE(token.wait_until(steady_clock::now() + 1h)); });
  }
  waiters.emplace_back([token] {
    pollfd place{.fd = token.descriptor(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&place, 1, 3'600'000), 1);
  });
  token.cancel();
  for (std::thread& waiter : waiters) waiter.join();
}

}  // namespace
}  // namespace penny
