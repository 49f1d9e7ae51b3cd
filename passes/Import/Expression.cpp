//===- Expression.cpp - Sizes as small expressions -------------------------------===//
#include "passes/Import/Expression.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>
#include <type_traits>

using namespace sluice;
using llvm::StringRef;

namespace {

constexpr size_t maxLength = 256;

/// Recursive descent; after the first error every step returns nothing.
template <typename Number> class Evaluator {
public:
  static constexpr bool real = std::is_floating_point_v<Number>;

  Evaluator(StringRef text, LookupDimension lookup, std::string &error) : rest(text), lookup(lookup), error(error) {}

  std::optional<Number> run() {
    if (rest.size() > maxLength)
      return fail("expected an expression of at most " + std::to_string(maxLength) + " characters");
    std::optional<Number> value = sum();
    if (value && !peek().empty())
      return fail("expected an operator, found '" + rest.str() + "'");
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

  StringRef peek() { return rest = rest.ltrim(); }
  bool take(char c) {
    if (!peek().starts_with(c))
      return false;
    rest = rest.drop_front();
    return true;
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
    if (!peek().empty() && (llvm::isDigit(rest.front()) || (real && rest.front() == '.')))
      return number();
    StringRef name = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    if (name.empty())
      return fail(rest.empty() ? "expected a number or a name at the end of the expression"
                               : "expected a number or a name, found '" + rest.str() + "'");
    rest = rest.drop_front(name.size());
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
                               : "expected ')', found '" + rest.str() + "'");
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
      if (length + 1 < rest.size() && llvm::toLower(rest[length]) == 'e') {
        ++length;
        if (rest[length] == '-' || rest[length] == '+')
          ++length;
        digits();
      }
    }
    StringRef spelling = rest.take_front(length);
    rest = rest.drop_front(spelling.size());
    Number value = 0;
    bool bad;
    if constexpr (real)
      bad = spelling.getAsDouble(value);
    else
      bad = spelling.getAsInteger(10, value);
    if (bad)
      return fail("expected a number in range, found '" + spelling.str() + "'");
    if (!rest.empty() && (llvm::isAlpha(rest.front()) || rest.front() == '_' || rest.front() == '.'))
      return fail("expected " + std::string(real ? "a number" : "an integer") + ", found '" + spelling.str() +
                  rest.str() + "'");
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

  StringRef rest;
  LookupDimension lookup;
  std::string &error;
};

} // namespace

std::optional<int64_t> sluice::evaluateSize(StringRef text, LookupDimension lookup, std::string &error) {
  return Evaluator<int64_t>(text, lookup, error).run();
}

std::optional<double> sluice::evaluateReal(StringRef text, LookupDimension lookup, std::string &error) {
  return Evaluator<double>(text, lookup, error).run();
}
