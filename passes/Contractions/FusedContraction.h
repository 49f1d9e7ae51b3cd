//===- FusedContraction.h - A contraction and what runs with it ----------------------===//
#ifndef SLUICE_PASSES_CONTRACTIONS_FUSEDCONTRACTION_H
#define SLUICE_PASSES_CONTRACTIONS_FUSEDCONTRACTION_H

#include "passes/Contractions/Epilogue.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <vector>

namespace sluice {

/// A contraction, what sets C before it, and what reads C behind it.
struct FusedContraction {
  Contraction contraction;
  Initialization initialization;
  Epilogue epilogue;
  /// Whether more than the epilogue reads C; else nobody needs to find the sums there.
  bool keepsC = true;

  /// What the contraction computes and moves, with its epilogue, for which C does not move; null: nobody described it.
  KernelAttr kernel() const;
  /// Erases the ops that a kernel took the place of.
  void eraseOps();
};

/// All contractions in the op, with what may run with them moved beside them: each match sees the order of those before
/// it. Fails where `check`, which is called before anything moves for a contraction, or the analysis of one does.
mlir::FailureOr<std::vector<FusedContraction>>
fuseContractions(mlir::Operation *root, llvm::function_ref<mlir::LogicalResult(const Contraction &)> check);

} // namespace sluice

#endif // SLUICE_PASSES_CONTRACTIONS_FUSEDCONTRACTION_H
