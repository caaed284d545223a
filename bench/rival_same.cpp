// The rival with Penny's own tables: what is left of the difference is the write path. The user's rev and digest are
// read within the transaction, and every column is filled.

#include <algorithm>
#include <array>
#include <bit>
#include <random>
#include <stdexcept>
#include <vector>

#include <fmt/core.h>
#include <openssl/evp.h>

#include "backend/sqlite/schema.hpp"
#include "bench/rivals.hpp"
#include "bench/shared_page.hpp"

namespace penny::bench {
namespace {

constexpr std::int64_t kTurnsOfASession = 20;
constexpr std::int64_t kAppendTurnKind = 1;
constexpr std::int64_t kAdjustDimensionKind = 5;

using Digest = std::array<std::uint8_t, 32>;
using Salt = std::array<std::uint8_t, 16>;

class Sha256 {
 public:
  Sha256() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    if (algorithm_ == nullptr || context_ == nullptr) throw std::runtime_error("libcrypto has no SHA-256");
  }
  ~Sha256() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  Digest of(std::string_view bytes) {
    Digest digest{};
    if (EVP_DigestInit_ex2(context_, algorithm_, nullptr) != 1 ||
        EVP_DigestUpdate(context_, bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(context_, digest.data(), nullptr) != 1) {
      throw std::runtime_error("SHA-256 failed");
    }
    return digest;
  }

 private:
  EVP_MD* algorithm_;
  EVP_MD_CTX* context_;
};

std::string_view letters(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void add(std::string& bytes, std::int64_t value) {
  const auto raw = std::bit_cast<std::array<char, sizeof value>>(value);
  bytes.append(raw.data(), raw.size());
}

void add(std::string& bytes, std::string_view text) {
  add(bytes, static_cast<std::int64_t>(text.size()));
  bytes.append(text);
}

// What both kinds of row hash, from the same values in the same order when it is written and when it is checked.
struct Row {
  std::int64_t user = 0;
  std::int64_t rev = 0;
  std::string_view id;
  std::int64_t kind = 0;
  std::int64_t at = 0;
  std::int64_t last_turn = 0;
  std::string_view salt;
  std::string_view payload;  // of a turn: nothing, but its texts
  std::string_view user_input;
  std::string_view assistant_response;
  std::string_view metadata;
};

Digest payload_hash_of(Sha256& sha256, const Row& row) {
  std::string bytes(row.salt);
  add(bytes, row.payload);
  add(bytes, row.user_input);
  add(bytes, row.assistant_response);
  add(bytes, row.metadata);
  return sha256.of(bytes);
}

Digest digest_of(Sha256& sha256, const Digest& before, const Row& row, const Digest& payload_hash) {
  std::string bytes(letters(before));
  for (const std::int64_t number : {row.user, row.rev, row.kind, row.at, row.last_turn}) add(bytes, number);
  bytes.append(row.id);
  bytes.append(letters(payload_hash));
  return sha256.of(bytes);
}

// The user's latest row, as every write reads it first.
struct Latest {
  std::int64_t rev = 0;
  Digest digest{};
  std::int64_t last_turn = 0;
  std::string session;
  std::int64_t session_first = 0;
  std::int64_t session_number = 0;
};

class LedgerWrite : public RivalWrite {
 protected:
  explicit LedgerWrite(Database& database)
      : latest_(database,
                "SELECT rev, digest, last_turn, session, session_first, session_number FROM ledger WHERE user = ? "
                "ORDER BY rev DESC LIMIT 1") {}

  Latest latest_of(std::int64_t user) {
    Latest latest;
    if (latest_.bind(user).next()) {
      latest.rev = latest_.integer(0);
      std::ranges::copy(latest_.bytes(1).first(latest.digest.size()), latest.digest.begin());
      latest.last_turn = latest_.integer(2);
      latest.session = latest_.text(3);
      latest.session_first = latest_.integer(4);
      latest.session_number = latest_.integer(5);
    }
    latest_.reset();
    return latest;
  }

  Salt make_salt() { return std::bit_cast<Salt>(std::array<std::uint64_t, 2>{random_(), random_()}); }

  Sha256 sha256_;

 private:
  Statement latest_;
  std::mt19937_64 random_{std::random_device()()};
};

class SameTurn : public LedgerWrite {
 public:
  explicit SameTurn(Database& database)
      : LedgerWrite(database),
        insert_(database, kInsert),
        begin_session_(database, kBeginSession),
        end_session_(database, kEndSession) {}

  void store(const Write& write) override {
    const std::int64_t user = user_number(write.user);
    const std::int64_t at = write.at.time_since_epoch().count();
    const Latest latest = latest_of(user);
    const std::int64_t rev = latest.rev + 1;

    const bool is_first = latest.session_number == 0 || latest.session_number == kTurnsOfASession;
    const std::string session = is_first ? write.id.to_string() : latest.session;
    const std::int64_t session_first = is_first ? rev : latest.session_first;
    const std::int64_t session_number = is_first ? 1 : latest.session_number + 1;
    if (is_first && latest.session_number != 0) {
      end_session_.bind(at).bind(latest.rev).bind(latest.rev).bind(latest.session_number).bind(user);
      end_session_.bind(std::string_view(latest.session)).run();
    }
    if (is_first) begin_session_.bind(user).bind(std::string_view(session)).bind(rev).bind(rev).bind(at).run();

    const Salt salt = make_salt();
    const Row row{.user = user,
                  .rev = rev,
                  .id = letters(write.id.bytes),
                  .kind = kAppendTurnKind,
                  .at = at,
                  .last_turn = rev,
                  .salt = letters(salt),
                  .payload = {},
                  .user_input = write.user_input,
                  .assistant_response = write.assistant_response,
                  .metadata = kMetadata};
    const Digest payload_hash = payload_hash_of(sha256_, row);
    const Digest digest = digest_of(sha256_, latest.digest, row, payload_hash);
    insert_.bind(user).bind(rev).bind(std::span<const std::uint8_t>(write.id.bytes)).bind(at).bind(rev).bind(rev);
    insert_.bind(std::span<const std::uint8_t>(salt)).bind(std::span<const std::uint8_t>(payload_hash));
    insert_.bind(std::span<const std::uint8_t>(digest)).bind(std::string_view(session));
    insert_.bind(session_first).bind(session_number).bind(write.user_input).bind(write.assistant_response);
    insert_.bind(kResponseTimeMs).bind(1.0).bind(kMetadata).run();
  }

 private:
  static constexpr const char* kInsert =
      "INSERT INTO ledger(user, rev, operation_id, kind, at, origin, channel, batch_first, batch_size, last_turn, "
      "salt, "
      "payload_hash, digest, session, session_first, session_number, modality, user_input, assistant_response, "
      "response_time_ms, confidence, metadata) "
      "VALUES (?, ?, ?, 1, ?, 1, '', ?, 1, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)";
  static constexpr const char* kBeginSession =
      "INSERT INTO sessions(user, id, first_rev, last_turn, turn_count, started_at, is_named) "
      "VALUES (?, ?, ?, ?, 1, ?, 0)";
  static constexpr const char* kEndSession =
      "UPDATE sessions SET ended_at = ?, ended_rev = ?, last_turn = ?, turn_count = ? WHERE user = ? AND id = ?";
  Statement insert_;
  Statement begin_session_;
  Statement end_session_;
};

class SameRaise : public LedgerWrite {
 public:
  explicit SameRaise(Database& database)
      : LedgerWrite(database),
        read_(database, kRead),
        insert_(database, kInsert),
        update_(database, kUpdate),
        evolve_(database, kEvolve) {}

  void store(const Write& write) override {
    const std::int64_t user = user_number(kRaisedUser);
    const std::int64_t at = write.at.time_since_epoch().count();
    const std::string_view name = kRaisedDimension;
    const Latest latest = latest_of(user);
    const std::int64_t rev = latest.rev + 1;

    const bool is_there = read_.bind(user).bind(name).next();
    const double old_value = is_there ? read_.real(0) : 0;
    const std::int64_t version = (is_there ? read_.integer(1) : 0) + 1;
    read_.reset();
    const double new_value = old_value + kRaiseStep;

    std::string payload;
    add(payload, name);
    add(payload, std::bit_cast<std::int64_t>(kRaiseStep));
    add(payload, std::bit_cast<std::int64_t>(0.0));
    add(payload, kRaiseTrigger);
    std::string outcome;
    for (const double value : {new_value, 0.0}) add(outcome, std::bit_cast<std::int64_t>(value));
    add(outcome, version);

    const Salt salt = make_salt();
    const Row row{.user = user,
                  .rev = rev,
                  .id = letters(write.id.bytes),
                  .kind = kAdjustDimensionKind,
                  .at = at,
                  .last_turn = latest.last_turn,
                  .salt = letters(salt),
                  .payload = payload,
                  .user_input = {},
                  .assistant_response = {},
                  .metadata = {}};
    const Digest payload_hash = payload_hash_of(sha256_, row);
    const Digest digest = digest_of(sha256_, latest.digest, row, payload_hash);
    const std::span<const std::uint8_t> id(write.id.bytes);
    insert_.bind(user).bind(rev).bind(id).bind(name).bind(at).bind(rev).bind(latest.last_turn);
    insert_.bind(std::span<const std::uint8_t>(salt))
        .bind(blob(payload))
        .bind(std::span<const std::uint8_t>(payload_hash));
    insert_.bind(std::span<const std::uint8_t>(digest)).bind(blob(outcome)).run();
    update_.bind(new_value).bind(version).bind(rev).bind(at).bind(user).bind(name).run();
    evolve_.bind(user).bind(name).bind(version).bind(old_value).bind(new_value).bind(kRaiseTrigger).bind(id);
    evolve_.bind(rev).bind(at).run();
  }

 private:
  static std::span<const std::uint8_t> blob(const std::string& bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  }

  static constexpr const char* kRead = "SELECT value, version FROM dimensions WHERE user = ? AND name = ?";
  static constexpr const char* kInsert =
      "INSERT INTO ledger(user, rev, operation_id, kind, key, at, origin, channel, batch_first, batch_size, last_turn, "
      "salt, payload, payload_hash, digest, outcome) VALUES (?, ?, ?, 5, ?, ?, 1, '', ?, 1, ?, ?, ?, ?, ?, ?)";
  static constexpr const char* kUpdate =
      "UPDATE dimensions SET value = ?, version = ?, rev = ?, at = ? WHERE user = ? AND name = ?";
  static constexpr const char* kEvolve =
      "INSERT INTO evolution(user, name, version, old_value, new_value, confidence_change, trigger, operation_id, rev, "
      "at) VALUES (?, ?, ?, ?, ?, 0.0, ?, ?, ?, ?)";
  Statement read_;
  Statement insert_;
  Statement update_;
  Statement evolve_;
};

}  // namespace

std::string same_schema() {
  std::string schema;
  for (const char* version : backend::sqlite::kSchemas) schema += version;
  for (std::uint32_t user = 0; user < kUsers; ++user) {
    schema += fmt::format("INSERT INTO users(id, name) VALUES ({}, '{}');\n", user_number(user), user_name(user));
  }
  schema += fmt::format("INSERT INTO dimensions VALUES ({}, '{}', 1, 0.0, 0.0, 1, 0, 0);\n", user_number(kRaisedUser),
                        kRaisedDimension);
  return schema;
}

std::unique_ptr<RivalWrite> same_write(Database& database, Task task) {
  if (task == Task::kRaise) return std::make_unique<SameRaise>(database);
  return std::make_unique<SameTurn>(database);
}

std::string problem_of_chain(Database& database) {
  Sha256 sha256;
  Statement rows(database,
                 "SELECT user, rev, operation_id, kind, at, last_turn, salt, payload, user_input, assistant_response, "
                 "metadata, payload_hash, digest FROM ledger ORDER BY user, rev");
  std::int64_t user = 0;
  std::int64_t rev = 0;
  Digest digest{};
  while (rows.next()) {
    const Row row{.user = rows.integer(0),
                  .rev = rows.integer(1),
                  .id = letters(rows.bytes(2)),
                  .kind = rows.integer(3),
                  .at = rows.integer(4),
                  .last_turn = rows.integer(5),
                  .salt = letters(rows.bytes(6)),
                  .payload = letters(rows.bytes(7)),
                  .user_input = rows.text(8),
                  .assistant_response = rows.text(9),
                  .metadata = rows.text(10)};
    if (row.user != user) {
      user = row.user;
      rev = 0;
      digest = {};
    }
    if (row.rev != ++rev) return fmt::format("user {}: rev {} where {} belongs", user, row.rev, rev);
    const Digest payload_hash = payload_hash_of(sha256, row);
    digest = digest_of(sha256, digest, row, payload_hash);
    if (letters(payload_hash) != letters(rows.bytes(11)) || letters(digest) != letters(rows.bytes(12))) {
      return fmt::format("user {}, rev {}: the hashes are not those of its columns", user, rev);
    }
  }
  return {};
}

}  // namespace penny::bench
