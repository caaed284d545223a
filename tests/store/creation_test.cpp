// A store that is made by a hundred processes at once, and one that is made where there is no space.

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/stores.hpp"
#include "test_paths.hpp"

namespace penny::test {
namespace {

using testing::HasSubstr;

TEST(Creation, ByAHundredProcessesAtOnceSucceedsInAll) {
  constexpr std::size_t kProcesses = 100;
  const StoreFolder folder;
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  std::string program = PENNY_TEST_CREATE_STORE;
  std::string path = folder.path();
  std::vector<pid_t> children;
  for (std::size_t i = 0; i < kProcesses; ++i) {
    char* arguments[] = {program.data(), path.data(), nullptr};
    pid_t child = 0;
    ASSERT_EQ(posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ), 0);
    children.push_back(child);
  }
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  close(ends[1]);  // they all wait for this
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  const Store store = folder.open();
  EXPECT_EQ(must(store.user_statistics("cj")).value.turns, kProcesses);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "-new"));
}

// A file system of its own with so many KiB.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path) : path_(path) {
    std::filesystem::create_directory(path);
    is_mounted_ = mount("tmpfs", path.c_str(), "tmpfs", 0, "size=4k,mode=700") == 0;
    error_ = errno;
  }
  ~SmallDisk() {
    if (is_mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool is_mounted() const { return is_mounted_; }
  [[nodiscard]] const char* why_not() const { return std::strerror(error_); }
  [[nodiscard]] bool resize(int kibibytes) const {
    return mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, fmt::format("size={}k", kibibytes).c_str()) == 0;
  }

 private:
  std::string path_;
  bool is_mounted_ = false;
  int error_ = 0;
};

TEST(Creation, WhereThereIsNoSpaceIsRefusedAndLeavesNoHalfStore) {
  const StoreFolder folder;
  const SmallDisk disk(folder / "disk");
  if (!disk.is_mounted()) GTEST_SKIP() << "no file system can be mounted here: " << disk.why_not();
  const std::string path = folder / "disk/memory.db";
  int refused = 0;
  int size = 4;
  for (;; size += 12) {
    ASSERT_TRUE(disk.resize(size));
    const auto store = Store::open(path);
    if (store) break;
    refused += 1;
    EXPECT_EQ(store.error().code, ErrorCode::kNoSpace) << size << " KiB: " << store.error().message;
    EXPECT_FALSE(store.error().advice.empty());
    ASSERT_LT(size, 1024);
  }
  EXPECT_GT(refused, 3);
  ASSERT_TRUE(disk.resize(size + 1024));
  Store store = must(Store::open(path));
  must(store.commit(a_turn()));
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(Creation, OfWhatFollowsOnAFullDiskIsRefusedAndGoesOnWithSpace) {
  const StoreFolder folder;
  const SmallDisk disk(folder / "disk");
  if (!disk.is_mounted()) GTEST_SKIP() << "no file system can be mounted here: " << disk.why_not();
  ASSERT_TRUE(disk.resize(1024));
  Store store = must(Store::open(folder / "disk/memory.db"));
  const std::string text(50'000, 'x');
  std::uint64_t acknowledged = 0;
  Operation refused;
  for (int i = 0; i < 100; ++i) {
    refused = with_id(operation_of("cj", RememberFact{.text = text}));
    const auto stored = store.commit(refused);
    if (!stored) {
      EXPECT_EQ(stored.error().code, ErrorCode::kStorageFailed) << stored.error().message;
      EXPECT_THAT(stored.error().advice, HasSubstr("space"));
      break;
    }
    EXPECT_EQ(stored->rev, ++acknowledged);
  }
  ASSERT_GT(acknowledged, 3U);
  ASSERT_LT(acknowledged, 100U);
  EXPECT_EQ(must(store.user_statistics("cj")).value.facts, acknowledged);

  ASSERT_TRUE(disk.resize(8192));
  EXPECT_EQ(must(store.commit(refused)).rev, acknowledged + 1);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

}  // namespace
}  // namespace penny::test
