#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <boost/multiprecision/cpp_int.hpp>

#include "tools/calculator.hpp"
#include "tools/expression.hpp"

namespace penny::tools {
namespace {

using boost::multiprecision::cpp_int;
using Kind = Expression::Kind;

Expression number(int value) {
  return {.kind = Kind::kNumber, .text = std::to_string(value), .operands = {}, .column = 0};
}

Expression node(Kind kind, std::string text, std::vector<Expression> operands) {
  return {.kind = kind, .text = std::move(text), .operands = std::move(operands), .column = 0};
}

// Trees of integers: operators that stay within integers.
Expression any_tree(int depth) {
  const int kind = depth == 0 ? 0 : *rc::gen::inRange(0, 9);
  const auto next = [&] { return any_tree(depth - 1); };
  if (kind <= 2) return number(*rc::gen::inRange(0, 1'000'000));
  if (kind == 3) return node(Kind::kNegation, "", {next()});
  if (kind == 4) return node(Kind::kBinary, "^", {next(), number(*rc::gen::inRange(0, 4))});
  const auto sign = *rc::gen::element<std::string>("+", "-", "*", "//", "%");
  Expression left = next();
  return node(Kind::kBinary, sign, {std::move(left), next()});
}

// With as many parentheses as there are nodes: nothing depends on what binds tighter.
std::string printed(const Expression& tree) {
  if (tree.kind == Kind::kNumber) return tree.text;
  if (tree.kind == Kind::kNegation) return "(-" + printed(tree.operands[0]) + ")";
  return "(" + printed(tree.operands[0]) + tree.text + printed(tree.operands[1]) + ")";
}

int strength(const Expression& tree) {
  if (tree.kind == Kind::kNumber) return 5;
  if (tree.kind == Kind::kNegation) return 3;
  if (tree.text == "^") return 4;
  return tree.text == "+" || tree.text == "-" ? 1 : 2;
}

// With only those that are needed.
std::string printed_shortly(const Expression& tree, int least) {
  std::string text = tree.text;
  const int mine = strength(tree);
  if (tree.kind == Kind::kNegation) text = "-" + printed_shortly(tree.operands[0], 3);
  if (tree.kind == Kind::kBinary) {
    const bool is_power = tree.text == "^";
    text = printed_shortly(tree.operands[0], is_power ? 5 : mine) + tree.text +
           printed_shortly(tree.operands[1], is_power ? 3 : mine + 1);
  }
  return mine < least ? "(" + text + ")" : text;
}

bool is_same(const Expression& a, const Expression& b) {
  if (a.kind != b.kind || a.text != b.text || a.operands.size() != b.operands.size()) return false;
  for (std::size_t i = 0; i < a.operands.size(); ++i) {
    if (!is_same(a.operands[i], b.operands[i])) return false;
  }
  return true;
}

// By the integers' own operators; nothing for a division by zero.
std::optional<cpp_int> computed(const Expression& tree) {
  if (tree.kind == Kind::kNumber) return cpp_int(tree.text);
  const auto a = computed(tree.operands[0]);
  if (!a) return std::nullopt;
  if (tree.kind == Kind::kNegation) return cpp_int(-*a);
  const auto b = computed(tree.operands[1]);
  if (!b) return std::nullopt;
  if (tree.text == "+") return cpp_int(*a + *b);
  if (tree.text == "-") return cpp_int(*a - *b);
  if (tree.text == "*") return cpp_int(*a * *b);
  if (tree.text == "^") {
    cpp_int made = 1;
    for (cpp_int i = 0; i < *b; ++i) made *= *a;
    return made;
  }
  if (*b == 0) return std::nullopt;
  cpp_int rest = *a % *b;
  if (rest != 0 && (rest < 0) != (*b < 0)) rest += *b;
  return tree.text == "%" ? rest : cpp_int((*a - rest) / *b);
}

RC_GTEST_PROP(CalculatorProperty, IntegersAreComputedExactly, ()) {
  const Expression tree = any_tree(4);
  const std::string text = printed_shortly(tree, 0);
  RC_PRE(text.size() <= kExpressionCharactersMax);
  const auto expected = computed(tree);
  const auto made = calculate(text);
  RC_ASSERT(made.has_value() == expected.has_value());
  if (!expected) return;
  RC_ASSERT(made->is_exact);
  RC_ASSERT(made->text == expected->str());
}

RC_GTEST_PROP(CalculatorProperty, WhatIsPrintedIsParsedToTheSameTree, ()) {
  const Expression tree = any_tree(4);
  for (const std::string& text : {printed(tree), printed_shortly(tree, 0)}) {
    if (text.size() > kExpressionCharactersMax) continue;
    const auto parsed = parse_expression(text);
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(is_same(*parsed, tree));
  }
}

RC_GTEST_PROP(CalculatorProperty, FractionsFollowTheLawsOfArithmetic, ()) {
  const auto fraction = [] {
    return std::to_string(*rc::gen::inRange(-9'999, 9'999)) + "/" + std::to_string(*rc::gen::inRange(1, 9'999));
  };
  const std::string a = "(" + fraction() + ")";
  const std::string b = "(" + fraction() + ")";
  const std::string c = "(" + fraction() + ")";
  for (const std::string& law : {a + "*(" + b + "+" + c + ")-(" + a + "*" + b + "+" + a + "*" + c + ")",
                                 "(" + a + "+" + b + ")-" + b + "-" + a, a + "//1+" + a + "%1-" + a}) {
    const auto made = calculate(law);
    RC_ASSERT(made.has_value());
    RC_ASSERT(made->text == "0");
    RC_ASSERT(made->is_exact);
  }
}

RC_GTEST_PROP(CalculatorProperty, AnyTextIsAnsweredOrRefused, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("1", "0", ".", "e", "9", "^", "**", "*", "/", "//", "%", "!", "(", ")", ",", "-",
                                    "sqrt(", "max(", "pi", " ", "x", "\xff"));
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  const auto made = calculate(text);
  const bool is_answered = made ? !made->text.empty() : !made.error().advice.empty();
  RC_ASSERT(is_answered);
}

}  // namespace
}  // namespace penny::tools
