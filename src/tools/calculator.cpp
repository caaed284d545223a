#include "tools/calculator.hpp"

#include <exception>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "tools/expression.hpp"
#include "tools/functions.hpp"
#include "tools/number.hpp"

namespace penny::tools {
namespace {

using Kind = Expression::Kind;

Result<Number> value_of(const Expression& expression);

Result<Number> binary(std::string_view sign, const Number& left, const Number& right) {
  if (sign == "+") return add(left, right);
  if (sign == "-") return subtract(left, right);
  if (sign == "*") return multiply(left, right);
  if (sign == "/") return divide(left, right);
  if (sign == "//") return divide_down(left, right);
  if (sign == "%") return remainder(left, right);
  return power(left, right);
}

std::unexpected<Error> unknown(const Expression& expression) {
  if (expression.kind == Kind::kCall && constant(expression.text))
    return refuse_number(fmt::format("{} is a constant, not a function", expression.text), "write * for products");
  if (expression.kind == Kind::kName && is_function(expression.text)) {
    return refuse_number(fmt::format("{} is a function", expression.text),
                         fmt::format("put its arguments in parentheses: {}(2)", expression.text));
  }
  return refuse_number(fmt::format("there is no \"{}\"", expression.text), fmt::format("known are {}", all_names()));
}

Result<Number> combine(const Expression& expression, const std::vector<Number>& operands) {
  switch (expression.kind) {
    case Kind::kNumber:
      return number_from(expression.text);
    case Kind::kName:
      if (const auto value = constant(expression.text)) return *value;
      return unknown(expression);
    case Kind::kCall:
      if (!is_function(expression.text)) return unknown(expression);
      return call_function(expression.text, operands);
    case Kind::kBinary:
      return binary(expression.text, operands[0], operands[1]);
    case Kind::kNegation:
      return negate(operands[0]);
    case Kind::kFactorial:
      return factorial(operands[0]);
  }
  return unknown(expression);
}

Result<Number> value_of(const Expression& expression) {
  std::vector<Number> operands;
  for (const Expression& each : expression.operands) {
    auto value = value_of(each);
    if (!value) return value;
    operands.push_back(std::move(*value));
  }
  auto made = combine(expression, operands);
  if (!made) made.error().message = fmt::format("column {}: {}", expression.column, made.error().message);
  return made;
}

}  // namespace

Result<Calculated> calculate(std::string_view expression) {
  const auto parsed = parse_expression(expression);
  if (!parsed) return std::unexpected(parsed.error());
  try {
    const auto value = value_of(*parsed);
    if (!value) return std::unexpected(value.error());
    auto text = text_of(*value);
    if (!text) return std::unexpected(text.error());
    return Calculated{.text = std::move(text->text), .is_exact = text->is_exact};
  } catch (const std::exception& problem) {
    return refuse_number(fmt::format("the expression cannot be computed: {}", problem.what()), "use smaller numbers");
  }
}

}  // namespace penny::tools
