// `verify` in depth: a search index that differs from the ledger in one document, word or count, and free space that is not empty.
// None of it is damage to the store.

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class DeepVerify : public ::testing::Test {
 protected:
  // Turns and facts of two users, one turn and one fact forgotten before they were indexed, one of each after. Row 3 is a turn.
  DeepVerify() {
    Store store = folder_.open();
    for (const char* user : {"cj", "eve"}) {
      for (const Operation& operation : one_of_each(user)) must(store.commit(operation));
      for (int i = 0; i < 30; ++i)
        must(store.commit(a_turn(user, "The Café's running shoes, number " + std::to_string(i) + "; running", "s")));
    }
    const OperationId fact = OperationId::make();
    must(store.commit(with_id(operation_of("cj", RememberFact{.text = "likes the sea"}), fact)));
    EXPECT_TRUE(must(store.wait_for_search_index(kPatience)));
    must(store.commit(operation_of("cj", ForgetFact{.fact = fact})));
    must(store.commit(operation_of("cj", ForgetTurns{.first_rev = 11, .last_rev = 12})));
    must(store.commit(a_turn("cj", std::string(40'000, 'x') + " 日本語 ☕ naïve")));
    EXPECT_TRUE(must(store.wait_for_search_index(kPatience)));
  }

  [[nodiscard]] std::string index() const { return folder_.path() + "-search"; }
  [[nodiscard]] VerifyReport look() const {
    const Store store = must(Store::open(folder_.path(), {.create = false}));
    return must(store.verify({.deep = true}));
  }
  // After a change to the index's file. The store is whole.
  [[nodiscard]] SearchIndexReport after(const std::string& change) const {
    {
      RawDatabase raw(index());
      raw.run(change);
    }
    const VerifyReport report = look();
    EXPECT_THAT(report.problems, IsEmpty());
    return report.deep.value().search_index;
  }
  void expect_found(const std::string& change, const std::string& what) const {
    const SearchIndexReport report = after(change);
    EXPECT_EQ(report.state, SearchIndexState::kDamaged) << change;
    EXPECT_THAT(report.problems, Contains(HasSubstr(what))) << change;
  }

  StoreFolder folder_;
};

TEST_F(DeepVerify, FindsNothingInAStoreThatIsWhole) {
  const VerifyReport report = look();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.notes, IsEmpty());
  const DeepReport& deep = report.deep.value();
  EXPECT_EQ(deep.search_index.state, SearchIndexState::kWhole);
  EXPECT_THAT(deep.search_index.problems, IsEmpty());
  EXPECT_EQ(deep.search_index.documents, 2U * 31U - 2U + 1U);
  EXPECT_EQ(deep.free_pages_with_content, 0U);
  EXPECT_FALSE(must(folder_.open().verify()).deep.has_value());
}

TEST_F(DeepVerify, FindsNothingInAStoreThatIsReadOnly) {
  const Store store = must(Store::open(folder_.path(), {.create = false, .read_only = true}));
  const VerifyReport report = must(store.verify({.deep = true}));
  EXPECT_THAT(report.deep.value().search_index.problems, IsEmpty());
  EXPECT_EQ(report.deep.value().search_index.state, SearchIndexState::kWhole);
}

TEST_F(DeepVerify, FindsATurnThatTheIndexLost) {
  expect_found("DELETE FROM words WHERE rowid = 1", "does not have seq 1 (rev 1 of user 1)");
}

// Planted: deep_verify_ignores_words.
TEST_F(DeepVerify, FindsAWordTooMuch) {
  expect_found(
      "DELETE FROM words WHERE rowid = 1; INSERT INTO words(rowid, labels, user_input, assistant_response) "
      "VALUES(1, 'u1 s1 m1', 'Hi zyx', 'Hello')",
      "other words of seq 1");
}

TEST_F(DeepVerify, FindsWordsInAnotherOrder) {
  expect_found(
      "DELETE FROM words WHERE rowid = 1; INSERT INTO words(rowid, labels, user_input, assistant_response) "
      "VALUES(1, 'u1 m1 s1', 'Hi', 'Hello')",
      "other words of seq 1");
}

TEST_F(DeepVerify, AgreesWithADocumentThatIsWrittenAnewAsItWas) {
  const SearchIndexReport report = after(
      "DELETE FROM words WHERE rowid = 1; INSERT INTO words(rowid, labels, user_input, assistant_response) "
      "VALUES(1, 'u1 s1 m1', 'Hi', 'Hello')");
  EXPECT_THAT(report.problems, IsEmpty());
}

TEST_F(DeepVerify, FindsSomebodyElsesLabel) {
  expect_found(
      "DELETE FROM words WHERE rowid = 1; INSERT INTO words(rowid, labels, user_input, assistant_response) "
      "VALUES(1, 'u2 s1 m1', 'Hi', 'Hello')",
      "other words of seq 1");
}

TEST_F(DeepVerify, FindsWhatWasForgotten) {
  const std::string seq = RawDatabase(folder_.path()).text("SELECT seq FROM ledger WHERE user = 1 AND rev = 11");
  expect_found("INSERT INTO words(rowid, labels, user_input, assistant_response) VALUES(" + seq +
                   ", 'u1 s1 m1', 'The forgotten', 'words')",
               "still has seq " + seq);
}

TEST_F(DeepVerify, FindsADocumentThatNoRowHas) {
  expect_found("INSERT INTO words(rowid, labels, user_input, assistant_response) VALUES(100000, 'u1', 'a', 'b')",
               "document of seq 100000");
}

TEST_F(DeepVerify, FindsADocumentOfARowThatIsNeitherTurnNorFact) {
  expect_found("INSERT INTO words(rowid, labels, user_input, assistant_response) VALUES(2, 'u1', 'a', 'b')",
               "neither a turn nor a fact");
}

TEST_F(DeepVerify, FindsAWrongCount) {
  expect_found("UPDATE documents SET count = count + 1 WHERE user = 2", "documents of user 2");
}

TEST_F(DeepVerify, FindsAPositionTooFar) { expect_found("UPDATE progress SET seq = 1000000000000", "another ledger"); }

TEST_F(DeepVerify, FindsAPartThatIsBroken) {
  const SearchIndexReport report = after("UPDATE words_data SET block = zeroblob(50) WHERE id > 1000");
  EXPECT_EQ(report.state, SearchIndexState::kDamaged);
  EXPECT_THAT(report.problems, Not(IsEmpty()));
}

TEST_F(DeepVerify, FindsAFileThatIsNoIndex) {
  write_file(index(), std::string(8'192, 'x'));
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(index() + suffix);
  const VerifyReport report = look();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.deep.value().search_index.state, SearchIndexState::kDamaged);
}

TEST_F(DeepVerify, AnIndexThatIsRemovedIsMadeAnewAndWhole) {
  expect_found("DELETE FROM words WHERE rowid = 1", "does not have seq 1");
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(index() + suffix);
  EXPECT_EQ(look().deep.value().search_index.state, SearchIndexState::kNone);
  Store store = folder_.open();
  ASSERT_TRUE(must(store.wait_for_search_index(kPatience)));
  EXPECT_EQ(must(store.verify({.deep = true})).deep.value().search_index.state, SearchIndexState::kWhole);
}

TEST_F(DeepVerify, FindsNothingAfterAnErase) {
  Store store = folder_.open();
  EXPECT_EQ(must(store.erase("eve")).bytes_found, 0U);
  const VerifyReport report = must(store.verify({.deep = true}));
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.deep.value().search_index.problems, IsEmpty());
  EXPECT_EQ(report.deep.value().pages_with_copies, 0U);
}

// Planted: deep_verify_skips_free_pages.
TEST_F(DeepVerify, TellsOfAFreePageWithContentAndAVacuumTakesItAway) {
  {
    RawDatabase raw(folder_.path());
    raw.run("PRAGMA secure_delete=OFF; CREATE TABLE secrets(text TEXT)");
    for (int i = 0; i < 20; ++i) raw.run("INSERT INTO secrets(text) VALUES(printf('%.3000c', 's'))");
    raw.run("DROP TABLE secrets");
  }
  const VerifyReport report = look();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_GE(report.deep.value().free_pages, 20U);
  EXPECT_GE(report.deep.value().free_pages_with_content, 15U);
  Store store = folder_.open();
  must(store.vacuum());
  const VerifyReport again = must(store.verify({.deep = true}));
  EXPECT_EQ(again.deep.value().free_pages_with_content, 0U);
  EXPECT_EQ(again.deep.value().free_pages, 0U);
}

TEST_F(DeepVerify, WhatOurOwnStoresFreeHasNoContent) {
  Store store = folder_.open();
  for (int i = 0; i < 200; ++i) must(store.commit(a_turn("cj", std::string(9'000, 's'))));
  must(store.forget_turns_after("cj", 0));
  const DeepReport deep = must(store.verify({.deep = true})).deep.value();
  EXPECT_GT(deep.free_pages, 300U);
  EXPECT_EQ(deep.free_pages_with_content, 0U);
}

TEST_F(DeepVerify, TellsOfFilesThatOthersMayUse) {
  ASSERT_EQ(chmod(index().c_str(), 0644), 0);
  fs::create_hard_link(folder_.path() + "-bell", folder_ / "another name");
  const VerifyReport report = look();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.notes, Contains(HasSubstr("-search has mode 0644")));
  EXPECT_THAT(report.notes, Contains(HasSubstr("-bell has 2 names")));
}

TEST_F(DeepVerify, TellsHowFarItIsAndEndsWhenNobodyWantsMore) {
  Store store = folder_.open();
  std::vector<VerifyStage> stages;
  must(store.verify({.deep = true, .progress = [&](const VerifyProgress& progress) {
                       if (stages.empty() || stages.back() != progress.stage) stages.push_back(progress.stage);
                       EXPECT_TRUE(progress.total == 0 || progress.done <= progress.total);
                       return true;
                     }}));
  EXPECT_EQ(stages, (std::vector{VerifyStage::kFile, VerifyStage::kLedger, VerifyStage::kFreeSpace,
                                 VerifyStage::kSearchIndex}));
  for (const VerifyStage last : stages) {
    const auto until_then = [&](const VerifyProgress& progress) { return progress.stage != last; };
    EXPECT_EQ(refusal(store.verify({.deep = true, .progress = until_then})).code, ErrorCode::kStopped);
  }
}

}  // namespace
}  // namespace penny::test
