// Commands that forget, look back and undo, run as real processes.

#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "test_paths.hpp"

namespace penny::cli {
namespace {

class ForgettingCommands : public CommandLine {
 protected:
  void say(const std::string& words, const std::string& at = "2026-01-02", const std::string& user = "cj") const {
    const Finished finished = Process(PENNY_TEST_PROGRAM, {"turn", "add", "--no-learn", "--input", words, "--session",
                                                           "work", "--at", at, "--store", store(), "--user", user})
                                  .finish();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
  }
  [[nodiscard]] boost::json::object json_of(std::vector<std::string> words, int exit_code = 0) const {
    words.emplace_back("--json");
    const Finished finished = penny(std::move(words));
    EXPECT_EQ(finished.exit_code, exit_code) << finished.out << finished.err;
    return boost::json::parse(finished.out).as_object();
  }
  [[nodiscard]] std::string turns() const { return penny({"turns"}).out; }
};

TEST_F(ForgettingCommands, TurnForgetTakesTheWordsAway) {
  say("my secret");
  const std::string id = text(json_of({"turns"}).at("items").at(0).at("id"));
  const Finished forgotten = penny({"turn", "forget", id});
  EXPECT_EQ(forgotten.exit_code, 0);
  EXPECT_NE(forgotten.out.find("turn " + id + " forgotten"), std::string::npos) << forgotten.out;
  EXPECT_NE(turns().find("(forgotten)"), std::string::npos);
  EXPECT_EQ(penny({"turn", "forget", id}).exit_code, 3);
  EXPECT_EQ(penny({"turn", "forget", "nonsense"}).exit_code, 2);
  EXPECT_NE(penny({"changes"}).out.find("(forgotten)"), std::string::npos);
  EXPECT_EQ(penny({"verify"}).out, "whole: 1 user, 2 operations, 1 forgotten\n");
}

TEST_F(ForgettingCommands, AQuotaIsKeptUntilSomethingIsForgotten) {
  say("my secret");
  const auto remember = [&] {
    const Surroundings here{.variables = {{"PENNY_QUOTA", "40"}}};
    return Process(PENNY_TEST_PROGRAM, {"remember", "likes tea", "--store", store(), "--user", "cj"}, here).finish();
  };
  const Finished refused = remember();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("quota of 40"), std::string::npos) << refused.err;
  ASSERT_EQ(penny({"session", "forget", "work"}).exit_code, 0);
  EXPECT_EQ(remember().exit_code, 0);
  EXPECT_EQ(penny({"remember", "dislikes coffee", "--quota", "40"}).exit_code, 1);
  EXPECT_EQ(penny({"remember", "dislikes coffee", "--quota", "many"}).exit_code, 2);
}

TEST_F(ForgettingCommands, SessionForgetTakesAllOfASession) {
  for (const char* words : {"one", "two", "three"}) say(words);
  const auto done = json_of({"session", "forget", "work"});
  EXPECT_EQ(done.at("turns"), 3);
  EXPECT_EQ(done.at("operations"), 1);
  EXPECT_EQ(done.at("is_complete"), true);
  EXPECT_EQ(penny({"session", "forget", "work"}).out, "0 turns of session work forgotten\n");
  EXPECT_EQ(penny({"session", "forget", "play"}).exit_code, 3);
}

TEST_F(ForgettingCommands, CleanupIsOfOneUserOrOfAll) {
  say("old", "2020-01-01");
  say("older", "2019-01-01", "ann");
  say("to come", "2120-01-01");
  const auto of_all = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--store", store()});
    return Process(PENNY_TEST_PROGRAM, words).finish();
  };
  EXPECT_EQ(of_all({"cleanup", "--older-than", "90d", "--dry-run"}).out, "2 turns would be forgotten\n");
  EXPECT_EQ(penny({"cleanup", "--older-than", "90d"}).out, "1 turn forgotten\n");
  const Finished rest = of_all({"cleanup", "--older-than", "24h", "--json"});
  EXPECT_EQ(boost::json::parse(rest.out).at("turns"), 1);
  EXPECT_EQ(boost::json::parse(rest.out).at("users"), 2);
  for (const char* age : {"0d", "5", "d", "-1d", "1y", "99999999999999999999w"})
    EXPECT_EQ(penny({"cleanup", "--older-than", age}).exit_code, 2) << age;
  EXPECT_EQ(penny({"cleanup"}).exit_code, 2);
}

TEST_F(ForgettingCommands, PreferencesAndFactsHaveAHistory) {
  ASSERT_EQ(penny({"prefer", "drink", "tea", "--set"}).exit_code, 0);
  ASSERT_EQ(penny({"prefer", "drink", "coffee"}).exit_code, 0);
  const auto events = json_of({"preference", "history", "drink"}).at("items").as_array();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].at("given"), "coffee");
  EXPECT_EQ(events[1].at("value"), "tea");
  EXPECT_EQ(penny({"preference", "forget", "drink", "--if-version", "1"}).exit_code, 1);
  EXPECT_EQ(penny({"preference", "forget", "drink"}).out, "preference drink forgotten\n");
  EXPECT_EQ(penny({"preference", "forget", "drink"}).exit_code, 3);
  EXPECT_EQ(penny({"preferences"}).out, "");
  const std::string history = penny({"preference", "history", "drink"}).out;
  EXPECT_NE(history.find("(forgotten)"), std::string::npos) << history;
  EXPECT_EQ(history.find("coffee"), std::string::npos) << history;

  const std::string fact = text(json_of({"remember", "Likes tea"}).at("id"));
  EXPECT_NE(penny({"fact", "history", fact}).out.find("Likes tea"), std::string::npos);
  ASSERT_EQ(penny({"forget", fact}).exit_code, 0);
  EXPECT_EQ(json_of({"fact", "history", fact}).at("items").as_array().size(), 2U);
  EXPECT_EQ(penny({"fact", "history", fact}).out.find("Likes tea"), std::string::npos);
}

TEST_F(ForgettingCommands, UndoShowsAndDoesIt) {
  ASSERT_EQ(penny({"prefer", "drink", "tea", "--set"}).exit_code, 0);
  ASSERT_EQ(penny({"prefer", "drink", "coffee", "--set"}).exit_code, 0);
  say("Hi");
  const Finished plan = penny({"undo", "--to-rev", "1", "--dry-run"});
  EXPECT_NE(plan.out.find("set_preference"), std::string::npos) << plan.out;
  EXPECT_EQ(json_of({"undo", "--to-rev", "1", "--dry-run"}).at("operations").as_array().size(), 1U);
  EXPECT_NE(penny({"preferences"}).out.find("coffee"), std::string::npos);
  EXPECT_EQ(penny({"undo", "--to-rev", "1"}).out, "as at rev 1 again, by 1 operation\n");
  EXPECT_NE(penny({"preferences"}).out.find("tea"), std::string::npos);
  EXPECT_EQ(turns().find("(forgotten)"), std::string::npos);
  const auto all = json_of({"undo", "--to-time", "2019-01-01", "--forget-turns"});
  EXPECT_EQ(all.at("to_rev"), 0);
  EXPECT_EQ(all.at("turns"), 1);
  EXPECT_EQ(penny({"preferences"}).out, "");
  EXPECT_EQ(penny({"undo"}).exit_code, 2);
  EXPECT_EQ(penny({"undo", "--to-rev", "1", "--to-time", "2019-01-01"}).exit_code, 2);
  EXPECT_EQ(penny({"undo", "--to-rev", "1000"}).exit_code, 2);
}

// Ctrl-C between two steps: what is done stays, and the same command goes on.
TEST_F(ForgettingCommands, AnInterruptedCleanupGoesOn) {
  for (int user = 0; user < 30; ++user) say("old", "2020-01-01", "user " + std::to_string(user));
  Process cleaning(PENNY_TEST_PROGRAM, {"cleanup", "--older-than", "90d", "--json", "--store", store()});
  cleaning.signal(SIGINT);
  const Finished finished = cleaning.finish();
  EXPECT_TRUE(finished.exit_code == 0 || finished.exit_code == 4 || finished.exit_code == 128 + SIGINT)
      << finished.exit_code;
  const Finished rest =
      Process(PENNY_TEST_PROGRAM, {"cleanup", "--older-than", "90d", "--json", "--store", store()}).finish();
  EXPECT_EQ(rest.exit_code, 0);
  EXPECT_EQ(boost::json::parse(rest.out).at("users"), 30);
  EXPECT_EQ(penny({"verify"}).exit_code, 0);
  for (int user = 0; user < 30; ++user) {
    const Finished turns =
        Process(PENNY_TEST_PROGRAM, {"turns", "--store", store(), "--user", "user " + std::to_string(user)}).finish();
    EXPECT_NE(turns.out.find("(forgotten)"), std::string::npos);
  }
}

}  // namespace
}  // namespace penny::cli
