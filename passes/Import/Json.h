//===- Json.h - JSON with positions --------------------------------------------===//
#ifndef SLUICE_PASSES_IMPORT_JSON_H
#define SLUICE_PASSES_IMPORT_JSON_H

#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice {

/// A JSON value that knows where it stands: its line and column in the file, and its JSON pointer (RFC 6901).
struct JsonValue {
  /// Which of the fields below count.
  enum class Kind { Null, Boolean, Integer, Real, String, Array, Object };
  using Member = std::pair<std::string, JsonValue>;

  Kind kind = Kind::Null;
  bool boolean = false;
  int64_t integer = 0;          // Integer
  double real = 0;              // Integer and Real
  std::string text;             // String; the spelling of a Real
  std::vector<JsonValue> items; // Array
  std::vector<Member> members;  // Object, in the order of the file, without duplicates
  /// Where it stands: "/model/ops/0", and from 1 on.
  std::string pointer;
  unsigned line = 1, column = 1;

  /// Short questions about the kind.
  bool isString() const { return kind == Kind::String; }
  bool isArray() const { return kind == Kind::Array; }
  bool isObject() const { return kind == Kind::Object; }
  bool isNumber() const { return kind == Kind::Integer || kind == Kind::Real; }

  /// The member of that name, or null.
  const JsonValue *find(llvm::StringRef key) const;
  /// The value as an error message names it: `5`, `'text'`, `an object`.
  std::string describe() const;
  /// A NameLoc of the JSON pointer around a FileLineColLoc.
  mlir::Location location(llvm::StringRef file, mlir::MLIRContext *context) const;
};

/// Parses `text`; null after one error on the context: bad syntax, a key twice in one object, nesting beyond 64.
std::unique_ptr<JsonValue> parseJson(llvm::StringRef text, llvm::StringRef file, mlir::MLIRContext *context);

/// Valid JSON without white space between tokens, keys in the order of the file.
std::string compactJson(llvm::StringRef text);

/// Emits `at '<pointer>': <message>`, or `at the top: <message>`, at the value's place in the file.
void reportJsonError(const JsonValue &value, llvm::StringRef file, mlir::MLIRContext *context,
                     const llvm::Twine &message);

} // namespace sluice

#endif // SLUICE_PASSES_IMPORT_JSON_H
