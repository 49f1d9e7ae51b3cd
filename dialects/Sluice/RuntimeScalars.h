//===- RuntimeScalars.h - The module's table of run-time scalars --------------===//
#ifndef SLUICE_DIALECTS_SLUICE_RUNTIMESCALARS_H
#define SLUICE_DIALECTS_SLUICE_RUNTIMESCALARS_H

#include "mlir/IR/BuiltinOps.h"
#include <limits>

namespace sluice {

/// The values that `--set` may give a scalar: an interval whose ends belong to it unless they are open.
struct ScalarRange {
  /// The ends, and whether they are outside of it.
  double least = -std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::infinity();
  bool leastIsOpen = false, mostIsOpen = false;

  /// [least, infinity).
  static ScalarRange atLeast(double least) { return {least}; }
  /// (least, infinity).
  static ScalarRange above(double least) {
    ScalarRange range{least};
    range.leastIsOpen = true;
    return range;
  }
  /// (0, 1]: limits of probabilities.
  static ScalarRange shareAboveZero() { return {0, 1, true, false}; }
  /// [0, 1): shares and decays.
  static ScalarRange fraction() { return {0, 1, false, true}; }
};

/// An entry of the table: a dictionary {name, value, help} with `least` or `above` and `most` or `below` where the
/// range is bounded.
struct RuntimeScalar {
  llvm::StringRef name;
  double value = 1; ///< The default; NaN: the program computes it unless it is set.
  llvm::StringRef help = "";
  ScalarRange range = {};

  /// The entry as it stands in `sluice.scalars`; bounds that are infinite are left out.
  mlir::DictionaryAttr getAttr(mlir::MLIRContext *context) const;
};

/// Whether the module's table has a scalar of the name.
bool hasScalar(mlir::ModuleOp module, llvm::StringRef name);

/// Adds a scalar to the module's table unless it has one of the name: a hand-written module need not list them.
void declareScalar(mlir::ModuleOp module, const RuntimeScalar &scalar);

/// Adds a scalar to the module's table, in the place of one of the name.
void replaceScalar(mlir::ModuleOp module, const RuntimeScalar &scalar);

} // namespace sluice

#endif // SLUICE_DIALECTS_SLUICE_RUNTIMESCALARS_H
