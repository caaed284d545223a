#include "bench/figures/work_folder.hpp"

#include <fstream>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "base/temporary_folder.hpp"
#include "bench/figures/reader_samples.hpp"
#include "support/stores.hpp"

namespace penny::figures {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& bytes) { std::ofstream(path) << bytes; }

TEST(WorkFolder, IsGoneWithAllThatIsInIt) {
  const base::TemporaryFolder outside;
  const fs::path parent = outside / "figures";
  {
    const WorkFolder folder(parent);
    write(folder.fresh("one") / "file", "bytes");
    EXPECT_EQ(size_of(folder.path() / "one" / "file"), 5U);
    EXPECT_TRUE(fs::is_empty(folder.fresh("one")));
    folder.remove("one");
    EXPECT_FALSE(fs::exists(folder.path() / "one"));
    write(folder.path() / "left", "bytes");
  }
  EXPECT_FALSE(fs::exists(parent));
}

TEST(WorkFolder, LeavesWhatOthersHaveInItsParent) {
  const base::TemporaryFolder outside;
  write(outside / "theirs", "bytes");
  {
    const WorkFolder folder(outside.path());
  }
  EXPECT_TRUE(fs::exists(outside / "theirs"));
}

TEST(WorkFolder, RefusesWhatTheDiskHasNoRoomFor) {
  const base::TemporaryFolder outside;
  const WorkFolder folder(outside.path());
  EXPECT_NO_THROW(folder.expect_space(1));
  EXPECT_THROW(folder.expect_space(std::uint64_t{1} << 62U), std::runtime_error);
}

TEST(WorkFolder, CopiesEveryFile) {
  const base::TemporaryFolder outside;
  const WorkFolder folder(outside.path());
  const fs::path from = folder.fresh("from");
  write(from / "one", "1");
  write(from / "two", "22");
  const fs::path to = folder.fresh("to");
  copy_files(from, to);
  EXPECT_EQ(size_of(to / "one"), 1U);
  EXPECT_EQ(size_of(to / "two"), 2U);
  EXPECT_EQ(size_of(to / "three"), 0U);
}

TEST(WorkFolder, SeesThatALogWasBegunAnew) {
  const test::StoreFolder folder;
  EXPECT_EQ(log_begun(folder.path()), 0U);
  Store store = folder.open();
  const auto write_much = [&] {
    for (int turn = 0; turn < 30; ++turn)
      (void)test::must(store.commit(test::a_turn("cj", std::string(limits::kTextBytesMax, 'x'))));
  };
  (void)test::must(store.commit(test::a_turn()));
  const std::uint64_t before = log_begun(folder.path());
  EXPECT_NE(before, 0U);
  EXPECT_EQ(log_begun(folder.path()), before);
  write_much();
  EXPECT_NE(log_begun(folder.path()), before);
}

TEST(ReaderSamples, LookUntilTheTimeIsOverOrTheLogTooLong) {
  const base::TemporaryFolder folder;
  const std::string store = folder / "memory.db";
  Counts counts{};
  counts.open = 4;
  counts.waiting = 7;
  const Samples short_ones = sample({.store = store, .counts = counts, .log_bytes_max = 10}, 0.2);
  EXPECT_GE(short_ones.count, 1U);
  EXPECT_GE(short_ones.seconds, 0.2);
  EXPECT_EQ(short_ones.open_mean(), 4);
  EXPECT_EQ(short_ones.share(short_ones.enough_open), 0);
  EXPECT_EQ(short_ones.share(short_ones.enough_there), 1);
  EXPECT_FALSE(short_ones.is_log_too_long);

  write(store + "-wal", std::string(11, 'x'));
  const Samples too_long = sample({.store = store, .counts = counts, .log_bytes_max = 10}, 60);
  EXPECT_EQ(too_long.count, 1U);
  EXPECT_EQ(too_long.log_bytes_max, 11U);
  EXPECT_TRUE(too_long.is_log_too_long);

  std::filesystem::remove(store + "-wal");
  const Samples done = sample({.store = store, .counts = counts, .log_bytes_max = 10}, 60, [](double) { return true; });
  EXPECT_EQ(done.count, 1U);
}

}  // namespace
}  // namespace penny::figures
