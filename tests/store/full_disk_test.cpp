// A disk that is really full: nothing that was acknowledged is lost, reading goes on, and so does writing once there is space.

#include <string>

#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/small_disk.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

TEST(FullDisk, ReadsGoOnAndWritingResumesByItself) {
  const StoreFolder other;
  const SmallDisk disk(other / "disk", 8192);
  if (!disk.is_mounted()) GTEST_SKIP() << "no file system can be mounted here: " << disk.why_not();
  Store store = must(Store::open(disk / "memory.db"));
  std::size_t acknowledged = 0;
  for (; acknowledged < 20; ++acknowledged) must(store.commit(a_turn("ada", std::string(1000, 'x'))));
  for (int round = 0; round < 2; ++round) {
    disk.fill();
    Error error;
    for (int i = 0; i < 500 && error.message.empty(); ++i) {
      const auto stored = store.commit(a_turn("ada", std::string(20'000, 'y')));
      acknowledged += stored ? std::size_t{1} : 0;
      if (!stored) error = stored.error();
    }
    EXPECT_EQ(error.code, ErrorCode::kStorageFailed) << error.message;
    EXPECT_EQ(must(store.last_turns("ada", 1000)).items.size(), acknowledged);
    EXPECT_EQ(must(store.diagnose()).statistics.turns, acknowledged);
    EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
    EXPECT_EQ(must(store.backup(other / std::to_string(round))).operations, acknowledged);
    const Store reader = must(Store::open(disk / "memory.db", {.read_only = true}));
    EXPECT_EQ(must(reader.last_turns("ada", 1000)).items.size(), acknowledged);

    disk.make_space();
    must(store.commit(a_turn("ada")));
    acknowledged += 1;
  }
  EXPECT_EQ(must(store.verify()).operations, acknowledged);
}

}  // namespace
}  // namespace penny::test
