// changes and watch, run as real processes.

#include <algorithm>
#include <string>

#include "cli/command_line.hpp"
#include "test_paths.hpp"

namespace penny::cli {
namespace {

TEST_F(CommandLine, ChangesAreOneObjectALine) {
  ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
  ASSERT_EQ(penny({"prefer", "theme", "dark"}).exit_code, 0);
  ASSERT_EQ(penny({"observe", "humor_style_preference", "dry"}).exit_code, 0);

  Process changes(PENNY_TEST_PROGRAM, with_store({"changes", "--json", "--since", "1"}));
  const auto second = changes.read_line();
  const auto third = changes.read_line();
  const Finished finished = changes.finish();

  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.out, "");
  ASSERT_TRUE(second && third);
  const auto preference = boost::json::parse(*second);
  EXPECT_EQ(preference.at("rev"), 2);
  EXPECT_EQ(preference.at("user"), "cj");
  EXPECT_EQ(preference.at("kind"), "observe_preference");
  EXPECT_EQ(preference.at("payload").at("value"), "dark");
  EXPECT_EQ(preference.at("result").at("version"), 1);
  EXPECT_EQ(boost::json::parse(*third).at("payload").at("name"), "humor_style_preference");
}

TEST_F(CommandLine, ChangesGoOnOverAllPagesUpToTheirLimit) {
  constexpr int kTurns = 30;  // each is a batch of several operations
  for (int i = 0; i < kTurns; ++i) {
    ASSERT_EQ(penny({"turn", "add", "--input", "Thanks, a brief joke about music, weather and news please"}).exit_code,
              0);
  }
  const auto operations = json({"stats"}).at("user").at("operations").to_number<std::size_t>();
  ASSERT_GT(operations, 100);

  const std::string all = penny({"changes"}).out;
  EXPECT_EQ(static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n')), operations);
  const std::string some = penny({"changes", "--limit", "101"}).out;
  EXPECT_EQ(std::count(some.begin(), some.end(), '\n'), 101);
}

TEST_F(CommandLine, WatchWakesOnTheWriteOfAnotherProcess) {
  ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
  Process watch(PENNY_TEST_PROGRAM, with_store({"watch", "--json", "--since", "0", "--count", "2"}));
  const auto first = watch.read_line();
  ASSERT_TRUE(first);
  EXPECT_EQ(boost::json::parse(*first).at("payload").at("text"), "Likes tea");

  ASSERT_EQ(penny({"remember", "Likes coffee"}).exit_code, 0);

  const auto second = watch.read_line();
  ASSERT_TRUE(second);
  EXPECT_EQ(boost::json::parse(*second).at("payload").at("text"), "Likes coffee");
  EXPECT_EQ(watch.finish().exit_code, 0);
}

TEST_F(CommandLine, WatchIsNotWokenByAnotherUser) {
  ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
  ASSERT_EQ(
      Process(PENNY_TEST_PROGRAM, {"remember", "Likes milk", "--store", store(), "--user", "ann"}).finish().exit_code,
      0);

  const Finished watched = penny({"watch", "--since", "1", "--for", "0.3"});

  EXPECT_EQ(watched.exit_code, 0);
  EXPECT_EQ(watched.out, "");
}

TEST_F(CommandLine, WatchBeginsNowUnlessItIsToldWhere) {
  ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
  const Finished watched = penny({"watch", "--for", "0.3"});
  EXPECT_EQ(watched.exit_code, 0);
  EXPECT_EQ(watched.out, "");
}

TEST_F(CommandLine, WatchEndsCleanlyWhenItIsTold) {
  ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
  for (const int signal : {SIGINT, SIGTERM}) {
    Process watch(PENNY_TEST_PROGRAM, with_store({"watch", "--since", "0"}));
    ASSERT_TRUE(watch.read_line());
    watch.signal(signal);
    const Finished finished = watch.finish();
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_EQ(finished.err, "");
  }
}

TEST_F(CommandLine, WatchEndsWhenItsReaderHasGone) {
  ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
  Process watch(PENNY_TEST_PROGRAM, with_store({"watch", "--since", "0"}));
  ASSERT_TRUE(watch.read_line());

  watch.close_output();

  const Finished finished = watch.finish();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.err, "");
}

}  // namespace
}  // namespace penny::cli
