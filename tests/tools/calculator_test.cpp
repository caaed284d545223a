#include "tools/calculator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <string>
#include <vector>

#include "support/processor_time.hpp"

namespace penny::tools {
namespace {

using namespace std::string_literals;

constexpr double kLongestMs = 50 * test::kSlowdown;

// The value, "~" before it if it is rounded, or the refusal.
std::string value_of(const std::string& expression) {
  const auto made = calculate(expression);
  if (!made) return made.error().message;
  return (made->is_exact ? "" : "~") + made->text;
}

struct Case {
  const char* expression;
  const char* value;
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.expression; }

class Calculates : public testing::TestWithParam<Case> {};
TEST_P(Calculates, AsInSchool) { EXPECT_EQ(value_of(GetParam().expression), GetParam().value); }

INSTANTIATE_TEST_SUITE_P(
    Calculator, Calculates,
    testing::Values(
        Case{"1+2*3", "7"}, Case{"(1+2)*3", "9"}, Case{"2^10", "1024"}, Case{"2**10", "1024"}, Case{"2^3^2", "512"},
        Case{"-2^2", "-4"}, Case{"(-2)^2", "4"}, Case{"2^-1", "0.5"}, Case{"--3", "3"}, Case{"+3", "3"},
        Case{"7-4-2", "1"}, Case{"16/4/2", "2"}, Case{"1/3", "~0.3333333333333333"}, Case{"6/3", "2"},
        Case{"0.1+0.2", "0.3"}, Case{"1/3*3", "1"}, Case{"1/8", "0.125"}, Case{"-1/8", "-0.125"},
        Case{"1/1000", "0.001"}, Case{"7//2", "3"}, Case{"-7//2", "-4"}, Case{"7%3", "1"}, Case{"-7%3", "2"},
        Case{"7%-3", "-2"}, Case{"7.5%2", "1.5"}, Case{"mod(-7,3)", "2"}, Case{"1e3", "1000"}, Case{"1.5e-3", "0.0015"},
        Case{".5", "0.5"}, Case{"5.", "5"}, Case{"0", "0"}, Case{"-0", "0"}, Case{"0^0", "1"},
        Case{"0.0000001", "0.0000001"}, Case{"5!", "120"}, Case{"2^3!", "64"}, Case{"-3!", "-6"}, Case{"(3!)!", "720"},
        Case{"0!", "1"}, Case{"factorial(20)", "2432902008176640000"}, Case{"25!", "15511210043330985984000000"},
        Case{"2^64", "18446744073709551616"}, Case{"9007199254740993", "9007199254740993"},
        Case{"99999999999999999999*99999999999999999999", "9999999999999999999800000000000000000001"},
        Case{"comb(49,6)", "13983816"}, Case{"comb(10,0)", "1"}, Case{"comb(3,5)", "0"}, Case{"perm(10,3)", "720"},
        Case{"comb(1000000000000,2)", "499999999999500000000000"}, Case{"gcd(12,18,27)", "3"}, Case{"gcd(-4)", "4"},
        Case{"lcm(4,6)", "12"}, Case{"gcd(0,0)", "0"}, Case{"abs(-3.5)", "3.5"}, Case{"sign(-2)", "-1"},
        Case{"sign(0)", "0"}, Case{"floor(-2.5)", "-3"}, Case{"ceil(-2.5)", "-2"}, Case{"ceil(2.1)", "3"},
        Case{"trunc(-2.7)", "-2"}, Case{"round(2.5)", "3"}, Case{"round(-2.5)", "-3"}, Case{"round(2.675,2)", "2.68"},
        Case{"round(1234,-2)", "1200"}, Case{"round(2/3,3)", "0.667"}, Case{"round(pi,2)", "~3.14"},
        Case{"floor(pi)", "~3"}, Case{"min(3,1,2)", "1"}, Case{"max(3,1,2.5)", "3"},
        Case{"max(1,pi)", "~3.141592653589793"}, Case{"sum(1,2,3.5)", "6.5"}, Case{"mean(1,2,3,4)", "2.5"},
        Case{"sqrt(16)", "4"}, Case{"sqrt(2)", "~1.4142135623730951"}, Case{"sqrt(0.25)", "0.5"},
        Case{"sqrt(10^400)/10^199", "10"}, Case{"cbrt(27)", "3"}, Case{"cbrt(-8)", "-2"}, Case{"4^0.5", "~2"},
        Case{"hypot(3,4)", "5"}, Case{"hypot(1,1)", "~1.4142135623730951"}, Case{"ln(e)", "~1"}, Case{"log(8,2)", "3"},
        Case{"log(125,5)", "3"}, Case{"log2(1024)", "10"}, Case{"log10(1000)", "3"}, Case{"log10(0.001)", "-3"},
        Case{"log2(2^4000)", "4000"}, Case{"log2(10)", "~3.3219280948873626"}, Case{"exp(0)", "~1"},
        Case{"exp(1)", "~2.718281828459045"}, Case{"sin(0)", "~0"}, Case{"cos(0)", "~1"},
        Case{"tan(pi/4)", "~0.9999999999999999"}, Case{"asin(1)", "~1.5707963267948966"}, Case{"acos(1)", "~0"},
        Case{"atan(1)*4", "~3.141592653589793"}, Case{"atan2(1,-1)", "~2.356194490192345"}, Case{"sinh(0)", "~0"},
        Case{"cosh(0)", "~1"}, Case{"tanh(0)", "~0"}, Case{"radians(180)", "~3.141592653589793"},
        Case{"degrees(pi)", "~180"}, Case{"tau/2", "~3.141592653589793"}, Case{"e", "~2.718281828459045"},
        Case{"(-1)^99999999999999999999", "-1"}, Case{"1^(10^30)", "1"}, Case{" 1\t+ 1 ", "2"},
        Case{"1.07^30*1000", "~7612.255042662029"}));

TEST(Calculator, AnIntegerOf4000BitsIsExact) {
  const auto made = calculate("2^4000");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->text.size(), 1205U);
  EXPECT_EQ(made->text.substr(0, 20), "13182040934309431001");
  EXPECT_EQ(value_of("2^4000 - 2*2^3999"), "0");
}

// Exactly it would have too many digits.
TEST(Calculator, CompoundInterestIsRoundedInItsLastDigitsOnly) {
  const auto made = calculate("1.0001^3650");
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->is_exact);
  EXPECT_NEAR(std::stod(made->text), 1.4404877207609195, 1e-14);
}

// Computing this takes seconds; the refusal is made of its size alone.
TEST(Calculator, APowerThatIsTooLargeIsRefusedBeforeItIsComputed) {
  const double begin = test::processor_ms();
  EXPECT_EQ(value_of("7^3000000"), "column 2: the power would be too large: more than 4096 bits");
  EXPECT_LT(test::processor_ms() - begin, kLongestMs);
}

const std::vector<std::string>& hostile_expressions() {
  static const std::vector<std::string> expressions{"",
                                                    " ",
                                                    "\t",
                                                    "\n",
                                                    "\0"s,
                                                    "1\0+1"s,
                                                    "1\n+1",
                                                    "1\r",
                                                    "\x7f",
                                                    "\x1b[31m",
                                                    "١+١",
                                                    "１+１",
                                                    "2×3",
                                                    "6÷2",
                                                    "√4",
                                                    "−1",
                                                    "π",
                                                    "\xff",
                                                    "\xc0\x80",
                                                    "1\xe2\x80\x8b+1",
                                                    "__import__('os')",
                                                    "__import__(\"os\").system(\"id\")",
                                                    "system(\"x\")",
                                                    "system(x)",
                                                    "exec(1)",
                                                    "eval(1)",
                                                    "os",
                                                    "os.system",
                                                    "import os",
                                                    "print(1)",
                                                    "open(1)",
                                                    "`id`",
                                                    "$(id)",
                                                    "${HOME}",
                                                    "$1",
                                                    "1;2",
                                                    "1&2",
                                                    "1|2",
                                                    "1||2",
                                                    "~1",
                                                    "a=1",
                                                    "x",
                                                    "lambda: 1",
                                                    "[1,2]",
                                                    "{1}",
                                                    "'1'",
                                                    "\"1\"",
                                                    "#1",
                                                    "1 if 1 else 2",
                                                    "1 == 1",
                                                    "1 < 2",
                                                    "1 != 2",
                                                    "not 1",
                                                    "1 and 2",
                                                    "<script>",
                                                    "../../etc/passwd",
                                                    "%s%n",
                                                    "1,000",
                                                    "1,000,000.5",
                                                    "(1,000)",
                                                    "1_000",
                                                    "1 000",
                                                    "1'000",
                                                    "max(1,000)",
                                                    "1.000.000",
                                                    "1..2",
                                                    ".",
                                                    "1e",
                                                    "0x1F",
                                                    "0b1",
                                                    "007",
                                                    "1e99999",
                                                    "1e99999999999999999999",
                                                    "1e-99999",
                                                    "()",
                                                    "(",
                                                    ")",
                                                    "(1",
                                                    "1)",
                                                    "((1)",
                                                    "1+",
                                                    "*1",
                                                    "1**",
                                                    "1***2",
                                                    "1//",
                                                    "1///2",
                                                    "1+*2",
                                                    "1 2",
                                                    "2pi",
                                                    "2(3)",
                                                    "(1)(2)",
                                                    "pi(2)",
                                                    "PI",
                                                    "Sin(1)",
                                                    "sin",
                                                    "sin()",
                                                    "sin(1,2)",
                                                    "sin 1",
                                                    "max()",
                                                    "max(1,)",
                                                    "max(,1)",
                                                    "round(1,2,3)",
                                                    "round(1,0.5)",
                                                    "round(1,101)",
                                                    "atan2(1)",
                                                    "!",
                                                    "!5",
                                                    "5!!",
                                                    "1/0",
                                                    "1//0",
                                                    "1%0",
                                                    "mod(1,0)",
                                                    "1/(1-1)",
                                                    "0^-1",
                                                    "0.0^-0.5",
                                                    "1/sin(0)",
                                                    "sqrt(-1)",
                                                    "(-8)^(1/3)",
                                                    "ln(0)",
                                                    "log(-1)",
                                                    "log(10,1)",
                                                    "log(10,-2)",
                                                    "log2(0)",
                                                    "asin(2)",
                                                    "acos(-1.0001)",
                                                    "factorial(-1)",
                                                    "factorial(2.5)",
                                                    "(-1)!",
                                                    "2.5!",
                                                    "pi!",
                                                    "gcd(1.5,2)",
                                                    "lcm(2^4000,3^2000)",
                                                    "comb(-1,2)",
                                                    "comb(2.5,1)",
                                                    "comb(100000,50000)",
                                                    "comb(2^4000,2000)",
                                                    "perm(10^9,10^8)",
                                                    "9^9^9",
                                                    "9^9^9^9^9",
                                                    "9**9**9",
                                                    "2^4096",
                                                    "2^5000",
                                                    "(-2)^99999",
                                                    "2^(2^62)",
                                                    "2^(2^70)",
                                                    "2^-(2^70)",
                                                    "1.5^(2^70)",
                                                    "10^1234",
                                                    "1e1232*1e1232",
                                                    "999999!",
                                                    "1000!",
                                                    "(100!)!",
                                                    "9^9^9/9^9^9",
                                                    "exp(1000)",
                                                    "exp(10^10)",
                                                    "cosh(1000)",
                                                    "sin(10^400)",
                                                    "10^400*pi",
                                                    "(10^400)^0.5",
                                                    "pi^10000",
                                                    "1.1^99999999",
                                                    "(1/2)^5000",
                                                    "(1/3)^(10^18)",
                                                    "1/3^2500+pi",
                                                    std::string(201, '1'),
                                                    std::string(100'000, '('),
                                                    std::string(200, '('),
                                                    std::string(200, '-') + "1",
                                                    std::string(99, '(') + "1" + std::string(99, ')'),
                                                    std::string(199, '-'),
                                                    "2" +
                                                        [] {
                                                          std::string powers;
                                                          for (int i = 0; i < 99; ++i) powers += "^2";
                                                          return powers;
                                                        }(),
                                                    [] {
                                                      std::string calls;
                                                      for (int i = 0; i < 45; ++i) calls += "abs(";
                                                      return calls + "1" + std::string(45, ')');
                                                    }()};
  return expressions;
}

TEST(Calculator, HostileExpressionsAreRefusedWithAdviceAndAtOnce) {
  double longest_ms = 0;
  for (const std::string& each : hostile_expressions()) {
    const double begin = test::processor_ms();
    const auto made = calculate(each);
    longest_ms = std::max(longest_ms, test::processor_ms() - begin);
    EXPECT_FALSE(made) << each << " = " << made->text.substr(0, 100);
    if (made) continue;
    EXPECT_EQ(made.error().code, ErrorCode::kInvalid) << each;
    EXPECT_EQ(made.error().field, "expression") << each;
    EXPECT_NE(made.error().advice, "") << each;
    EXPECT_TRUE(each.size() > 200 || made.error().message.starts_with("column "))
        << each << ": " << made.error().message;
  }
  EXPECT_GE(hostile_expressions().size(), 80U);
  EXPECT_LT(longest_ms, kLongestMs);
  std::printf("%zu hostile expressions, the longest took %.3f ms\n", hostile_expressions().size(), longest_ms);
}

// As expensive as 200 characters can be made: they may have a value, but have it soon.
TEST(Calculator, NothingTakesLong) {
  double longest_ms = 0;
  for (const std::string& each :
       {"(1/3)^2580+(1/7)^1450+(1/11)^1180+(1/13)^1100+(1/17)^1000+(1/19)^960+(1/23)^900"s,
        "lcm(3^2500,5^1700,7^1400)"s, "541!//(3^2500)%(7^1400)"s, "log(3^2500,3)+log(7^1400,7)+log(11^1180,11)"s,
        "comb(4100,2050)"s, "gcd(540!,539!+1,538!+1)+gcd(540!-1,539!+3)"s, "sqrt(3^2500)"s, "sqrt(3^2580/7^1450)"s,
        "hypot(3^1200,7^700)"s, "round(1/3^2500,100)"s, "1.0000000001^400"s, "(1+1/3^100)^40*(1+1/7^99)^40"s}) {
    const double begin = test::processor_ms();
    static_cast<void>(calculate(each));
    const double took_ms = test::processor_ms() - begin;
    EXPECT_LT(took_ms, kLongestMs) << each;
    longest_ms = std::max(longest_ms, took_ms);
  }
  std::printf("the most expensive took %.3f ms\n", longest_ms);
}

TEST(Calculator, ARefusalNamesThePlaceAndWhatWasExpected) {
  EXPECT_EQ(value_of("1+(2*3"), "column 7: expected \")\" for the \"(\" of column 3, found the end");
  EXPECT_EQ(value_of("1+*2"), "column 3: expected a number, a name or \"(\", found \"*\"");
  EXPECT_EQ(value_of("3+foo(1)"), "column 3: there is no \"foo\"");
  EXPECT_EQ(value_of("3 4"), "column 3: expected an operator, found \"4\"");
  EXPECT_EQ(value_of("12/(4-4)"), "column 3: division by zero");
  EXPECT_EQ(value_of("1+sin(1,2)"), "column 3: sin takes 1 arguments, not 2");
  EXPECT_TRUE(calculate("1,000").error().advice.contains("thousands separators"));
}

}  // namespace
}  // namespace penny::tools
