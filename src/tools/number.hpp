#pragma once

// The numbers of math.calc: exact fractions as long as they stay exact, else doubles. No number is larger than
// `kIntegerBitsMax`, and a result that would be is refused before it is computed.
//
// Errors have no place yet: who knows the column puts it before the message.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <boost/multiprecision/cpp_int.hpp>

#include <penny/error.hpp>

namespace penny::tools {

using Integer = boost::multiprecision::cpp_int;
using Fraction = boost::multiprecision::cpp_rational;
using Number = std::variant<Fraction, double>;

inline constexpr std::size_t kIntegerBitsMax = 4096;

// Bits of the magnitude; 0 has 0.
[[nodiscard]] std::size_t bits_of(const Integer& value);
[[nodiscard]] std::optional<Integer> if_integer(const Number& value);

[[nodiscard]] std::unexpected<Error> refuse_number(std::string message, std::string advice);
[[nodiscard]] std::unexpected<Error> refuse_size(std::string_view what);

// A result as it may go on: too large an integer is refused, a fraction that has grown too long becomes a double.
[[nodiscard]] Result<Number> bounded(Fraction value);
// Refuses what is not finite.
[[nodiscard]] Result<Number> finite(double value);
// Refuses what no double holds.
[[nodiscard]] Result<double> to_double(const Number& value);

// "12", "0.5", "1.5e3": exact.
[[nodiscard]] Result<Number> number_from(std::string_view literal);

[[nodiscard]] Result<Number> add(const Number& a, const Number& b);
[[nodiscard]] Result<Number> subtract(const Number& a, const Number& b);
[[nodiscard]] Result<Number> multiply(const Number& a, const Number& b);
[[nodiscard]] Result<Number> divide(const Number& a, const Number& b);
[[nodiscard]] Result<Number> divide_down(const Number& a, const Number& b);  // the whole number at or below a / b
[[nodiscard]] Result<Number> remainder(const Number& a, const Number& b);    // has the sign of b
[[nodiscard]] Result<Number> power(const Number& base, const Number& exponent);
[[nodiscard]] Number negate(const Number& value);
[[nodiscard]] Integer floor_of(const Fraction& value);
[[nodiscard]] bool is_less(const Number& a, const Number& b);

// For people: all digits of an integer, of a decimal fraction with at most 20 places, else as many digits as a double needs.
struct NumberText {
  std::string text;
  bool is_exact = false;
};
[[nodiscard]] Result<NumberText> text_of(const Number& value);

}  // namespace penny::tools
