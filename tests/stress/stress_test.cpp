// `penny stress` from begin to end, with real processes. A machine that is busy with other things may void a run (a writer
// that was not scheduled for 10 ms); that is no fault of the store, so it is the only reason that is let pass.

#include <fstream>

#include "stress/honest_run.hpp"
#include "test_paths.hpp"

namespace penny::stress_test {
namespace {

struct StressRun {
  int exit_code = -1;
  boost::json::object report;

  [[nodiscard]] const boost::json::object& load() const { return report.at("load").as_object(); }
  [[nodiscard]] std::int64_t account(const char* name) const {
    return load().at("account").at(name).to_number<std::int64_t>();
  }
};

StressRun run_stress(const TemporaryFolder& folder, const std::string& options) {
  const Printed printed =
      run_command(fmt::format("cd {} && {} stress --json {}", folder.path().string(), PENNY_TEST_PROGRAM, options));
  StressRun run{.exit_code = printed.exit_code, .report = {}};
  boost::system::error_code failed;
  const auto value = boost::json::parse(printed.output, failed);
  if (failed || !value.is_object()) {
    ADD_FAILURE() << "no JSON object: " << printed.output;
    return run;
  }
  run.report = value.as_object();
  return run;
}

void expect_nothing_but_void(const StressRun& run) {
  for (const auto& reason : run.report.at("reasons").as_array()) {
    EXPECT_TRUE(reason.as_string().starts_with("the run is void")) << reason.as_string();
  }
}

TEST(Stress, AccountsForEveryAcknowledgedOperation) {
  const TemporaryFolder folder;
  const StressRun run = run_stress(folder, "--processes 4 --threads 2 --seconds 1 --no-scenarios");
  expect_nothing_but_void(run);
  EXPECT_GT(run.account("acknowledged"), 50);
  EXPECT_EQ(run.account("asked"), run.account("stored"));
  EXPECT_EQ(run.account("lost"), 0);
  EXPECT_EQ(run.account("doubled"), 0);
  EXPECT_GT(run.account("retried"), 0);
  for (const auto& observer : run.load().at("account").at("observers").as_array()) {
    EXPECT_GT(observer.at("seen").to_number<int>(), 0);
  }
}

TEST(Stress, AccountsForProcessesThatAreKilled) {
  const TemporaryFolder folder;
  const StressRun run = run_stress(folder, "--processes 4 --threads 2 --seconds 2 --kill --no-scenarios");
  expect_nothing_but_void(run);
  EXPECT_GT(run.load().at("kills").at("inside").to_number<int>(), 0);
  EXPECT_GT(run.account("recovered"), 0);
  EXPECT_EQ(run.account("lost"), 0);
  EXPECT_EQ(run.account("doubled"), 0);
  EXPECT_EQ(run.account("in_doubt"), 0);
}

TEST(Stress, PassesAllSixScenariosByThreadsAndByProcessesAndLeavesNothingBehind) {
  const TemporaryFolder folder;
  const StressRun run = run_stress(folder, "--no-load");
  EXPECT_EQ(run.exit_code, 0);
  constexpr int kAsked[] = {50, 50, 100, 100, 8, 8, 500, 500, 90, 90, 100, 100};
  const auto& rows = run.report.at("scenarios").as_array();
  ASSERT_EQ(rows.size(), std::size(kAsked));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    EXPECT_TRUE(rows[row].at("is_passed").as_bool()) << boost::json::serialize(rows[row]);
    EXPECT_EQ(rows[row].at("stored").to_number<int>(), kAsked[row]);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Stress, KeepsAStoreThatIsGivenAndGoesOnInIt) {
  const TemporaryFolder folder;
  for (const int round : {1, 2}) {
    const StressRun run = run_stress(folder, "--store there/memory.db --processes 2 --seconds 0.3 --no-scenarios");
    expect_nothing_but_void(run);
    EXPECT_GT(run.account("stored"), 0) << round;
    EXPECT_EQ(run.account("phantom"), 0) << round;
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "there" / "memory.db"));
  }
}

TEST(Stress, KeepsEvidenceThatTurnsRedWhenTheStoreIsSpoilt) {
  const TemporaryFolder folder;
  const StressRun run = run_stress(folder, "--processes 2 --seconds 0.3 --no-scenarios --keep");
  expect_nothing_but_void(run);
  const auto kept = folder.path() / run.report.at("kept").as_string().c_str();
  const std::string command =
      fmt::format("{} {} {}", account_program().string(), (kept / "memory.db").string(), (kept / "log").string());
  EXPECT_EQ(run_command(command).exit_code, 0);

  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((kept / "memory.db").c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "DELETE FROM ledger WHERE seq = 5", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  EXPECT_EQ(run_command(command).exit_code, 1);
}

TEST(Stress, ReplaysTheDialoguesThatItIsGiven) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "talk.jsonl")
      << R"({"user": "maria", "modality": "chat", "user_input": "Good to see you", "assistant_response": "You too"})"
      << "\n"
      << R"({"user": "maria", "modality": "voice", "user_input": "", "assistant_response": "Anything new?"})" << "\n";
  const StressRun run = run_stress(folder, "--conversations . --seconds 0.3 --no-scenarios");
  expect_nothing_but_void(run);
  const auto& writers = run.load().at("writers").as_array();
  ASSERT_EQ(writers.size(), 2U);
  EXPECT_EQ(writers[0].at("user").as_string(), "maria");
  EXPECT_EQ(writers[0].at("modality").as_string(), "chat");
  EXPECT_EQ(writers[1].at("modality").as_string(), "voice");
}

TEST(Stress, NamesTheLineOfADialogueThatItCannotRead) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "talk.jsonl") << R"({"user": "maria", "user_input": "Hello"})" << "\n" << "Hello\n";
  const Printed printed = run_command(
      fmt::format("cd {} && {} stress --json --conversations talk.jsonl", folder.path().string(), PENNY_TEST_PROGRAM));
  EXPECT_NE(printed.exit_code, 0);
  EXPECT_NE(printed.output.find("line 2"), std::string::npos) << printed.output;
}

}  // namespace
}  // namespace penny::stress_test
