//===- F64Check.h - Functions against themselves in f64 -------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_RUN_F64CHECK_H
#define SLUICE_TOOLS_SLUICE_RUN_F64CHECK_H

#include "mlir/IR/BuiltinOps.h"
#include "passes/CPU/Processor.h"
#include <string>

namespace sluice {

/// Attribute of a function: the tolerance of its results.
inline constexpr llvm::StringLiteral toleranceAttrName = "sluice.tolerance";

struct F64CheckOptions {
  double tolerance = 1e-6; ///< Of functions that say none.
  bool onCard = false;
  std::string architecture; ///< Of the card.
  std::string saveFolder;   ///< For cases of a card; empty: they are not saved.
  const Processor &processor;
  std::string cpu; ///< Its name.
  unsigned threads = 2;
  uint64_t seed = 0;
};

/// Runs a function, and the function of that name of `reference` in f64 on this processor from the same values. Prints
/// a line with the largest error of a result over the root of the mean square of what it should be. False where that is
/// more than the tolerance.
llvm::Expected<bool> checkAgainstF64(mlir::ModuleOp module, mlir::ModuleOp reference, llvm::StringRef name,
                                     const F64CheckOptions &options);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICE_RUN_F64CHECK_H
