#pragma once

#include <penny/model.hpp>

namespace penny::model {

// Words of others: neither the user's nor the assistant's.
[[nodiscard]] constexpr bool is_of_others(Origin origin) { return origin == Origin::kTool || origin == Origin::kWeb; }

}  // namespace penny::model
