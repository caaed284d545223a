// fork(2) with an open store: parent and child both go on, nothing is open across the fork, and a fork from inside a
// call to Penny gives a child that is refused. ThreadSanitizer cannot start threads in a forked child, so none of this
// runs under it.

#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "backend/sqlite/connection.hpp"
#include "base/forked.hpp"
#include "base/process.hpp"
#include "store/engine.hpp"
#include "store/fork.hpp"
#include "store/gate_page.hpp"
#include "support/acknowledgements.hpp"
#include "support/child_process.hpp"
#include "support/descriptors.hpp"
#include "support/store_user.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"
#include "test_paths.hpp"

#if defined(__SANITIZE_THREAD__)
#define PENNY_HAS_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PENNY_HAS_THREAD_SANITIZER 1
#endif
#endif

namespace penny::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr unsigned kChildLifeMaxSeconds = 60;

class Fork : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef PENNY_HAS_THREAD_SANITIZER
    GTEST_SKIP() << "ThreadSanitizer cannot start threads in a forked child";
#endif
  }

  // For a test that forks while another thread allocates.
  static void skip_if_the_allocator_is_in_the_way() {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP()
        << "the allocator of AddressSanitizer keeps its own lock over a fork, and a child may wait for it for ever";
#endif
  }

  // What the body says in a forked child.
  static std::string in_child(const std::function<std::string()>& body) {
    return base::in_forked_child([&]() -> std::string {
      alarm(kChildLifeMaxSeconds);
      try {
        return body();
      } catch (const std::exception& wrong) {
        return wrong.what();
      }
    });
  }

  std::string store_path() const { return folder_.path(); }

  std::unique_ptr<store::GatePage> page() const {
    return must(store::GatePage::open(must(base::prepare_paths(store_path(), false)), false));
  }

  // The store's files that are open in this process, as one text.
  std::string open_files() const {
    std::string all;
    for (const std::string& file : open_store_files(store_path())) all += file + " ";
    return all;
  }

  StoreFolder folder_;
};

std::string code_of(const auto& result) { return result ? "ok" : std::string(to_string(result.error().code)); }

TEST_F(Fork, ParentAndChildGoOnWithTheSameStore) {
  Store store = folder_.open();
  (void)must(store.commit(a_turn("cj", "before")));
  (void)must(store.last_turns("cj"));
  EXPECT_NE(open_files(), "");  // else the next line shows nothing
  EXPECT_EQ(in_child([&] { return open_files(); }), "");

  const std::string said = in_child([&]() -> std::string {
    const Outcome stored = must(store.commit(a_turn("cj", "from the child")));
    auto watch = must(store.watch("cj", stored.rev - 1));
    const auto change = must(watch.next(std::chrono::seconds(10)));
    const auto turns = must(store.last_turns("cj"));
    const bool is_whole = must(store.verify()).problems.empty();
    return change && change->operation.id == stored.id && turns.items.size() == 2 && is_whole ? "fine" : "wrong";
  });
  EXPECT_EQ(said, "fine");

  EXPECT_EQ(must(store.commit(a_turn("cj", "after"))).rev, 3U);
  const auto turns = must(store.last_turns("cj"));
  ASSERT_EQ(turns.items.size(), 3U);
  EXPECT_EQ(turns.items[1].user_input, "from the child");
  EXPECT_TRUE(must(store.verify()).problems.empty());
}

TEST_F(Fork, GrandchildrenGoOnToo) {
  Store store = folder_.open();
  (void)must(store.commit(a_turn()));
  const std::string said = in_child([&] {
    (void)must(store.commit(a_turn()));
    return in_child([&] { return std::to_string(must(store.commit(a_turn())).rev); });
  });
  EXPECT_EQ(said, "3");
}

TEST_F(Fork, AStoreThatIsClosedStaysSo) {
  Store store = folder_.open();
  store.close();
  EXPECT_EQ(in_child([&] { return code_of(store.commit(a_turn())) + " " + code_of(Store::open(store_path())); }),
            "closed ok");
}

TEST_F(Fork, WhileAThreadWaitsForTheGate) {
  Store store = folder_.open();
  ChildProcess sitter({PENNY_TEST_GATE_SITTER, store_path()});
  ASSERT_EQ(sitter.line(), "inside");
  std::string waited;
  std::thread waiter([&] { waited = code_of(store.commit(a_turn())); });
  const auto shared = page();
  ASSERT_TRUE(until([&] {
    for (const store::SlotView& slot : shared->slots()) {
      if (slot.pid == getpid() && slot.is_waiting) return true;
    }
    return false;
  }));

  const auto begin = Clock::now();
  const std::string said = in_child([&] {
    const std::string files = open_files();
    return files + code_of(store.commit(a_turn(), milliseconds(50))) + " " + code_of(store.last_turns("cj"));
  });
  EXPECT_EQ(said, "deadline_exceeded ok");
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(4));  // less than a fork waits for a commit
  sitter.kill();
  waiter.join();
  EXPECT_EQ(waited, "ok");
  EXPECT_EQ(in_child([&] { return code_of(store.commit(a_turn())); }), "ok");
  EXPECT_EQ(must(store.last_turns("cj")).items.size(), 2U);
}

TEST_F(Fork, WhileAReadIsRunning) {
  auto engine = must(store::Engine::open(store_path(), {}));
  std::string read;
  std::atomic<bool> has_begun{false};
  std::thread reader([&] {
    read = code_of(engine->read([&](backend::sqlite::Connection& connection) {
      has_begun = true;
      return connection.integer(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    }));
  });
  ASSERT_TRUE(until([&] { return has_begun.load(); }));
  const std::string said = in_child([&] {
    const std::string files = open_files();
    return files + code_of(engine->read([](backend::sqlite::Connection& connection) {
             return connection.integer("SELECT count(*) FROM ledger");
           }));
  });
  EXPECT_EQ(said, "ok");
  reader.join();
  EXPECT_EQ(read, "snapshot_expired");  // at its own deadline: it began again after the fork
}

TEST_F(Fork, WhileACommitIsRunning) {
  skip_if_the_allocator_is_in_the_way();
  if (IsSkipped()) return;
  Store store = folder_.open();
  const auto shared = page();
  std::atomic<bool> is_to_end{false};
  std::uint64_t written = 0;
  std::string refusal;
  std::thread writer([&] {
    while (!is_to_end) {
      Batch batch;
      for (int i = 0; i < 32; ++i) batch.operations.push_back(a_turn("writer", std::string(30'000, 'x')));
      const auto stored = store.commit(std::move(batch));
      if (!stored) refusal = stored.error().message;
      written += 32;
    }
  });
  constexpr std::uint64_t kForks = 30;
  for (std::uint64_t n = 1; n <= kForks; ++n) {
    EXPECT_TRUE(until([&] { return shared->holder() && shared->holder()->pid == getpid(); }, kPatience,
                      std::chrono::microseconds(0)));
    const std::string said = in_child([&] {
      const std::string files = open_files();
      return files + std::to_string(must(store.commit(a_turn("child"))).rev);
    });
    EXPECT_EQ(said, std::to_string(n));
    if (HasFailure()) break;  // the writer fills the disk for as long as it is let
  }
  is_to_end = true;
  writer.join();
  EXPECT_EQ(refusal, "");
  EXPECT_EQ(must(store.user_statistics("writer")).value.turns, written);
  EXPECT_EQ(must(store.user_statistics("child")).value.turns, kForks);
  EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>());
}

TEST_F(Fork, AChildForkedFromInsideACallIsRefusedForEver) {
  Store store = folder_.open();
  (void)must(store.commit(a_turn()));
  (void)must(store.last_turns("cj"));
  auto watch = must(store.watch("cj", 0));
  const auto refused = [&] {
    return open_files() + code_of(store.commit(a_turn())) + " " + code_of(store.last_turns("cj")) + " " +
           code_of(watch.next(milliseconds(10))) + " " + code_of(store.verify()) + " " +
           code_of(Store::open(store_path()));
  };
  {
    const store::Call call;
    const std::string twice = in_child([&] { return refused() + " | " + in_child(refused); });
    EXPECT_EQ(twice, "forked forked forked forked forked | forked forked forked forked forked");
    EXPECT_EQ(in_child([&] {
                Store moved = std::move(store);
                return std::string("it can be destroyed");
              }),
              "it can be destroyed");
  }
  EXPECT_EQ(must(store.commit(a_turn())).rev, 2U);
  EXPECT_EQ(in_child([&] { return code_of(store.commit(a_turn())); }), "ok");
}

TEST_F(Fork, AChildForkedByTheLogCallbackIsRefusedAndTheParentGoesOn) {
  StoreFolder folder;
  (void)folder.open();
  std::atomic<bool> has_forked{false};
  std::string said;
  Store* opened = nullptr;
  OpenOptions options;
  options.log = [&](LogLevel, std::string_view) {
    if (has_forked.exchange(true)) return;
    said = in_child([&] { return code_of(opened->commit(a_turn())) + " " + code_of(opened->last_turns("cj")); });
  };
  Store store = must(Store::open(folder.path(), options));
  opened = &store;
  ChildProcess sitter({PENNY_TEST_GATE_SITTER, folder.path()});
  ASSERT_EQ(sitter.line(), "inside");
  std::string waited;
  std::thread waiter([&] { waited = code_of(store.commit(a_turn())); });
  EXPECT_TRUE(until([&] { return has_forked.load(); }));  // said after 1 s of waiting
  sitter.kill();
  waiter.join();
  EXPECT_EQ(waited, "ok");
  EXPECT_EQ(said, "forked forked");
  EXPECT_EQ(in_child([&] { return code_of(store.commit(a_turn())); }), "ok");
}

TEST_F(Fork, TheParentsLocksOutliveARefusedChild) {
  Store store = folder_.open();
  (void)must(store.commit(a_turn()));
  auto connection = must(backend::sqlite::Connection::open(store_path(), backend::sqlite::ConnectionRole::kWriter));
  (void)must(store.last_turns("cj"));
  ASSERT_TRUE(connection->execute("BEGIN IMMEDIATE"));
  StoreUser other(store_path(), false);
  ASSERT_EQ(other.ask("begin"), "busy");
  {
    const store::Call call;
    EXPECT_EQ(in_child([&] { return open_files() + "nothing is open"; }), "nothing is open");
  }
  EXPECT_EQ(other.ask("begin"), "busy");
  ASSERT_TRUE(connection->execute("ROLLBACK"));
  EXPECT_EQ(other.ask("begin"), "begun");
}

TEST_F(Fork, AProgramThatIsStartedInheritsNothing) {
  Store store = folder_.open();
  (void)must(store.commit(a_turn()));
  (void)must(store.last_turns("cj"));
  ASSERT_NE(open_files(), "");
  StoreUser spawned(store_path());  // posix_spawn: it throws unless nothing is open in it
  EXPECT_EQ(spawned.commit("cj", OperationId::make().to_string()).outcome, "stored");

  const std::string script = "printf 'open\\ncommit cj " + OperationId::make().to_string() + " 30000\\n' | " +
                             PENNY_TEST_STORE_USER + " " + store_path() + " | sed 's/ms//; s/\\..*//'";
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    (void)dup2(ends[1], STDOUT_FILENO);
    execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    _exit(1);
  }
  close(ends[1]);
  std::string said;
  char part[256];
  for (ssize_t got = 0; (got = read(ends[0], part, sizeof part)) > 0;) said.append(part, static_cast<std::size_t>(got));
  close(ends[0]);
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(said.starts_with("ready 0\nopen\nstored 3 ")) << said;
  EXPECT_EQ(must(store.commit(a_turn())).rev, 4U);
}

struct Reports {
  std::size_t begun = 0;
  std::size_t lingering = 0;
  std::size_t fine = 0;
  std::vector<std::string> wrong;
};

Reports read_reports(const std::string& path) {
  Reports reports;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line == "begun") {
      reports.begun += 1;
    } else if (line == "lingers") {
      reports.lingering += 1;
    } else if (line == "ok") {
      reports.fine += 1;
    } else {
      reports.wrong.push_back(line);
    }
  }
  return reports;
}

// By nobody; whoever waits would have it at once.
bool is_gate_free(const std::string& store) {
  const int file = open((store + "-gate").c_str(), O_RDWR | O_CLOEXEC);
  const bool is_free = flock(file, LOCK_EX | LOCK_NB) == 0;
  close(file);
  return is_free;
}

TEST_F(Fork, AThousandForksUnderLoadWhileTheParentsAreKilled) {
  skip_if_the_allocator_is_in_the_way();
  if (IsSkipped()) return;
  constexpr std::size_t kForks = 1000;
  (void)folder_.open();
  const std::string log = folder_ / "acknowledged";
  std::minstd_rand random{std::random_device{}()};
  std::size_t forks = 0;
  std::size_t lingered = 0;
  std::vector<std::string> wrong;
  for (int parents = 0; forks < kForks; ++parents) {
    const std::string report = folder_ / ("report-" + std::to_string(parents));
    ChildProcess parent({PENNY_TEST_FORKING_PARENT, store_path(), log, report});
    const std::size_t life = 20 + random() % 41;
    for (std::size_t n = 0; n < life; ++n) ASSERT_EQ(parent.line(), "forked");
    parent.kill();

    // Those that stay hold no gate of their parent's.
    Reports reports;
    ASSERT_TRUE(until(
        [&] {
          reports = read_reports(report);
          const std::size_t ended = reports.fine + reports.wrong.size();
          return reports.begun >= life && reports.begun == ended + reports.lingering;
        },
        std::chrono::seconds(60), milliseconds(2)))
        << reports.begun << " begun, " << reports.fine << " fine, " << reports.lingering << " linger, "
        << ::testing::PrintToString(reports.wrong);
    // Children go on writing, and are inside now and then.
    EXPECT_TRUE(until([&] { return is_gate_free(store_path()); }));
    parent.close_input();
    (void)parent.rest();  // until all have ended
    reports = read_reports(report);
    EXPECT_EQ(reports.fine, reports.begun);
    wrong.insert(wrong.end(), reports.wrong.begin(), reports.wrong.end());
    forks += reports.begun;
    lingered += reports.lingering;
  }
  EXPECT_EQ(wrong, std::vector<std::string>());
  EXPECT_GT(lingered, 10U);
  EXPECT_TRUE(is_gate_free(store_path()));
  const Account account = test::account(store_path(), log);
  EXPECT_GE(account.acknowledged, forks);
  EXPECT_EQ(account.lost, 0U);
  EXPECT_EQ(account.repeated, 0U);
  EXPECT_EQ(account.problems, std::vector<std::string>());
  RecordProperty("forks", std::to_string(forks));
  RecordProperty("acknowledged", std::to_string(account.acknowledged));
}

}  // namespace
}  // namespace penny::test
