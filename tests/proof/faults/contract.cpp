#include "proof/faults/contract.hpp"

#include <algorithm>
#include <initializer_list>

#include <fmt/core.h>

namespace penny::proof::faults {
namespace {

std::string objection(const Error& error, Manner manner, bool is_allowed) {
  if (!is_allowed) return fmt::format("answered {}, which this fault does not allow", describe(error));
  if (error.message.empty() || error.advice.empty()) return fmt::format("{} has no message or advice", describe(error));
  const auto speaks_of = [&](std::string_view word) { return error.advice.find(word) != std::string::npos; };
  // Whoever can help himself must be told so.
  if (manner == Manner::kSpace && error.field != "writing_is_off" && !speaks_of("space"))
    return fmt::format("the disk is full, but the advice to {} is: {}", describe(error), error.advice);
  if (manner == Manner::kMemory && !speaks_of("memory"))
    return fmt::format("there is no memory, but the advice to {} is: {}", describe(error), error.advice);
  return {};
}

bool is_one_of(ErrorCode code, std::initializer_list<ErrorCode> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

}  // namespace

std::string objection_to_commit(const Error& error, Manner manner) {
  bool is_allowed = error.code == ErrorCode::kStorageFailed;
  switch (manner) {
    case Manner::kUnnoticed:
      is_allowed = false;
      break;
    case Manner::kSpace:
      break;
    case Manner::kMemory:  // unknown: COMMIT wrote the log, and could not tell the log's index
      is_allowed |= error.code == ErrorCode::kUnknown;
      break;
    case Manner::kAccess:
      is_allowed |= is_one_of(error.code, {ErrorCode::kUnknown, ErrorCode::kNoPermission});
      break;
    case Manner::kLock:
      is_allowed |= is_one_of(error.code, {ErrorCode::kUnknown, ErrorCode::kOverloaded, ErrorCode::kDeadlineExceeded});
      break;
    case Manner::kMedium:
    case Manner::kLie:
      is_allowed |= is_one_of(error.code, {ErrorCode::kUnknown, ErrorCode::kDamaged});
      break;
    default:
      is_allowed |= error.code == ErrorCode::kUnknown;
  }
  return objection(error, manner, is_allowed);
}

std::string objection_to_read(const Error& error, Manner manner) {
  bool is_allowed = error.code == ErrorCode::kStorageFailed && manner != Manner::kUnnoticed;
  if (manner == Manner::kAccess) is_allowed |= error.code == ErrorCode::kNoPermission;
  if (manner == Manner::kLock) is_allowed |= error.code == ErrorCode::kOverloaded;
  if (manner == Manner::kMedium || manner == Manner::kLie) is_allowed |= error.code == ErrorCode::kDamaged;
  if (manner == Manner::kLie) is_allowed |= error.code == ErrorCode::kNotFound;
  return objection(error, manner, is_allowed);
}

std::string objection_to_open(const Error& error, Manner manner) {
  bool is_allowed = is_one_of(error.code, {ErrorCode::kStorageFailed}) && manner != Manner::kUnnoticed;
  if (manner == Manner::kSpace || manner == Manner::kShmSpace) is_allowed |= error.code == ErrorCode::kNoSpace;
  // Those of the file of shared memory.
  if (manner == Manner::kWriting || manner == Manner::kAccess) is_allowed |= error.code == ErrorCode::kNoSpace;
  if (manner == Manner::kMedium) is_allowed |= error.code == ErrorCode::kDamaged;
  if (manner == Manner::kAccess) is_allowed |= error.code == ErrorCode::kNoPermission;
  if (manner == Manner::kLock) is_allowed |= error.code == ErrorCode::kOverloaded;
  if (manner == Manner::kLie) is_allowed |= is_one_of(error.code, {ErrorCode::kDamaged, ErrorCode::kNotAStore});
  return objection(error, manner, is_allowed);
}

std::string describe(const Error& error) { return fmt::format("{} ({})", to_string(error.code), error.message); }

}  // namespace penny::proof::faults
