// Giving space back: the file is shorter, and nothing else is different, whoever reads, writes and is killed meanwhile.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/acknowledgements.hpp"
#include "support/log_copy.hpp"
#include "support/raw_database.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kPageBytes = 4096;

// Texts with pages of their own, of two users by turns, so that free pages are all over the file.
void fill(Store& store, int batches) {
  for (int i = 0; i < batches; ++i) {
    for (const char* user : {"cj", "eve"}) {
      Batch batch;
      for (int j = 0; j < 16; ++j)
        batch.operations.push_back(a_turn(user, std::string(9'000, static_cast<char>('a' + (i + j) % 26))));
      must(store.commit(std::move(batch)));
    }
  }
}

void forget_all(Store& store, const std::string& user) {
  ASSERT_TRUE(must(store.forget_turns_after(user, 0)).is_complete);
}

std::string digests(const StoreFolder& folder) {
  RawDatabase raw(folder.path());
  return raw.text("SELECT group_concat(hex(digest)) FROM (SELECT digest FROM ledger ORDER BY seq)");
}

std::uint64_t free_pages(const StoreFolder& folder) {
  RawDatabase raw(folder.path());
  return std::stoull(raw.text("PRAGMA freelist_count"));
}

std::vector<std::string> problems(const Store& store) { return must(store.verify()).problems; }

// Planted: vacuum_leaves_the_file_long.
TEST(Vacuum, TheFileShrinksAndNothingElseIsDifferent) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 20);
  forget_all(store, "cj");
  LogCopy(folder.path()).await_end();  // then the file has its size
  const std::string before = digests(folder);
  const auto turns = must(store.last_turns("eve", 320)).items;

  const Vacuumed report = must(store.vacuum());

  EXPECT_TRUE(report.is_complete);
  EXPECT_GE(report.pages, 600U);
  EXPECT_GE(report.rounds, 1U);
  EXPECT_EQ(report.free_pages, 0U);
  EXPECT_EQ(report.bytes_after, fs::file_size(folder.path()));
  EXPECT_LE(report.bytes_after + 600 * kPageBytes, report.bytes_before);
  EXPECT_EQ(report.search_bytes_before, 0U);
  EXPECT_EQ(fs::file_size(folder.path() + "-wal"), 0U);
  EXPECT_THAT(problems(store), IsEmpty());
  EXPECT_EQ(digests(folder), before);
  const auto after = must(store.last_turns("eve", 320)).items;
  ASSERT_EQ(after.size(), turns.size());
  for (std::size_t i = 0; i < turns.size(); ++i) EXPECT_EQ(after[i].user_input, turns[i].user_input);
  const std::uint64_t rev = must(store.last_turns("cj", 1)).rev;
  EXPECT_EQ(must(store.commit(a_turn("cj"))).rev, rev + 1);
}

TEST(Vacuum, AfterAnEraseTheUsersBytesAreGoneAndSoIsTheirSpace) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 20);
  EXPECT_EQ(must(store.erase("cj")).bytes_found, 0U);
  const Vacuumed report = must(store.vacuum());
  EXPECT_LE(2 * report.bytes_after, report.bytes_before + 200 * kPageBytes);
  EXPECT_EQ(report.free_pages, 0U);
  EXPECT_THAT(problems(store), IsEmpty());
  EXPECT_EQ(must(store.erase("cj")).bytes_found, 0U);
}

TEST(Vacuum, RunAgainItDoesNothing) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 5);
  forget_all(store, "cj");
  EXPECT_GT(must(store.vacuum()).pages, 0U);
  const std::string before = bytes_on_disk(folder.path());
  const Vacuumed again = must(store.vacuum());
  EXPECT_EQ(again.pages, 0U);
  EXPECT_EQ(again.rounds, 0U);
  EXPECT_EQ(again.bytes_before, again.bytes_after);
  EXPECT_EQ(bytes_on_disk(folder.path()), before);
}

TEST(Vacuum, AStoreWithoutFreePagesStaysAsItIs) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 3);
  const std::string before = bytes_on_disk(folder.path());
  EXPECT_EQ(must(store.vacuum()).rounds, 0U);
  EXPECT_EQ(bytes_on_disk(folder.path()), before);
}

TEST(Vacuum, IsRefusedWhereNothingMayBeWritten) {
  const StoreFolder folder;
  folder.make();
  Store store = must(Store::open(folder.path(), {.create = false, .read_only = true}));
  EXPECT_EQ(refusal(store.vacuum()).code, ErrorCode::kReadOnly);
  Store closed = folder.open();
  closed.close();
  EXPECT_EQ(refusal(closed.vacuum()).code, ErrorCode::kClosed);
}

TEST(Vacuum, EndsWhenItsCallerWantsNoMoreAndGoesOnFromThere) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 20);
  forget_all(store, "cj");
  const std::uint64_t free = free_pages(folder);
  const Vacuumed ended = must(store.vacuum({.progress = [](const VacuumProgress&) { return false; }}));
  EXPECT_FALSE(ended.is_complete);
  EXPECT_THAT(problems(store), IsEmpty());
  const Vacuumed rest = must(store.vacuum());
  EXPECT_TRUE(rest.is_complete);
  EXPECT_LE(rest.pages, free);
  EXPECT_EQ(free_pages(folder), 0U);
}

TEST(Vacuum, LosesNothingBesideTwoProcessesThatWrite) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 60);
  const std::string log = folder / "acknowledged";
  {
    StoreUser first(folder.path());
    StoreUser second(folder.path());
    first.load(2, "ada", log);
    second.load(2, "bob", log);
    EXPECT_EQ(must(store.erase("cj")).bytes_found, 0U);
    (void)first.worst();
    (void)second.worst();
    const Vacuumed report = must(store.vacuum());
    EXPECT_TRUE(report.is_complete);
    EXPECT_GT(report.rounds, 1U);
    EXPECT_GT(report.pages, 500U);
    for (StoreUser* user : {&first, &second}) {
      const auto worst = user->worst();
      // Steps of 5 ms, and the log's end once; the rest is for a busy machine.
      EXPECT_LT(worst.took_ms, 1'000);
      RecordProperty("worst_ms", std::to_string(worst.took_ms));
      EXPECT_EQ(user->end().refused, 0U);
    }
  }
  EXPECT_THAT(problems(store), IsEmpty());
  const Account result = account(folder.path(), log);
  EXPECT_GT(result.acknowledged, 0U);
  EXPECT_EQ(result.lost, 0U);
  EXPECT_EQ(result.repeated, 0U);
  EXPECT_THAT(result.problems, IsEmpty());
}

TEST(Vacuum, KilledAnywhereTheStoreIsWhole) {
  const StoreFolder folder;
  std::string before;
  {
    Store store = folder.open();
    fill(store, 60);
    forget_all(store, "cj");
    before = digests(folder);
  }
  std::uint64_t most = free_pages(folder);
  for (int round = 0; round < 10; ++round) {
    StoreUser victim(folder.path());
    victim.send("vacuum");
    std::this_thread::sleep_for(milliseconds(3 * round));
    victim.kill();
    Store store = folder.open();
    EXPECT_THAT(problems(store), IsEmpty()) << "round " << round;
    EXPECT_EQ(digests(folder), before);
    const std::uint64_t left = free_pages(folder);
    EXPECT_LE(left, most);
    most = left;
  }
  Store store = folder.open();
  const Vacuumed report = must(store.vacuum());
  EXPECT_EQ(report.free_pages, 0U);
  RawDatabase raw(folder.path());
  EXPECT_EQ(fs::file_size(folder.path()), kPageBytes * std::stoull(raw.text("PRAGMA page_count")));
}

TEST(Vacuum, TwoProcessesAtOnceDoTheWorkOnce) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 20);
  forget_all(store, "cj");
  StoreUser first(folder.path());
  StoreUser second(folder.path());
  first.send("vacuum");
  second.send("vacuum");
  EXPECT_THAT(first.line(), testing::EndsWith(" 0"));
  EXPECT_THAT(second.line(), testing::EndsWith(" 0"));
  EXPECT_THAT(problems(store), IsEmpty());
}

// A page that moves could get past the erase's search for copies. Planted: vacuum_beside_an_erase.
TEST(Vacuum, WaitsForAnEraseAndMovesNoPageBefore) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 5);
  auto reader = std::make_unique<RawDatabase>(folder.path());
  reader->run("BEGIN; SELECT count(*) FROM ledger");
  EXPECT_EQ(refusal(store.erase("cj", {.deadline = milliseconds(500)})).field, "unfinished");
  const std::uint64_t free = free_pages(folder);
  EXPECT_GT(free, 0U);

  const Error error = refusal(store.vacuum({.deadline = milliseconds(500)}));

  EXPECT_EQ(error.code, ErrorCode::kOverloaded);
  EXPECT_EQ(error.field, "unfinished");
  EXPECT_EQ(free_pages(folder), free);
  reader.reset();
  EXPECT_EQ(must(store.vacuum()).free_pages, 0U);
  EXPECT_EQ(must(store.erase("cj")).bytes_found, 0U);
}

TEST(Vacuum, AReaderThatStaysIsNamedAndTheFileIsCutAfterIt) {
  const StoreFolder folder;
  Store store = folder.open();
  fill(store, 10);
  forget_all(store, "cj");
  auto reader = std::make_unique<RawDatabase>(folder.path());
  // Else all of it is still in the log, and no file has to be cut.
  reader->run("PRAGMA wal_checkpoint(TRUNCATE)");
  reader->run("BEGIN; SELECT count(*) FROM ledger");
  const Error error = refusal(store.vacuum({.deadline = milliseconds(1'000)}));
  EXPECT_EQ(error.code, ErrorCode::kOverloaded);
  EXPECT_EQ(error.field, "unfinished");
  EXPECT_THAT(error.message, HasSubstr("write-ahead log"));
  must(store.commit(a_turn("eve")));
  reader.reset();
  const Vacuumed report = must(store.vacuum());
  EXPECT_LT(report.bytes_after + 100 * kPageBytes, report.bytes_before);
  EXPECT_EQ(report.free_pages, 0U);
}

TEST(Vacuum, TheSearchIndexGivesSpaceBackAsWell) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 60; ++i) {
    Batch batch;
    for (int j = 0; j < 50; ++j) {
      std::string words;
      for (int k = 0; k < 30; ++k) words += "word" + std::to_string(i * 1'500 + j * 30 + k) + " ";
      batch.operations.push_back(a_turn("cj", words));
    }
    must(store.commit(std::move(batch)));
  }
  must(store.commit(a_turn("eve", "tea in the morning")));
  ASSERT_TRUE(must(store.wait_for_search_index(kPatience)));
  EXPECT_GT(std::stoull(RawDatabase(folder.path() + "-search").text("PRAGMA page_count")), 200U);
  forget_all(store, "cj");
  const Vacuumed report = must(store.vacuum());
  EXPECT_FALSE(report.is_search_index_left);
  // The indexer of this process may have done it before.
  EXPECT_GT(report.search_bytes_before, 0U);
  EXPECT_LT(report.search_bytes_after, 60 * kPageBytes);
  EXPECT_EQ(report.search_bytes_after, fs::file_size(folder.path() + "-search"));
  EXPECT_EQ(must(store.search("eve", {.words = "morning"})).items.size(), 1U);
  EXPECT_EQ(must(store.verify({.deep = true})).deep->search_index.problems, std::vector<std::string>{});
}

}  // namespace
}  // namespace penny::test
