// What an erase means for its user's chain: the tombstone follows its last row, under another integer.

#include "backend/sqlite/apply.hpp"

namespace penny::backend::sqlite {

Result<std::int64_t> Applier::begin_new_life(std::int64_t user, std::string_view name, Head& head) {
  const auto buried = erasures_.bury(user, name, head.rev, head.digest);
  if (!buried) return std::unexpected(buried.error());
  users_.forget(name);
  heads_.erase(user);
  buried_operations_ = buried->operations;
  head.last_turn = 0;
  head.open_session.reset();
  return buried->user;
}

}  // namespace penny::backend::sqlite
