// A process that uses a store and does what it is told, line by line:
//
//     penny_test_store_user STORE [posix_locks]
//
// It first says `ready N`, N being the store's files that it found open when it began. Then:
//
//     open                        `open`                         the store; the other commands need it unless they say so
//     commit USER ID DEADLINE_MS  `stored REV MS` | `already REV MS` | `CODE 0 MS`
//     read USER                   `turns COUNT REV MS`
//     hold                        `holding`, then `held CODE`   a read that lasts for the two seconds it may; needs no open store
//     personality USER NAME       `value NUMBER`
//     erase USER                  `erased REV BYTES_FOUND` | `CODE FIELD`
//     search USER WORD            `found COUNT` (100 at most) | `CODE FIELD`
//     vacuum                      `vacuumed PAGES FREE_PAGES` | `CODE FIELD`
//     watch USER SINCE COUNT      COUNT lines `REV ID`
//     load THREADS USER LOG       `loading`; writes until `end`, and logs what is acknowledged
//     worst                       `worst MS COUNT`              the longest commit of the load since last asked, and their number
//     end                         `ended ACKNOWLEDGED REFUSED FOREIGN_READS FIRST_REFUSAL`
//     foreign                     `foreign VERSION`; reads with the system's SQLite at random moments until `end`
//     foreign_once                `foreign VERSION COUNT`       needs no open store
//     begin, rollback             `begun` | `busy` | ...        a write transaction without a gate; needs no open store
//
// With `posix_locks` its SQLite locks as it does by default.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <sqlite3.h>
#include <unistd.h>

#include <penny/penny.hpp>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/ofd_locks.hpp"
#include "backend/sqlite/snapshot.hpp"
#include "processes/foreign_sqlite.hpp"
#include "store/engine.hpp"
#include "support/acknowledgements.hpp"
#include "support/descriptors.hpp"

namespace penny::test {
namespace {

using Clock = std::chrono::steady_clock;
using backend::sqlite::Connection;

constexpr unsigned kLifeMaxSeconds = 300;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

template <class... Parts>
void say(fmt::format_string<Parts...> format, Parts&&... parts) {
  fmt::print("{}\n", fmt::format(format, std::forward<Parts>(parts)...));
  (void)std::fflush(stdout);
}

class Load {
 public:
  Load(Store& store, std::string path) : store_(store), path_(std::move(path)) {}
  ~Load() { end(); }

  void write(int threads, const std::string& user, const std::string& log_path) {
    log_.emplace(log_path);
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this, user] { write_on(user); });
  }

  void read_foreign(const ForeignSqlite& foreign) {
    threads_.emplace_back([this, &foreign] {
      std::minstd_rand random{std::random_device{}()};
      while (!is_to_end_) {
        if (foreign.count_turns(path_) >= 0) foreign_reads_ += 1;
        // Where in our own work it falls shall be left to chance.
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
      }
    });
  }

  void end() {
    is_to_end_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  void say_worst() {
    const std::lock_guard lock(mutex_);
    say("worst {:.1f} {}", worst_ms_, commits_);
    worst_ms_ = 0;
    commits_ = 0;
  }

  void say_ended() {
    const std::lock_guard lock(mutex_);
    say("ended {} {} {} {}", acknowledged_, refused_, foreign_reads_.load(), first_refusal_);
  }

 private:
  void write_on(const std::string& user) {
    for (std::uint64_t n = 0; !is_to_end_; ++n) {
      Operation operation{.user = user, .payload = AdjustDimension{.name = "communication_formality", .delta = 0.001}};
      if (n % 2 == 0) operation.payload = AppendTurn{.user_input = "How are you?", .assistant_response = "Fine."};
      const auto begin = Clock::now();
      const auto stored = store_.commit(std::move(operation));
      const double took = milliseconds_since(begin);
      if (stored) log_->add(*stored);
      const std::lock_guard lock(mutex_);
      worst_ms_ = std::max(worst_ms_, took);
      commits_ += 1;
      if (stored) {
        acknowledged_ += 1;
        continue;
      }
      if (refused_++ == 0)
        first_refusal_ = fmt::format("{}: {}", to_string(stored.error().code), stored.error().message);
      if (stored.error().field == "writing_is_off") return;
    }
  }

  Store& store_;
  const std::string path_;
  std::optional<AcknowledgementLog> log_;
  std::vector<std::thread> threads_;
  std::atomic<bool> is_to_end_{false};
  std::atomic<std::uint64_t> foreign_reads_{0};
  std::mutex mutex_;  // for what follows
  double worst_ms_ = 0;
  std::uint64_t commits_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t refused_ = 0;
  std::string first_refusal_ = "-";
};

class User {
 public:
  explicit User(std::string path) : path_(std::move(path)) {}

  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "foreign_once") return foreign_once();
    if (command == "begin") return begin();
    if (command == "rollback") return rollback();
    if (command == "open") return open();
    if (command == "hold") return hold();
    if (!store_) return say("not_open");
    if (command == "commit") return commit(words);
    if (command == "read") return read(words);
    if (command == "erase") return erase(words);
    if (command == "search") return search(words);
    if (command == "vacuum") return vacuum();
    if (command == "personality") return personality(words);
    if (command == "watch") return watch(words);
    if (command == "load") return load(words);
    if (command == "foreign") return foreign();
    if (command == "worst") return load_->say_worst();
    if (command == "end") {
      load_->end();
      load_->say_ended();
      load_.reset();
      return;
    }
    say("unknown_command");
  }

 private:
  void open() {
    auto store = Store::open(path_);
    if (!store) return say("{}", store.error().message);
    store_.emplace(std::move(*store));
    say("open");
  }

  void commit(std::istream& words) {
    std::string user;
    std::string id;
    int deadline_ms = 0;
    words >> user >> id >> deadline_ms;
    const auto begin = Clock::now();
    const auto stored = store_->commit({.user = user,
                                        .payload = AppendTurn{.user_input = "Hi", .assistant_response = "Hello"},
                                        .id = OperationId::parse(id)},
                                       std::chrono::milliseconds(deadline_ms));
    const double took = milliseconds_since(begin);
    if (!stored) return say("{} 0 {:.1f}", to_string(stored.error().code), took);
    say("{} {} {:.1f}", stored->is_already_stored ? "already" : "stored", stored->rev, took);
  }

  void read(std::istream& words) {
    std::string user;
    words >> user;
    const auto begin = Clock::now();
    const auto turns = store_->last_turns(user, limits::kPageItemsMax);
    if (!turns) return say("{} 0 0", to_string(turns.error().code));
    say("turns {} {} {:.1f}", turns->items.size(), turns->rev, milliseconds_since(begin));
  }

  // One read that lasts until it is ended, as all are after two seconds.
  void hold() const {
    const auto engine = store::Engine::open(path_, {});
    if (!engine) return say("{}", engine.error().message);
    const auto held = (*engine)->read([](Connection& connection) -> Result<std::int64_t> {
      auto snapshot = backend::sqlite::Snapshot::begin(connection);
      if (!snapshot) return std::unexpected(snapshot.error());
      auto rows = connection.integer("SELECT count(*) FROM ledger");
      say("holding");
      while (rows) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        rows = connection.integer("SELECT count(*) FROM ledger");
      }
      return rows;
    });
    say("held {}", held ? "" : to_string(held.error().code));
  }

  void erase(std::istream& words) {
    std::string user;
    words >> user;
    const auto erased = store_->erase(user);
    if (!erased) return say("{} {}", to_string(erased.error().code), erased.error().field);
    say("erased {} {}", erased->rev, erased->bytes_found);
  }

  void search(std::istream& words) {
    std::string user;
    std::string word;
    words >> user >> word;
    const auto found = store_->search(user, {.words = word, .limit = limits::kSearchItemsMax});
    if (!found) return say("{} {}", to_string(found.error().code), found.error().field);
    say("found {}", found->items.size());
  }

  void vacuum() {
    const auto vacuumed = store_->vacuum();
    if (!vacuumed) return say("{} {}", to_string(vacuumed.error().code), vacuumed.error().field);
    say("vacuumed {} {}", vacuumed->pages, vacuumed->free_pages);
  }

  void personality(std::istream& words) {
    std::string user;
    std::string name;
    words >> user >> name;
    const auto dimensions = store_->personality(user);
    if (!dimensions) return say("{}", to_string(dimensions.error().code));
    for (const Dimension& dimension : dimensions->value) {
      if (dimension.name == name) return say("value {}", std::get<double>(dimension.value));
    }
    say("none");
  }

  void watch(std::istream& words) {
    std::string user;
    std::uint64_t since = 0;
    int count = 0;
    words >> user >> since >> count;
    auto watch = store_->watch(user, since);
    for (int i = 0; i < count; ++i) {
      const auto change = watch->next(std::chrono::seconds(30));
      if (!change || !*change) return say("nothing");
      say("{} {}", (*change)->rev, (*change)->operation.id->to_string());
    }
  }

  void load(std::istream& words) {
    int threads = 0;
    std::string user;
    std::string log;
    words >> threads >> user >> log;
    if (!load_) load_ = std::make_unique<Load>(*store_, path_);
    load_->write(threads, user, log);
    say("loading");
  }

  void foreign() {
    if (!load_) load_ = std::make_unique<Load>(*store_, path_);
    load_->read_foreign(foreign_sqlite());
    say("foreign {}", foreign_sqlite().version());
  }

  void foreign_once() { say("foreign {} {}", foreign_sqlite().version(), foreign_sqlite().count_turns(path_)); }

  void begin() {
    auto opened = Connection::open(path_, backend::sqlite::ConnectionRole::kWriter);
    if (!opened) return say("{}", opened.error().message);
    connection_ = std::move(*opened);
    const auto begun = connection_->execute("BEGIN IMMEDIATE");
    say("{}", begun ? "begun" : begun.error().field);
  }

  void rollback() {
    const auto done = connection_->execute("ROLLBACK");
    connection_.reset();
    say("{}", done ? "rolled_back" : done.error().message);
  }

  static const ForeignSqlite& foreign_sqlite() {
    static const ForeignSqlite foreign;
    return foreign;
  }

  const std::string path_;
  std::optional<Store> store_;
  std::unique_ptr<Load> load_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace
}  // namespace penny::test

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  alarm(penny::test::kLifeMaxSeconds);
  const std::string path = argv[1];
  const std::size_t inherited = penny::test::open_store_files(path).size();
  if (argc > 2 && std::string(argv[2]) == "posix_locks") {
    penny::backend::sqlite::install_ofd_locks();
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    if (vfs->xSetSystemCall(vfs, "fcntl", nullptr) != SQLITE_OK) return 3;
  }
  penny::test::say("ready {}", inherited);
  penny::test::User user(path);
  for (std::string line; std::getline(std::cin, line);) user.obey(line);
}
