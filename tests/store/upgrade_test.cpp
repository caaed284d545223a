// A store that an older Penny made is upgraded when it is opened: whole, once, whoever opens it and whoever dies meanwhile. The
// files are tests/data.

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/proof.hpp"
#include "store/gate.hpp"
#include "support/child_process.hpp"
#include "support/raw_database.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "test_paths.hpp"

namespace penny::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr std::uint64_t kOperations = 98;
constexpr const char* kHeads =
    "SELECT u.name || ' ' || max(l.rev) || ' ' || lower(hex(l.digest)) FROM ledger AS l JOIN users AS u ON u.id = "
    "l.user "
    "GROUP BY u.id ORDER BY u.id";

class Upgrade : public testing::Test {
 protected:
  Upgrade() { put_old_store(); }

  void put_old_store() const {
    for (const auto& entry : fs::directory_iterator(folder_.folder())) fs::remove_all(entry.path());
    for (const char* suffix : {"", "-wal"}) {
      fs::copy_file(PENNY_TEST_DATA "/schema-1.db" + std::string(suffix), folder_.path() + suffix);
      fs::permissions(folder_.path() + suffix, fs::perms::owner_read | fs::perms::owner_write);
    }
  }

  [[nodiscard]] std::string version() const { return RawDatabase(folder_.path()).text("PRAGMA user_version"); }

  void expect_upgraded(std::uint64_t added = 0) const {
    const Store store = folder_.open();
    EXPECT_EQ(must(store.diagnose()).schema_version, 4U);
    const VerifyReport report = must(store.verify());
    EXPECT_EQ(report.problems, std::vector<std::string>{});
    EXPECT_EQ(report.operations, kOperations + added);
    EXPECT_EQ(report.forgotten, 2U);
    EXPECT_EQ(version(), "4");
  }

  const StoreFolder folder_;
};

TEST_F(Upgrade, KeepsAllThatTheOlderVersionStored) {
  EXPECT_EQ(version(), "1");
  const auto heads = RawDatabase(folder_.path()).rows(kHeads);
  EXPECT_THAT(heads.at(0).at(0), HasSubstr("ada 81 9a554cc34abe01b9"));
  EXPECT_THAT(heads.at(1).at(0), HasSubstr("cj 17 1406581bc1382654"));
  {
    Store store = folder_.open();
    EXPECT_EQ(RawDatabase(folder_.path()).rows(kHeads), heads);
    const auto turns = must(store.last_turns("cj", 100)).items;
    ASSERT_EQ(turns.size(), 3U);
    EXPECT_EQ(turns.back().user_input, "Please explain step in the log");
    const auto facts = must(store.facts("ada")).items;
    ASSERT_EQ(facts.size(), 2U);
    EXPECT_EQ(facts.back().text, "lives in the log");
    const auto changes = must(store.changes("cj")).items;
    EXPECT_EQ(changes.size(), 17U);
    EXPECT_TRUE(std::ranges::any_of(changes, &Change::is_forgotten));
    EXPECT_EQ(must(store.sessions("ada")).items.size(), 3U);
    EXPECT_EQ(must(store.preferences("cj")).items.size(), 4U);
    EXPECT_EQ(must(store.commit(a_turn("cj"))).rev, 18U);
  }
  expect_upgraded(1);
}

TEST_F(Upgrade, ByManyProcessesAtOnceIsDoneOnce) {
  constexpr int kProcesses = 24;
  {
    std::vector<ChildProcess> processes;
    for (int i = 0; i < kProcesses; ++i)
      processes.emplace_back(std::vector<std::string>{PENNY_TEST_CREATE_STORE, folder_.path()});
    for (ChildProcess& process : processes) process.close_input();
    for (ChildProcess& process : processes) EXPECT_EQ(process.wait(), 0);
  }
  expect_upgraded(kProcesses);
}

TEST_F(Upgrade, KilledAtAnyMomentIsDoneOrNotBegun) {
  int upgraded = 0;
  constexpr int kRounds = 40;
  for (int round = 0; round < kRounds; ++round) {
    put_old_store();
    {
      StoreUser user(folder_.path(), false);
      user.send("open");
      usleep(static_cast<useconds_t>(round * 150));
      user.kill();
    }
    const std::string left = version();
    EXPECT_THAT(left, testing::AnyOf("1", "4"));
    upgraded += left == "4" ? 1 : 0;
    const bool knows_new_kinds =
        RawDatabase(folder_.path())
            .text("SELECT sql LIKE '%take_tool_permit%' FROM sqlite_schema WHERE name = 'operations'") == "1";
    EXPECT_EQ(knows_new_kinds, left == "4") << "half of an upgrade";
    expect_upgraded();
  }
  EXPECT_LT(upgraded, kRounds);
}

#ifdef PENNY_PROOF

const char* point_of_death = "";

void die_at_the_point(const char* point) {
  if (std::string_view(point) == point_of_death) (void)raise(SIGKILL);
}

TEST_F(Upgrade, KilledAtEachMarkedPointIsDoneOrNotBegun) {
  for (const char* point :
       {"migrate.begun", "migrate.between_versions", "migrate.before_commit", "migrate.committed"}) {
    put_old_store();
    const pid_t child = fork();
    if (child == 0) {
      point_of_death = point;
      base::proof::set_point_hook(die_at_the_point);
      const auto store = Store::open(folder_.path());
      _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << point << " was not reached";
    EXPECT_EQ(version(), point == std::string("migrate.committed") ? "4" : "1") << point;
    expect_upgraded();
  }
}

#endif

TEST_F(Upgrade, GoesOnBesideReadersOfTheOlderVersion) {
  // As an older program has it open: it reads, and its snapshot stays what it was.
  RawDatabase older(folder_.path());
  older.run("BEGIN");
  EXPECT_EQ(older.text("SELECT count(*) FROM ledger"), std::to_string(kOperations));
  must(folder_.open().commit(a_turn("cj")));
  EXPECT_EQ(older.text("SELECT count(*) FROM ledger"), std::to_string(kOperations));
  EXPECT_EQ(older.text("PRAGMA user_version"), "1");
  older.run("COMMIT");
  EXPECT_EQ(older.text("SELECT count(*) FROM ledger"), std::to_string(kOperations + 1));
  EXPECT_EQ(older.text("SELECT count(*) FROM turns"), "28");
}

TEST_F(Upgrade, WaitsForTheGateUntilItsDeadline) {
  const auto paths = must(base::prepare_paths(folder_.path(), false));
  const auto page = must(store::GatePage::open(paths, true));
  const auto gate = must(store::Gate::open(paths, *page));
  ASSERT_TRUE(gate->try_enter());
  EXPECT_EQ(refusal(Store::open(folder_.path(), {.deadline = milliseconds(100)})).code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(version(), "1");
  gate->leave();
  expect_upgraded();
}

TEST_F(Upgrade, WaitsForAForeignWriterUntilItsDeadline) {
  RawDatabase foreign(folder_.path());
  foreign.run("BEGIN IMMEDIATE");
  EXPECT_EQ(refusal(Store::open(folder_.path(), {.deadline = milliseconds(200)})).code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(version(), "1");
  foreign.run("COMMIT");
  expect_upgraded();
}

// With forgettings of every kind, and a user who was erased.
TEST(UpgradeFromVersion2, KeepsAllThatItStored) {
  const StoreFolder folder;
  for (const char* suffix : {"", "-wal"}) {
    fs::copy_file(PENNY_TEST_DATA "/schema-2.db" + std::string(suffix), folder.path() + suffix);
    fs::permissions(folder.path() + suffix, fs::perms::owner_read | fs::perms::owner_write);
  }
  const auto heads = RawDatabase(folder.path()).rows(kHeads);
  EXPECT_THAT(heads.at(0).at(0), HasSubstr("ada 42 5262b5ecaf82f9d8"));
  EXPECT_THAT(heads.at(1).at(0), HasSubstr("cj 44 9c7f4f24995873a9"));
  Store store = folder.open();
  EXPECT_EQ(must(store.diagnose()).schema_version, 4U);
  EXPECT_EQ(RawDatabase(folder.path()).rows(kHeads), heads);
  EXPECT_EQ(must(store.last_turns("cj", 1)).items.front().user_input, "Please explain step in the log");
  EXPECT_EQ(must(store.facts("ada")).items.back().text, "lives in the log");
  EXPECT_EQ(must(store.last_turns("gone")).items.size(), 0U);
  must(store.commit(Operation{.user = "ada", .payload = TakeToolPermit{.tool = "math.calc"}}));
  const VerifyReport report = must(store.verify());
  EXPECT_EQ(report.problems, std::vector<std::string>{});
  EXPECT_EQ(report.operations, 88U);
  EXPECT_EQ(report.forgotten, 8U);
}

// Its observations knew no bound: they stay what they were, and those that come next have one.
TEST(UpgradeFromVersion3, KeepsWhatWasLearnedWithoutABound) {
  constexpr const char* kFormality = "communication_formality";
  const StoreFolder folder;
  for (const char* suffix : {"", "-wal"}) {
    fs::copy_file(PENNY_TEST_DATA "/schema-3.db" + std::string(suffix), folder.path() + suffix);
    fs::permissions(folder.path() + suffix, fs::perms::owner_read | fs::perms::owner_write);
  }
  const auto heads = RawDatabase(folder.path()).rows(kHeads);
  EXPECT_THAT(heads.at(0).at(0), HasSubstr("ada 46 82bbf8687f2da189"));
  EXPECT_THAT(heads.at(1).at(0), HasSubstr("cj 48 4390e4f5373bd61c"));
  const auto formality = [](const Store& store) {
    return std::get<double>(must(store.personality("cj")).value.at(0).value);
  };
  const auto expect_whole = [](const Store& store, std::uint64_t operations) {
    const VerifyReport report = must(store.verify());
    EXPECT_EQ(report.problems, std::vector<std::string>{});
    EXPECT_EQ(report.operations, operations);
    EXPECT_EQ(report.forgotten, 8U);
  };
  {
    const Store reader = must(Store::open(folder.path(), {.read_only = true}));
    EXPECT_EQ(must(reader.diagnose()).schema_version, 3U);
    expect_whole(reader, 95);
  }
  Store store = folder.open();
  EXPECT_EQ(must(store.diagnose()).schema_version, 4U);
  EXPECT_EQ(RawDatabase(folder.path()).rows(kHeads), heads);
  EXPECT_EQ(RawDatabase(folder.path()).text("SELECT since_seq = (SELECT max(seq) FROM ledger) FROM learning_bound"),
            "1");
  EXPECT_EQ(must(store.last_turns("cj", 1)).items.front().user_input, "Please explain step in the log");
  EXPECT_EQ(must(store.tool_calls("cj")).items.size(), 2U);
  const double before = formality(store);
  EXPECT_DOUBLE_EQ(before, 0.7442795);
  expect_whole(store, 95);
  for (int i = 0; i < 60; ++i)
    must(store.commit(operation_of("cj", ObserveDimension{.name = kFormality, .value = 0.0})));
  EXPECT_NEAR(formality(store), before - 0.2, 0.01);  // some is given back while this runs
  expect_whole(store, 155);
  // Undo recomputes what was learned from the first operation on.
  must(store.undo("cj", std::uint64_t{48}));
  EXPECT_EQ(formality(store), before);
}

// What this program is to a newer one: it has the store open while that one upgrades it.
TEST(NewerSchema, IsNoticedBeforeTheNextCommitOfWhoHasTheStoreOpen) {
  const StoreFolder folder;
  Store store = folder.open();
  StoreUser other(folder.path());
  must(store.commit(a_turn()));
  RawDatabase(folder.path()).run("PRAGMA user_version = 5");
  for (int i = 0; i < 2; ++i) {
    const Error error = refusal(store.commit(a_turn()));
    EXPECT_EQ(error.code, ErrorCode::kNewerSchema);
    EXPECT_THAT(error.advice, HasSubstr("newer Penny"));
  }
  EXPECT_EQ(other.commit("cj", OperationId::make().to_string()).outcome, "newer_schema");
  EXPECT_EQ(must(store.last_turns("cj")).items.size(), 1U);
  EXPECT_EQ(RawDatabase(folder.path()).text("SELECT count(*) FROM ledger"), "1");

  RawDatabase(folder.path()).run("PRAGMA user_version = 4");
  EXPECT_EQ(must(store.commit(a_turn())).rev, 2U);
}

}  // namespace
}  // namespace penny::test
