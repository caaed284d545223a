#pragma once

// What the workload asks: one table of kinds of requests. A new operation is one more line there.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <penny/penny.hpp>

#include "proof/power/choices.hpp"

namespace penny::proof::power {

// Of one thread: what its requests may refer to.
struct Speaker {
  std::string user;
  Random& random;
  std::vector<OperationId> facts;
  std::size_t text_bytes_min = 0;
};

struct RequestKind {
  std::string_view name;
  std::vector<Operation> (*make)(Speaker& speaker);
  bool is_hopeless = false;  // refused or withdrawn, but for luck: asked with no time to wait
};

[[nodiscard]] const std::vector<RequestKind>& request_kinds();

[[nodiscard]] OperationId new_id(Random& random);
[[nodiscard]] Operation a_turn(Speaker& speaker);

}  // namespace penny::proof::power
