#include "tools/expression.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"

namespace penny::tools {
namespace {

struct Token {
  enum class Kind : std::uint8_t { kNumber, kName, kSign, kEnd };
  Kind kind = Kind::kEnd;
  std::string_view text;
  std::size_t column = 1;

  [[nodiscard]] bool is(std::string_view sign) const { return kind == Kind::kSign && text == sign; }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::unexpected<Error> refuse(std::size_t column, std::string_view what, std::string advice) {
  return base::fail(ErrorCode::kInvalid, fmt::format("column {}: {}", column, what), std::move(advice), "expression");
}

constexpr std::string_view kNoSeparators = "write numbers without thousands separators: 1000000";

std::string shown(const Token& token) {
  return token.kind == Token::Kind::kEnd ? "the end" : fmt::format("\"{}\"", token.text);
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<Token> next() {
    while (place_ < text_.size() && (text_[place_] == ' ' || text_[place_] == '\t')) ++place_;
    const std::size_t begin = place_;
    if (begin == text_.size()) return Token{.kind = Token::Kind::kEnd, .text = {}, .column = begin + 1};
    const char c = text_[begin];
    if (is_digit(c) || (c == '.' && is_digit(at(begin + 1)))) return number();
    if (is_letter(c)) {
      while (is_letter(at(place_)) || is_digit(at(place_))) ++place_;
      return token(Token::Kind::kName, begin);
    }
    if (std::string_view("+-*/%^!(),").contains(c)) {
      place_ += (c == '*' || c == '/') && at(begin + 1) == c ? 2U : 1U;
      return token(Token::Kind::kSign, begin);
    }
    return strange(begin);
  }

 private:
  // NUL is no part of the language: it stands for the end.
  [[nodiscard]] char at(std::size_t place) const { return place < text_.size() ? text_[place] : '\0'; }

  [[nodiscard]] Token token(Token::Kind kind, std::size_t begin) const {
    return {.kind = kind, .text = text_.substr(begin, place_ - begin), .column = begin + 1};
  }

  void skip_digits() {
    while (is_digit(at(place_))) ++place_;
  }

  Result<Token> number() {
    const std::size_t begin = place_;
    skip_digits();
    if (at(begin) == '0' && place_ > begin + 1) {
      return refuse(begin + 1, "a number that begins with a superfluous 0",
                    fmt::format("leave leading zeros out, and {}", kNoSeparators));
    }
    if (at(place_) == '.') {
      ++place_;
      skip_digits();
      if (at(place_) == '.') return refuse(place_ + 1, "a second decimal point", std::string(kNoSeparators));
    }
    if (at(place_) == 'e' || at(place_) == 'E') {
      const bool is_signed = at(place_ + 1) == '+' || at(place_ + 1) == '-';
      const std::size_t first = place_ + (is_signed ? 2U : 1U);
      if (is_digit(at(first))) {
        place_ = first;
        skip_digits();
      }
    }
    return token(Token::Kind::kNumber, begin);
  }

  [[nodiscard]] Result<Token> strange(std::size_t begin) const {
    const auto byte = static_cast<unsigned char>(text_[begin]);
    if (byte >= 0x80) {
      return refuse(begin + 1, "a character that is no ASCII", "write digits 0-9 and the operators + - * / // % ^ !");
    }
    if (byte < 0x20 || byte == 0x7f) {
      return refuse(begin + 1, fmt::format("a control character (0x{:02x})", byte), "write one line of plain text");
    }
    if (byte == '\'' && begin > 0 && is_digit(text_[begin - 1])) {
      return refuse(begin + 1, "a quote inside a number", std::string(kNoSeparators));
    }
    return refuse(begin + 1, fmt::format("\"{}\" has no meaning here", text_[begin]),
                  "only arithmetic is understood: numbers, + - * / // % ^ !, parentheses, constants and functions");
  }

  std::string_view text_;
  std::size_t place_ = 0;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Result<Expression> whole() {
    if (const auto first = advance(); !first) return std::unexpected(first.error());
    auto expression = sum();
    if (!expression || token_.kind == Token::Kind::kEnd) return expression;
    if (token_.is(",")) {
      return refuse(token_.column, "a comma outside of a function's arguments",
                    fmt::format("{}, and decimals with a point", kNoSeparators));
    }
    if (token_.is(")")) return refuse(token_.column, "\")\" without its \"(\"", "take it away, or open it before");
    return refuse(token_.column, fmt::format("expected an operator, found {}", shown(token_)),
                  fmt::format("write * for products, and {}", kNoSeparators));
  }

 private:
  class Deeper {
   public:
    explicit Deeper(int& depth) : depth_(depth) { ++depth_; }
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    int& depth_;
  };

  Result<void> advance() {
    auto next = lexer_.next();
    if (!next) return std::unexpected(next.error());
    token_ = *next;
    return {};
  }

  [[nodiscard]] static Expression binary(std::string_view sign, std::size_t column, Expression left, Expression right) {
    Expression made{.kind = Expression::Kind::kBinary, .text = std::string(sign), .operands = {}, .column = column};
    made.operands.push_back(std::move(left));
    made.operands.push_back(std::move(right));
    return made;
  }

  [[nodiscard]] static Expression unary(Expression::Kind kind, std::size_t column, Expression of) {
    Expression made{.kind = kind, .text = {}, .operands = {}, .column = column};
    made.operands.push_back(std::move(of));
    return made;
  }

  Result<Expression> sum() {
    auto left = product();
    while (left && (token_.is("+") || token_.is("-"))) {
      const Token sign = token_;
      if (const auto next = advance(); !next) return std::unexpected(next.error());
      auto right = product();
      if (!right) return right;
      left = binary(sign.text, sign.column, std::move(*left), std::move(*right));
    }
    return left;
  }

  Result<Expression> product() {
    auto left = with_sign();
    while (left && (token_.is("*") || token_.is("/") || token_.is("//") || token_.is("%"))) {
      const Token sign = token_;
      if (const auto next = advance(); !next) return std::unexpected(next.error());
      auto right = with_sign();
      if (!right) return right;
      left = binary(sign.text, sign.column, std::move(*left), std::move(*right));
    }
    return left;
  }

  Result<Expression> with_sign() {
    const Deeper deeper(depth_);
    if (depth_ > kExpressionDepthMax) {
      return refuse(token_.column, fmt::format("nested deeper than {} levels", kExpressionDepthMax),
                    "take superfluous parentheses away, or send parts of it one by one");
    }
    if (!token_.is("+") && !token_.is("-")) return power();
    const Token sign = token_;
    if (const auto next = advance(); !next) return std::unexpected(next.error());
    auto of = with_sign();
    if (!of || sign.is("+")) return of;
    return unary(Expression::Kind::kNegation, sign.column, std::move(*of));
  }

  Result<Expression> power() {
    auto below = factor();
    if (!below || (!token_.is("^") && !token_.is("**"))) return below;
    const std::size_t column = token_.column;
    if (const auto next = advance(); !next) return std::unexpected(next.error());
    auto exponent = with_sign();
    if (!exponent) return exponent;
    return binary("^", column, std::move(*below), std::move(*exponent));
  }

  Result<Expression> factor() {
    auto of = primary();
    if (!of || !token_.is("!")) return of;
    const std::size_t column = token_.column;
    if (const auto next = advance(); !next) return std::unexpected(next.error());
    if (token_.is("!")) {
      return refuse(token_.column, "\"!!\" means different things to different people",
                    "write (n!)! for the factorial of a factorial");
    }
    return unary(Expression::Kind::kFactorial, column, std::move(*of));
  }

  Result<Expression> primary() {
    const Token first = token_;
    if (first.kind == Token::Kind::kEnd || (first.kind == Token::Kind::kSign && !first.is("("))) {
      return refuse(first.column, fmt::format("expected a number, a name or \"(\", found {}", shown(first)),
                    "complete the expression there");
    }
    if (const auto next = advance(); !next) return std::unexpected(next.error());
    if (first.kind == Token::Kind::kNumber)
      return Expression{
          .kind = Expression::Kind::kNumber, .text = std::string(first.text), .operands = {}, .column = first.column};
    if (first.kind == Token::Kind::kName) return name_or_call(first);
    auto inner = sum();
    if (!inner) return inner;
    if (token_.is(",")) {
      return refuse(token_.column, "a comma outside of a function's arguments",
                    fmt::format("{}, and decimals with a point", kNoSeparators));
    }
    if (const auto closed = close(first); !closed) return std::unexpected(closed.error());
    return inner;
  }

  Result<Expression> name_or_call(const Token& name) {
    Expression made{
        .kind = Expression::Kind::kName, .text = std::string(name.text), .operands = {}, .column = name.column};
    if (!token_.is("(")) return made;
    made.kind = Expression::Kind::kCall;
    const Token open = token_;
    do {
      if (const auto next = advance(); !next) return std::unexpected(next.error());
      auto argument = sum();
      if (!argument) return argument;
      made.operands.push_back(std::move(*argument));
    } while (token_.is(","));
    if (const auto closed = close(open); !closed) return std::unexpected(closed.error());
    return made;
  }

  Result<void> close(const Token& open) {
    if (token_.is(")")) return advance();
    return refuse(token_.column,
                  fmt::format("expected \")\" for the \"(\" of column {}, found {}", open.column, shown(token_)),
                  fmt::format("close it; write * for products, and {}", kNoSeparators));
  }

  Lexer lexer_;
  Token token_;
  int depth_ = 0;
};

}  // namespace

Result<Expression> parse_expression(std::string_view text) {
  if (text.size() > kExpressionCharactersMax) {
    return base::fail(
        ErrorCode::kInvalid,
        fmt::format("the expression has {} characters; the limit is {}", text.size(), kExpressionCharactersMax),
        "send parts of it one by one", "expression");
  }
  return Parser(text).whole();
}

}  // namespace penny::tools
