// The one look at the folder that stands for a look at its files.

#include "backend/sqlite/same_files.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace penny::test {
namespace {

using backend::sqlite::identity_of;
using backend::sqlite::SameFiles;
using backend::sqlite::StoreFile;

class SameFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "same-files-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    file_.paths.directory = name;
    file_.paths.database = name + "/memory.db";
    file_.paths.wal = name + "/memory.db-wal";
    make(file_.paths.database);
    make(file_.paths.wal);
    file_.database = identity_of(file_.paths.database).value();
    file_.wal = identity_of(file_.paths.wal).value();
  }
  void TearDown() override { std::filesystem::remove_all(file_.paths.directory); }

  static void make(const std::string& path) { std::ofstream(path) << "x"; }

  // More than a tick of any kernel. That time passes is what the folder waits for, so there is nothing to be told of.
  static constexpr std::chrono::milliseconds kSettledAfter{20};
  static void let_the_folder_settle() { std::this_thread::sleep_for(2 * kSettledAfter); }

  StoreFile file_;
};

TEST_F(SameFilesTest, AnExchangeIsSeenInAFolderThatWasQuiet) {
  SameFiles same(file_, kSettledAfter);
  let_the_folder_settle();
  ASSERT_TRUE(same.check());
  ASSERT_TRUE(same.check());
  std::filesystem::rename(file_.paths.wal, file_.paths.wal + ".away");
  EXPECT_FALSE(same.check());
  std::filesystem::rename(file_.paths.wal + ".away", file_.paths.wal);
  ASSERT_TRUE(same.check());
  make(file_.paths.database + ".other");
  std::filesystem::rename(file_.paths.database + ".other", file_.paths.database);
  EXPECT_FALSE(same.check());
  EXPECT_FALSE(same.check());
}

// Where the kernel gives each change that was looked at a time of its own (Linux 6.13 and newer) this holds by itself; before,
// only because a folder has to settle.
TEST_F(SameFilesTest, AnExchangeIsSeenInAFolderThatHasJustChanged) {
  SameFiles same(file_);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(same.check());
    std::filesystem::rename(file_.paths.wal, file_.paths.wal + ".away");
    EXPECT_FALSE(same.check());
    std::filesystem::rename(file_.paths.wal + ".away", file_.paths.wal);
  }
}

TEST_F(SameFilesTest, AnotherFolderOfThisNameIsSeen) {
  SameFiles same(file_, kSettledAfter);
  let_the_folder_settle();
  ASSERT_TRUE(same.check());
  const std::string away = file_.paths.directory + ".away";
  std::filesystem::rename(file_.paths.directory, away);
  std::filesystem::create_directory(file_.paths.directory);
  make(file_.paths.database);
  make(file_.paths.wal);
  EXPECT_FALSE(same.check());
  std::filesystem::remove_all(away);
}

}  // namespace
}  // namespace penny::test
