// penny vacuum and verify --deep, run as real processes.

#include <filesystem>
#include <string>

#include "cli/command_line.hpp"
#include "support/raw_database.hpp"

namespace penny::cli {
namespace {

namespace fs = std::filesystem;

TEST_F(CommandLine, VacuumTellsWhatItGaveBack) {
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(penny({"turn", "add", "--no-learn", "--input", std::string(60'000, 'x')}).exit_code, 0);
  ASSERT_EQ(penny({"erase", "--yes"}).exit_code, 0);
  const Finished done = penny({"vacuum"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(done.err, "");
  EXPECT_TRUE(done.out.starts_with("the store's file: ")) << done.out;
  EXPECT_NE(done.out.find("given back in 1 step\n"), std::string::npos) << done.out;
  const auto again = json({"vacuum"});
  EXPECT_EQ(again.at("pages"), 0);
  EXPECT_EQ(again.at("rounds"), 0);
  EXPECT_EQ(again.at("free_pages"), 0);
  EXPECT_EQ(again.at("is_complete"), true);
  EXPECT_EQ(again.at("bytes_after").to_number<std::uintmax_t>(), fs::file_size(store()));
  EXPECT_EQ(penny({"verify"}).exit_code, 0);
  EXPECT_EQ(penny({"vacuum", "--read-only"}).exit_code, 1);
  EXPECT_NE(penny({"vacuum", "--help"}).out.find("Example:"), std::string::npos);
}

TEST_F(CommandLine, VacuumOfNoStoreIsNotFound) {
  EXPECT_EQ(penny({"vacuum"}).exit_code, 3);
  EXPECT_FALSE(fs::exists(store()));
}

TEST_F(CommandLine, VerifyDeepTellsOfADamagedIndexThatTheStoreIsWhole) {
  ASSERT_EQ(penny({"turn", "add", "--input", "green tea"}).exit_code, 0);
  const Finished none = penny({"verify", "--deep"});
  EXPECT_EQ(none.exit_code, 0) << none.err;
  EXPECT_NE(none.out.find("search index: none"), std::string::npos) << none.out;
  ASSERT_EQ(penny({"search", "tea"}).exit_code, 0);
  const Finished whole = penny({"verify", "--deep"});
  EXPECT_EQ(whole.err, "");
  EXPECT_TRUE(whole.out.starts_with("whole: ")) << whole.out;
  EXPECT_NE(whole.out.find("search index: whole, 1 document "), std::string::npos) << whole.out;
  EXPECT_NE(whole.out.find("free space: 0 free pages"), std::string::npos) << whole.out;

  test::RawDatabase(store() + "-search").run("DELETE FROM words");
  const Finished damaged = penny({"verify", "--deep"});
  EXPECT_EQ(damaged.exit_code, 0);
  EXPECT_TRUE(damaged.out.starts_with("whole: ")) << damaged.out;
  EXPECT_NE(damaged.out.find("search index: damaged, which the store is not: "), std::string::npos) << damaged.out;
  EXPECT_NE(damaged.out.find("rm " + store() + "-search "), std::string::npos) << damaged.out;
  const auto form = json({"verify", "--deep"});
  EXPECT_EQ(form.at("is_whole"), true);
  EXPECT_EQ(text(form.at("deep").at("search_index").at("state")), "damaged");
  EXPECT_FALSE(json({"verify"}).contains("deep"));
}

}  // namespace
}  // namespace penny::cli
