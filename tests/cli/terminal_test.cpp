// What reaches a terminal, a pipe, and nobody.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "cli/command_line.hpp"
#include "test_paths.hpp"

namespace penny::cli {
namespace {

constexpr char kEscape = '\x1b';

class Terminal : public CommandLine {
 protected:
  void SetUp() override {
    ASSERT_EQ(penny({"turn", "add", "--session", "s", "--input", "red \x1b[31m and \u009b32m and \u202e", "--response",
                     "two\nlines\ta tab\x7f"})
                  .exit_code,
              0);
    ASSERT_EQ(penny({"remember", "a fact \x1b[2J"}).exit_code, 0);
    ASSERT_EQ(penny({"prefer", "theme", "dark \x1b[2J", "--set"}).exit_code, 0);
  }
};

TEST_F(Terminal, StoredControlCharactersAreShownAndNeverSent) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"turns"}, {"facts"}, {"preferences"}, {"context"}, {"changes"}, {"history"}, {"sessions"}}) {
    for (const bool as_json : {false, true}) {
      auto all = words;
      if (as_json) all.emplace_back("--json");
      const std::string out = penny(all).out;
      EXPECT_EQ(out.find(kEscape), std::string::npos) << out;
      EXPECT_EQ(out.find("\u009b"), std::string::npos) << out;
      EXPECT_EQ(out.find("\u202e"), std::string::npos) << out;
      EXPECT_EQ(out.find('\x7f'), std::string::npos) << out;
    }
  }
  EXPECT_NE(penny({"turns"}).out.find("red \\x1b[31m and \\u009b32m and \\u202e\n"), std::string::npos);
  EXPECT_EQ(json({"turns"}).at("items").at(0).at("user_input"), "red \x1b[31m and \u009b32m and \u202e");
}

TEST_F(Terminal, LinesOfATextAreIndented) {
  EXPECT_NE(penny({"turns"}).out.find("  assistant  two\n             lines\ta tab\\x7f\n"), std::string::npos);
}

TEST_F(Terminal, ColoursGoToATerminalOnlyAndNotWithNoColor) {
  EXPECT_NE(penny({"turns"}, {.has_terminal = true}).out.find(kEscape), std::string::npos);
  EXPECT_EQ(penny({"turns"}).out.find(kEscape), std::string::npos);
  EXPECT_EQ(penny({"turns"}, {.variables = {{"NO_COLOR", "1"}}, .has_terminal = true}).out.find(kEscape),
            std::string::npos);
  EXPECT_EQ(penny({"turns", "--json"}, {.has_terminal = true}).out.find(kEscape), std::string::npos);
}

TEST_F(Terminal, AReaderThatLeavesIsNoError) {
  for (const char* command : {"turns", "changes"}) {
    Process reading(PENNY_TEST_PROGRAM, with_store({command}));
    reading.close_output();
    const Finished finished = reading.finish();
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_EQ(finished.err, "");
  }
}

TEST_F(Terminal, AResultThatCannotBeWrittenIsAFailure) {
  const Finished finished = penny({"turns"}, {.output_file = "/dev/full"});

  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_NE(finished.err.find("standard output"), std::string::npos);
}

TEST_F(Terminal, WhatIsPrintedToNowhereDoesNotGoIntoTheStore) {
  const Finished finished = penny({"facts"}, {.is_output_closed = true});

  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_NE(finished.err.find("standard output"), std::string::npos);
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    std::ostringstream content;
    content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    EXPECT_EQ(content.str().find("CONFIDENCE  TEXT"), std::string::npos) << entry.path();
  }
}

TEST_F(CommandLine, HelpOfEveryCommandHasAnExample) {
  for (const auto& words : std::vector<std::vector<std::string>>{{},
                                                                 {"turn", "add"},
                                                                 {"turns"},
                                                                 {"sessions"},
                                                                 {"session", "end"},
                                                                 {"remember"},
                                                                 {"facts"},
                                                                 {"forget"},
                                                                 {"prefer"},
                                                                 {"preferences"},
                                                                 {"observe"},
                                                                 {"personality"},
                                                                 {"history"},
                                                                 {"context"},
                                                                 {"changes"},
                                                                 {"watch"},
                                                                 {"stats"},
                                                                 {"doctor"},
                                                                 {"verify"}}) {
    auto all = words;
    all.emplace_back("--help");
    const Finished told = Process(PENNY_TEST_PROGRAM, all).finish();
    EXPECT_EQ(told.exit_code, 0);
    EXPECT_EQ(told.err, "");
    EXPECT_NE(told.out.find("Example:\n  penny "), std::string::npos) << told.out;
    if (words.empty()) continue;
    for (const char* option : {"--store", "--user", "--json", "--help"}) {
      EXPECT_NE(told.out.find(option), std::string::npos) << told.out;
    }
  }
}

TEST_F(CommandLine, VersionIsPennysAndThatOfItsSqlite) {
  const Finished told = Process(PENNY_TEST_PROGRAM, {"--version"}).finish();

  EXPECT_EQ(told.exit_code, 0);
  EXPECT_TRUE(told.out.starts_with("penny ")) << told.out;
  EXPECT_NE(told.out.find("\nSQLite 3."), std::string::npos) << told.out;
}

}  // namespace
}  // namespace penny::cli
