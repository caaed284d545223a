#pragma once

// Errors of the whole library. Nothing below the faces throws for a condition that can happen to a correct program: it
// returns `Result<T>`.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <penny/id.hpp>

namespace penny {

// What happened, as far as a program must tell cases apart. Unless it says otherwise, nothing was written.
enum class ErrorCode : std::uint8_t {
  kInvalid,           // the request itself is wrong; sending it again will not help
  kNotFound,          // it names a session, fact or file that is not there
  kConflict,          // a condition of the request (`if_version`, `if_unchanged_since`) no longer holds
  kRateLimited,       // too often; `Error::free_at` tells when it will be free
  kOverloaded,        // the queue of this process is full; try again
  kDeadlineExceeded,  // withdrawn before it was taken: certainly not applied
  kStorageFailed,     // the disk or the memory refused: certainly not applied
  kToolTimedOut,      // a tool was ended at its deadline; what it did until then may have had effects
  kUnknown,           // it may or may not be stored; a retry with the same operation id settles it
  kClosed,            // this `Store` was closed
  kStopped,           // the caller's own callback stopped a long work; nothing of it is left
  kForked,            // this process was forked in the middle of a call to Penny; use spawn (fork and exec) instead
  kSnapshotExpired,   // a read took longer than its deadline; lists go on from their last key
  kNotAStore,         // the file is no store of Penny's
  kNewerSchema,       // written by a newer Penny
  kDamaged,           // the store contradicts itself; `penny verify` tells what
  kNoSpace,           // no space left to create or open it
  kReadOnly,          // this `Store` was opened with `read_only`
  kNoPermission,      // the file system refuses us, or the folder is open to others
  kUnsupportedFileSystem,  // a network or cross-VM file system, where SQLite's shared memory does not work
  kHardLinked,             // the file has a second name, and so would have a second write-ahead log
};

// The code's name as it is printed, for example "deadline_exceeded". Never blocks.
[[nodiscard]] std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInvalid;
  std::string message;            // what is wrong, with the limit and the size of the value where there is one
  std::string advice;             // what to do next
  std::string field;              // the field of the request that is refused, a reason such as "id_reused", or empty
  std::optional<Time> free_at{};  // of `kRateLimited` alone
};

template <class T>
using Result = std::expected<T, Error>;

}  // namespace penny
