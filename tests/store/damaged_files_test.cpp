// Files that were cut, overwritten or put back from an older copy: found, or harmless, and never a crash.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

void fill(Store& store) {
  for (const char* user : {"ada", "cj"}) {
    for (int i = 0; i < 40; ++i) must(store.commit(a_turn(user, "turn " + std::to_string(i) + std::string(300, '.'))));
    for (const Operation& operation : one_of_each(user)) must(store.commit(operation));
  }
}

// Everything that the reads tell, or the first error.
std::string everything(const Store& store) {
  std::string told;
  const auto changes = store.all_changes(0, 1000);
  if (!changes) return changes.error().message;
  for (const Change& change : changes->items) {
    told += change.operation.user + change.operation.id->to_string() + std::to_string(change.rev);
    if (const auto* turn = std::get_if<AppendTurn>(&change.operation.payload)) told += turn->user_input;
  }
  for (const char* user : {"ada", "cj"}) {
    const auto turns = store.last_turns(user, 1000);
    const auto sessions = store.sessions(user);
    const auto personality = store.personality(user);
    const auto evolution = store.evolution(user);
    const auto facts = store.facts(user);
    const auto statistics = store.user_statistics(user);
    const auto context = store.prompt_context(user);
    if (!turns || !sessions || !personality || !evolution || !facts || !statistics || !context) return "an error";
    for (const Turn& turn : turns->items) told += turn.user_input + turn.session;
    for (const Session& session : sessions->items) told += session.id + session.summary;
    for (const Dimension& dimension : personality->value) told += dimension.name + std::to_string(dimension.version);
    told += std::to_string(evolution->items.size() + facts->items.size() + statistics->value.turns) + context->value;
  }
  return told;
}

void remove_beside(const std::string& store) {
  for (const char* suffix : {"-wal", "-shm", "-gate", "-bell"}) fs::remove(store + suffix);
}

// A store whose file holds everything, without a log.
std::string whole_file(const StoreFolder& folder, std::string& told) {
  {
    Store store = folder.open();
    fill(store);
    told = everything(store);
  }
  RawDatabase(folder.path()).run("PRAGMA wal_checkpoint(TRUNCATE)");
  return bytes_of_file(folder.path());
}

// Opens the store as it is now: refused with a fitting error, or the damage is found, or nothing is different.
void expect_found_or_harmless(const std::string& path, const std::string& told, const std::string& what) {
  const auto store = Store::open(path);
  if (!store) {
    EXPECT_THAT(store.error().code, testing::AnyOf(ErrorCode::kDamaged, ErrorCode::kNotAStore, ErrorCode::kNewerSchema))
        << what << ": " << store.error().message;
    return;
  }
  const std::string now = everything(*store);
  const auto report = store->verify();
  if (!report) {
    EXPECT_EQ(report.error().code, ErrorCode::kDamaged) << what << ": " << report.error().message;
  } else if (report->problems.empty()) {
    EXPECT_TRUE(now == told) << what << ": verify found nothing, but the memory is another one";
  }
}

TEST(DamagedFiles, ThatWereCutAreFound) {
  const StoreFolder folder;
  std::string told;
  const std::string whole = whole_file(folder, told);
  ASSERT_GT(whole.size(), 20U * 4096);
  std::vector<std::size_t> sizes{1, 99, 100, 511, 512, 4095, 4097, whole.size() - 1};
  for (std::size_t size = 4096; size < whole.size(); size += 4096) sizes.push_back(size);
  for (const std::size_t size : sizes) {
    write_file(folder.path(), whole.substr(0, size));
    remove_beside(folder.path());
    const auto store = Store::open(folder.path());
    if (!store) {
      EXPECT_THAT(store.error().code, testing::AnyOf(ErrorCode::kDamaged, ErrorCode::kNotAStore))
          << size << ": " << store.error().message;
      continue;
    }
    (void)everything(*store);
    const auto report = store->verify();
    EXPECT_TRUE(!report || !report->problems.empty()) << size;
  }
}

TEST(DamagedFiles, ThatWereOverwrittenAreFoundOrTellTheSame) {
  const StoreFolder folder;
  std::string told;
  const std::string whole = whole_file(folder, told);
  std::mt19937 random(4711);
  for (std::size_t begin = 0; begin < whole.size(); begin += 4096) {
    for (const std::size_t size : {1U, 16U, 4096U}) {
      std::string bytes = whole;
      const std::size_t at = size == 4096 ? begin : begin + random() % (4096 - size);
      for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<char>(random());
      write_file(folder.path(), bytes);
      remove_beside(folder.path());
      expect_found_or_harmless(folder.path(), told, fmt::format("{} bytes at {}", size, at));
    }
  }
}

TEST(DamagedFiles, WithALogThatWasCutOrOverwrittenAreFoundByTheAnchor) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    fill(store);
  }
  const std::string path = folder.path();
  const std::string database = bytes_of_file(path);
  const std::string log = bytes_of_file(path + "-wal");
  const std::string gate = bytes_of_file(path + "-gate");
  const auto open_with = [&](const std::string& damaged_log) {
    fs::remove(path + "-shm");
    write_file(path, database);
    write_file(path + "-wal", damaged_log);
    write_file(path + "-gate", gate);
    return Store::open(path);
  };
  EXPECT_TRUE(open_with(log).has_value());
  std::string overwritten = log;
  overwritten[log.size() - 100] = static_cast<char>(overwritten[log.size() - 100] ^ 1);
  std::string first_overwritten = log;
  first_overwritten[100] = static_cast<char>(first_overwritten[100] ^ 1);
  for (const std::string& damaged : {log.substr(0, log.size() - 1), log.substr(0, log.size() / 2), std::string(),
                                     overwritten, first_overwritten, std::string(log.size(), 'x')}) {
    const auto store = open_with(damaged);
    ASSERT_FALSE(store.has_value());
    EXPECT_EQ(store.error().code, ErrorCode::kDamaged) << store.error().message;
    EXPECT_THAT(store.error().message, testing::AnyOf(HasSubstr("lost"), HasSubstr("frame 1 is broken")));
  }
}

// What stands behind the end of a file that was cut is damage, not trouble with the disk. SQLite reads long texts by another
// way than pages.
TEST(DamagedFiles, ThatWereCutUnderALogAreFound) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    for (const char* user : {"ada", "cj"})
      must(store.commit(operation_of(user, RememberFact{.text = std::string(50'000, 'x')})));
    fill(store);
    for (const char* user : {"ada", "cj"})
      must(store.commit(operation_of(user, RememberFact{.text = std::string(50'000, 'x')})));
    RawDatabase(folder.path()).run("PRAGMA wal_checkpoint(PASSIVE)");
    must(store.commit(a_turn()));
  }
  const std::string whole = bytes_of_file(folder.path());
  for (std::size_t size = 5000; size < whole.size(); size += 4096) {
    write_file(folder.path(), whole.substr(0, size));
    const auto store = Store::open(folder.path());
    if (!store) {
      EXPECT_EQ(store.error().code, ErrorCode::kDamaged) << size << ": " << store.error().message;
      continue;
    }
    std::vector<ErrorCode> refusals;
    const auto ask = [&](const auto& answer) {
      if (!answer) refusals.push_back(answer.error().code);
      return answer.has_value();
    };
    for (const char* user : {"ada", "cj"}) {
      (void)ask(store->changes(user, 0, 1000));
      (void)ask(store->sessions(user));
      (void)ask(store->facts(user));
    }
    const auto report = store->verify();
    EXPECT_TRUE(!ask(report) || !report->problems.empty()) << size;
    EXPECT_THAT(refusals, testing::Each(ErrorCode::kDamaged)) << size;
  }
}

// Our statements are always the same, so what SQLite calls wrong SQL is a schema that is not ours.
TEST(DamagedFiles, WithAnotherSchemaAreFound) {
  const StoreFolder folder;
  {
    Store store = folder.open();
    fill(store);
  }
  RawDatabase(folder.path())
      .run(
          "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = replace(sql, 'frequency', 'frequencx') WHERE name "
          "= "
          "'preferences'");
  const Store store = folder.open();
  const Error error = refusal(store.preferences("cj"));
  EXPECT_EQ(error.code, ErrorCode::kDamaged) << error.message;
  const auto report = store.verify();
  EXPECT_TRUE(report ? !report->problems.empty() : report.error().code == ErrorCode::kDamaged);
}

TEST(DamagedFiles, ThatAreAnOlderCopyAreFoundByTheAnchor) {
  const StoreFolder folder;
  const std::string path = folder.path();
  {
    Store store = folder.open();
    fill(store);
  }
  const std::string old_database = bytes_of_file(path);
  const std::string old_log = bytes_of_file(path + "-wal");
  {
    Store store = folder.open();
    must(store.commit(a_turn()));
  }
  const auto put_back = [&] {
    fs::remove(path + "-shm");
    write_file(path, old_database);
    write_file(path + "-wal", old_log);
  };
  put_back();
  const Error error = refusal(Store::open(path));
  EXPECT_EQ(error.code, ErrorCode::kDamaged);
  EXPECT_THAT(error.message, HasSubstr("acknowledged operations are lost: the ledger ends before seq 99"));
  EXPECT_THAT(error.advice, HasSubstr("-gate"));

  // Another operation in the place of the lost one, written without the gate's page: found too.
  const std::string gate = bytes_of_file(path + "-gate");
  fs::remove(path + "-gate");
  must(folder.open().commit(a_turn("eve")));
  write_file(path + "-gate", gate);
  EXPECT_THAT(refusal(Store::open(path)).message, HasSubstr("seq 99 is not the one that was acknowledged"));

  // Who wants to go on with what is there puts the page away.
  put_back();
  fs::remove(path + "-gate");
  EXPECT_EQ(must(folder.open().statistics()).operations, 98U);
}

TEST(DamagedFiles, OfAnotherStoreAreNotMeasuredByThisOnesAnchor) {
  const StoreFolder folder;
  const StoreFolder other;
  {
    Store store = folder.open();
    fill(store);
  }
  must(other.open().commit(a_turn()));
  fs::remove(folder.path() + "-shm");
  write_file(folder.path(), bytes_of_file(other.path()));
  write_file(folder.path() + "-wal", bytes_of_file(other.path() + "-wal"));
  Store store = folder.open();
  EXPECT_EQ(must(store.commit(a_turn())).rev, 2U);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

void expect_works(const std::string& path) {
  Store store = must(Store::open(path));
  Store second = must(Store::open(path));
  const std::uint64_t before = must(store.statistics()).operations;
  for (int i = 0; i < 3; ++i) {
    must(store.commit(a_turn()));
    must(second.commit(a_turn()));
  }
  EXPECT_EQ(must(store.statistics()).operations, before + 6);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
}

TEST(SharedPage, FullOfGarbageIsRepaired) {
  const StoreFolder folder;
  const std::string page = folder.path() + "-gate";
  expect_works(folder.path());
  const std::size_t size = bytes_of_file(page).size();
  std::mt19937 random(4711);
  for (int round = 0; round < 20; ++round) {
    std::string garbage(size, '\0');
    std::ranges::generate(garbage, [&] { return static_cast<char>(random()); });
    write_file(page, garbage);
    expect_works(folder.path());
  }
  for (const char byte : {'\0', '\xff', 'x'}) {
    write_file(page, std::string(size, byte));
    expect_works(folder.path());
  }
}

TEST(SharedPage, OfAnySizeIsRepaired) {
  const StoreFolder folder;
  const std::string page = folder.path() + "-gate";
  expect_works(folder.path());
  const std::string whole = bytes_of_file(page);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4095}, whole.size() - 1}) {
    write_file(page, whole.substr(0, size));
    expect_works(folder.path());
  }
  fs::remove(page);
  expect_works(folder.path());
  write_file(folder.path() + "-bell", "");
  expect_works(folder.path());
}

TEST(SharedPage, OfAnotherBootIsRepairedAndItsAnchorStillCounts) {
  const StoreFolder folder;
  const std::string path = folder.path();
  const std::string page = path + "-gate";
  {
    Store store = folder.open();
    fill(store);
  }
  const std::string old_database = bytes_of_file(path);
  const std::string old_log = bytes_of_file(path + "-wal");
  must(folder.open().commit(a_turn()));
  // The boot id stands behind the magic and the store's id.
  std::string of_another_boot = bytes_of_file(page);
  for (std::size_t i = 24; i < 60; ++i) of_another_boot[i] = static_cast<char>(of_another_boot[i] ^ 1);

  write_file(page, of_another_boot);
  expect_works(path);
  write_file(page, of_another_boot);
  fs::remove(path + "-shm");
  write_file(path, old_database);
  write_file(path + "-wal", old_log);
  EXPECT_EQ(refusal(Store::open(path)).code, ErrorCode::kDamaged);
}

}  // namespace
}  // namespace penny::test
