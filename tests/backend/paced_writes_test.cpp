// Attacks what src/backend/sqlite/paced_writes.hpp says, with SQLite's own copy of a log into a database.

#include "backend/sqlite/paced_writes.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "backend/sqlite/connection.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

using backend::sqlite::Connection;
using backend::sqlite::ConnectionRole;
using backend::sqlite::PacedWrites;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A store with some 500 frames in its log, of as many pages, and a connection that can copy them.
class PacedCopy : public testing::Test {
 protected:
  void SetUp() override {
    Store store = folder_.open();
    for (int i = 0; i < 2; ++i) must(store.commit(a_turn("cj", std::string(std::size_t{1'000} << 10, 'x'))));
    connection_ = must(Connection::open(folder_.path(), ConnectionRole::kWriter));
  }
  Clock::duration copy() {
    const auto began = Clock::now();
    const auto done = must(connection_->checkpoint_passive());
    EXPECT_GT(done.copied_frames, 200U);
    return Clock::now() - began;
  }

  const StoreFolder folder_;
  std::unique_ptr<Connection> connection_;
  int asked_ = 0;
  int patience_ = 1'000'000;  // so often it has time
  const std::function<bool()> is_hurried_ = [this] { return ++asked_ > patience_; };
};

TEST_F(PacedCopy, RestsBetweenAFewPages) {
  const PacedWrites paced(is_hurried_);
  EXPECT_GE(copy(), milliseconds(15));  // 400 pages, eight at once, 0.3 ms between
  EXPECT_GT(asked_, 400);
  EXPECT_EQ(must(folder_.open().verify()).problems, std::vector<std::string>{});
}

TEST_F(PacedCopy, HurriesAsSoonAsItIsAskedTo) {
  patience_ = 100;
  const PacedWrites paced(is_hurried_);
  (void)copy();
  EXPECT_EQ(asked_, 101);
  EXPECT_EQ(must(folder_.open().verify()).problems, std::vector<std::string>{});
}

TEST_F(PacedCopy, IsOfOneThreadAndEndsWithItsScope) {
  {
    const PacedWrites paced(is_hurried_);
    std::thread([this] { (void)copy(); }).join();
  }
  must(folder_.open().commit(a_turn("cj", std::string(std::size_t{1'000} << 10, 'y'))));
  (void)copy();
  EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace penny::test
