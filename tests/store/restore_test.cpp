// A backup is put in the place of a store: verified, nothing that is there is lost, and nothing is mixed with what was there.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/proof.hpp"
#include "support/raw_database.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "test_paths.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Restore : public testing::Test {
 protected:
  Restore() {
    Store store = folder_.open();
    for (const Operation& operation : one_of_each("cj")) must(store.commit(operation));
    must(store.backup(backup()));
    for (int i = 0; i < 5; ++i) must(store.commit(a_turn("cj", "after the backup")));
  }
  [[nodiscard]] std::string backup() const { return other_ / "backup.db"; }

  void expect_restored(const std::string& path) const {
    Store store = must(Store::open(path));
    EXPECT_EQ(must(store.statistics()).operations, 9U);
    EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
    EXPECT_EQ(must(store.commit(a_turn())).rev, 10U);
    EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
  }

  const StoreFolder folder_;
  const StoreFolder other_;
};

TEST_F(Restore, ToANewPlace) {
  const std::string bytes = bytes_of_file(backup());
  const CopyReport report = must(Store::restore(backup(), other_ / "a/b/memory.db"));
  EXPECT_EQ(report.operations, 9U);
  EXPECT_EQ(report.kept_aside, "");
  expect_restored(other_ / "a/b/memory.db");
  EXPECT_EQ(bytes_of_file(backup()), bytes);
  EXPECT_FALSE(fs::exists(backup() + "-wal"));
}

TEST_F(Restore, InThePlaceOfAStoreKeepsThatBesideIt) {
  EXPECT_EQ(refusal(Store::restore(backup(), folder_.path())).code, ErrorCode::kInvalid);
  EXPECT_EQ(must(folder_.open().statistics()).operations, 14U);
  const CopyReport report = must(Store::restore(backup(), folder_.path(), {.replace = true}));
  EXPECT_EQ(report.kept_aside, folder_.path() + "-before-restore");
  expect_restored(folder_.path());
  Store before = must(Store::open(report.kept_aside));
  EXPECT_EQ(must(before.statistics()).operations, 14U);
  EXPECT_EQ(must(before.verify()).problems, std::vector<std::string>{});
  // And once more, beside the first one.
  EXPECT_EQ(must(Store::restore(backup(), folder_.path(), {.replace = true})).kept_aside,
            folder_.path() + "-before-restore-2");
  expect_restored(folder_.path());
}

TEST_F(Restore, OfABackupThatWasOpenedTakesItsLogToo) {
  must(must(Store::open(backup())).commit(a_turn("cj", "in the backup's log")));
  EXPECT_EQ(must(Store::restore(backup(), other_ / "memory.db")).operations, 10U);
  EXPECT_EQ(must(must(Store::open(other_ / "memory.db")).last_turns("cj")).items.back().user_input,
            "in the backup's log");
}

TEST_F(Restore, OfAnOlderSchemaUpgradesIt) {
  for (const char* suffix : {"", "-wal"})
    fs::copy_file(PENNY_TEST_DATA "/schema-1.db" + std::string(suffix), other_ / "old.db" + suffix);
  EXPECT_EQ(must(Store::restore(other_ / "old.db", other_ / "memory.db")).operations, 98U);
  EXPECT_EQ(RawDatabase(other_ / "memory.db").text("PRAGMA user_version"), "4");
  EXPECT_EQ(RawDatabase(other_ / "old.db").text("PRAGMA user_version"), "1");
  EXPECT_EQ(must(must(Store::open(other_ / "memory.db")).verify()).problems, std::vector<std::string>{});
}

TEST_F(Restore, IsRefusedWhileTheStoreIsInUse) {
  const auto forced = [&] { return Store::restore(backup(), folder_.path(), {.replace = true}); };
  {
    Store store = folder_.open();
    EXPECT_EQ(refusal(forced()).code, ErrorCode::kConflict);
    must(store.commit(a_turn()));
    EXPECT_EQ(refusal(forced()).code, ErrorCode::kConflict);
  }
  {
    StoreUser user(folder_.path());
    EXPECT_EQ(refusal(forced()).code, ErrorCode::kConflict);
    user.kill();
  }
  EXPECT_TRUE(forced().has_value());
  expect_restored(folder_.path());
}

TEST_F(Restore, OfWhatIsDamagedIsRefusedAndChangesNothing) {
  RawDatabase(backup()).run("UPDATE ledger SET user_input = 'changed' WHERE seq = 1");
  EXPECT_EQ(refusal(Store::restore(backup(), folder_.path(), {.replace = true})).code, ErrorCode::kDamaged);
  write_file(other_ / "text", std::string(5000, 'x'));
  EXPECT_EQ(refusal(Store::restore(other_ / "text", folder_.path(), {.replace = true})).code, ErrorCode::kNotAStore);
  EXPECT_EQ(refusal(Store::restore(other_ / "nothing", folder_.path(), {.replace = true})).code, ErrorCode::kNotFound);
  RawDatabase(backup()).run("PRAGMA user_version = 5");
  EXPECT_EQ(refusal(Store::restore(backup(), folder_.path(), {.replace = true})).code, ErrorCode::kNewerSchema);
  EXPECT_EQ(must(folder_.open().statistics()).operations, 14U);
  EXPECT_FALSE(fs::exists(folder_.path() + "-copy"));
  EXPECT_FALSE(fs::exists(folder_.path() + "-before-restore"));
}

TEST_F(Restore, OverALogWithoutItsDatabaseKeepsTheLog) {
  fs::remove(folder_.path());
  EXPECT_EQ(refusal(Store::open(folder_.path())).code, ErrorCode::kDamaged);
  EXPECT_EQ(refusal(Store::restore(backup(), folder_.path())).code, ErrorCode::kInvalid);
  must(Store::restore(backup(), folder_.path(), {.replace = true}));
  EXPECT_TRUE(fs::exists(folder_.path() + "-before-restore-wal"));
  expect_restored(folder_.path());
}

// ada was erased after the backup, eve before it, and she wrote again: only ada must not come back.
class RestoreAfterAnErase : public testing::Test {
 protected:
  RestoreAfterAnErase() {
    Store store = folder_.open();
    for (const char* user : {"ada", "bob", "eve"})
      must(store.commit(a_turn(user, "first words of " + std::string(user))));
    must(store.erase("eve"));
    must(store.commit(a_turn("eve", "second words of eve")));
    must(store.backup(backup()));
    must(store.commit(a_turn("ada", "latest words of ada")));
    must(store.erase("ada"));
    must(store.commit(a_turn("bob", "latest words of bob")));
  }
  [[nodiscard]] std::string backup() const { return other_ / "backup.db"; }

  void expect_restored_without_ada() const {
    const Store store = folder_.open();
    EXPECT_EQ(must(store.last_turns("ada")).items.size(), 0U);
    EXPECT_EQ(must(store.last_turns("bob")).items.size(), 1U);
    EXPECT_EQ(must(store.last_turns("eve")).items.size(), 1U);
    EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{});
    EXPECT_EQ(bytes_of_file(folder_.path()).find("words of ada"), std::string::npos);
  }

  const StoreFolder folder_;
  const StoreFolder other_;
};

TEST_F(RestoreAfterAnErase, WhoWasErasedSinceTheBackupIsErasedAgain) {
  const CopyReport report = must(Store::restore(backup(), folder_.path(), {.replace = true}));
  EXPECT_EQ(report.users_erased_again, 1U);
  EXPECT_EQ(report.erases_unknown, "");
  expect_restored_without_ada();
  EXPECT_EQ(must(Store::restore(backup(), folder_.path(), {.replace = true})).users_erased_again, 1U);
  expect_restored_without_ada();
  for (const char* left : {"-copy", "-copy-wal", "-copy-gate", "-copy-bell", "-copy-shm"})
    EXPECT_FALSE(fs::exists(folder_.path() + left)) << left;
}

TEST_F(RestoreAfterAnErase, AnotherStoreKnowsNothingOfIt) {
  {
    Store another = must(Store::open(other_ / "another.db"));
    must(another.commit(a_turn("ada")));
    must(another.erase("ada"));
  }
  EXPECT_EQ(must(Store::restore(backup(), other_ / "another.db", {.replace = true})).users_erased_again, 0U);
  EXPECT_EQ(must(must(Store::open(other_ / "another.db")).last_turns("ada")).items.size(), 1U);
}

TEST_F(RestoreAfterAnErase, AStoreThatIsTooDamagedToTellMakesWayAllTheSame) {
  fs::resize_file(folder_.path(), 8192);
  const CopyReport report = must(Store::restore(backup(), folder_.path(), {.replace = true}));
  EXPECT_EQ(report.users_erased_again, 0U);
  EXPECT_NE(report.erases_unknown, "");
  EXPECT_EQ(must(folder_.open().last_turns("ada")).items.size(), 1U);
}

#ifdef PENNY_PROOF

const char* point_of_death = "";

void die_at_the_point(const char* point) {
  if (std::string_view(point) == point_of_death) (void)raise(SIGKILL);
}

// Killed at any point it is the one store or the other, or is refused until it is restored again; never a mixture.
TEST_F(Restore, KilledAtEachMarkedPointIsNeverAMixture) {
  for (const char* point :
       {"copy.copied", "restore.database_aside", "restore.log_aside", "copy.before_rename", "copy.renamed"}) {
    const StoreFolder target;
    {
      Store store = target.open();
      for (int i = 0; i < 14; ++i) must(store.commit(a_turn("eve")));
    }
    const pid_t child = fork();
    if (child == 0) {
      point_of_death = point;
      base::proof::set_point_hook(die_at_the_point);
      (void)Store::restore(backup(), target.path(), {.replace = true});
      _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << point << " was not reached";
    {
      const auto store = Store::open(target.path(), {.create = false});
      const bool is_refused =
          !store && (store.error().code == ErrorCode::kDamaged || store.error().code == ErrorCode::kNotFound);
      if (!is_refused) {
        const std::uint64_t operations =
            must(must(Result<Store>(must(Store::open(target.path())))).statistics()).operations;
        EXPECT_TRUE(operations == 14 || operations == 9) << operations;
      }
    }
    must(Store::restore(backup(), target.path(), {.replace = true}));
    expect_restored(target.path());
  }
}

// What a killed restore had written into the log of its copy is nothing that the next copy begins with.
TEST_F(RestoreAfterAnErase, KilledWhileItErasesAgainLeavesNothingToTheNextOne) {
  for (const char* point : {"erase.some_rows_gone", "erase.noted_as_done", "restore.erased_again"}) {
    const pid_t child = fork();
    if (child == 0) {
      point_of_death = point;
      base::proof::set_point_hook(die_at_the_point);
      (void)Store::restore(backup(), folder_.path(), {.replace = true});
      _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << point << " was not reached";
    EXPECT_TRUE(fs::exists(folder_.path() + "-copy-wal")) << point;
  }
  EXPECT_EQ(must(Store::restore(backup(), folder_.path(), {.replace = true})).users_erased_again, 1U);
  expect_restored_without_ada();
}

#endif

}  // namespace
}  // namespace penny::test
