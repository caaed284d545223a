#include "cli/exit_code.hpp"

namespace penny::cli {

ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return ExitCode::kWrongUse;
    case ErrorCode::kNotFound:
      return ExitCode::kNotFound;
    case ErrorCode::kRateLimited:
    case ErrorCode::kOverloaded:
    case ErrorCode::kDeadlineExceeded:
    case ErrorCode::kToolTimedOut:
    case ErrorCode::kUnknown:
    case ErrorCode::kSnapshotExpired:
      return ExitCode::kTryAgain;
    case ErrorCode::kDamaged:
      return ExitCode::kDamagedStore;
    case ErrorCode::kConflict:
    case ErrorCode::kStorageFailed:
    case ErrorCode::kClosed:
    case ErrorCode::kForked:
    case ErrorCode::kNotAStore:
    case ErrorCode::kNewerSchema:
    case ErrorCode::kNoSpace:
    case ErrorCode::kStopped:
    case ErrorCode::kReadOnly:
    case ErrorCode::kNoPermission:
    case ErrorCode::kUnsupportedFileSystem:
    case ErrorCode::kHardLinked:
      return ExitCode::kFailed;
  }
  return ExitCode::kFailed;
}

ExitCode exit_code_of(const Error& error) {
  return error.field == "quota" ? ExitCode::kFailed : exit_code_of(error.code);
}

}  // namespace penny::cli
