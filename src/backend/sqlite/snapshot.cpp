#include "backend/sqlite/snapshot.hpp"

#include <utility>

#include "backend/sqlite/erasures.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {
constexpr const char* kBegin = "BEGIN";
constexpr const char* kEnd = "ROLLBACK";
constexpr const char* kHead =
    "SELECT users.id, ledger.rev, ledger.last_turn FROM users LEFT JOIN ledger ON ledger.user = users.id "
    "WHERE users.name = ? ORDER BY ledger.rev DESC LIMIT 1";
constexpr const char* kHeadOfErased = "SELECT rev FROM ledger WHERE user = ? ORDER BY rev DESC LIMIT 1";
}  // namespace

Result<Snapshot> Snapshot::begin(Connection& connection) {
  if (base::proof::is_planted("reads_without_a_transaction")) return Snapshot(connection);
  if (base::proof::is_planted("reader_keeps_its_snapshot") && connection.is_in_transaction())
    return Snapshot(connection);
  // Short of memory, the end of the one before may have failed.
  if (connection.is_in_transaction()) {
    if (auto ended = connection.query(kEnd).run(); !ended) return std::unexpected(ended.error());
  }
  if (auto begun = connection.query(kBegin).run(); !begun) return std::unexpected(begun.error());
  return Snapshot(connection);
}

Snapshot::Snapshot(Snapshot&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}

Snapshot::~Snapshot() {
  if (connection_ == nullptr || !connection_->is_in_transaction()) return;
  if (base::proof::is_planted("reader_keeps_its_snapshot")) {
    thread_local unsigned reads = 0;
    if (++reads % 2 == 1) return;
  }
  connection_->set_deadline(std::nullopt);  // ending a transaction must not be interrupted
  (void)connection_->query(kEnd).run();
}

Result<Snapshot::User> Snapshot::user(std::string_view name) {
  Cursor cursor = connection_->query(kHead);
  const auto found = cursor.bind(name).next();
  if (!found) return std::unexpected(found.error());
  if (!*found) {
    const auto life = find_new_life(*connection_, name);
    if (!life) return std::unexpected(life.error());
    if (!*life) return User{};
    Cursor head = connection_->query(kHeadOfErased);
    const auto row = head.bind((*life)->user).next();
    if (!row) return std::unexpected(row.error());
    return User{.id = (*life)->user, .rev = *row ? head.unsigned_integer(0) : 0, .last_turn = 0};
  }
  return User{.id = cursor.integer(0), .rev = cursor.unsigned_integer(1), .last_turn = cursor.unsigned_integer(2)};
}

}  // namespace penny::backend::sqlite
