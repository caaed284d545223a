#pragma once

// One JSON object of plain members and, in one of them, one more such object: all that lines of an export are. Nothing
// else is even built, so that what a stranger sends costs no more memory than its text.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <penny/error.hpp>

namespace penny::model {

using FlatValue = std::variant<std::nullptr_t, bool, std::uint64_t, double, std::string>;

struct FlatMember {
  std::string name;
  FlatValue value;
};

struct FlatObject {
  std::vector<FlatMember> members;
  std::string inner_name;           // empty: there is no inner object
  std::vector<FlatMember> inner{};  // its members
};

// `kInvalid` with the member in `field`: no strict JSON, arrays, more levels, a name twice, more than 32 members, a number that no
// double holds. Whole numbers up to 2^64-1 stay whole; the others become the nearest double.
[[nodiscard]] Result<FlatObject> read_flat_json(std::string_view text);

}  // namespace penny::model
