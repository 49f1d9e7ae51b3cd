//===- Expression.h - Sizes as small expressions ----------------*- C++ -*-===//
//
// Integers or real numbers, names, `+ - * /` and parentheses: what descriptions write their sizes in. Compiler and
// runtime read them by the same code, which needs no more than the standard library.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_EXPRESSION_H
#define SLUICE_RUNTIME_EXPRESSION_H

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace sluice::runtime {

/// The value of a name; where it has none, nothing and a message.
using LookupName = std::function<std::optional<int64_t>(std::string_view name, std::string &error)>;

inline constexpr size_t maxExpressionLength = 256;

/// Recursive descent; after the first error every step returns nothing. Over integers division is exact and nothing
/// overflows; over real numbers there is `sqrt(...)`, and the result is finite.
template <typename Number> class ExpressionEvaluator {
public:
  static constexpr bool real = std::is_floating_point_v<Number>;

  ExpressionEvaluator(std::string_view text, const LookupName &lookup, std::string &error)
      : rest(text), lookup(lookup), error(error) {}

  std::optional<Number> run() {
    if (rest.size() > maxExpressionLength)
      return fail("expected an expression of at most " + std::to_string(maxExpressionLength) + " characters");
    std::optional<Number> value = sum();
    if (value && !peek().empty())
      return fail("expected an operator, found '" + std::string(rest) + "'");
    if constexpr (real)
      if (value && !std::isfinite(*value))
        return fail("expected an expression with a finite value");
    return value;
  }

private:
  std::nullopt_t fail(const std::string &message) {
    if (error.empty())
      error = message;
    return std::nullopt;
  }

  std::string_view peek() {
    constexpr std::string_view space = " \t\n\v\f\r";
    rest.remove_prefix(std::min(rest.find_first_not_of(space), rest.size()));
    return rest;
  }
  bool take(char c) {
    if (peek().empty() || rest.front() != c)
      return false;
    rest.remove_prefix(1);
    return true;
  }

  static bool isDigit(char c) { return c >= '0' && c <= '9'; }
  static bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  std::string_view takeName() const {
    size_t length = 0;
    while (length < rest.size() && (isDigit(rest[length]) || isLetter(rest[length]) || rest[length] == '_'))
      ++length;
    return rest.substr(0, length);
  }

  std::optional<Number> sum() {
    std::optional<Number> left = product();
    while (left) {
      bool plus = take('+');
      if (!plus && !take('-'))
        break;
      std::optional<Number> right = product();
      left = right ? combine(plus ? '+' : '-', *left, *right) : std::nullopt;
    }
    return left;
  }

  std::optional<Number> product() {
    std::optional<Number> left = factor();
    while (left) {
      bool times = take('*');
      if (!times && !take('/'))
        break;
      std::optional<Number> right = factor();
      left = right ? combine(times ? '*' : '/', *left, *right) : std::nullopt;
    }
    return left;
  }

  std::optional<Number> factor() {
    if (take('-')) {
      std::optional<Number> value = factor();
      return value ? combine('-', 0, *value) : std::nullopt;
    }
    if (take('('))
      return closed(sum());
    if (!peek().empty() && (isDigit(rest.front()) || (real && rest.front() == '.')))
      return number();
    std::string_view name = takeName();
    if (name.empty())
      return fail(rest.empty() ? "expected a number or a name at the end of the expression"
                               : "expected a number or a name, found '" + std::string(rest) + "'");
    rest.remove_prefix(name.size());
    if constexpr (real) {
      if (name == "sqrt" && take('(')) {
        std::optional<Number> value = closed(sum());
        if (value && *value < 0)
          return fail("expected the square root of a number that is not negative");
        return value ? std::optional<Number>(std::sqrt(*value)) : std::nullopt;
      }
    }
    std::string message;
    if (std::optional<int64_t> value = lookup(name, message))
      return static_cast<Number>(*value);
    return fail(message);
  }

  std::optional<Number> closed(std::optional<Number> value) {
    if (value && !take(')'))
      return fail(rest.empty() ? "expected ')' at the end of the expression"
                               : "expected ')', found '" + std::string(rest) + "'");
    return value;
  }

  std::optional<Number> number() {
    size_t length = rest.find_first_not_of("0123456789");
    if constexpr (real) {
      auto digits = [&] { length = std::min(rest.find_first_not_of("0123456789", length), rest.size()); };
      length = 0;
      digits();
      if (length < rest.size() && rest[length] == '.') {
        ++length;
        digits();
      }
      if (length + 1 < rest.size() && (rest[length] == 'e' || rest[length] == 'E')) {
        ++length;
        if (rest[length] == '-' || rest[length] == '+')
          ++length;
        digits();
      }
    }
    std::string_view spelling = rest.substr(0, length);
    rest.remove_prefix(spelling.size());
    Number value = 0;
    auto [end, code] = std::from_chars(spelling.data(), spelling.data() + spelling.size(), value);
    bool bad = spelling.empty() || code != std::errc() || end != spelling.data() + spelling.size();
    if (bad)
      return fail("expected a number in range, found '" + std::string(spelling) + "'");
    if (!rest.empty() && (isLetter(rest.front()) || rest.front() == '_' || rest.front() == '.'))
      return fail("expected " + std::string(real ? "a number" : "an integer") + ", found '" + std::string(spelling) +
                  std::string(rest) + "'");
    return value;
  }

  std::optional<Number> combine(char operation, Number left, Number right) {
    if (operation == '/' && right == 0)
      return fail("expected a divisor that is not 0");
    if constexpr (real) {
      return operation == '+'   ? left + right
             : operation == '-' ? left - right
             : operation == '*' ? left * right
                                : left / right;
    } else {
      Number result = 0;
      if (operation == '/') {
        if (right == -1)
          return combine('-', 0, left);
        if (left % right != 0)
          return fail("expected an exact division, found " + std::to_string(left) + "/" + std::to_string(right));
        return left / right;
      }
      bool overflow = operation == '+'   ? __builtin_add_overflow(left, right, &result)
                      : operation == '-' ? __builtin_sub_overflow(left, right, &result)
                                         : __builtin_mul_overflow(left, right, &result);
      if (overflow)
        return fail("expected an expression whose value fits 64 bits");
      return result;
    }
  }

  std::string_view rest;
  const LookupName &lookup;
  std::string &error;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_EXPRESSION_H
