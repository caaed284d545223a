#pragma once

// Work that the committer thread does in steps, between the commits of this process and of all others.

#include <chrono>
#include <optional>

#include <penny/error.hpp>

#include "backend/sqlite/writer.hpp"

namespace penny::store {

// Used by the committer alone.
class SteppedWork {
 public:
  virtual ~SteppedWork() = default;
  // Where the next step runs.
  [[nodiscard]] virtual bool needs_gate() const = 0;
  // The next step empties the log; the committer does that (`log_emptied`).
  [[nodiscard]] virtual bool needs_empty_log() const = 0;

  // One step; gives the time to wait before the next one.
  virtual std::chrono::milliseconds step(backend::sqlite::Writer& writer) = 0;
  // False: somebody reads from it.
  virtual std::chrono::milliseconds log_emptied(const Result<bool>& is_emptied) = 0;
  // The step could not be begun.
  virtual std::chrono::milliseconds failed(const Error& error) = 0;
  // Why the last step did not succeed; nothing if it did.
  [[nodiscard]] virtual const std::optional<Error>& trouble() const = 0;
};

}  // namespace penny::store
