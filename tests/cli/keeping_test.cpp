// penny backup, restore and --read-only, run as real processes.

#include <filesystem>
#include <string>

#include "cli/command_line.hpp"
#include "support/raw_database.hpp"

namespace penny::cli {
namespace {

namespace fs = std::filesystem;

class Keeping : public CommandLine {
 protected:
  void remember(const std::string& text) const { ASSERT_EQ(penny({"remember", text}).exit_code, 0); }
  [[nodiscard]] std::string backup() const { return folder_ / "backups/monday.db"; }
};

TEST_F(Keeping, ABackupIsMadeAndRestored) {
  remember("Likes tea");
  const Finished made = penny({"backup", backup()});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(made.err, "");
  EXPECT_TRUE(made.out.starts_with("backed up to " + backup() + ": ")) << made.out;
  EXPECT_TRUE(made.out.ends_with(", 1 user, 1 operation, verified\n")) << made.out;

  remember("Likes coffee");
  const Finished refused = penny({"restore", backup()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("--replace"), std::string::npos) << refused.err;
  EXPECT_EQ(json({"stats"}).at("user").at("facts"), 2);

  const auto restored = json({"restore", backup(), "--replace"});
  EXPECT_EQ(restored.at("operations"), 1);
  EXPECT_EQ(text(restored.at("kept_aside")), store() + "-before-restore");
  EXPECT_EQ(json({"stats"}).at("user").at("facts"), 1);
  EXPECT_EQ(penny({"verify"}).exit_code, 0);
}

TEST_F(Keeping, ABackupNeverTakesThePlaceOfAFile) {
  remember("Likes tea");
  ASSERT_EQ(json({"backup", backup()}).at("users"), 1);
  EXPECT_EQ(penny({"backup", backup()}).exit_code, 2);
  EXPECT_EQ(penny({"backup", store()}).exit_code, 2);
  EXPECT_EQ(penny({"verify"}).exit_code, 0);
}

TEST_F(Keeping, ABackupOfNoStoreAndARestoreOfNoBackupMakeNothing) {
  EXPECT_EQ(penny({"backup", backup()}).exit_code, 3);
  EXPECT_FALSE(fs::exists(backup()));
  EXPECT_EQ(penny({"restore", backup()}).exit_code, 3);
  EXPECT_FALSE(fs::exists(store()));
}

TEST_F(Keeping, RescueSavesWhatIsRightAndTellsWhatIsNot) {
  remember("Likes tea");
  remember("Likes coffee");
  const Finished all = penny({"rescue", store(), folder_ / "whole.db"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_EQ(all.out, "saved 2 operations of 1 user to " + (folder_ / "whole.db") +
                         "\nnothing was lost, as far as anybody can tell\n");
  test::RawDatabase(store()).run("UPDATE ledger SET channel = 'changed' WHERE rev = 1");
  const auto some = json({"rescue", store(), folder_ / "some.db"}, 5);
  EXPECT_EQ(some.at("operations"), 1);
  EXPECT_EQ(some.at("lost"), 1);
  EXPECT_EQ(some.at("losses").as_array().size(), 1U);
  EXPECT_EQ(penny({"rescue", store(), folder_ / "some.db"}).exit_code, 2);
}

TEST_F(Keeping, ReadOnlyReadsAndRefusesToWrite) {
  remember("Likes tea");
  fs::remove(store() + "-shm");
  fs::remove(store() + "-gate");
  const Finished read = penny({"facts", "--read-only"});
  EXPECT_EQ(read.exit_code, 0) << read.err;
  EXPECT_NE(read.out.find("Likes tea"), std::string::npos) << read.out;
  EXPECT_EQ(penny({"verify", "--read-only"}).exit_code, 0);
  EXPECT_EQ(penny({"doctor", "--read-only"}).exit_code, 0);
  const Finished refused = penny({"remember", "--read-only", "Likes coffee"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("read only"), std::string::npos) << refused.err;
  EXPECT_EQ(penny({"erase", "--yes", "--read-only"}).exit_code, 1);
  EXPECT_EQ(penny({"restore", "--read-only", backup()}).exit_code, 2);
  EXPECT_FALSE(fs::exists(store() + "-shm"));
  EXPECT_FALSE(fs::exists(store() + "-gate"));
}

}  // namespace
}  // namespace penny::cli
