// penny erase, run as a real process.

#include <filesystem>
#include <string>

#include "cli/command_line.hpp"

namespace penny::cli {
namespace {

TEST_F(CommandLine, EraseWantsToBeToldYes) {
  ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
  const Finished refused = penny({"erase"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("--yes"), std::string::npos) << refused.err;
  EXPECT_EQ(json({"stats"}).at("user").at("facts"), 1);
}

TEST_F(CommandLine, EraseSaysWhatItFound) {
  ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
  const Finished erased = penny({"erase", "--yes"});
  EXPECT_EQ(erased.exit_code, 0) << erased.err;
  EXPECT_EQ(erased.out, "erased user cj at rev 2: 0 bytes found in the store's files\n");
  EXPECT_EQ(erased.err, "");

  ASSERT_EQ(penny({"remember", "Likes coffee"}).exit_code, 0);
  const auto again = json({"erase", "--yes"});
  EXPECT_EQ(again.at("rev"), 4);
  EXPECT_EQ(again.at("bytes_found"), 0);
  EXPECT_EQ(again.at("user"), "cj");
  EXPECT_EQ(json({"stats"}).at("user").at("facts"), 0);
  EXPECT_TRUE(json({"verify"}).at("notes").get_array().empty());
}

TEST_F(CommandLine, EraseOfNobodyIsNotFound) {
  EXPECT_EQ(penny({"erase", "--yes"}).exit_code, 3);
  EXPECT_FALSE(std::filesystem::exists(store()));
}

}  // namespace
}  // namespace penny::cli
