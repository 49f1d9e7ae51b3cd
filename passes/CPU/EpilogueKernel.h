//===- EpilogueKernel.h - Element-wise work on a block of C that was just computed ---===//
#ifndef SLUICE_PASSES_CPU_EPILOGUEKERNEL_H
#define SLUICE_PASSES_CPU_EPILOGUEKERNEL_H

#include "passes/CPU/MatrixView.h"

namespace sluice {

/// An epilogue at one point of the loops around the matrix product: it reads the sums of a block of C while they are in
/// cache, and writes what it makes of them.
struct EpilogueKernel {
  mlir::linalg::GenericOp op;
  llvm::SmallVector<MatrixView> operands; // of the op, in its order
  int64_t lanes;                          // of a vector
  mlir::Value isLast;                     // i1: the sums are complete

  /// Fetches what belongs to a block of C but C itself, `rows` x `columns` elements from (i, j) on.
  void prefetch(mlir::ImplicitLocOpBuilder &b, MatrixView c, mlir::Value i, mlir::Value j, int64_t rows,
                int64_t columns) const;
  /// Runs on a block of C; `columnCount` is how many of its `columns` are inside of C, or null for all.
  void emit(mlir::ImplicitLocOpBuilder &b, mlir::Value i, mlir::Value j, mlir::Value rowCount, int64_t columns,
            mlir::Value columnCount) const;

private:
  /// One vector of each row: `mask` says which of its lanes are inside of C, null for all.
  void emitVector(mlir::ImplicitLocOpBuilder &b, mlir::Value row, mlir::Value column, mlir::Value mask) const;
  /// A vector of an operand; lanes that the mask leaves out are not read.
  mlir::Value load(mlir::ImplicitLocOpBuilder &b, const MatrixView &view, mlir::Value row, mlir::Value column,
                   mlir::Value mask) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_CPU_EPILOGUEKERNEL_H
