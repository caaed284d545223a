#pragma once

// The keys of `IfUnchangedSince`.

#include <cstdint>
#include <string>
#include <string_view>

#include <penny/error.hpp>

namespace penny::model {

struct ConditionKey {
  enum class What : std::uint8_t { kTurns, kSession, kPreference, kDimension, kFact };

  What what = What::kTurns;
  std::string name;  // empty for the turns; a fact's id in its 36-character form in lower case
  bool operator==(const ConditionKey&) const = default;
};

// Reads "turns", "session:<id>", "preference:<key>", "dimension:<name>" or "fact:<uuid>"; else `kInvalid`.
[[nodiscard]] Result<ConditionKey> parse_condition_key(std::string_view key);

}  // namespace penny::model
