#include "backend/sqlite/dimension_rows.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr std::size_t kKnownMax = 4'000;

template <class Known, class Save>
Result<void> write_rows(Connection& connection, Known& known_rows, Save save) {
  for (auto& [key, known] : known_rows) {
    if (known.is_written) continue;
    if (auto saved = save(connection, key.first, key.second, known.row); !saved) return saved;
    known.is_written = true;
  }
  return {};
}

}  // namespace

Result<std::optional<DimensionRow>> DimensionRows::load(std::int64_t user, const std::string& name) {
  if (const auto found = known_.find({user, name}); found != known_.end()) return std::optional(found->second.row);
  return load_dimension(connection_, user, name);
}

void DimensionRows::save(std::int64_t user, const std::string& name, DimensionRow row) {
  known_.insert_or_assign({user, name}, Known<DimensionRow>{.row = std::move(row), .is_written = false});
  is_all_written_ = false;
}

Result<std::optional<rules::Learned>> DimensionRows::load_learned(std::int64_t user, const std::string& name) {
  const auto found = known_learned_.find({user, name});
  if (found != known_learned_.end()) return std::optional(found->second.row);
  return sqlite::load_learned(connection_, user, name);
}

void DimensionRows::save_learned(std::int64_t user, const std::string& name, const rules::Learned& row) {
  known_learned_.insert_or_assign({user, name}, Known<rules::Learned>{.row = row, .is_written = false});
  is_all_written_ = false;
}

Result<void> DimensionRows::write() {
  if (is_all_written_) return {};
  if (auto written = write_rows(connection_, known_, save_dimension); !written) return written;
  if (auto written = write_rows(connection_, known_learned_, sqlite::save_learned); !written) return written;
  is_all_written_ = true;
  if (known_.size() > kKnownMax) known_.clear();
  if (known_learned_.size() > kKnownMax) known_learned_.clear();
  return {};
}

void DimensionRows::forget() {
  known_.clear();
  known_learned_.clear();
  is_all_written_ = true;
}

}  // namespace penny::backend::sqlite
