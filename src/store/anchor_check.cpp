#include "store/anchor_check.hpp"

#include <fmt/core.h>

#include "backend/sqlite/reads.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::store {

Result<void> check_anchor(const std::optional<Anchor>& anchor, backend::sqlite::Connection& connection) {
  if (!anchor || base::proof::is_planted("anchor_not_compared")) return {};
  const auto digest = backend::sqlite::digest_at(connection, anchor->seq);
  if (!digest) return std::unexpected(digest.error());
  if (*digest == anchor->digest) return {};
  return base::fail(
      ErrorCode::kDamaged,
      *digest ? fmt::format("the ledger row with seq {} is not the one that was acknowledged", anchor->seq)
              : fmt::format("acknowledged operations are lost: the ledger ends before seq {}", anchor->seq),
      "the database or its -wal was replaced or damaged: put the right files back, or restore a backup; to go on with "
      "what is there, move the -gate file away");
}

Result<void> check_anchor(const std::optional<Anchor>& anchor, const GatePage& page,
                          backend::sqlite::Connection& connection) {
  auto agrees = check_anchor(anchor, connection);
  if (agrees || agrees.error().code != ErrorCode::kDamaged) return agrees;
  const auto row = backend::sqlite::digest_at(connection, anchor->seq);
  const auto later = page.anchor();
  if (!row || *row || !later || later->seq <= anchor->seq) return agrees;
  return check_anchor(later, page, connection);
}

}  // namespace penny::store
