//===- MmaProduct.h - Products of tiles by tensor cores -------------------------------===//
#ifndef SLUICE_PASSES_CUDA_MMAPRODUCT_H
#define SLUICE_PASSES_CUDA_MMAPRODUCT_H

#include "passes/CUDA/BlockProduct.h"
#include "passes/CUDA/NarrowTile.h"

namespace sluice::cuda {

/// Products of bf16 with sums of f32, by `mma.sync` of 16 x 8 of C and 16 terms. A thread has pairs of neighbouring
/// columns.
class MmaProduct : public BlockProduct {
public:
  /// Neighbouring lanes that share rows of C.
  static constexpr int64_t lanesOfRow = 4;

  MmaProduct(mlir::ImplicitLocOpBuilder &b, BlockShape shape, NarrowTile tileOfA, NarrowTile tileOfB,
             mlir::Value thread);

  ThreadPart part() const override { return threadPart; }
  llvm::SmallVector<mlir::Value> add(mlir::ImplicitLocOpBuilder &b, Place a, Place bOf,
                                     mlir::ValueRange sums) const override;
  /// The same for an A that the sums of another product are, with its terms as columns: what a thread has of these is
  /// what it needs of A. They are rounded.
  llvm::SmallVector<mlir::Value> addInRegisters(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange a, Place bOf,
                                                mlir::ValueRange sums) const;

private:
  llvm::SmallVector<mlir::Value> loadMatrices(mlir::ImplicitLocOpBuilder &b, Place place, const NarrowTile &tile,
                                              mlir::Value first, int64_t line, int64_t term, bool linesFirst) const;
  llvm::SmallVector<mlir::Value> loadColumns(mlir::ImplicitLocOpBuilder &b, Place bOf, int64_t term) const;
  void multiply(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<mlir::Value> rows, llvm::ArrayRef<mlir::Value> columns,
                llvm::SmallVector<mlir::Value> &sums) const;

  BlockShape shape;
  NarrowTile tileOfA, tileOfB;
  mlir::Value lane, warpRow, warpColumn;
  ThreadPart threadPart;
};

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_MMAPRODUCT_H
