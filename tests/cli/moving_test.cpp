// export and import, run as real processes.

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "cli/command_line.hpp"
#include "test_paths.hpp"

namespace penny::cli {
namespace {

class MovingCommands : public CommandLine {
 protected:
  void fill() const {
    ASSERT_EQ(penny({"turn", "add", "--input", "please explain it in detail", "--response", "Gladly"}).exit_code, 0);
    ASSERT_EQ(penny({"remember", "Keeps bees"}).exit_code, 0);
    ASSERT_EQ(penny({"prefer", "drink", "{ \"hot\": true }", "--set"}).exit_code, 0);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  // Into the other store, without a user of its own.
  [[nodiscard]] Finished import(std::vector<std::string> words, const Surroundings& surroundings = {}) const {
    words.insert(words.begin(), "import");
    words.insert(words.end(), {"--store", folder_ / "other.db"});
    return Process(PENNY_TEST_PROGRAM, words, surroundings).finish();
  }
  [[nodiscard]] Finished there(std::vector<std::string> words) const {
    words.insert(words.end(), {"--store", folder_ / "other.db", "--user", "cj"});
    return Process(PENNY_TEST_PROGRAM, words).finish();
  }
};

TEST_F(MovingCommands, AUserMovesThroughAFile) {
  fill();
  const Finished lines = penny({"export"});
  ASSERT_EQ(lines.exit_code, 0) << lines.err;
  EXPECT_EQ(lines.err, "");
  write("cj.jsonl", lines.out);
  const Finished checked = import({folder_ / "cj.jsonl", "--check"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_TRUE(checked.out.starts_with("whole: ") && checked.out.ends_with(" operations of user cj\n")) << checked.out;
  EXPECT_FALSE(std::ifstream(folder_ / "other.db").is_open());
  const Finished first = import({folder_ / "cj.jsonl"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(first.out.starts_with("user cj: ") && first.out.ends_with(" added, 0 there already\n")) << first.out;
  const Finished second = import({folder_ / "cj.jsonl", "--json"});
  EXPECT_EQ(second.exit_code, 0);
  const auto done = boost::json::parse(second.out).as_object();
  EXPECT_EQ(done.at("operations"), done.at("already_there"));
  EXPECT_EQ(done.at("is_complete"), true);
  EXPECT_EQ(there({"export"}).out, lines.out);
  EXPECT_EQ(there({"turns"}).out, penny({"turns"}).out);
  EXPECT_EQ(there({"preferences"}).out, penny({"preferences"}).out);
  EXPECT_EQ(there({"history", "--limit", "1000"}).out, penny({"history", "--limit", "1000"}).out);
  EXPECT_EQ(there({"verify"}).exit_code, 0);
}

TEST_F(MovingCommands, AUserMovesThroughAPipeUnderAnotherName) {
  fill();
  const std::string lines = penny({"export"}).out;
  const Finished done = import({"-", "--as", "ada"}, {.input = lines});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_TRUE(done.out.starts_with("user ada: ")) << done.out;
  ASSERT_EQ(there({"remember", "somebody else"}).exit_code, 0);
  const Finished refused = import({"-"}, {.input = lines});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("line 2: user cj has operations that are not of this file"), std::string::npos)
      << refused.err;
  EXPECT_EQ(import({"-", "--join"}, {.input = lines}).exit_code, 0);
  EXPECT_EQ(there({"verify"}).exit_code, 0);
}

TEST_F(MovingCommands, AWrongFileIsRefusedBeforeAnythingIsStored) {
  fill();
  const std::string lines = penny({"export"}).out;
  const std::size_t last = lines.rfind('\n', lines.size() - 2);
  write("wrong.jsonl", lines.substr(0, last + 1) + "{\"operations\":1000000}\n");
  const Finished wrong = import({folder_ / "wrong.jsonl"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_NE(wrong.err.find("operations is 1000000"), std::string::npos) << wrong.err;
  EXPECT_FALSE(std::ifstream(folder_ / "other.db").is_open());
  const Finished json = import({folder_ / "wrong.jsonl", "--json"});
  const auto error = boost::json::parse(json.out).at("error").as_object();
  EXPECT_EQ(error.at("code"), "invalid");
  EXPECT_TRUE(text(error.at("field")).starts_with("lines[")) << json.out;
  EXPECT_EQ(import({folder_ / "missing.jsonl"}).exit_code, 3);
  EXPECT_EQ(import({folder_.path()}).exit_code, 1);
  EXPECT_EQ(import({}).exit_code, 2);
  EXPECT_EQ(penny({"export", "--user", "nobody"}).exit_code, 2);  // two users
  EXPECT_EQ(there({"export"}).exit_code, 3);
}

TEST_F(MovingCommands, ATerminalObeysNothingOfAnExport) {
  ASSERT_EQ(penny({"remember",
                   "a\x1b[31mb\xc2\x9b"
                   "c\xe2\x80\xae"})
                .exit_code,
            0);
  const Finished shown = Process(PENNY_TEST_PROGRAM, with_store({"export"}), {.has_terminal = true}).finish();
  EXPECT_EQ(shown.exit_code, 0);
  for (const char* obeyed : {"\x1b", "\xc2\x9b", "\xe2\x80\xae"}) EXPECT_EQ(shown.out.find(obeyed), std::string::npos);
  EXPECT_NE(penny({"export"}).out.find("\xe2\x80\xae"), std::string::npos);
}

}  // namespace
}  // namespace penny::cli
