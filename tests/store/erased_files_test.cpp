// No byte of an erased user is left in any file, whoever reads, writes and is killed meanwhile.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/canaries.hpp"
#include "support/raw_database.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ErasedFiles, LeavesNoByteOfAnyText) {
  const StoreFolder folder;
  Store store = folder.open();
  const std::string name = "the-name-itself-is-a-canary";
  std::vector<std::string> canaries{name};
  std::vector<std::string> kept;
  for (int round = 0; round < 12; ++round) {
    for (const std::string& word : plant_canaries(store, name, 100 * round)) canaries.push_back(word);
    for (const std::string& word : plant_canaries(store, "eve", 10'000 + 100 * round)) kept.push_back(word);
  }
  // Readers, writers and another process are at work all the time.
  StoreUser neighbour(folder.path());
  neighbour.load(2, "other", folder / "acknowledged");
  std::atomic<bool> is_over{false};
  std::thread reader([&] {
    while (!is_over) {
      (void)must(store.last_turns("eve"));
      (void)must(store.all_changes(0, 100));
    }
  });
  // Whatever is left would be found: all of it is there now. A forgotten fact is not.
  EXPECT_GE(found_in_files(folder, canaries).size(), canaries.size() - 12);

  const Erased erased = must(store.erase(name, {.progress = {}, .also_search_for = canaries}));

  EXPECT_EQ(erased.bytes_found, 0U);
  EXPECT_THAT(found_in_files(folder, canaries), IsEmpty());
  is_over = true;
  reader.join();
  EXPECT_EQ(neighbour.end().refused, 0U);
  EXPECT_FALSE(is_unfinished(store));
  EXPECT_GE(found_in_files(folder, kept).size(), kept.size() - 12);
  EXPECT_THAT(problems(store), IsEmpty());
  expect_empty(store, name);
}

TEST(ErasedFiles, LeavesNoWordInTheSearchIndex) {
  const StoreFolder folder;
  Store store = folder.open();
  std::vector<std::string> canaries;
  for (int round = 0; round < 12; ++round) {
    for (const std::string& word : plant_canaries(store, "cj", 100 * round)) canaries.push_back(word);
    (void)plant_canaries(store, "eve", 10'000 + 100 * round);
  }
  const std::string said_by_eve = must(store.facts("eve")).items.at(0).text;
  ASSERT_TRUE(must(store.wait_for_search_index(kPatience)));
  const auto in_index = [&] {
    auto found = found_in_files(folder, canaries);
    std::erase_if(found, [](const std::string& one) { return one.find("-search") == std::string::npos; });
    return found;
  };
  EXPECT_THAT(in_index(), Not(IsEmpty()));
  EXPECT_EQ(must(store.search("eve", {.words = said_by_eve})).items.size(), 1U);

  // Another process keeps the index, this one erases.
  StoreUser neighbour(folder.path());
  EXPECT_EQ(neighbour.ask("erase cj").substr(0, 7), "erased ");

  EXPECT_THAT(in_index(), IsEmpty());
  EXPECT_THAT(found_in_files(folder, canaries), IsEmpty());
  EXPECT_EQ(must(store.search("eve", {.words = said_by_eve})).items.size(), 1U);
  EXPECT_THAT(must(store.search("cj", {.words = "remember"})).items, IsEmpty());
  must(store.commit(a_turn("cj", "remember the new life")));
  EXPECT_EQ(must(store.search("cj", {.words = "remember"})).items.size(), 1U);
}

// SQLite leaves copies of cells where it balances a tree: in pages of other users too. That this is so is shown by an erase as
// one would write it in SQL, on a copy of the very same file.
TEST(ErasedFiles, LeavesNoCopyInPagesOfOthers) {
  const StoreFolder folder;
  const std::string copy = folder / "copy.db";
  std::vector<std::string> canaries;
  {
    Store store = folder.open();
    std::minstd_rand random(11);
    for (int i = 0; i < 2'500; ++i) {
      const auto user = random() % 60;
      std::string value(random() % 700, 'v');
      if (user % 4 == 0) value += canaries.emplace_back(canary(i));
      must(store.commit(
          operation_of("user" + std::to_string(user),
                       SetPreference{.key = std::to_string(random() % 100'000), .value = "\"" + value + "\""})));
    }
  }
  {
    RawDatabase raw(folder.path());
    raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  write_file(copy, bytes_of_file(folder.path()));
  {
    RawDatabase raw(copy);
    raw.run("PRAGMA secure_delete=ON");
    for (const char* table : {"ledger", "preferences"})
      raw.run(std::string("DELETE FROM ") + table +
              " WHERE user IN (SELECT id FROM users WHERE substr(name, 5) % 4 = 0)");
    raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  const std::string left = bytes_of_file(copy);
  EXPECT_TRUE(std::ranges::any_of(canaries, [&](const std::string& word) {
    return left.find(word) != std::string::npos;
  })) << "SQLite leaves nothing behind any more";
  fs::remove(copy);

  Store store = folder.open();
  for (int user = 0; user < 60; user += 4) EXPECT_EQ(must(store.erase("user" + std::to_string(user))).bytes_found, 0U);

  EXPECT_THAT(found_in_files(folder, canaries), IsEmpty());
  EXPECT_THAT(problems(store), IsEmpty());
}

// The index was made by processes that are gone; whoever erases brings it up to date first.
TEST(ErasedFiles, LeavesNoWordInASearchIndexThatNobodyKeeps) {
  const StoreFolder folder;
  std::vector<std::string> canaries;
  {
    Store store = folder.open();
    canaries = plant_canaries(store, "cj", 1);
    ASSERT_TRUE(must(store.wait_for_search_index(kPatience)));
  }
  {
    Store store = folder.open();
    for (const std::string& word : plant_canaries(store, "cj", 100)) canaries.push_back(word);
  }
  Store store = folder.open();
  EXPECT_EQ(must(store.erase("cj", {.progress = {}, .also_search_for = canaries})).bytes_found, 0U);
  EXPECT_THAT(found_in_files(folder, canaries), IsEmpty());
  EXPECT_TRUE(fs::exists(folder.path() + "-search"));
}

TEST(ErasedFiles, SaysSoWhenSomethingIsLeft) {
  const StoreFolder folder;
  Store store = folder.open();
  const std::vector<std::string> canaries = plant_canaries(store, "cj", 1);
  write_file(folder.path() + "-forgotten-copy", bytes_of_file(folder.path() + "-wal") + bytes_of_file(folder.path()));
  EXPECT_GT(must(store.erase("cj")).bytes_found, 0U);
  fs::remove(folder.path() + "-forgotten-copy");
  EXPECT_EQ(must(store.erase("cj", {.progress = {}, .also_search_for = canaries})).bytes_found, 0U);
}

TEST(ErasedFiles, TwoProcessesEraseOneUserAtOnce) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 500; ++i) must(store.commit(a_turn("cj", canary(3))));
  StoreUser first(folder.path());
  StoreUser second(folder.path());
  first.send("erase cj");
  second.send("erase cj");
  EXPECT_EQ(first.line(), "erased 501 0");
  EXPECT_EQ(second.line(), "erased 501 0");
  EXPECT_THAT(found_in_files(folder, {canary(3)}), IsEmpty());
  EXPECT_THAT(problems(store), IsEmpty());
}

TEST(ErasedFiles, AReaderThatDoesNotEndIsNamedAndTheEraseGoesOnWithoutIt) {
  const StoreFolder folder;
  Store store = folder.open();
  const std::vector<std::string> canaries = plant_canaries(store, "cj", 1);
  auto reader = std::make_unique<RawDatabase>(folder.path());
  reader->run("BEGIN; SELECT count(*) FROM ledger");

  std::string trouble;
  const Error error =
      refusal(store.erase("cj", {.deadline = milliseconds(1'500),
                                 .progress = [&](const EraseProgress& progress) { trouble = progress.trouble; }}));
  EXPECT_THAT(trouble, HasSubstr("write-ahead log"));

  EXPECT_EQ(error.code, ErrorCode::kOverloaded);
  EXPECT_EQ(error.field, "unfinished");
  EXPECT_THAT(error.message, HasSubstr("write-ahead log"));
  EXPECT_TRUE(is_unfinished(store));
  EXPECT_THAT(must(store.verify()).notes, Contains(HasSubstr("unfinished")));
  expect_empty(store, "cj");
  EXPECT_THAT(found_in_files(folder, canaries), Not(IsEmpty()));
  const std::uint64_t tombstone = must(store.last_turns("cj")).rev;
  EXPECT_EQ(must(store.commit(a_turn("cj"))).rev, tombstone + 1);
  reader.reset();
  // This process goes on by itself.
  EXPECT_TRUE(until([&] { return !is_unfinished(store); }));
  EXPECT_THAT(found_in_files(folder, canaries), IsEmpty());
  EXPECT_EQ(must(store.last_turns("cj")).items.size(), 1U);
}

TEST(ErasedFiles, WhoeverOpensTheStoreGoesOnAfterAKill) {
  const StoreFolder folder;
  std::vector<std::string> canaries;
  int resumed = 0;
  std::string integer;
  for (int round = 0; round < 12; ++round) {
    {
      Store store = folder.open();
      for (const std::string& word : plant_canaries(store, "cj", 100 * round)) canaries.push_back(word);
      for (int i = 0; i < 400; ++i) must(store.commit(a_turn("cj", canary(100 * round + 99))));
      canaries.push_back(canary(100 * round + 99));
    }
    {
      RawDatabase raw(folder.path());
      integer = raw.text("SELECT max(id) FROM users");
    }
    {
      StoreUser victim(folder.path());
      victim.send("erase cj");
      RawDatabase raw(folder.path());
      ASSERT_TRUE(until([&] { return raw.text("SELECT count(*) FROM erased_lives WHERE user = " + integer) == "1"; }));
      std::this_thread::sleep_for(milliseconds(2 * round));
      victim.kill();
      if (raw.text("SELECT count(*) FROM erased_lives WHERE is_removed = 0") != "0") resumed += 1;
    }
    Store store = folder.open();
    EXPECT_TRUE(until([&] { return !is_unfinished(store); }));
    expect_empty(store, "cj");
    EXPECT_THAT(found_in_files(folder, canaries), IsEmpty()) << "round " << round;
    EXPECT_THAT(problems(store), IsEmpty());
  }
  EXPECT_GT(resumed, 0);
}

TEST(ErasedFiles, WritersHaveTheirTurnsBetweenItsSteps) {
  const StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 150; ++i) {
    Batch batch;
    for (int j = 0; j < 64; ++j) batch.operations.push_back(a_turn("cj", std::string(400, 'x')));
    must(store.commit(std::move(batch)));
  }
  StoreUser neighbour(folder.path());
  neighbour.load(1, "eve", folder / "acknowledged");
  (void)neighbour.worst();
  EXPECT_EQ(must(store.erase("cj")).bytes_found, 0U);
  const auto worst = neighbour.worst();
  EXPECT_GT(worst.commits, 20U);
  // Some steps of 5 ms, and the log's end once; the rest is for a busy machine.
  EXPECT_LT(worst.took_ms, 1'000);
  RecordProperty("worst_ms", std::to_string(worst.took_ms));
  EXPECT_EQ(neighbour.end().refused, 0U);
}

TEST(ErasedFiles, AForkMeanwhileLeavesTheWorkToTheParent) {
  const StoreFolder folder;
  Store store = folder.open();
  const std::vector<std::string> canaries = plant_canaries(store, "cj", 1);
  auto reader = std::make_unique<RawDatabase>(folder.path());
  reader->run("BEGIN; SELECT count(*) FROM ledger");
  EXPECT_EQ(refusal(store.erase("cj", {.deadline = milliseconds(200)})).field, "unfinished");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(store.commit(a_turn("cj")).has_value() ? 0 : 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  reader.reset();
  EXPECT_TRUE(until([&] { return !is_unfinished(store); }));
  EXPECT_THAT(found_in_files(folder, canaries), IsEmpty());
  EXPECT_EQ(must(store.last_turns("cj")).items.size(), 1U);
}

}  // namespace
}  // namespace penny::test
