// Commands that read the store, run as real processes.

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cli/command_line.hpp"
#include "test_paths.hpp"

namespace penny::cli {
namespace {

const std::vector<std::vector<std::string>> kReadingCommands{
    {"turns"},   {"sessions"}, {"facts"},   {"preferences"},         {"personality"}, {"history"},
    {"context"}, {"stats"},    {"changes"}, {"watch", "--for", "0"}, {"doctor"},      {"verify"}};

TEST_F(CommandLine, AReadingCommandOnAMissingStoreFindsNothingAndCreatesNothing) {
  const std::string missing = folder_ / "nowhere/memory.db";
  for (auto words : kReadingCommands) {
    words.insert(words.end(), {"--store", missing});
    const Finished told = Process(PENNY_TEST_PROGRAM, words).finish();
    EXPECT_EQ(told.exit_code, 3) << words.front();
    EXPECT_EQ(told.out, "") << words.front();
    EXPECT_NE(told.err.find("--store"), std::string::npos) << told.err;
    words.emplace_back("--json");
    const Finished object = Process(PENNY_TEST_PROGRAM, words).finish();
    EXPECT_EQ(object.exit_code, 3) << words.front();
    EXPECT_EQ(boost::json::parse(object.out).at("error").at("code"), "not_found");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(CommandLine, ForgettingInAMissingStoreCreatesNothing) {
  EXPECT_EQ(penny({"forget", "0199f3a1-7c2e-7000-8000-3f1d5c7a9b42"}).exit_code, 3);
  EXPECT_EQ(penny({"session", "end"}).exit_code, 3);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(CommandLine, WrongUseIsExitCodeTwo) {
  const std::vector<std::vector<std::string>> wrong{{},
                                                    {"bogus"},
                                                    {"turn"},
                                                    {"turn", "add", "--modality", "telepathy", "--input", "x"},
                                                    {"turn", "add", "--input", "-", "--response", "-"},
                                                    {"turn", "add"},
                                                    {"turns", "--last", "-1"},
                                                    {"turns", "--last", "0"},
                                                    {"turns", "--last", "1001"},
                                                    {"turns", "--last", "1", "--limit", "1"},
                                                    {"turns", "--limit", "1"},
                                                    {"turns", "--session", "s", "--from", "2025-01-01"},
                                                    {"turns", "--from", "yesterday"},
                                                    {"turns", "surplus"},
                                                    {"remember"},
                                                    {"remember", "x", "--id", "12"},
                                                    {"remember", "x", "--deadline", "soon"},
                                                    {"remember", "x", "--origin", "nobody"},
                                                    {"remember", "x", "--confidence", "much"},
                                                    {"remember", "x", "--confidence", "1.5"},
                                                    {"remember", "x", "--user", "a\nb"},
                                                    {"forget", "12"},
                                                    {"prefer", "key"},
                                                    {"observe", "name"},
                                                    {"observe", "name", "true"},
                                                    {"observe", "name", "1", "--by", "1"},
                                                    {"observe", "name", "--set"},
                                                    {"observe", "name", "1", "--confidence-change", "0.1"},
                                                    {"observe", "name", "--by", "0.1", "--confidence", "0.1"},
                                                    {"watch", "--for", "-1"},
                                                    {"watch", "--count", "many"}};
  ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
  for (auto words : wrong) {
    words.insert(words.end(), {"--store", store()});
    const std::string line = ::testing::PrintToString(words);
    const Finished told = Process(PENNY_TEST_PROGRAM, words).finish();
    EXPECT_EQ(told.exit_code, 2) << line << told.out;
    EXPECT_TRUE(told.err.starts_with("penny: ")) << line << told.err;
    words.emplace_back("--json");
    const Finished object = Process(PENNY_TEST_PROGRAM, words).finish();
    EXPECT_EQ(object.exit_code, 2) << line;
    EXPECT_EQ(object.err, "") << line;
    boost::json::error_code error;
    EXPECT_TRUE(boost::json::parse(object.out, error).is_object()) << line << object.out;
  }
}

TEST_F(CommandLine, WhatIsNotUnderstoodIsNamed) {
  EXPECT_NE(penny({"bogus"}).err.find("bogus"), std::string::npos);
  EXPECT_NE(penny({"remember", "-x"}).err.find("-x"), std::string::npos);
}

TEST_F(CommandLine, TurnsOfAllModalitiesComeInOrderAndByPages) {
  const std::vector<std::pair<std::string, std::string>> turns{{"chat", "one"}, {"voice", "two"}, {"agent", "three"}};
  for (const auto& [modality, input] : turns) {
    ASSERT_EQ(
        penny({"turn", "add", "--no-learn", "--session", "s", "--modality", modality, "--input", input}).exit_code, 0);
  }

  const auto last = json({"turns", "--last", "2"}).at("items").get_array();
  ASSERT_EQ(last.size(), 2);
  EXPECT_EQ(last[0].at("user_input"), "two");
  EXPECT_EQ(last[1].at("user_input"), "three");

  const auto first = json({"turns", "--session", "s", "--limit", "2"});
  ASSERT_EQ(first.at("items").get_array().size(), 2);
  const auto rest = json({"turns", "--session", "s", "--after", text(first.at("next"))});
  ASSERT_EQ(rest.at("items").get_array().size(), 1);
  EXPECT_EQ(rest.at("items").at(0).at("user_input"), "three");
  EXPECT_TRUE(rest.at("next").is_null());
  EXPECT_EQ(json({"turns", "--after", "1"}).at("items").get_array().size(), 2);
  EXPECT_EQ(penny({"turns", "--session", "unknown"}).exit_code, 3);
}

TEST_F(CommandLine, TurnsBetweenTwoTimesIncludeTheFirstAndNotTheLast) {
  for (const char* day : {"2024-01-01", "2024-01-02", "2024-01-03"}) {
    ASSERT_EQ(penny({"turn", "add", "--no-learn", "--input", day, "--at", day}).exit_code, 0);
  }

  const auto items = json({"turns", "--from", "2024-01-02", "--until", "2024-01-03"}).at("items").get_array();

  ASSERT_EQ(items.size(), 1);
  EXPECT_EQ(items[0].at("user_input"), "2024-01-02");
}

TEST_F(CommandLine, ContextIsOneTextForEveryModality) {
  ASSERT_EQ(penny({"turn", "add", "--modality", "chat", "--input", "Hi", "--response", "Hello"}).exit_code, 0);
  ASSERT_EQ(penny({"prefer", "theme", "dark", "--set"}).exit_code, 0);

  const Finished told = penny({"context"});

  EXPECT_NE(told.out.find("Recent conversation:\nUser: Hi\nAssistant: Hello\n"), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("theme: dark"), std::string::npos) << told.out;
  EXPECT_EQ(text(json({"context"}).at("context")) + "\n", told.out);
}

TEST_F(CommandLine, TheStoreAndTheUserComeFromTheEnvironment) {
  const std::string data = folder_ / "data";
  const Surroundings here{.variables = {{"PENNY_USER", "cj"}}, .folder = folder_.path()};
  ASSERT_EQ(Process(PENNY_TEST_PROGRAM, {"remember", "Likes tea"}, here).finish().exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(data + "/memory.db"));

  const Surroundings there{.variables = {{"PENNY_STORE", data + "/memory.db"}}};
  const Finished own = Process(PENNY_TEST_PROGRAM, {"facts", "--user", "cj", "--json"}, there).finish();
  EXPECT_EQ(boost::json::parse(own.out).at("items").get_array().size(), 1);
  const Finished others = Process(PENNY_TEST_PROGRAM, {"facts", "--json"}, there).finish();
  EXPECT_EQ(boost::json::parse(others.out).at("items").get_array().size(), 0);
}

TEST_F(CommandLine, DoctorTellsWhatOurConnectionsUse) {
  ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);

  const auto diagnosis = json({"doctor"});
  bool has_writer = false;
  for (const auto& connection : diagnosis.at("connections").get_array()) {
    EXPECT_EQ(connection.at("journal_mode"), "wal");
    if (connection.at("role") == "writer") {
      has_writer = true;
      EXPECT_EQ(connection.at("synchronous"), "full");
    }
  }
  EXPECT_TRUE(has_writer);
  EXPECT_FALSE(text(diagnosis.at("file_system")).empty());
  EXPECT_TRUE(diagnosis.at("gate_holder").is_null());
  const Finished told = penny({"doctor"});
  EXPECT_NE(told.out.find(text(diagnosis.at("sqlite_version"))), std::string::npos);
  EXPECT_NE(told.out.find("busy_timeout belongs to a connection"), std::string::npos);
}

TEST_F(CommandLine, VerifySaysThatAWholeStoreIsWhole) {
  ASSERT_EQ(penny({"turn", "add", "--input", "Thanks"}).exit_code, 0);

  const auto report = json({"verify"});

  EXPECT_EQ(report.at("is_whole"), true);
  EXPECT_EQ(report.at("users"), 1);
  EXPECT_TRUE(penny({"verify"}).out.starts_with("whole: 1 user, "));
}

TEST_F(CommandLine, VerifyFindsATextThatSomebodyChangedAndSaysSoWithExitCodeFive) {
  ASSERT_EQ(penny({"turn", "add", "--input", "I owe you 10"}).exit_code, 0);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(store().c_str(), &database), SQLITE_OK);
  EXPECT_EQ(
      sqlite3_exec(database, "UPDATE ledger SET user_input = 'I owe you 1' WHERE kind = 1", nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(database);

  const auto report = json({"verify"}, 5);
  EXPECT_EQ(report.at("is_whole"), false);
  EXPECT_FALSE(report.at("problems").get_array().empty());
  const Finished told = penny({"verify"});
  EXPECT_EQ(told.exit_code, 5);
  EXPECT_TRUE(told.out.starts_with("damaged: ")) << told.out;
}

TEST_F(CommandLine, ADamagedStoreIsExitCodeFive) {
  ASSERT_EQ(penny({"remember", "Likes tea"}).exit_code, 0);
  std::filesystem::resize_file(store(), 4096);
  std::filesystem::remove(store() + "-wal");
  std::filesystem::remove(store() + "-shm");

  EXPECT_EQ(json({"facts"}, 5).at("error").at("code"), "damaged");
}

TEST_F(CommandLine, AFileThatIsNoStoreIsAFailure) {
  std::ofstream(store()) << "Dear diary, this is long enough to be looked at.\n";
  std::filesystem::permissions(store(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

  EXPECT_EQ(json({"facts"}, 1).at("error").at("code"), "not_a_store");
  EXPECT_EQ(json({"remember", "Likes tea"}, 1).at("error").at("code"), "not_a_store");
}

}  // namespace
}  // namespace penny::cli
