#include "tools/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::tools {
namespace {

namespace numbers = boost::multiprecision;

constexpr unsigned kDecimalPlacesMax = 20;
// 10 to this power has some 4,096 bits.
constexpr std::int64_t kDecimalExponentMax = 1'232;

Integer numerator_of(const Fraction& value) { return numbers::numerator(value); }
Integer denominator_of(const Fraction& value) { return numbers::denominator(value); }

std::size_t bits_of(const Fraction& value) {
  return std::max(tools::bits_of(numerator_of(value)), tools::bits_of(denominator_of(value)));
}

const Fraction* if_exact(const Number& value) { return std::get_if<Fraction>(&value); }

// Both as doubles, for an operation that cannot be exact.
template <class Operation>
Result<Number> as_doubles(const Number& a, const Number& b, Operation operation) {
  const auto left = to_double(a);
  if (!left) return std::unexpected(left.error());
  const auto right = to_double(b);
  if (!right) return std::unexpected(right.error());
  return finite(operation(*left, *right));
}

std::unexpected<Error> refuse_zero() { return refuse_number("division by zero", "the divisor must not be 0"); }

bool is_zero(const Number& value) {
  const Fraction* exact = if_exact(value);
  return exact != nullptr ? exact->is_zero() : std::get<double>(value) == 0;
}

// The exponent of an exact power, if it is one that can be taken step by step.
std::optional<std::int64_t> small_integer(const Fraction& value) {
  if (denominator_of(value) != 1 || tools::bits_of(numerator_of(value)) > 62) return std::nullopt;
  return numerator_of(value).convert_to<std::int64_t>();
}

Fraction raised(const Fraction& base, unsigned exponent) {
  return Fraction(numbers::pow(numerator_of(base), exponent), numbers::pow(denominator_of(base), exponent));
}

Result<Number> power_of_doubles(const Number& base, const Number& exponent) {
  const auto below = to_double(base);
  if (!below) return std::unexpected(below.error());
  const auto above = to_double(exponent);
  if (!above) return std::unexpected(above.error());
  if (*below < 0 && std::trunc(*above) != *above) {
    return refuse_number("a negative number to a power that is no integer", "the result would be complex: use abs(x)");
  }
  const double made = std::pow(*below, *above);
  if (made == 0 && *below != 0) return refuse_number("the result is below 5e-324", "ask for its logarithm");
  return finite(made);
}

Result<Number> power_of_integer_exponent(const Fraction& base, std::int64_t exponent) {
  if (exponent == 0 || base == 1) return Fraction(1);
  if (base.is_zero()) {
    if (exponent < 0) return refuse_number("0 to a negative power", "the divisor must not be 0");
    return Fraction(0);
  }
  if (base == -1) return Fraction(exponent % 2 == 0 ? 1 : -1);
  const bool is_integer = denominator_of(base) == 1;
  const std::uint64_t times =
      exponent < 0 ? 0 - static_cast<std::uint64_t>(exponent) : static_cast<std::uint64_t>(exponent);
  // x has at least bits - 1 bits of logarithm: below this bound the result is too large for certain, and is not computed.
  const std::size_t bits = bits_of(base);
  const bool is_too_large = times > kIntegerBitsMax || (bits - 1) * times >= kIntegerBitsMax;
  if (is_too_large && !base::proof::is_planted("power_without_bound")) {
    if (is_integer && exponent > 0) return refuse_size("the power");
    // A base that is rounded to a double loses digits with every factor.
    const auto made = static_cast<double>(std::pow(base.convert_to<long double>(), static_cast<long double>(exponent)));
    if (made == 0) return refuse_number("the result is below 5e-324", "ask for its logarithm");
    return finite(made);
  }
  const Fraction whole = raised(base, static_cast<unsigned>(times));
  return bounded(exponent > 0 ? whole : Fraction(1) / whole);
}

// How many decimal places the fraction has, if it ends.
std::optional<unsigned> places_of(Integer denominator) {
  unsigned twos = 0;
  unsigned fives = 0;
  for (; twos <= kDecimalPlacesMax && denominator % 2 == 0; ++twos) denominator /= 2;
  for (; fives <= kDecimalPlacesMax && denominator % 5 == 0; ++fives) denominator /= 5;
  const unsigned places = std::max(twos, fives);
  if (denominator != 1 || places > kDecimalPlacesMax) return std::nullopt;
  return places;
}

std::string decimal_text(const Fraction& value, unsigned places) {
  const Integer scaled = numerator_of(value) * numbers::pow(Integer(10), places) / denominator_of(value);
  std::string digits = Integer(abs(scaled)).str();
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, ".");
  return scaled < 0 ? "-" + digits : digits;
}

}  // namespace

std::size_t bits_of(const Integer& value) { return value.is_zero() ? 0 : msb(Integer(abs(value))) + 1; }

std::optional<Integer> if_integer(const Number& value) {
  const Fraction* exact = if_exact(value);
  if (exact == nullptr || denominator_of(*exact) != 1) return std::nullopt;
  return numerator_of(*exact);
}

std::unexpected<Error> refuse_number(std::string message, std::string advice) {
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), "expression");
}

std::unexpected<Error> refuse_size(std::string_view what) {
  return refuse_number(fmt::format("{} would be too large: more than {} bits", what, kIntegerBitsMax),
                       "ask for its logarithm, or for a remainder of smaller parts");
}

Result<Number> bounded(Fraction value) {
  if (bits_of(value) <= kIntegerBitsMax) return value;
  if (denominator_of(value) == 1) return refuse_size("the result");
  const auto rounded = to_double(value);
  if (!rounded) return std::unexpected(rounded.error());
  return *rounded;
}

Result<Number> finite(double value) {
  if (std::isnan(value)) return refuse_number("the result is no number", "an argument is outside of what is defined");
  if (std::isinf(value)) {
    return refuse_number("the result is above 1.8e308", "use smaller numbers, or integers, which are exact");
  }
  return value;
}

Result<double> to_double(const Number& value) {
  if (const double* real = std::get_if<double>(&value)) return *real;
  const auto& exact = std::get<Fraction>(value);
  const auto rounded = exact.convert_to<double>();
  if (!std::isfinite(rounded)) {
    return refuse_number("a number above 1.8e308 where only a rounded one can be used",
                         "such numbers are exact only with + - * / // % ^ of integers");
  }
  if (rounded == 0 && !exact.is_zero()) {
    return refuse_number("a number below 5e-324 where only a rounded one can be used", "multiply it first");
  }
  return rounded;
}

Result<Number> number_from(std::string_view literal) {
  const std::size_t mark = literal.find_first_of("eE");
  const std::string_view digits = literal.substr(0, mark);
  std::int64_t exponent = 0;
  if (mark != std::string_view::npos) {
    std::string_view text = literal.substr(mark + 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto read = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (read.ec != std::errc() || exponent > kDecimalExponentMax || exponent < -kDecimalExponentMax) {
      return refuse_number(fmt::format("an exponent beyond {}", kDecimalExponentMax), "use smaller numbers");
    }
  }
  const std::size_t point = digits.find('.');
  std::string plain(digits.substr(0, point));
  if (point != std::string_view::npos) {
    plain += digits.substr(point + 1);
    exponent -= static_cast<std::int64_t>(digits.size() - point - 1);
  }
  // A leading 0 would make it octal.
  plain.erase(0, std::min(plain.find_first_not_of('0'), plain.size() - 1));
  const Integer scale = numbers::pow(Integer(10), static_cast<unsigned>(std::abs(exponent)));
  return bounded(exponent < 0 ? Fraction(Integer(plain), scale) : Fraction(Integer(plain) * scale));
}

Result<Number> add(const Number& a, const Number& b) {
  if (if_exact(a) != nullptr && if_exact(b) != nullptr) return bounded(*if_exact(a) + *if_exact(b));
  return as_doubles(a, b, [](double left, double right) { return left + right; });
}

Result<Number> subtract(const Number& a, const Number& b) { return add(a, negate(b)); }

Result<Number> multiply(const Number& a, const Number& b) {
  if (if_exact(a) != nullptr && if_exact(b) != nullptr) return bounded(*if_exact(a) * *if_exact(b));
  return as_doubles(a, b, [](double left, double right) { return left * right; });
}

Result<Number> divide(const Number& a, const Number& b) {
  if (is_zero(b)) return refuse_zero();
  if (if_exact(a) != nullptr && if_exact(b) != nullptr) return bounded(*if_exact(a) / *if_exact(b));
  return as_doubles(a, b, [](double left, double right) { return left / right; });
}

Result<Number> divide_down(const Number& a, const Number& b) {
  if (is_zero(b)) return refuse_zero();
  if (if_exact(a) != nullptr && if_exact(b) != nullptr) return bounded(Fraction(floor_of(*if_exact(a) / *if_exact(b))));
  return as_doubles(a, b, [](double left, double right) { return std::floor(left / right); });
}

Result<Number> remainder(const Number& a, const Number& b) {
  if (is_zero(b)) return refuse_zero();
  if (if_exact(a) != nullptr && if_exact(b) != nullptr) {
    const Fraction& divisor = *if_exact(b);
    return bounded(*if_exact(a) - divisor * Fraction(floor_of(*if_exact(a) / divisor)));
  }
  return as_doubles(a, b, [](double left, double right) {
    const double rest = std::fmod(left, right);
    return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest;
  });
}

Result<Number> power(const Number& base, const Number& exponent) {
  const Fraction* below = if_exact(base);
  const Fraction* above = if_exact(exponent);
  if (below == nullptr || above == nullptr || denominator_of(*above) != 1) {
    if (is_zero(base) && is_less(exponent, Fraction(0)))
      return refuse_number("0 to a negative power", "the divisor must not be 0");
    return power_of_doubles(base, exponent);
  }
  if (const auto times = small_integer(*above)) return power_of_integer_exponent(*below, *times);
  // Of such an exponent only its parity and sign can count.
  if (below->is_zero() || *below == 1 || *below == -1) {
    const bool is_even = numerator_of(*above) % 2 == 0;
    const std::int64_t same = is_even ? 2 : 1;
    return power_of_integer_exponent(*below, *above < 0 ? -same : same);
  }
  return refuse_size("the power");
}

Number negate(const Number& value) {
  if (const Fraction* exact = if_exact(value)) return Fraction(-*exact);
  return -std::get<double>(value);
}

Integer floor_of(const Fraction& value) {
  const Integer above = numerator_of(value);
  const Integer below = denominator_of(value);
  Integer whole = above / below;
  if (above < 0 && whole * below != above) whole -= 1;
  return whole;
}

bool is_less(const Number& a, const Number& b) {
  const auto exact = [](const Number& value) {
    const Fraction* given = if_exact(value);
    return given != nullptr ? *given : Fraction(std::get<double>(value));
  };
  return exact(a) < exact(b);
}

Result<NumberText> text_of(const Number& value) {
  if (const auto whole = if_integer(value)) return NumberText{.text = whole->str(), .is_exact = true};
  if (const Fraction* exact = if_exact(value)) {
    if (const auto places = places_of(denominator_of(*exact)))
      return NumberText{.text = decimal_text(*exact, *places), .is_exact = true};
  }
  const auto rounded = to_double(value);
  if (!rounded) return std::unexpected(rounded.error());
  return NumberText{.text = fmt::format("{}", *rounded == 0 ? 0.0 : *rounded), .is_exact = false};
}

}  // namespace penny::tools
