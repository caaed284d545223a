#pragma once

// The functions and constants that math.calc knows. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tools/number.hpp"

namespace penny::tools {

[[nodiscard]] std::optional<double> constant(std::string_view name);
[[nodiscard]] bool is_function(std::string_view name);

// Refuses a wrong count of arguments and what the function is not defined for. `name` must be a function.
[[nodiscard]] Result<Number> call_function(std::string_view name, std::span<const Number> arguments);
[[nodiscard]] Result<Number> factorial(const Number& of);

// "abs, acos, ...": for people.
[[nodiscard]] std::string all_names();

}  // namespace penny::tools
