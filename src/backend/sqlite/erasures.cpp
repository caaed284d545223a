#include "backend/sqlite/erasures.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>

#include "backend/sqlite/ledger.hpp"
#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/hmac.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr std::chrono::hours kIdsRemembered{24};
constexpr std::size_t kIdHashBytes = 16;

constexpr const char* kKey = "SELECT key FROM erasure_key WHERE one = 1";
constexpr const char* kHasName = "SELECT 1 FROM users WHERE name = ?";
constexpr const char* kLatest = "SELECT max(user) FROM erasures";
constexpr const char* kByName = "SELECT user, rev, digest_before FROM erasures WHERE name_hash = ?";
constexpr const char* kByUser = "SELECT user, rev, digest_before, name_hash, seal FROM erasures WHERE user = ?";
constexpr const char* kLives =
    "SELECT e.user, l.user, l.ids_until FROM erased_lives AS l JOIN erasures AS e ON e.name_hash = l.name_hash";
constexpr const char* kIdNotRemovedYet = "SELECT 1 FROM ledger WHERE operation_id = ? AND user = ?";
constexpr const char* kIdRemembered = "SELECT 1 FROM erased_ids WHERE user = ? AND hash = ?";
constexpr const char* kNextInteger = "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'users' RETURNING seq";
constexpr const char* kForgetTombstone = "DELETE FROM erasures WHERE user = ?";
constexpr const char* kNoteTombstone =
    "INSERT INTO erasures(user, name_hash, rev, digest_before, seal) VALUES(?, ?, ?, ?, ?)";
constexpr const char* kNoteLife =
    "INSERT INTO erased_lives(user, name_hash, since, ids_until, is_removed) VALUES(?, ?, ?, ?, 0)";
constexpr const char* kForgetName = "DELETE FROM users WHERE id = ?";
constexpr const char* kNoteName = "INSERT INTO users(id, name) VALUES(?, ?)";

std::span<const std::uint8_t> bytes_of(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

// The two hashes differ in what they are made of, not only in their length.
base::Digest hash_of_name(std::string_view key, std::string_view name) {
  return base::hmac_sha256(bytes_of(key), fmt::format("name {}", name));
}

// With the user, so that two rows cannot be exchanged.
base::Digest seal_of(std::string_view key, const NewLife& life, std::span<const std::uint8_t> name_hash) {
  base::ByteWriter writer;
  writer.bytes("seal");
  writer.i64(life.user);
  writer.bytes(std::string_view(reinterpret_cast<const char*>(name_hash.data()), name_hash.size()));
  writer.u64(life.rev);
  writer.bytes(std::string_view(reinterpret_cast<const char*>(life.digest_before.data()), life.digest_before.size()));
  return base::hmac_sha256(bytes_of(key), writer.view());
}

Result<std::optional<NewLife>> read_new_life(Cursor& cursor) {
  const auto found = cursor.next();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::optional<NewLife>();
  NewLife life{.user = cursor.integer(0), .rev = cursor.unsigned_integer(1), .digest_before = {}, .is_sealed = false};
  const auto digest = cursor.blob(2);
  if (digest.size() != life.digest_before.size() || life.rev == 0) {
    return base::fail(ErrorCode::kDamaged, fmt::format("user {}: what is noted of its erase is damaged", life.user),
                      "run `penny verify`; restore a backup if it confirms the damage");
  }
  std::ranges::copy(digest, life.digest_before.begin());
  return std::optional(life);
}

std::int64_t now_us() { return base::now().time_since_epoch().count(); }

}  // namespace

Error nothing_to_erase(std::string_view name) {
  return {.code = ErrorCode::kNotFound,
          .message = fmt::format("the store holds nothing of user \"{}\"", name),
          .advice = "look at the spelling of the name",
          .field = "user"};
}

Result<std::string> erasure_key(Connection& connection) {
  Cursor cursor = connection.query(kKey);
  const auto found = cursor.next();
  if (!found) return std::unexpected(found.error());
  const auto key = *found ? cursor.blob(0) : std::span<const std::uint8_t>();
  if (key.size() < base::Digest().size())
    return base::fail(ErrorCode::kDamaged, "the key of erased names is missing", "restore a backup");
  return std::string(key.begin(), key.end());
}

std::string hash_of_id(std::string_view key, std::int64_t life, const OperationId& id) {
  const base::Digest hash = base::hmac_sha256(bytes_of(key), fmt::format("id {} {}", life, id.to_string()));
  return {hash.begin(), hash.begin() + kIdHashBytes};
}

Result<std::optional<NewLife>> find_new_life(Connection& connection, std::string_view name) {
  const auto key = erasure_key(connection);
  if (!key) return std::unexpected(key.error());
  const base::Digest hash = hash_of_name(*key, name);
  Cursor cursor = connection.query(kByName);
  cursor.bind_blob(hash);
  return read_new_life(cursor);
}

Result<std::optional<NewLife>> new_life_of(Connection& connection, std::int64_t user) {
  Cursor cursor = connection.query(kByUser);
  cursor.bind(user);
  auto life = read_new_life(cursor);
  if (!life || !*life) return life;
  const auto key = erasure_key(connection);
  if (!key) return std::unexpected(key.error());
  (*life)->is_sealed = std::ranges::equal(seal_of(*key, **life, cursor.blob(3)), cursor.blob(4));
  return life;
}

Result<bool> has_name(Connection& connection, std::string_view name) {
  return connection.query(kHasName).bind(name).next();
}

Result<bool> Erasures::has_changed() {
  const auto latest = connection_.integer(kLatest);
  if (!latest) return std::unexpected(latest.error());
  if (latest_ == *latest) return false;
  latest_ = *latest;
  lives_.reset();
  return true;
}

Result<void> Erasures::load_lives() {
  if (lives_) return {};
  if (key_.empty()) {
    auto key = erasure_key(connection_);
    if (!key) return std::unexpected(key.error());
    key_ = std::move(*key);
  }
  std::multimap<std::int64_t, Life> lives;
  Cursor cursor = connection_.query(kLives);
  for (;;) {
    const auto found = cursor.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) break;
    lives.emplace(cursor.integer(0), Life{.user = cursor.integer(1), .ids_until = cursor.integer(2)});
  }
  lives_ = std::move(lives);
  return {};
}

Result<bool> Erasures::is_remembered(std::int64_t life, const OperationId& id) {
  {
    Cursor cursor = connection_.query(kIdNotRemovedYet);
    const auto found = cursor.bind_blob(std::span<const std::uint8_t>(id.bytes)).bind(life).next();
    if (!found || *found) return found;
  }
  const std::string hash = hash_of_id(key_, life, id);
  Cursor cursor = connection_.query(kIdRemembered);
  return cursor.bind(life).bind_blob(std::string_view(hash)).next();
}

Result<void> Erasures::check_ids(std::int64_t user, const PreparedBatch& batch) {
  if (auto loaded = load_lives(); !loaded) return loaded;
  const auto [begin, end] = lives_->equal_range(user);
  if (begin == end) return {};
  const std::int64_t now = now_us();
  for (auto life = begin; life != end; ++life) {
    if (life->second.ids_until <= now) continue;
    for (const PreparedOperation& prepared : batch.operations) {
      const auto found = is_remembered(life->second.user, *prepared.operation.id);
      if (!found) return std::unexpected(found.error());
      if (!*found) continue;
      return base::fail(
          ErrorCode::kConflict,
          fmt::format("operation {} was stored, and erased with its user since", prepared.operation.id->to_string()),
          "do not send it again; if its user shall have it after all, give it a new id", "erased");
    }
  }
  return {};
}

Result<void> Erasures::check_condition(std::int64_t user, const PreparedBatch& batch) {
  if (batch.condition_keys.empty()) return {};
  const auto life = new_life_of(connection_, user);
  if (!life) return std::unexpected(life.error());
  if (!*life || (*life)->rev <= batch.condition_rev) return {};
  return base::fail(ErrorCode::kConflict,
                    fmt::format("since rev {}: the user was erased at rev {}", batch.condition_rev, (*life)->rev),
                    "what the decision was made on is gone; read again from there", "if_unchanged_since");
}

Result<Erasures::Buried> Erasures::bury(std::int64_t user, std::string_view name, std::uint64_t last_rev,
                                        const base::Digest& last_digest) {
  const auto before = new_life_of(connection_, user);
  if (!before) return std::unexpected(before.error());
  if (*before && (*before)->rev == last_rev) return std::unexpected(nothing_to_erase(name));
  const auto key = erasure_key(connection_);
  if (!key) return std::unexpected(key.error());
  const base::Digest hash = hash_of_name(*key, name);

  Buried buried{.user = 0, .operations = *before ? last_rev - (*before)->rev + 1 : last_rev};
  {
    Cursor cursor = connection_.query(kNextInteger);
    const auto given = cursor.next();
    if (!given) return std::unexpected(given.error());
    if (!*given) return base::fail(ErrorCode::kDamaged, "the last integer of a user is lost", "run `penny verify`");
    buried.user = cursor.integer(0);
    if (auto done = cursor.run(); !done) return std::unexpected(done.error());
  }
  const std::int64_t now = now_us();
  const std::int64_t ids_until = now + std::chrono::microseconds(kIdsRemembered).count();
  const NewLife life{.user = buried.user, .rev = last_rev + 1, .digest_before = last_digest, .is_sealed = true};
  const base::Digest seal = seal_of(*key, life, hash);
  if (auto done = connection_.query(kForgetTombstone).bind(user).run(); !done) return std::unexpected(done.error());
  auto noted = connection_.query(kNoteTombstone)
                   .bind(buried.user)
                   .bind_blob(hash)
                   .bind(last_rev + 1)
                   .bind_blob(last_digest)
                   .bind_blob(seal)
                   .run();
  if (noted) noted = connection_.query(kNoteLife).bind(user).bind_blob(hash).bind(now).bind(ids_until).run();
  if (noted && !base::proof::is_planted("erased_user_keeps_the_name"))
    noted = connection_.query(kForgetName).bind(user).run();
  if (!noted) return std::unexpected(noted.error());
  lives_.reset();
  return buried;
}

Result<void> Erasures::give_name(std::int64_t user, std::string_view name) {
  return connection_.query(kNoteName).bind(user).bind(name).run();
}

}  // namespace penny::backend::sqlite
