#include "tools/functions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>

#include <fmt/format.h>

namespace penny::tools {
namespace {

using Arguments = std::span<const Number>;
using std::numbers::ln10;
using std::numbers::ln2;

constexpr std::size_t kAnyCount = kIntegerBitsMax;
constexpr int kRoundedPlacesMax = 100;
// 541! has more than 4,096 bits, and so has what is a product of more terms than this.
constexpr std::uint64_t kFactorsMax = 1'000;

constexpr std::string_view kSeeDefinition = "use an argument for which it is defined";

Result<Integer> integer_of(const Number& value) {
  if (auto whole = if_integer(value)) return *whole;
  return refuse_number("an exact integer is needed here", "use floor(x), trunc(x) or round(x) of an exact number");
}

// An integer from 0 to `max`.
Result<std::uint64_t> count_of(const Number& value, std::uint64_t max, std::string_view what) {
  const auto whole = integer_of(value);
  if (!whole) return std::unexpected(whole.error());
  if (*whole < 0)
    return refuse_number(fmt::format("{} is not defined for negative numbers", what), std::string(kSeeDefinition));
  if (*whole > max) return refuse_size(what);
  return whole->convert_to<std::uint64_t>();
}

// The root if it is exact.
std::optional<Fraction> exact_square_root(const Number& value) {
  const auto* exact = std::get_if<Fraction>(&value);
  if (exact == nullptr || *exact < 0) return std::nullopt;
  const Integer above = sqrt(Integer(numerator(*exact)));
  const Integer below = sqrt(Integer(denominator(*exact)));
  Fraction root(above, below);
  if (root * root != *exact) return std::nullopt;
  return root;
}

std::optional<Fraction> exact_cube_root(const Number& value) {
  const auto* exact = std::get_if<Fraction>(&value);
  if (exact == nullptr) return std::nullopt;
  const double above = std::round(std::cbrt(Integer(numerator(*exact)).convert_to<double>()));
  const double below = std::round(std::cbrt(Integer(denominator(*exact)).convert_to<double>()));
  if (!std::isfinite(above) || !std::isfinite(below)) return std::nullopt;
  Fraction root = Fraction(Integer(above), Integer(below));
  if (root * root * root != *exact) return std::nullopt;
  return root;
}

template <class Operation>
Result<Number> of_double(const Number& value, Operation operation) {
  const auto real = to_double(value);
  if (!real) return std::unexpected(real.error());
  return finite(operation(*real));
}

template <double (*kOperation)(double)>
Result<Number> real(Arguments a) {
  return of_double(a[0], kOperation);
}

Result<Number> square_root(Arguments a) {
  if (is_less(a[0], Fraction(0)))
    return refuse_number("sqrt is not defined for negative numbers", std::string(kSeeDefinition));
  if (auto root = exact_square_root(a[0])) return *root;
  return real<std::sqrt>(a);
}

Result<Number> cube_root(Arguments a) {
  if (auto root = exact_cube_root(a[0])) return *root;
  return real<std::cbrt>(a);
}

Result<Number> arc(Arguments a, double (*operation)(double), std::string_view name) {
  if (is_less(a[0], Fraction(-1)) || is_less(Fraction(1), a[0]))
    return refuse_number(fmt::format("{} is defined from -1 to 1 only", name), std::string(kSeeDefinition));
  return of_double(a[0], operation);
}

Result<Number> absolute(Arguments a) { return is_less(a[0], Fraction(0)) ? negate(a[0]) : a[0]; }

Result<Number> sign(Arguments a) {
  if (is_less(a[0], Fraction(0))) return Fraction(-1);
  return Fraction(is_less(Fraction(0), a[0]) ? 1 : 0);
}

// Whole numbers: exact of what is exact.
template <class Exactly>
Result<Number> whole(const Number& value, Exactly exactly, double (*rounded)(double)) {
  if (const auto* exact = std::get_if<Fraction>(&value)) return Number(Fraction(exactly(*exact)));
  return of_double(value, rounded);
}

Integer ceiling_of(const Fraction& value) { return -floor_of(-value); }
Integer truncated(const Fraction& value) { return value < 0 ? ceiling_of(value) : floor_of(value); }
// A half goes away from zero.
Integer rounded_of(const Fraction& value) {
  const Fraction half(1, 2);
  return value < 0 ? ceiling_of(value - half) : floor_of(value + half);
}

Result<Number> round_to(Arguments a) {
  int places = 0;
  if (a.size() == 2) {
    const auto wanted = integer_of(a[1]);
    if (!wanted) return std::unexpected(wanted.error());
    if (abs(*wanted) > kRoundedPlacesMax) {
      return refuse_number(fmt::format("round to more than {} places", kRoundedPlacesMax),
                           fmt::format("use -{0} to {0} places", kRoundedPlacesMax));
    }
    places = wanted->convert_to<int>();
  }
  const auto* exact = std::get_if<Fraction>(&a[0]);
  const Fraction value = exact != nullptr ? *exact : Fraction(std::get<double>(a[0]));
  const Fraction scale(pow(Integer(10), static_cast<unsigned>(std::abs(places))));
  const Fraction shifted = places < 0 ? Fraction(value / scale) : Fraction(value * scale);
  const Fraction nearest(rounded_of(shifted));
  Number made = places < 0 ? Fraction(nearest * scale) : Fraction(nearest / scale);
  if (exact != nullptr) return bounded(std::get<Fraction>(made));
  return of_double(made, [](double same) { return same; });
}

Result<Number> sum_of(Arguments a) {
  Result<Number> total = Fraction(0);
  for (const Number& each : a) {
    if (total) total = add(*total, each);
  }
  return total;
}

Result<Number> mean_of(Arguments a) {
  const auto total = sum_of(a);
  return total ? divide(*total, Fraction(a.size())) : total;
}

Result<Number> least(Arguments a) { return *std::ranges::min_element(a, is_less); }
Result<Number> greatest(Arguments a) { return *std::ranges::max_element(a, is_less); }

template <class Operation>
Result<Number> of_integers(Arguments a, Operation operation) {
  auto total = integer_of(a[0]);
  if (total) *total = abs(*total);
  for (const Number& each : a.subspan(1)) {
    const auto next = integer_of(each);
    if (!total || !next) return std::unexpected(total ? next.error() : total.error());
    *total = operation(*total, *next);
    if (bits_of(*total) > kIntegerBitsMax) return refuse_size("the least common multiple");
  }
  if (!total) return std::unexpected(total.error());
  return Fraction(*total);
}

// The natural logarithm, also of integers that no double holds.
Result<double> logarithm_of(const Number& value) {
  if (!is_less(Fraction(0), value))
    return refuse_number("logarithms are defined for positive numbers only", std::string(kSeeDefinition));
  const auto large = if_integer(value);
  if (!large || bits_of(*large) < 1'000) {
    const auto real = to_double(value);
    if (!real) return std::unexpected(real.error());
    return std::log(*real);
  }
  const std::size_t shift = bits_of(*large) - 64;
  return std::log(Integer(*large >> shift).convert_to<double>()) + static_cast<double>(shift) * ln2;
}

Result<Number> logarithm(const Number& value, const Number& base, double base_logarithm) {
  const auto above = logarithm_of(value);
  if (!above) return std::unexpected(above.error());
  if (base_logarithm == 0) return refuse_number("there is no logarithm to the base 1", "use another base");
  const double quotient = *above / base_logarithm;
  const double nearest = std::round(quotient);
  // 3, not 3.0000000000000004, is the logarithm of 125 to the base 5.
  if (std::holds_alternative<Fraction>(value) && std::holds_alternative<Fraction>(base) &&
      std::abs(nearest) <= static_cast<double>(kIntegerBitsMax) && std::abs(quotient - nearest) < 1e-9) {
    const auto again = power(base, Fraction(static_cast<std::int64_t>(nearest)));
    if (again && *again == value) return Fraction(static_cast<std::int64_t>(nearest));
  }
  return finite(quotient);
}

Result<Number> log_to_base(Arguments a) {
  if (a.size() == 1) {
    const auto natural = logarithm_of(a[0]);
    if (!natural) return std::unexpected(natural.error());
    return *natural;
  }
  const auto below = logarithm_of(a[1]);
  if (!below) return std::unexpected(below.error());
  return logarithm(a[0], a[1], *below);
}

Result<Number> arc_tangent_of_two(Arguments a) {
  const auto y = to_double(a[0]);
  const auto x = to_double(a[1]);
  if (!y || !x) return std::unexpected(y ? x.error() : y.error());
  return finite(std::atan2(*y, *x));
}

Result<Number> hypotenuse(Arguments a) {
  if (std::ranges::all_of(a, [](const Number& each) { return std::holds_alternative<Fraction>(each); })) {
    const auto squares = [](const Number& each) { return multiply(each, each); };
    const auto first = squares(a[0]);
    const auto second = squares(a[1]);
    const auto total = first && second ? add(*first, *second) : first;
    if (total) {
      if (auto root = exact_square_root(*total)) return *root;
    }
  }
  const auto x = to_double(a[0]);
  const auto y = to_double(a[1]);
  if (!x || !y) return std::unexpected(x ? y.error() : x.error());
  return finite(std::hypot(*x, *y));
}

// n (n - 1) ... of `terms` numbers, divided step by step by 1, 2, ... if they are to be combinations.
Result<Number> falling_product(const Integer& n, std::uint64_t terms, bool is_divided, std::string_view what) {
  Integer product = 1;
  for (std::uint64_t i = 0; i < terms; ++i) {
    product *= n - i;
    if (is_divided) product /= i + 1;
    if (bits_of(product) > kIntegerBitsMax) return refuse_size(what);
  }
  return Fraction(product);
}

Result<Number> choices(Arguments a, bool is_ordered, std::string_view what) {
  const auto n = integer_of(a[0]);
  const auto k = integer_of(a[1]);
  if (!n || !k) return std::unexpected(n ? k.error() : n.error());
  if (*n < 0 || *k < 0)
    return refuse_number(fmt::format("{} is not defined for negative numbers", what), std::string(kSeeDefinition));
  if (*k > *n) return Fraction(0);
  const Integer rest = *n - *k;
  const Integer& few = !is_ordered && rest < *k ? rest : *k;
  // Of n things at least 2^k combinations exist where k is at most half of n.
  if (few > kIntegerBitsMax) return refuse_size(what);
  return falling_product(*n, few.convert_to<std::uint64_t>(), !is_ordered, what);
}

struct Function {
  std::string_view name;
  std::size_t least;
  std::size_t most;
  Result<Number> (*call)(Arguments);
};

double to_radians(double degrees) { return degrees * std::numbers::pi / 180; }
double to_degrees(double radians) { return radians * 180 / std::numbers::pi; }

constexpr std::array kFunctions{
    Function{"abs", 1, 1, absolute},
    Function{"acos", 1, 1, [](Arguments a) { return arc(a, std::acos, "acos"); }},
    Function{"asin", 1, 1, [](Arguments a) { return arc(a, std::asin, "asin"); }},
    Function{"atan", 1, 1, real<std::atan>},
    Function{"atan2", 2, 2, arc_tangent_of_two},
    Function{"cbrt", 1, 1, cube_root},
    Function{"ceil", 1, 1, [](Arguments a) { return whole(a[0], ceiling_of, std::ceil); }},
    Function{"comb", 2, 2, [](Arguments a) { return choices(a, false, "comb"); }},
    Function{"cos", 1, 1, real<std::cos>},
    Function{"cosh", 1, 1, real<std::cosh>},
    Function{"degrees", 1, 1, real<to_degrees>},
    Function{"exp", 1, 1, real<std::exp>},
    Function{"factorial", 1, 1, [](Arguments a) { return factorial(a[0]); }},
    Function{"floor", 1, 1, [](Arguments a) { return whole(a[0], floor_of, std::floor); }},
    Function{"gcd", 1, kAnyCount,
             [](Arguments a) {
               return of_integers(a, [](const Integer& x, const Integer& y) { return Integer(gcd(x, y)); });
             }},
    Function{"hypot", 2, 2, hypotenuse},
    Function{"lcm", 1, kAnyCount,
             [](Arguments a) {
               return of_integers(a, [](const Integer& x, const Integer& y) { return Integer(lcm(x, y)); });
             }},
    Function{"ln", 1, 1, log_to_base},
    Function{"log", 1, 2, log_to_base},
    Function{"log10", 1, 1, [](Arguments a) { return logarithm(a[0], Fraction(10), ln10); }},
    Function{"log2", 1, 1, [](Arguments a) { return logarithm(a[0], Fraction(2), ln2); }},
    Function{"max", 1, kAnyCount, greatest},
    Function{"mean", 1, kAnyCount, mean_of},
    Function{"min", 1, kAnyCount, least},
    Function{"mod", 2, 2, [](Arguments a) { return remainder(a[0], a[1]); }},
    Function{"perm", 2, 2, [](Arguments a) { return choices(a, true, "perm"); }},
    Function{"radians", 1, 1, real<to_radians>},
    Function{"round", 1, 2, round_to},
    Function{"sign", 1, 1, sign},
    Function{"sin", 1, 1, real<std::sin>},
    Function{"sinh", 1, 1, real<std::sinh>},
    Function{"sqrt", 1, 1, square_root},
    Function{"sum", 1, kAnyCount, sum_of},
    Function{"tan", 1, 1, real<std::tan>},
    Function{"tanh", 1, 1, real<std::tanh>},
    Function{"trunc", 1, 1, [](Arguments a) { return whole(a[0], truncated, std::trunc); }},
};

const Function* find(std::string_view name) {
  const auto* const found = std::ranges::find(kFunctions, name, &Function::name);
  return found == kFunctions.end() ? nullptr : found;
}

}  // namespace

std::optional<double> constant(std::string_view name) {
  if (name == "pi") return std::numbers::pi;
  if (name == "tau") return 2 * std::numbers::pi;
  if (name == "e") return std::numbers::e;
  return std::nullopt;
}

bool is_function(std::string_view name) { return find(name) != nullptr; }

Result<Number> call_function(std::string_view name, std::span<const Number> arguments) {
  const Function& function = *find(name);
  if (arguments.size() < function.least || arguments.size() > function.most) {
    const std::string wanted = function.least == function.most ? fmt::format("{}", function.least)
                               : function.most == kAnyCount    ? "1 or more"
                                                               : fmt::format("{} or {}", function.least, function.most);
    return refuse_number(fmt::format("{} takes {} arguments, not {}", name, wanted, arguments.size()),
                         "separate arguments by commas, and write numbers without thousands separators");
  }
  return function.call(arguments);
}

Result<Number> factorial(const Number& of) {
  const auto n = count_of(of, kFactorsMax, "the factorial");
  if (!n) return std::unexpected(n.error());
  return falling_product(*n, *n, false, "the factorial");
}

std::string all_names() {
  std::string names = "pi, e, tau";
  for (const Function& each : kFunctions) names += fmt::format(", {}", each.name);
  return names;
}

}  // namespace penny::tools
