#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <penny/id.hpp>

#include "base/clock.hpp"
#include "base/forked.hpp"
#include "base/uuid_sequence.hpp"

namespace penny::base {
namespace {

using std::chrono::milliseconds;

// Id after id, each of 16 bytes.
std::string make_ids(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    const OperationId id = OperationId::make();
    bytes.append(id.bytes.begin(), id.bytes.end());
  }
  return bytes;
}

std::vector<OperationId> ids_in(const std::string& bytes) {
  std::vector<OperationId> ids(bytes.size() / sizeof(OperationId::bytes));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::memcpy(ids[i].bytes.data(), bytes.data() + i * ids[i].bytes.size(), ids[i].bytes.size());
  }
  return ids;
}

bool grows_strictly(const std::vector<OperationId>& ids) {
  return std::adjacent_find(ids.begin(), ids.end(), [](const auto& a, const auto& b) { return !(a < b); }) == ids.end();
}

TEST(OperationId, HasVersionSevenAndTheVariantOfRfc9562) {
  for (int i = 0; i < 1'000; ++i) {
    const std::string text = OperationId::make().to_string();
    ASSERT_EQ(text.size(), 36U);
    EXPECT_EQ(text[14], '7') << text;
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
  }
}

TEST(OperationId, TellsTheMomentItWasMade) {
  const Time before = std::chrono::floor<milliseconds>(now());
  const auto time = OperationId::make().time();
  // Many ids in one millisecond carry over into later ones: at most a few milliseconds here.
  const Time after = now() + milliseconds(100);
  ASSERT_TRUE(time.has_value());
  EXPECT_GE(*time, before);
  EXPECT_LE(*time, after);
}

// The example of RFC 9562, appendix A.6.
TEST(OperationId, ReadsTheTimeOfTheStandardsExample) {
  const auto id = OperationId::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->time(), Time(milliseconds(1645557742000)));
  EXPECT_EQ(id->to_string(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST(OperationId, OtherVersionsAndVariantsHaveNoTime) {
  EXPECT_FALSE(OperationId::parse("919108f7-52d1-4320-9bac-f847db4148a8")->time().has_value());
  EXPECT_FALSE(OperationId::parse("017f22e2-79b0-7cc3-18c4-dc0c0c07398f")->time().has_value());
  EXPECT_FALSE(OperationId{}.time().has_value());
}

TEST(OperationId, RefusesMalformedText) {
  for (const char* text : {"", "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
                           "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
                           "017f22e2 79b0-7cc3-98c4-dc0c0c07398f", "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
                           "017f22e-279b0-7cc3-98c4-dc0c0c07398f", "-17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
                           " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "+17f22e2-79b0-7cc3-98c4-dc0c0c07398f"}) {
    EXPECT_FALSE(OperationId::parse(text).has_value()) << text;
  }
}

RC_GTEST_PROP(OperationId, EveryIdIsReadBackFromItsText, ()) {
  OperationId id;
  for (std::uint8_t& byte : id.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  std::string text = id.to_string();
  RC_ASSERT(OperationId::parse(text) == id);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  RC_ASSERT(OperationId::parse(text) == id);
}

TEST(OperationId, GrowsStrictlyAlsoWithinAMillisecond) {
  // Far more than milliseconds pass meanwhile.
  EXPECT_TRUE(grows_strictly(ids_in(make_ids(200'000))));
}

TEST(OperationId, TextsGrowLikeIds) {
  std::string last;
  for (int i = 0; i < 1'000; ++i) {
    const std::string next = OperationId::make().to_string();
    EXPECT_LT(last, next);
    last = next;
  }
}

TEST(OperationId, ThreadsNeverMakeTheSameId) {
  constexpr std::size_t kThreads = 8;
  constexpr std::size_t kIds = 20'000;
  std::vector<std::string> made(kThreads);
  std::vector<std::thread> threads;
  for (std::string& mine : made) threads.emplace_back([&mine] { mine = make_ids(kIds); });
  for (std::thread& thread : threads) thread.join();
  std::vector<OperationId> all;
  for (const std::string& mine : made) {
    const auto ids = ids_in(mine);
    EXPECT_TRUE(grows_strictly(ids));
    all.insert(all.end(), ids.begin(), ids.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all.size(), kThreads * kIds);
  EXPECT_TRUE(grows_strictly(all));
}

TEST(OperationId, AnIdMadeLaterInAnotherThreadIsGreater) {
  std::mutex mutex;
  std::vector<OperationId> in_order;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int made = 0; made < 5'000; ++made) {
        const std::lock_guard lock(mutex);
        in_order.push_back(OperationId::make());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(grows_strictly(in_order));
}

TEST(OperationId, ParentAndChildOfAForkNeverMakeTheSameId) {
  constexpr std::size_t kIds = 5'000;
  for (int round = 0; round < 10; ++round) {
    const OperationId last = OperationId::make();
    const auto of_child = ids_in(in_forked_child([] { return make_ids(kIds); }));
    const auto of_parent = ids_in(make_ids(kIds));
    ASSERT_EQ(of_child.size(), kIds);
    EXPECT_TRUE(grows_strictly(of_child));
    EXPECT_LT(last, of_child.front());
    std::set<OperationId> all(of_parent.begin(), of_parent.end());
    all.insert(of_child.begin(), of_child.end());
    EXPECT_EQ(all.size(), 2 * kIds);
    // The random ends differ from the first id on, whatever the counters are.
    EXPECT_FALSE(std::equal(of_child.front().bytes.begin() + 9, of_child.front().bytes.end(),
                            of_parent.front().bytes.begin() + 9));
  }
}

constexpr std::uint64_t kMillisecond = std::uint64_t{1} << kUuidCounterBits;

TEST(UuidSequence, CountsWithinAMillisecond) {
  EXPECT_EQ(next_uuid_sequence(5 * kMillisecond + 7, 5, ~std::uint64_t{0}), 5 * kMillisecond + 8);
}

TEST(UuidSequence, BeginsANewMillisecondAtARandomCounterInTheLowerHalf) {
  EXPECT_EQ(next_uuid_sequence(5 * kMillisecond + 7, 6, 0), 6 * kMillisecond);
  EXPECT_EQ(next_uuid_sequence(5 * kMillisecond + 7, 6, ~std::uint64_t{0}), 6 * kMillisecond + kMillisecond / 2 - 1);
}

TEST(UuidSequence, GoesOnWhenTheClockStepsBack) {
  EXPECT_EQ(next_uuid_sequence(5 * kMillisecond + 7, 4, 1), 5 * kMillisecond + 8);
  EXPECT_EQ(next_uuid_sequence(5 * kMillisecond + 7, 0, 1), 5 * kMillisecond + 8);
}

TEST(UuidSequence, ACounterThatRunsOverGoesOnInTheNextMillisecond) {
  EXPECT_EQ(next_uuid_sequence(6 * kMillisecond - 1, 5, 1), 6 * kMillisecond);
}

RC_GTEST_PROP(UuidSequence, GrowsWhateverTheClockSays, ()) {
  const auto clock = *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 1ULL << 42));
  std::uint64_t last = 0;
  for (const std::uint64_t now_ms : clock) {
    const std::uint64_t next = next_uuid_sequence(last, now_ms, *rc::gen::arbitrary<std::uint64_t>());
    RC_ASSERT(next > last);
    last = next;
  }
}

}  // namespace
}  // namespace penny::base
