#pragma once

// math.calc: the value of an arithmetic expression. Exact with integers and fractions; nothing is ever run. docs/tools_calculator.md
// has the language.

#include <string>
#include <string_view>

#include <penny/error.hpp>

namespace penny::tools {

struct Calculated {
  std::string text;       // an integer or a decimal fraction; 15 to 17 significant digits if it is rounded
  bool is_exact = false;  // no digit of `text` is rounded
};

// `kInvalid` with field "expression"; the message names the column and what is wrong there: not of the language, an unknown name, an
// argument for which a function is not defined, a division by zero, a number of more than 4,096 bits. At most 50 ms of
// computing. Pure; any thread.
[[nodiscard]] Result<Calculated> calculate(std::string_view expression);

}  // namespace penny::tools
