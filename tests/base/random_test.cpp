#include "base/random.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/forked.hpp"

namespace penny::base {
namespace {

std::string draw(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  fill_random(bytes);
  return {bytes.begin(), bytes.end()};
}

TEST(Random, FillsEveryByteAndNothingBeyond) {
  for (std::size_t size = 0; size < 700; ++size) {
    // Each byte must be something else than 0 in one of a few draws.
    std::vector<bool> was_written(size, false);
    for (int round = 0; round < 12; ++round) {
      std::vector<std::uint8_t> bytes(size + 2, 0);
      fill_random(std::span(bytes).subspan(1, size));
      EXPECT_EQ(bytes.front(), 0);
      EXPECT_EQ(bytes.back(), 0);
      for (std::size_t i = 0; i < size; ++i) was_written[i] = was_written[i] || bytes[i + 1] != 0;
    }
    EXPECT_TRUE(std::all_of(was_written.begin(), was_written.end(), [](bool written) { return written; })) << size;
  }
}

TEST(Random, FillsLargeBuffers) {
  const std::string bytes = draw(std::size_t{1} << 20);
  std::array<std::size_t, 256> counts{};
  for (const char byte : bytes) ++counts[static_cast<std::uint8_t>(byte)];
  // 4096 of each are expected; the standard deviation is 64.
  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 3500U);
  EXPECT_LT(*std::max_element(counts.begin(), counts.end()), 4700U);
}

TEST(Random, NothingIsHandedOutTwice) {
  std::set<std::string> drawn;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(drawn.insert(draw(16)).second);
}

TEST(Random, ThreadsDrawDifferentBytes) {
  std::vector<std::vector<std::string>> drawn(8);
  std::vector<std::thread> threads;
  for (auto& mine : drawn) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < 1'000; ++i) mine.push_back(draw(16));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : drawn) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 8'000U);
}

TEST(Random, AForkedChildDrawsOtherBytesThanItsParent) {
  for (int round = 0; round < 8; ++round) {
    static_cast<void>(draw(1));  // leaves a pool that the fork copies
    const std::string of_child = in_forked_child([] {
      const std::string first = draw(16);
      // Its own child, too.
      return first + in_forked_child([] { return draw(16); });
    });
    const std::string of_parent = draw(16);
    ASSERT_EQ(of_child.size(), 32U);
    EXPECT_NE(of_child.substr(0, 16), of_parent);
    EXPECT_NE(of_child.substr(16), of_parent);
    EXPECT_NE(of_child.substr(0, 16), of_child.substr(16));
  }
}

}  // namespace
}  // namespace penny::base
