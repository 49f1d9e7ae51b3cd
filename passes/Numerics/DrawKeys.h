//===- DrawKeys.h - What functions that round stochastically draw by ------------------===//
#ifndef SLUICE_PASSES_NUMERICS_DRAWKEYS_H
#define SLUICE_PASSES_NUMERICS_DRAWKEYS_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <map>

namespace sluice {

/// Gives functions, and the calls of them in actions, what random words are keyed by. What is drawn depends on no
/// place, and equal functions stay equal.
class DrawKeys {
public:
  /// Arguments of a function in addition.
  struct Arguments {
    mlir::Value key; // [4], the words of `sluice.key`
    mlir::Value id;  // [2]
  };
  static Arguments addTo(mlir::func::FuncOp function);

  /// Operands for them: the key of the step, read at most once an action, and the 64-bit FNV-1a hash of a name, low
  /// word first.
  void appendTo(mlir::func::CallOp call, llvm::StringRef name);

private:
  llvm::DenseMap<mlir::Block *, mlir::Value> keys;
  std::map<std::pair<mlir::Block *, uint64_t>, mlir::Value> ids;
};

} // namespace sluice

#endif // SLUICE_PASSES_NUMERICS_DRAWKEYS_H
