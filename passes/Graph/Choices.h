//===- Choices.h - Options of techniques that are one of several words --------===//
//
// Options that are one of several words are strings; the pass that has one checks it.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_GRAPH_CHOICES_H
#define SLUICE_PASSES_GRAPH_CHOICES_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringExtras.h"

namespace sluice {

/// Fails with an error on the module unless the option's value is one of the choices.
/// The error is "TECHNIQUE expected OPTION to be one of A, B, found 'C'".
inline mlir::LogicalResult expectOneOf(mlir::ModuleOp module, llvm::StringRef technique, llvm::StringRef option,
                                       llvm::StringRef value, llvm::ArrayRef<llvm::StringRef> choices) {
  if (llvm::is_contained(choices, value))
    return mlir::success();
  return module.emitError() << technique << " expected " << option << " to be one of " << llvm::join(choices, ", ")
                            << ", found '" << value << "'";
}

} // namespace sluice

#endif // SLUICE_PASSES_GRAPH_CHOICES_H
