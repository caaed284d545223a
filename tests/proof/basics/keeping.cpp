// Keeping a store: read only means that, a backup is whole and of one moment, a restored store is the backup and nothing else.

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

namespace fs = std::filesystem;
using test::a_turn;
using test::must;

constexpr const char* kIsOfOneMoment = "SELECT count(*) = max(seq) FROM ledger";

void fill(Store& store, int turns) {
  for (int i = 0; i < turns; ++i) (void)must(store.commit(a_turn("ada", std::string(20'000, 'x'))));
}

std::uint64_t operations_in(const std::string& path) {
  return must(must(Store::open(path, {.create = false})).statistics()).operations;
}

void read_only(Report& report) {
  const test::StoreFolder folder;
  {
    Store store = folder.open();
    fill(store, 1);
  }
  const std::string claim = "A store that is opened to read only refuses every write, and no file changes";
  const std::string database = test::bytes_of_file(folder.path());
  const std::string log = test::bytes_of_file(folder.path() + "-wal");
  {
    Store store = must(Store::open(folder.path(), {.read_only = true}));
    const auto refused = store.commit(a_turn("ada"));
    report.check(claim, !refused && refused.error().code == ErrorCode::kReadOnly, "a turn was taken");
    report.check(claim, !store.erase("ada").has_value(), "a user was erased");
  }
  report.check(claim, test::bytes_of_file(folder.path()) == database, "the database changed");
  report.check(claim, test::bytes_of_file(folder.path() + "-wal") == log, "the log changed");

  const std::string fresh = "A read of a store that is opened to read only sees what was acknowledged before";
  const Store reader = must(Store::open(folder.path(), {.read_only = true}));
  for (std::uint64_t turns = 1; turns < 4; ++turns) {
    same(report, fresh, must(reader.last_turns("ada")).items.size(), std::size_t{turns});
    (void)must(folder.open().commit(a_turn("ada")));
  }
}

void backups(Report& report) {
  const test::StoreFolder folder;
  const test::StoreFolder other;
  Store store = folder.open();
  fill(store, 200);
  const std::string claim = "A backup that is made while others write is the store as of one moment, whole";
  std::atomic<bool> is_over{false};
  std::thread writer([&] {
    Store own = folder.open();
    while (!is_over) (void)must(own.commit(a_turn("ben", std::string(5'000, 'y'))));
  });
  for (int i = 0; i < 3; ++i) {
    const std::string path = other / std::to_string(i);
    const std::uint64_t before = must(store.statistics()).operations;
    const auto copied = store.backup(path);
    report.check(claim, copied.has_value(), copied ? "" : copied.error().message);
    if (!copied) continue;
    report.check(claim, copied->operations >= before, "something that was acknowledged is missing");
    same(report, claim, test::RawDatabase(path).text(kIsOfOneMoment), std::string("1"), "rows are missing");
    report.check(claim, must(must(Store::open(path)).verify()).problems.empty(), "it does not verify");
  }
  is_over = true;
  writer.join();

  int steps = 0;
  const auto writes = [&](const penny::Progress& now) {
    if (now.stage != penny::Progress::Stage::kCopying || ++steps > 20) return true;
    for (int i = 0; i < 10; ++i) (void)must(store.commit(a_turn("ben", std::string(100'000, 'z'))));
    return true;
  };
  const auto followed = store.backup(other / "followed", writes);
  report.check(claim, followed.has_value(), followed ? "" : followed.error().message);
  if (followed)
    same(report, claim, test::RawDatabase(other / "followed").text(kIsOfOneMoment), std::string("1"),
         "rows are missing");

  const std::string careful = "A backup takes the place of no other file";
  const auto comes = [&](const penny::Progress& now) {
    if (now.stage == penny::Progress::Stage::kVerifying) test::write_file(other / "mine", "mine");
    return true;
  };
  report.check(careful, !store.backup(other / "mine", comes).has_value(), "it says that it did");
  same(report, careful, test::bytes_of_file(other / "mine"), std::string("mine"));

  const std::string honest = "A damaged store is not backed up without a word";
  test::RawDatabase(folder.path()).run("UPDATE ledger SET user_input = 'changed' WHERE seq = 7");
  const auto damaged = store.backup(other / "damaged");
  report.check(honest, !damaged && damaged.error().code == ErrorCode::kDamaged, "it was");
}

void restoring(Report& report) {
  const test::StoreFolder folder;
  const test::StoreFolder other;
  const std::string backup = other / "backup";
  {
    Store store = folder.open();
    fill(store, 5);
    (void)must(store.backup(backup));
    fill(store, 7);
  }
  const std::string careful = "A store that is there is replaced only if that is asked for, and is kept then";
  const auto refused = Store::restore(backup, folder.path());
  report.check(careful, !refused && refused.error().code == ErrorCode::kInvalid, "it was replaced");
  same(report, careful, operations_in(folder.path()), std::uint64_t{12}, "before");
  const auto restored = Store::restore(backup, folder.path(), {.replace = true});
  report.check(careful, restored.has_value(), restored ? "" : restored.error().message);
  if (!restored) return;
  same(report, careful, operations_in(restored->kept_aside), std::uint64_t{12}, "the one that was kept");

  const std::string claim = "A restored store is the backup, and nothing of what was there before";
  same(report, claim, operations_in(folder.path()), std::uint64_t{5}, "operations");
  Store store = folder.open();
  report.check(claim, must(store.verify()).problems.empty(), "it does not verify");
  same(report, claim, must(store.commit(a_turn("ada"))).rev, std::uint64_t{6}, "the next rev");
}

void restoring_after_an_erase(Report& report) {
  const test::StoreFolder folder;
  const test::StoreFolder other;
  const std::string backup = other / "backup";
  {
    Store store = folder.open();
    (void)must(store.commit(a_turn("ada", "a canary of ada")));
    (void)must(store.commit(a_turn("ben")));
    (void)must(store.backup(backup));
    (void)must(store.erase("ada"));
  }
  const std::string claim = "Restoring does not bring back whom the store that makes way had erased since";
  const auto restored = Store::restore(backup, folder.path(), {.replace = true});
  report.check(claim, restored.has_value(), restored ? "" : restored.error().message);
  if (!restored) return;
  same(report, claim, restored->users_erased_again, std::uint64_t{1}, "told");
  report.check(claim, test::bytes_of_file(folder.path()).find("a canary") == std::string::npos,
               "a byte of hers is there");
  const Store store = folder.open();
  same(report, claim, must(store.last_turns("ada")).items.size(), std::size_t{0}, "turns of hers");
  same(report, claim, must(store.last_turns("ben")).items.size(), std::size_t{1}, "turns of another");
}

void rescuing(Report& report) {
  const test::StoreFolder folder;
  const test::StoreFolder other;
  {
    Store store = folder.open();
    fill(store, 5);
  }
  {
    test::RawDatabase raw(folder.path());
    raw.run("UPDATE ledger SET user_input = 'a lie' WHERE rev = 2");
    raw.run("UPDATE ledger SET at = at + 1 WHERE rev = 4");
  }
  const std::string claim = "A rescue saves what is right, and nothing that was changed";
  const auto rescued = rescue(folder.path(), other / "saved");
  report.check(claim, rescued.has_value(), rescued ? "" : rescued.error().message);
  if (!rescued) return;
  same(report, claim, rescued->operations, std::uint64_t{3}, "saved");
  same(report, claim, rescued->lost, std::uint64_t{2}, "told as lost");
  const Store store = must(Store::open(other / "saved"));
  report.check(claim, must(store.verify()).problems.empty(), "the new store does not verify");
  same(report, claim, must(store.last_turns("ada")).items.size(), std::size_t{3}, "turns");
}

}  // namespace

void keeping(Report& report) {
  read_only(report);
  backups(report);
  restoring(report);
  restoring_after_an_erase(report);
  rescuing(report);
}

}  // namespace penny::proof::basics
