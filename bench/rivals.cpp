#include "bench/rivals.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <fmt/core.h>

#include "bench/shared_page.hpp"

namespace penny::bench {
namespace {

constexpr std::uint64_t kPrefillSeed = 42;
constexpr std::uint32_t kTurnsOfOneTransaction = 10'000;

std::unique_ptr<RivalWrite> make_write(Contender rival, Database& database, Task task) {
  return rival == Contender::kPlain ? plain_write(database, task) : same_write(database, task);
}

class OpenRival : public OpenStore {
 public:
  OpenRival(Contender rival, std::string path) : rival_(rival), path_(std::move(path)) {}

  std::unique_ptr<Writer> make_writer(Task task) override { return std::make_unique<RivalWriter>(rival_, task, path_); }

  void wait_until_searchable() override {}  // by its trigger, in the transaction of the turn

 private:
  Contender rival_;
  std::string path_;
};

void set_problem(Account& account, std::string_view problem) {
  const std::size_t size = std::min(problem.size(), account.problem.size() - 1);
  std::memcpy(account.problem.data(), problem.data(), size);
}

std::string integrity_of(Database& database) {
  Statement check(database, "PRAGMA integrity_check(1)");
  const std::string answer(check.next() ? check.text(0) : "no answer");
  check.reset();
  return answer;
}

}  // namespace

RivalDatabase::RivalDatabase(const std::string& path) : Database(path) {
  execute("PRAGMA busy_timeout=5000");
  execute("PRAGMA journal_mode=WAL");
  execute("PRAGMA synchronous=FULL");
  execute("PRAGMA wal_autocheckpoint=1000");
  execute("PRAGMA cache_size=-32768");
  if (integer_of(*this, "PRAGMA synchronous") != 2) throw std::runtime_error("synchronous is not FULL");
  // Reads the schema now and not within the first write.
  (void)integer_of(*this, "SELECT count(*) FROM sqlite_schema");
}

RivalWriter::RivalWriter(Contender rival, Task task, const std::string& path)
    : database_(path), stored_(make_write(rival, database_, task)) {}

Acknowledgement RivalWriter::write(const Write& write) {
  const int begun = begin_.try_run();
  if (begun == SQLITE_BUSY) return {.answer = Answer::kRefused};
  if (begun != SQLITE_DONE) database_.fail("BEGIN IMMEDIATE");
  stored_->store(write);
  if (commit_.try_run() == SQLITE_DONE) return {.answer = Answer::kStored};
  database_.execute("ROLLBACK");
  return {.answer = Answer::kUnknown};
}

std::unique_ptr<OpenStore> open_rival(Contender rival, const std::string& path) {
  return std::make_unique<OpenRival>(rival, path);
}

void prefill_rival(Contender rival, const std::string& path, bool has_search) {
  Database database(path);
  database.execute(
      "PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF");
  database.execute("BEGIN");
  database.execute(rival == Contender::kPlain ? plain_schema() : same_schema());
  {
    const Texts texts(kPrefillSeed);
    Writes writes(texts, kPrefillSeed);
    const auto write = make_write(rival, database, Task::kTurns);
    for (std::uint32_t turn = 1; turn <= kPrefilledTurns; ++turn) {
      write->store(writes.next());
      if (turn % kTurnsOfOneTransaction == 0) database.execute("COMMIT; BEGIN");
    }
  }
  database.execute("COMMIT");
  if (!has_search) return;
  const bool is_plain = rival == Contender::kPlain;
  const std::string_view table = is_plain ? "turns" : "ledger";
  const std::string_view id = is_plain ? "id" : "seq";
  database.execute(fmt::format(
      "CREATE VIRTUAL TABLE words USING fts5(user_input, assistant_response, content='{0}', content_rowid='{1}', "
      "tokenize='porter unicode61');"
      "CREATE TRIGGER keep_words AFTER INSERT ON {0} BEGIN "
      "INSERT INTO words(rowid, user_input, assistant_response) "
      "VALUES (new.{1}, new.user_input, new.assistant_response); END;"
      "INSERT INTO words(words) VALUES('rebuild');",
      table, id));
}

void account_for_rival(Contender rival, const std::string& path, Account& account) {
  RivalDatabase database(path);
  const bool is_plain = rival == Contender::kPlain;
  account.turns = static_cast<std::uint64_t>(
      integer_of(database, is_plain ? "SELECT count(*) FROM turns" : "SELECT count(*) FROM ledger WHERE kind = 1"));
  Statement dimension(database, "SELECT version, value FROM dimensions WHERE user = ? AND name = ?");
  dimension.bind(user_number(kRaisedUser)).bind(std::string_view(kRaisedDimension));
  if (!dimension.next()) throw std::runtime_error("the raised dimension is gone");
  account.raises = static_cast<std::uint64_t>(dimension.integer(0) - 1);
  const double value = dimension.real(1);
  dimension.reset();

  if (value != static_cast<double>(account.raises) * kRaiseStep) {
    set_problem(account, fmt::format("the dimension is {} after {} raises", value, account.raises));
  }
  if (const std::string answer = integrity_of(database); answer != "ok") set_problem(account, answer);
  if (is_plain) return;
  if (const std::string problem = problem_of_chain(database); !problem.empty()) set_problem(account, problem);
}

}  // namespace penny::bench
