//===- MicroKernel.h - A block of C in registers -------------------------------------===//
#ifndef SLUICE_PASSES_CPU_MICROKERNEL_H
#define SLUICE_PASSES_CPU_MICROKERNEL_H

#include "passes/CPU/KernelOperands.h"
#include "passes/CPU/PanelPrefetch.h"
#include "passes/CPU/StoreSums.h"
#include "passes/CPU/TileKernel.h"

namespace sluice {

/// Multiplies a cache block, whose register blocks pass a panel of B one after the other: that panel stays in the
/// first-level cache while those of A pass by.
struct MicroKernel {
  KernelShape shape;
  ElementOfA elementOfA;                 // where a row's terms are read, in panels or in place
  VectorOfB vectorOfB;                   // the same for columns
  std::optional<TilePanels> tiles;       // in place of elements of A and vectors of B; nothing: there are no tiles
  SumsTarget target;                     // with how products are summed
  bool prefetchesC = false;              // into the first-level cache, before its sums are complete
  std::optional<PanelPrefetch> prefetch; // of the panels behind this one; nothing: they are near already
  /// For a cache block that is all of C, and all of the sum. What else is computed is what shares registers with it.
  std::optional<Triangle> triangle;

  /// Emits C += A B of all register blocks of the cache block `m` x `n` that begin at its column `j`; `sums` is how
  /// many terms the panels have.
  void emit(mlir::ImplicitLocOpBuilder &b, SubRange m, SubRange n, mlir::Value j, mlir::Value sums) const;

private:
  /// Terms of a sum in whole passes of the innermost loop.
  struct Terms {
    mlir::Value from, to;
  };

  /// Of sums.
  mlir::VectorType vectorType() const;
  /// The terms that a register block needs: all, or those inside of the triangle.
  Terms termsThatCount(mlir::ImplicitLocOpBuilder &b, RegisterBlockStart start, mlir::Value whole) const;
  /// An element of A in all lanes; its product with a vector of B added to a sum, or pairs of products.
  mlir::Value repeat(mlir::ImplicitLocOpBuilder &b, mlir::Value element, mlir::Type like) const;
  mlir::Value addProduct(mlir::ImplicitLocOpBuilder &b, mlir::Value left, mlir::Value right, mlir::Value sum) const;
  /// One term, or one pair, of all sums of the register block; then the loop over terms, `step` of them a pass.
  void addTerm(mlir::ImplicitLocOpBuilder &b, mlir::Value i, mlir::Value k,
               llvm::MutableArrayRef<mlir::Value> sums) const;
  mlir::ValueRange addTerms(mlir::ImplicitLocOpBuilder &b, RegisterBlockStart start, Terms terms, int64_t step,
                            mlir::ValueRange sums) const;
  /// `count` terms from `k` on of all sums, which round by what they draw.
  void addDrawnTerms(mlir::ImplicitLocOpBuilder &b, RegisterBlockStart start, mlir::Value k, int64_t count,
                     llvm::MutableArrayRef<mlir::Value> sums) const;
  /// All sums of a register block. `emitBeside` is called with each stretch of terms, to fetch what comes next.
  llvm::SmallVector<mlir::Value> multiply(mlir::ImplicitLocOpBuilder &b, RegisterBlockStart start, mlir::Value sums,
                                          llvm::function_ref<void(mlir::Value)> emitBeside) const;
  void prefetchNext(mlir::ImplicitLocOpBuilder &b, RegisterBlockStart start, mlir::Value stretch) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_CPU_MICROKERNEL_H
