#include "base/error.hpp"

#include <utility>

namespace penny {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return "invalid";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kRateLimited:
      return "rate_limited";
    case ErrorCode::kOverloaded:
      return "overloaded";
    case ErrorCode::kDeadlineExceeded:
      return "deadline_exceeded";
    case ErrorCode::kStorageFailed:
      return "storage_failed";
    case ErrorCode::kToolTimedOut:
      return "tool_timed_out";
    case ErrorCode::kUnknown:
      return "unknown";
    case ErrorCode::kClosed:
      return "closed";
    case ErrorCode::kForked:
      return "forked";
    case ErrorCode::kSnapshotExpired:
      return "snapshot_expired";
    case ErrorCode::kNotAStore:
      return "not_a_store";
    case ErrorCode::kNewerSchema:
      return "newer_schema";
    case ErrorCode::kDamaged:
      return "damaged";
    case ErrorCode::kNoSpace:
      return "no_space";
    case ErrorCode::kStopped:
      return "stopped";
    case ErrorCode::kReadOnly:
      return "read_only";
    case ErrorCode::kNoPermission:
      return "no_permission";
    case ErrorCode::kUnsupportedFileSystem:
      return "unsupported_file_system";
    case ErrorCode::kHardLinked:
      return "hard_linked";
  }
  return "unnamed";
}

namespace base {

std::unexpected<Error> fail(ErrorCode code, std::string message, std::string advice, std::string field) {
  return std::unexpected(Error{code, std::move(message), std::move(advice), std::move(field)});
}

}  // namespace base
}  // namespace penny
