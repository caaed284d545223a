#include "backend/sqlite/user_documents.hpp"

#include <bit>
#include <string>

#include "backend/sqlite/search_expression.hpp"
#include "backend/sqlite/search_index.hpp"

namespace penny::backend::sqlite {
namespace {

// FTS5 finds the end of a long list at once, and a place in its middle by walking.
constexpr const char* kDocumentsBetween =
    "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC";

}  // namespace

Result<void> UserDocuments::catch_up(Connection& index, std::int64_t user, std::uint64_t last_seq) {
  if (user != user_) *this = UserDocuments();
  user_ = user;
  if (last_seq <= seen_seq_) return {};
  const std::string expression = label_expression(user_label(user));
  Cursor cursor = index.query(kDocumentsBetween);
  cursor.bind(std::string_view(expression)).bind(seen_seq_ + 1).bind(last_seq);
  are_his_.resize(last_seq / kBits + 1);
  for (;;) {
    const auto found = cursor.next();
    if (!found) {
      user_ = 0;
      return std::unexpected(found.error());
    }
    if (!*found) break;
    const std::uint64_t seq = cursor.unsigned_integer(0);
    are_his_[seq / kBits] |= std::uint64_t{1} << seq % kBits;
    count_ += 1;
  }
  seen_seq_ = last_seq;
  return {};
}

std::uint64_t UserDocuments::count_from(std::uint64_t seq) const {
  std::uint64_t count = 0;
  for (std::uint64_t word = seq / kBits; word < are_his_.size(); ++word) {
    const std::uint64_t wanted = word == seq / kBits ? ~std::uint64_t{0} << seq % kBits : ~std::uint64_t{0};
    count += static_cast<std::uint64_t>(std::popcount(are_his_[word] & wanted));
  }
  return count;
}

}  // namespace penny::backend::sqlite
