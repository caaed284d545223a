#include "backend/sqlite/salvage.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/erasures.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "model/encoding.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kNextRow = "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE seq >= ? ORDER BY seq LIMIT 1";
constexpr const char* kRow = "SELECT " PENNY_LEDGER_COLUMNS " FROM ledger WHERE seq = ?";
constexpr const char* kLastSeq = "SELECT coalesce(max(seq), 0) FROM ledger";
constexpr const char* kName = "SELECT name FROM users WHERE id = ?";
constexpr const char* kIsErased = "SELECT 1 FROM erased_lives WHERE user = ?";
constexpr const char* kUsers = "SELECT id, name FROM users ORDER BY id";
constexpr const char* kLastRev = "SELECT coalesce(max(rev), 0) FROM ledger WHERE user = ?";
constexpr std::size_t kLossesMax = 1000;
// Numbers in a row that are asked for one by one.
constexpr std::uint64_t kProbesMax = 200'000;
constexpr std::uint64_t kSeqMax = std::numeric_limits<std::int64_t>::max();

bool is_forgetting(model::Kind kind) {
  return kind == model::Kind::kForgetTurn || kind == model::Kind::kForgetTurns || kind == model::Kind::kForgetFact;
}

}  // namespace

void Salvage::add_loss(std::uint64_t operations, std::string what) {
  lost_ += operations;
  if (losses_.size() < kLossesMax) losses_.push_back(std::move(what));
}

void Salvage::find_end() {
  const auto last = reader_.integer(kLastSeq);
  end_ = last ? static_cast<std::uint64_t>(*last) : 0;
}

Result<std::optional<StoredRow>> Salvage::row_from(std::uint64_t seq, bool is_exact) {
  Cursor cursor = reader_.query(is_exact ? kRow : kNextRow);
  const auto found = cursor.bind(seq).next();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::optional<StoredRow>();
  auto row = read_row(cursor);
  if (!row) {
    // The row is there, and is none of ours.
    last_seq_ = std::max(seq, cursor.unsigned_integer(0));
    add_loss(0, row.error().message);
    return std::unexpected(row.error());
  }
  return std::optional(std::move(*row));
}

Result<std::optional<StoredRow>> Salvage::next_row() {
  if (!std::exchange(is_begun_, true)) find_end();
  std::uint64_t step = 1;
  for (std::uint64_t probes = 0; last_seq_ < kSeqMax;) {
    const std::uint64_t before = last_seq_;
    auto row = row_from(before + 1, is_probing_);
    if (row && *row) {
      is_probing_ = false;
      last_seq_ = (*row)->seq;
      return row;
    }
    if (!row && row.error().code != ErrorCode::kDamaged) return row;
    if (row && !is_probing_) return row;  // behind the last one
    if (!row && !is_probing_ && last_seq_ == before) {
      is_probing_ = true;
      continue;
    }
    // Not there, or not readable; the next one may be.
    if (row) is_probing_ = false;
    last_seq_ = std::max(last_seq_, before + 1);
    if (++probes <= kProbesMax) continue;
    if (last_seq_ >= end_) break;
    // A number may be damaged too, and as large as it likes.
    step *= 2;
    last_seq_ += std::min(step, end_ - last_seq_);
  }
  return std::optional<StoredRow>();
}

Result<Salvage::User*> Salvage::user_of(const StoredRow& stored) {
  const auto [place, is_new] = users_.try_emplace(stored.row.user);
  User& user = place->second;
  if (!is_new) return &user;
  const auto is_other = [](const auto& result) { return !result && result.error().code != ErrorCode::kDamaged; };
  {
    Cursor cursor = reader_.query(kName);
    const auto found = cursor.bind(stored.row.user).next();
    if (is_other(found)) return std::unexpected(found.error());
    if (found && *found) user.name = std::string(cursor.text(0));
  }
  Cursor cursor = reader_.query(kIsErased);
  const auto erased = cursor.bind(stored.row.user).next();
  if (is_other(erased)) return std::unexpected(erased.error());
  user.is_erased = erased && *erased;
  const auto life = new_life_of(reader_, stored.row.user);
  if (is_other(life)) return std::unexpected(life.error());
  if (life && *life) {
    user.rev = (*life)->rev - 1;
    user.digest = (*life)->digest_before;
    // Until he writes again he has no name, and there is nothing but the tombstone.
    user.is_erased = user.is_erased || !user.name;
  } else if (user.name && !store_id_.empty()) {
    user.digest = chain_start(store_id_, *user.name);
  }
  return &user;
}

std::optional<Salvage::Saved> Salvage::examine(const StoredRow& stored, User& user) {
  const LedgerRow& row = stored.row;
  const std::string who = user.name ? "user " + *user.name : fmt::format("the user with number {}", row.user);
  const bool follows = row.rev == user.rev + 1;
  if (row.rev > user.rev + 1 && !user.is_erased) {
    const std::uint64_t count = row.rev - user.rev - 1;
    add_loss(count, count == 1 ? fmt::format("{}: rev {} is lost", who, user.rev + 1)
                               : fmt::format("{}: revs {} to {} are lost", who, user.rev + 1, row.rev - 1));
  }
  const std::optional<base::Digest> before = follows ? user.digest : std::nullopt;
  user.rev = std::max(user.rev, row.rev);
  user.digest.reset();
  if (user.is_erased) {
    forgotten_ += 1;
    return std::nullopt;
  }
  const auto refuse = [&](std::string_view why) {
    add_loss(1, fmt::format("{}: rev {} is not what was acknowledged: {}", who, row.rev, why));
    return std::nullopt;
  };
  if (before && digest_of(*before, row) != stored.digest && !base::proof::is_planted("rescue_trusts_digests"))
    return refuse("its digest does not follow from the one before");
  auto payload = payload_of(stored);
  if (!payload) return refuse(payload.error().message);
  if (*payload && !base::proof::is_planted("rescue_trusts_payloads")) {
    const std::span salt(reinterpret_cast<const std::uint8_t*>(stored.salt->data()), stored.salt->size());
    if (model::payload_hash(salt, **payload) != row.payload_hash) return refuse("its content has another hash");
  }
  user.digest = stored.digest;
  // What forgettings did is done: content that was forgotten is not here. Their revs would mean others in the new store.
  if (!*payload || row.kind == model::Kind::kEraseUser || is_forgetting(row.kind)) {
    forgotten_ += 1;
    return std::nullopt;
  }
  if (!user.name) return refuse("nobody knows its user's name any more");
  return Saved{.operation = {.user = *user.name,
                             .payload = std::move(**payload),
                             .id = row.id,
                             .at = time_of(row.at),
                             .origin = row.origin,
                             .channel = row.channel,
                             .if_version = {}},
               .batch_first = row.batch_first,
               .batch_size = row.batch_size};
}

// Rows that were the last of their users leave no gap; an index may know of them.
void Salvage::look_for_lost_ends() {
  std::vector<std::pair<std::int64_t, std::string>> known;
  {
    Cursor cursor = reader_.query(kUsers);
    for (auto found = cursor.next(); found && *found; found = cursor.next())
      known.emplace_back(cursor.integer(0), std::string(cursor.text(1)));
  }
  for (const auto& [id, name] : known) {
    Cursor cursor = reader_.query(kLastRev);
    const auto found = cursor.bind(id).next();
    if (!found || !*found) continue;
    const std::uint64_t last = cursor.unsigned_integer(0);
    const auto seen = users_.find(id);
    const std::uint64_t rev = seen == users_.end() ? 0 : seen->second.rev;
    if (last > rev) add_loss(last - rev, fmt::format("user {}: revs {} to {} are lost", name, rev + 1, last));
  }
}

Result<std::optional<Salvage::Saved>> Salvage::next() {
  for (;;) {
    const auto stored = next_row();
    if (!stored) return std::unexpected(stored.error());
    if (!*stored) {
      look_for_lost_ends();
      return std::optional<Saved>();
    }
    const auto user = user_of(**stored);
    if (!user) return std::unexpected(user.error());
    auto saved = examine(**stored, **user);
    if (saved) return saved;
  }
}

}  // namespace penny::backend::sqlite
