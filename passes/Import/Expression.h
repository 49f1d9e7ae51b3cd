//===- Expression.h - Sizes as small expressions ---------------------------------===//
#ifndef SLUICE_PASSES_IMPORT_EXPRESSION_H
#define SLUICE_PASSES_IMPORT_EXPRESSION_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>

namespace sluice {

/// The value of a name; where it has none, nothing and a message.
using LookupDimension = llvm::function_ref<std::optional<int64_t>(llvm::StringRef name, std::string &error)>;

/// Integers, names, `+ - * /` and parentheses. Division is exact and nothing overflows, or there is no value and a
/// message.
std::optional<int64_t> evaluateSize(llvm::StringRef text, LookupDimension lookup, std::string &error);

/// The same over real numbers, with `sqrt(...)`; the result is finite.
std::optional<double> evaluateReal(llvm::StringRef text, LookupDimension lookup, std::string &error);

} // namespace sluice

#endif // SLUICE_PASSES_IMPORT_EXPRESSION_H
