// penny-account must turn red for every way in which a store can break its word. Each test spoils one thing of an
// honest run; the tables are the store's own, the rows are made by hand.

#include <fstream>

#include "stress/honest_run.hpp"

namespace penny::stress_test {
namespace {

// ada's user number is 1; her dimension's rows are rev 4..6, her batch 7 and 8. ben's revs are 1 and 2.
constexpr const char* kDropUnique = "DROP INDEX ledger_operation; DROP INDEX ledger_rev;";

std::string copy_row(const std::string& which, const std::string& rev, const std::string& id) {
  return "INSERT INTO ledger(user, rev, operation_id, kind, key, at, origin, channel, batch_first, batch_size, "
         "last_turn, "
         "payload_hash, digest, session, session_first, session_number, modality, user_input, assistant_response) "
         "SELECT user, " +
         rev + ", " + id +
         ", kind, key, at, origin, channel, batch_first, batch_size, last_turn, "
         "payload_hash, digest, session || '2', session_first, 1, modality, user_input, assistant_response FROM ledger "
         "WHERE " +
         which;
}

TEST(Accountant, FindsNothingWrongWithAnHonestRun) {
  const HonestRun run;
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 0) << boost::json::serialize(verdict.account);
  EXPECT_EQ(verdict.count("asked"), 10);
  EXPECT_EQ(verdict.count("stored"), 10);
  EXPECT_EQ(verdict.count("acknowledged"), 10);
  EXPECT_EQ(verdict.count("conversations"), 4);
  EXPECT_EQ(verdict.account.at("journal_mode").as_string(), "wal");
  EXPECT_DOUBLE_EQ(verdict.account.at("lag_p50_ms").to_number<double>(), 2.0);
}

TEST(Accountant, SeesALostOperation) {
  HonestRun run;
  run.sql("DELETE FROM ledger WHERE user = 2 AND rev = 2");
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_EQ(verdict.count("lost"), 1);
  EXPECT_EQ(verdict.count("stored"), 9);
  EXPECT_EQ(verdict.count("gaps"), 0);
}

TEST(Accountant, SeesALostUserWithoutAnyRow) {
  HonestRun run;
  run.sql("DELETE FROM ledger WHERE user = 2; DELETE FROM users WHERE id = 2");
  EXPECT_EQ(run.judge().count("lost"), 2);
}

TEST(Accountant, SeesADoubledOperation) {
  HonestRun run;
  run.sql(kDropUnique);
  run.sql(copy_row("user = 2 AND rev = 2", "3", "operation_id"));
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_GE(verdict.count("doubled"), 1);
  EXPECT_EQ(verdict.count("stored"), 10);
  EXPECT_EQ(verdict.count("lost"), 0);
}

TEST(Accountant, SeesAPhantomThatNobodyAskedFor) {
  HonestRun run;
  run.sql(copy_row("user = 2 AND rev = 2", "3", "zeroblob(16)"));
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_EQ(verdict.count("phantom"), 1);
}

TEST(Accountant, SeesARefusedOperationThatIsStoredNevertheless) {
  HonestRun run;
  run.entries[HonestRun::kLastOfBen].state = account::EntryState::kRefused;
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_EQ(verdict.count("phantom"), 1);
  EXPECT_EQ(verdict.count("refused"), 1);
}

TEST(Accountant, AllowsAnOperationInDoubtEitherWay) {
  HonestRun run;
  run.entries[HonestRun::kLastOfBen].state = account::EntryState::kInvoked;
  EXPECT_EQ(run.judge().exit_code, 0);
  run.sql("DELETE FROM ledger WHERE user = 2 AND rev = 2");
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 0);
  EXPECT_EQ(verdict.count("in_doubt"), 1);
  EXPECT_EQ(verdict.count("stored"), 9);
}

TEST(Accountant, SeesAnAlteredText) {
  HonestRun run;
  run.sql("UPDATE ledger SET assistant_response = 'yes, Ben' WHERE user = 2 AND rev = 2");
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_EQ(verdict.count("altered"), 1);
}

TEST(Accountant, SeesTextThatMovedFromOneSideToTheOther) {
  HonestRun run;
  run.sql("UPDATE ledger SET user_input = '', assistant_response = 'Hello' WHERE user = 2 AND rev = 1");
  EXPECT_EQ(run.judge().count("altered"), 1);
}

TEST(Accountant, SeesAnAlteredFact) {
  HonestRun run;
  run.sql("UPDATE facts SET text = 'Ada likes gin'");
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_EQ(verdict.count("altered"), 1);
}

TEST(Accountant, SeesAFactThatOnlyTheLedgerHas) {
  HonestRun run;
  run.sql("DELETE FROM facts");
  EXPECT_EQ(run.judge().count("lost"), 1);
}

TEST(Accountant, SeesAPreferenceThatIsNotWhatWasSet) {
  HonestRun run;
  run.sql("UPDATE preferences SET value = '\"gin\"'");
  EXPECT_EQ(run.judge().count("altered"), 1);
  run.sql("DELETE FROM preferences");
  EXPECT_EQ(run.judge().count("lost"), 1);
}

TEST(Accountant, SeesAnOperationUnderAnotherUserOrRev) {
  HonestRun run;
  run.entries[HonestRun::kLastOfBen].user = HonestRun::kAda;
  EXPECT_EQ(run.judge().count("altered"), 1);
  HonestRun other;
  other.entries[HonestRun::kLastOfBen].rev = 3;
  EXPECT_EQ(other.judge().count("altered"), 1);
}

TEST(Accountant, SeesAGapBetweenRevs) {
  HonestRun run;
  run.sql("UPDATE ledger SET rev = 3 WHERE user = 2 AND rev = 2");
  run.entries[HonestRun::kLastOfBen].rev = 3;
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_EQ(verdict.count("gaps"), 1);
  EXPECT_EQ(verdict.count("altered"), 0);
}

TEST(Accountant, SeesATurnThatIsNotCountedInItsSession) {
  HonestRun run;
  run.sql("UPDATE ledger SET session_number = 1 WHERE user = 2 AND rev = 2");
  EXPECT_EQ(run.judge().count("gaps"), 1);
}

// Two writers read 0.75, and both wrote what they made of it: the usual lost update.
TEST(Accountant, SeesALostUpdateOfADimension) {
  HonestRun run;
  run.sql(
      "UPDATE evolution SET old_value = 0.75, new_value = 0.625 WHERE version = 3;"
      "UPDATE dimensions SET value = 0.625");
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_EQ(verdict.count("broken_chains"), 1);
}

TEST(Accountant, SeesAStepThatIsNotWhatWasAskedFor) {
  HonestRun run;
  run.sql(
      "UPDATE evolution SET new_value = 0.8 WHERE version = 1;"
      "UPDATE evolution SET old_value = 0.8 WHERE version = 2");
  EXPECT_EQ(run.judge().count("broken_chains"), 1);
}

TEST(Accountant, SeesAVersionLeftOut) {
  HonestRun run;
  run.sql("DELETE FROM evolution WHERE version = 2");
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.count("lost"), 1);
  EXPECT_GE(verdict.count("broken_chains"), 1);
}

TEST(Accountant, SeesADimensionThatIsNotTheEndOfItsEvolution) {
  HonestRun run;
  run.sql("UPDATE dimensions SET value = 0.5");
  EXPECT_EQ(run.judge().count("broken_chains"), 1);
}

TEST(Accountant, SeesOneOperationThatChangedADimensionTwice) {
  HonestRun run;
  run.sql(
      "INSERT INTO evolution SELECT user, name, 4, new_value, new_value - 0.125, 0.0, '', operation_id, 9, 0 "
      "FROM evolution WHERE version = 3;"
      "UPDATE dimensions SET value = 0.75, version = 4, rev = 9");
  EXPECT_EQ(run.judge().count("doubled"), 1);
}

TEST(Accountant, SeesHalfABatch) {
  HonestRun run;
  run.sql("DELETE FROM ledger WHERE user = 1 AND rev = 8");
  run.entries[HonestRun::kBatchHead].state = account::EntryState::kInvoked;
  run.entries[HonestRun::kBatchMember].state = account::EntryState::kInvoked;
  run.sightings.pop_back();
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_EQ(verdict.count("altered"), 1);
}

TEST(Accountant, SeesARetryThatWasAppliedAgain) {
  HonestRun run;
  run.entries[HonestRun::kTurn].flags = account::kFlagRetryWrong;
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_EQ(verdict.count("wrong_retries"), 1);
}

TEST(Accountant, SeesAnObserverThatMissedARev) {
  HonestRun run;
  run.sightings.erase(run.sightings.begin() + 2);
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_EQ(verdict.account.at("observers").at(0).at("missed").to_number<int>(), 1);
}

TEST(Accountant, SeesAnObserverThatStoppedBeforeTheEndOrSawSomethingElse) {
  HonestRun run;
  run.sightings.pop_back();
  EXPECT_EQ(run.judge().exit_code, 1);
  HonestRun blind;
  blind.sightings.resize(1);
  EXPECT_EQ(blind.judge().exit_code, 1);
  HonestRun other;
  other.sightings[1].id[15] = 99;
  EXPECT_EQ(other.judge().exit_code, 1);
}

TEST(Accountant, LeavesRowsFromBeforeTheRunAlone) {
  HonestRun run;
  run.entries.erase(run.entries.begin());
  run.sightings.clear();
  run.is_fresh = 0;
  EXPECT_EQ(run.judge().count("phantom"), 1);
  run.ada_rev_before = 1;
  EXPECT_EQ(run.judge().count("phantom"), 0);
}

TEST(Accountant, WantsTheWriteAheadLogMode) {
  HonestRun run;
  run.sql("PRAGMA journal_mode=DELETE");
  const Verdict verdict = run.judge();
  EXPECT_EQ(verdict.exit_code, 1);
  EXPECT_EQ(verdict.account.at("journal_mode").as_string(), "delete");
}

TEST(Accountant, RefusesALogThatIsCutShort) {
  const HonestRun run;
  run.write_log();
  const auto path = run.log() / "writer-0.log";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  EXPECT_EQ(run.run_account("--json").exit_code, 5);
}

TEST(Accountant, RefusesAFileThatIsNoLog) {
  const HonestRun run;
  run.write_log();
  std::ofstream(run.log() / "notes.txt")
      << "something else that is longer than the header of a log, which has 64 bytes";
  EXPECT_EQ(run.run_account("").exit_code, 5);
  EXPECT_EQ(run.run_account("--unknown").exit_code, 2);
}

}  // namespace
}  // namespace penny::stress_test
