#include "backend/sqlite/dimension_rows.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr std::size_t kKnownMax = 4'000;

}  // namespace

Result<std::optional<DimensionRow>> DimensionRows::load(std::int64_t user, const std::string& name) {
  if (const auto found = known_.find({user, name}); found != known_.end()) return std::optional(found->second.row);
  return load_dimension(connection_, user, name);
}

void DimensionRows::save(std::int64_t user, const std::string& name, DimensionRow row) {
  known_.insert_or_assign({user, name}, Known{.row = std::move(row), .is_written = false});
  is_all_written_ = false;
}

Result<void> DimensionRows::write() {
  if (is_all_written_) return {};
  for (auto& [key, known] : known_) {
    if (known.is_written) continue;
    if (auto saved = save_dimension(connection_, key.first, key.second, known.row); !saved) return saved;
    known.is_written = true;
  }
  is_all_written_ = true;
  if (known_.size() > kKnownMax) known_.clear();
  return {};
}

void DimensionRows::forget() {
  known_.clear();
  is_all_written_ = true;
}

}  // namespace penny::backend::sqlite
