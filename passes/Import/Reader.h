//===- Reader.h - Checked access to a description ----------------------------------===//
#ifndef SLUICE_PASSES_IMPORT_READER_H
#define SLUICE_PASSES_IMPORT_READER_H

#include "passes/Import/Expression.h"
#include "passes/Import/Json.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace sluice {

/// Reads members of the kinds that a description knows. The first error is reported, later ones are not: after it every
/// read returns a harmless value, and `failed()` says so.
class Reader {
public:
  Reader(llvm::StringRef file, mlir::MLIRContext *context) : file(file.str()), context(context) {}

  bool failed() const { return hasFailed; }
  /// Reports an error at the value: file, line, column and JSON pointer.
  void fail(const JsonValue &value, const llvm::Twine &message);
  /// Reports an error about a flag of the command line; the message names it and its value.
  void failFlag(const llvm::Twine &message);
  /// "expected <expected>, found <the value>"
  void expected(const JsonValue &value, const llvm::Twine &expected);

  /// False, after an error, unless the value is an object whose keys are all among `keys` or `comment`.
  bool object(const JsonValue &value, const llvm::Twine &what, llvm::ArrayRef<llvm::StringRef> keys);
  /// The member, or null after an error.
  const JsonValue *require(const JsonValue &object, llvm::StringRef key, const llvm::Twine &what);

  /// A size: an integer or an expression of dimensions, in [minimum, maximum]. Harmless value: minimum.
  int64_t size(const JsonValue &value, int64_t minimum, int64_t maximum);
  /// A number in [minimum, maximum).
  double number(const JsonValue &value, double minimum, double maximum);
  /// A number or an expression of dimensions with square roots.
  double real(const JsonValue &value);
  bool boolean(const JsonValue &value);
  std::string string(const JsonValue &value);
  /// One of `choices`.
  std::string choice(const JsonValue &value, llvm::StringRef what, llvm::ArrayRef<llvm::StringRef> choices);
  /// A name: words of letters, digits and underscores, joined by dots.
  std::string name(const JsonValue &value);

  /// Makes the members of an object names in expressions.
  void defineDimensions(const JsonValue &dimensions, int64_t maximum);
  mlir::Location location(const JsonValue &value) const { return value.location(file, context); }
  mlir::MLIRContext *getContext() const { return context; }

private:
  /// The value of a dimension; dimensions may be expressions of others, but not in a circle.
  std::optional<int64_t> lookup(llvm::StringRef name, std::string &error);

  std::string file;
  mlir::MLIRContext *context;
  bool hasFailed = false;
  int64_t maximumDimension = 0;
  llvm::StringMap<const JsonValue *> dimensions;
  llvm::StringMap<int64_t> values;
  llvm::StringSet<> open; // dimensions whose values are being computed
};

} // namespace sluice

#endif // SLUICE_PASSES_IMPORT_READER_H
