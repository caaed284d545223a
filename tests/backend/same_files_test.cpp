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

  // Long enough for a change of the folder to lie behind.
  static void let_the_folder_settle() { std::this_thread::sleep_for(std::chrono::milliseconds(3'100)); }

  StoreFile file_;
};

TEST_F(SameFilesTest, AnExchangeIsSeenInAFolderThatWasQuiet) {
  SameFiles same(file_);
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
  SameFiles same(file_);
  let_the_folder_settle();
  ASSERT_TRUE(same.check());
  const std::string away = file_.paths.directory + ".away";
  std::filesystem::rename(file_.paths.directory, away);
  EXPECT_FALSE(same.check());
  std::filesystem::create_directory(file_.paths.directory);
  make(file_.paths.database);
  make(file_.paths.wal);
  EXPECT_FALSE(same.check());
  std::filesystem::remove_all(away);
}

}  // namespace
}  // namespace penny::test
