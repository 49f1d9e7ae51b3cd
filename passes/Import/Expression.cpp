//===- Expression.cpp - Sizes as small expressions -------------------------------===//
#include "passes/Import/Expression.h"
#include "runtime/Expression.h"

using namespace sluice;
using llvm::StringRef;

template <typename Number>
static std::optional<Number> evaluate(StringRef text, LookupDimension lookup, std::string &error) {
  runtime::LookupName lookupName = [&](std::string_view name, std::string &message) { return lookup(name, message); };
  return runtime::ExpressionEvaluator<Number>(text, lookupName, error).run();
}

std::optional<int64_t> sluice::evaluateSize(StringRef text, LookupDimension lookup, std::string &error) {
  return evaluate<int64_t>(text, lookup, error);
}

std::optional<double> sluice::evaluateReal(StringRef text, LookupDimension lookup, std::string &error) {
  return evaluate<double>(text, lookup, error);
}
