#pragma once

// The language of math.calc: arithmetic and nothing else. A text becomes a tree of numbers, names, operators and calls; what a
// name means is not known here.
//
//     sum      product { ("+" | "-") product }
//     product  signed { ("*" | "/" | "//" | "%") signed }
//     signed   { "+" | "-" } power
//     power    factor [ ("^" | "**") signed ]
//     factor   primary [ "!" ]
//     primary  number | name | name "(" sum { "," sum } ")" | "(" sum ")"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <penny/error.hpp>

namespace penny::tools {

inline constexpr std::size_t kExpressionCharactersMax = 200;
inline constexpr int kExpressionDepthMax = 40;  // of parentheses, calls, signs and powers within each other

struct Expression {
  enum class Kind : std::uint8_t {
    kNumber,  // `text` as written
    kName,
    kCall,    // of the function `text`
    kBinary,  // `text` is + - * / // % or ^
    kNegation,
    kFactorial,
  };
  Kind kind = Kind::kNumber;
  std::string text;
  std::vector<Expression> operands;
  std::size_t column = 1;  // of what `kind` names, from 1
};

// `kInvalid` with field "expression": empty, too long, nested too deep, or not of the language; the message names the column and
// what was expected there. Pure.
[[nodiscard]] Result<Expression> parse_expression(std::string_view text);

}  // namespace penny::tools
