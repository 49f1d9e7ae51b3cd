//===- Reader.cpp - Checked access to a description ---------------------------------===//
#include "passes/Import/Reader.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

/// `'a', 'b' or 'c'`
static std::string quoted(ArrayRef<StringRef> words) {
  std::string text;
  for (auto [i, word] : llvm::enumerate(words)) {
    if (i != 0)
      text += i + 1 == words.size() ? " or " : ", ";
    text += ("'" + word + "'").str();
  }
  return text;
}

/// ` (did you mean 'x'?)`, or nothing where no candidate is near.
static std::string suggestion(StringRef found, ArrayRef<StringRef> candidates) {
  unsigned best = std::min<size_t>(3, found.size() / 2) + 1;
  StringRef nearest;
  for (StringRef candidate : candidates) {
    unsigned distance = found.edit_distance(candidate, /*AllowReplacements=*/true, best);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest.empty() ? "" : (" (did you mean '" + nearest + "'?)").str();
}

static std::string spelled(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

void Reader::fail(const JsonValue &value, const Twine &message) {
  if (!hasFailed)
    reportJsonError(value, file, context, message);
  hasFailed = true;
}

void Reader::failFlag(const Twine &message) {
  if (!hasFailed)
    emitError(UnknownLoc::get(context), message);
  hasFailed = true;
}

void Reader::expected(const JsonValue &value, const Twine &expected) {
  fail(value, "expected " + expected + ", found " + value.describe());
}

bool Reader::object(const JsonValue &value, const Twine &what, ArrayRef<StringRef> keys) {
  if (!value.isObject()) {
    expected(value, what);
    return false;
  }
  for (const auto &[key, member] : value.members) {
    if (key == "comment") {
      string(member);
    } else if (!llvm::is_contained(keys, key)) {
      fail(member, "expected one of the keys " + quoted(keys) + " of " + what + ", found '" + key + "'" +
                       suggestion(key, keys));
    }
  }
  return !failed();
}

const JsonValue *Reader::require(const JsonValue &object, StringRef key, const Twine &what) {
  const JsonValue *member = object.find(key);
  if (!member)
    fail(object, "expected " + what + " to have a key '" + key + "', found none");
  return member;
}

int64_t Reader::size(const JsonValue &value, int64_t minimum, int64_t maximum) {
  int64_t result = minimum;
  std::string computed;
  if (value.kind == JsonValue::Kind::Integer) {
    result = value.integer;
  } else if (value.isString()) {
    std::string error;
    std::optional<int64_t> known =
        evaluateSize(value.text, [this](StringRef name, std::string &error) { return lookup(name, error); }, error);
    if (!known) {
      fail(value, error + (error.find('\'') == std::string::npos ? " in " + value.describe() : ""));
      return minimum;
    }
    result = *known;
    computed = " = " + std::to_string(result);
  } else {
    expected(value, "an integer, or an expression such as \"4*width\"");
    return minimum;
  }
  if (result >= minimum && result <= maximum)
    return result;
  fail(value, "expected an integer from " + Twine(minimum) + " to " + Twine(maximum) + ", found " + value.describe() +
                  computed);
  return minimum;
}

double Reader::number(const JsonValue &value, double minimum, double maximum) {
  if (value.isNumber() && value.real >= minimum && value.real < maximum)
    return value.real;
  expected(value, std::isinf(maximum) ? "a number of at least " + spelled(minimum)
                                      : "a number of at least " + spelled(minimum) + " and below " + spelled(maximum));
  return minimum;
}

double Reader::real(const JsonValue &value) {
  if (value.isNumber())
    return value.real;
  if (!value.isString()) {
    expected(value, "a number, or an expression such as \"0.02/sqrt(2*layers)\"");
    return 1;
  }
  std::string error;
  std::optional<double> known =
      evaluateReal(value.text, [this](StringRef name, std::string &error) { return lookup(name, error); }, error);
  if (!known)
    fail(value, error + (error.find('\'') == std::string::npos ? " in " + value.describe() : ""));
  return known.value_or(1);
}

bool Reader::boolean(const JsonValue &value) {
  if (value.kind != JsonValue::Kind::Boolean)
    expected(value, "true or false");
  return value.boolean;
}

std::string Reader::string(const JsonValue &value) {
  if (!value.isString())
    expected(value, "a string");
  return value.text;
}

std::string Reader::choice(const JsonValue &value, StringRef what, ArrayRef<StringRef> choices) {
  if (value.isString() && llvm::is_contained(choices, value.text))
    return value.text;
  fail(value, "expected " + what + " " + quoted(choices) + ", found " + value.describe() +
                  (value.isString() ? suggestion(value.text, choices) : ""));
  return choices.front().str();
}

std::string Reader::name(const JsonValue &value) {
  SmallVector<StringRef> words;
  StringRef(value.text).split(words, '.');
  auto isWord = [](StringRef word) {
    return !word.empty() && llvm::all_of(word, [](char c) { return llvm::isAlnum(c) || c == '_' || c == '-'; });
  };
  if (!value.isString() || value.text.size() > 256 || !llvm::all_of(words, isWord))
    expected(value, "a name of letters, digits, '_', '-' and '.'");
  return value.text;
}

void Reader::defineDimensions(const JsonValue &object, int64_t maximum) {
  maximumDimension = maximum;
  if (!object.isObject())
    return expected(object, "an object of dimensions");
  auto isNamePart = [](char c) { return llvm::isAlnum(c) || c == '_'; };
  for (const auto &[key, member] : object.members) {
    if (key.empty() || llvm::isDigit(key.front()) || !llvm::all_of(key, isNamePart) || key == "sqrt")
      return fail(member, "expected a dimension's name of letters, digits and '_', found '" + key + "'");
    dimensions[key] = &member;
  }
  for (const auto &[key, member] : object.members) {
    std::string error;
    if (!failed() && !lookup(key, error))
      fail(member, error);
  }
}

std::optional<int64_t> Reader::lookup(StringRef name, std::string &error) {
  if (auto known = values.find(name); known != values.end())
    return known->second;
  auto found = dimensions.find(name);
  if (found == dimensions.end()) {
    SmallVector<StringRef> names = llvm::to_vector(dimensions.keys());
    llvm::sort(names);
    error = "expected the name of a dimension, found '" + name.str() + "'" + suggestion(name, names);
    return std::nullopt;
  }
  if (!open.insert(name).second) {
    error = "expected a dimension that does not depend on itself, found '" + name.str() + "'";
    return std::nullopt;
  }
  // Recursion is as deep as there are dimensions; a chain of that length has no use.
  if (open.size() > 64) {
    error = "expected at most 64 dimensions that depend on each other, found more at '" + name.str() + "'";
    return std::nullopt;
  }
  int64_t value = size(*found->second, 1, maximumDimension);
  open.erase(name);
  values[name] = value;
  return value;
}
