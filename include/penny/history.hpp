#pragma once

// What became of one preference or fact, operation by operation. The history of a dimension is its evolution.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <penny/id.hpp>
#include <penny/model.hpp>

namespace penny {

// One operation on a preference, and what the preference was after it.
struct PreferenceEvent {
  std::uint64_t rev = 0;
  Time at;
  OperationId operation;
  std::string_view kind;  // "observe_preference", "set_preference" or "forget_preference"
  Origin origin = Origin::kUser;
  std::string channel;
  std::optional<std::string> given;  // the value that the operation brought, JSON; none: it forgot, or was forgotten
  std::optional<std::string>
      value;  // the preference's after it; none: there was none any more, or it was forgotten since
  double confidence = 0;
  std::uint64_t frequency = 0;
  std::uint64_t version = 0;
  bool is_forgotten = false;  // what it brought was forgotten since
};

// One operation on a fact.
struct FactEvent {
  std::uint64_t rev = 0;
  Time at;
  OperationId operation;
  std::string_view kind;  // "remember_fact" or "forget_fact"
  Origin origin = Origin::kUser;
  std::string channel;
  std::optional<std::string> text;  // of the fact after it; none: it was forgotten by it, or since
  double confidence = 0;
  std::uint64_t version = 0;
  bool is_forgotten = false;
};

}  // namespace penny
