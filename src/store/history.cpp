// The histories of preferences and facts. Those of dimensions are their evolution.

#include <penny/store.hpp>

#include "backend/sqlite/reads.hpp"
#include "base/error.hpp"
#include "model/validation.hpp"
#include "store/engine.hpp"

namespace penny {
namespace {

namespace sqlite = backend::sqlite;
using backend::sqlite::Connection;

std::unexpected<Error> closed() { return base::fail(ErrorCode::kClosed, "the store is closed", "open it again"); }

}  // namespace

Result<Page<PreferenceEvent>> Store::preference_history(std::string_view user, std::string_view key,
                                                        std::uint64_t after, std::size_t limit) const {
  if (!engine_) return closed();
  if (auto valid = model::validate_user(user); !valid) return std::unexpected(valid.error());
  if (auto valid = model::validate_name(key, "key"); !valid) return std::unexpected(valid.error());
  if (auto valid = model::validate_limit(limit); !valid) return std::unexpected(valid.error());
  return engine_->read(
      [&](Connection& connection) { return sqlite::preference_history(connection, user, key, after, limit); });
}

Result<Page<FactEvent>> Store::fact_history(std::string_view user, const OperationId& fact) const {
  if (!engine_) return closed();
  if (auto valid = model::validate_user(user); !valid) return std::unexpected(valid.error());
  return engine_->read([&](Connection& connection) { return sqlite::fact_history(connection, user, fact); });
}

}  // namespace penny
