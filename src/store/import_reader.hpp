#pragma once

// The lines of an export, put together to batches, from bytes that a stranger sent. Never holds more than the lines of one
// batch, which has the limits of all batches.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <penny/error.hpp>
#include <penny/moving.hpp>
#include <penny/operation.hpp>

#include "model/user_lines.hpp"

namespace penny::store {

struct ImportedBatch {
  std::uint64_t first_line = 0;
  std::uint64_t first_number = 0;
  std::size_t bytes = 0;
  Batch batch;
};

class ImportReader {
 public:
  // `source` outlives it. `as_user`: instead of the name in the header.
  ImportReader(const ByteSource& source, std::optional<std::string> as_user)
      : source_(source), user_(std::move(as_user)) {}

  // The header. Once, before anything else.
  [[nodiscard]] Result<std::string> begin();

  // The next batch, valid in itself; nothing after the last line. Errors: the source's, and `kInvalid` with the line.
  [[nodiscard]] Result<std::optional<ImportedBatch>> next();

  // The error as it is told: with the line.
  [[nodiscard]] static Error at_line(std::uint64_t line, Error error);

 private:
  // The next line without its end; nothing at the end of the source. The view lives until the next call.
  [[nodiscard]] Result<std::optional<std::string_view>> next_line();
  [[nodiscard]] Result<std::optional<std::variant<model::UserHeader, model::UserLine, model::UserEnd>>> next_parsed();
  [[nodiscard]] Result<void> take(model::UserLine& line, ImportedBatch& batch);
  [[nodiscard]] Result<void> check_end(const model::UserEnd& end);
  [[nodiscard]] std::unexpected<Error> refuse(std::string message, std::string advice, std::string field = {}) const;

  const ByteSource& source_;
  std::optional<std::string> user_;
  std::string buffer_;  // what was read, from `begin_` on not yet given out
  std::size_t begin_ = 0;
  bool is_source_at_end_ = false;
  std::uint64_t line_ = 0;  // the last one that was given out
  std::uint64_t number_ = 0;
  bool is_at_end_ = false;
};

}  // namespace penny::store
