//===- Epilogue.h - Element-wise work on a block of C that was just computed --------===//
#ifndef SLUICE_PASSES_CPU_EPILOGUE_H
#define SLUICE_PASSES_CPU_EPILOGUE_H

#include "passes/CPU/BufferAliases.h"
#include "passes/CPU/Contraction.h"

namespace sluice {

/// The element-wise op that reads C behind a contraction: it becomes part of the store of C's last sums.
struct Epilogue {
  mlir::linalg::GenericOp op;                       // null: there is none
  llvm::SmallVector<Contraction::Operand> operands; // of the op, collapsed as C is

  /// The bytes that it moves beside C.
  int64_t bytesBesideC(mlir::Value c) const;
};

/// What sets C before a contraction, and what it is set to.
struct Start {
  mlir::Operation *op = nullptr; // null: the contraction adds to what C holds
  mlir::Value row;               // all rows of C; null: zero
};

/// Finds it, if nothing touches C in between, nor what it is set to.
Start findStart(const Contraction &contraction, BufferAliases &aliases);

/// Takes the epilogue of the contraction: moves it right behind it. Where the epilogue alone reads C, and writes a
/// buffer that it does not read, that buffer takes the place of C.
Epilogue takeEpilogue(Contraction &contraction, Start start, BufferAliases &aliases);

/// An epilogue at one point of the loops around the matrix product.
struct EpilogueKernel {
  mlir::linalg::GenericOp op;
  llvm::SmallVector<MatrixView> operands;
  int64_t lanes;
  mlir::Value last; // i1: the sums are complete

  /// Fetches what belongs to a block of C but C itself.
  void prefetch(mlir::ImplicitLocOpBuilder &b, MatrixView c, mlir::Value i, mlir::Value j, int64_t rows,
                int64_t columns) const;
  /// Runs on a block of C; `columnCount` is how many of its `columns` are inside of C, or null for all.
  void emit(mlir::ImplicitLocOpBuilder &b, mlir::Value i, mlir::Value j, mlir::Value rowCount, int64_t columns,
            mlir::Value columnCount) const;

private:
  void emitVector(mlir::ImplicitLocOpBuilder &b, mlir::Value row, mlir::Value column, mlir::Value mask) const;
  mlir::Value load(mlir::ImplicitLocOpBuilder &b, const MatrixView &view, mlir::Value row, mlir::Value column,
                   mlir::Value mask) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_CPU_EPILOGUE_H
