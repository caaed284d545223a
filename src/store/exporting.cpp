// Export: reads beside the writers, page by page to the end of the ledger. An operation that forgets words which an earlier
// page told, or tells by stand-ins already, comes in a later one.

#include <penny/store.hpp>

#include <string>
#include <utility>

#include "backend/sqlite/export_reads.hpp"
#include "base/error.hpp"
#include "model/user_lines.hpp"
#include "model/validation.hpp"
#include "store/engine.hpp"

namespace penny {

Result<Exported> Store::export_user(std::string_view user, const LineSink& sink, const ExportOptions& options) const {
  if (!engine_) return base::fail(ErrorCode::kClosed, "the store is closed", "open it again");
  if (auto valid = model::validate_user(user); !valid) return std::unexpected(valid.error());
  backend::sqlite::Exporter exporter{std::string(user)};
  Exported done{.operations = 0, .operations_known = 0, .is_complete = false};
  for (bool is_first = true;; is_first = false) {
    const auto is_end =
        engine_->read([&](backend::sqlite::Connection& connection) { return exporter.next(connection); });
    if (!is_end) return std::unexpected(is_end.error());
    std::string text;
    if (is_first) text = model::text_of(model::UserHeader{.user = std::string(user)}) + "\n";
    for (const model::UserLine& line : exporter.take_lines()) text += model::text_of(line) + "\n";
    done.operations = exporter.number();
    done.operations_known = exporter.operations_known();
    if (*is_end) text += model::text_of(model::UserEnd{.operations = done.operations}) + "\n";
    if (!sink(text)) return done;
    if (*is_end) break;
    if (options.progress && !options.progress(done)) return done;
  }
  done.is_complete = true;
  return done;
}

}  // namespace penny
