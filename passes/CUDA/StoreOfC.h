//===- StoreOfC.h - What happens to complete sums of a contraction --------------------===//
#ifndef SLUICE_PASSES_CUDA_STOREOFC_H
#define SLUICE_PASSES_CUDA_STOREOFC_H

#include "passes/CUDA/BlockProduct.h"
#include "passes/Contractions/FusedContraction.h"

namespace sluice::cuda {

/// Where the loops around a matrix product are: an index for each of their dimensions.
using Position = llvm::DenseMap<unsigned, mlir::Value>;

/// The matrix of rows and columns in an operand at one position, in elements.
struct MatrixInMemory {
  mlir::Value flat, start;
  int64_t strideOfRow, strideOfColumn; // 0: there is one row, or one column for all

  /// The operand as a matrix of the dimensions `row` and `column`.
  static MatrixInMemory at(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction,
                           const Contraction::Operand &operand, const Position &position, std::optional<unsigned> row,
                           std::optional<unsigned> column);
  mlir::Value index(mlir::ImplicitLocOpBuilder &b, mlir::Value row, mlir::Value column) const;
};

/// From an element to the next one of a dimension in the operand's memory; 0 where it lacks that.
int64_t strideOf(const Contraction::Operand &operand, std::optional<unsigned> dim);
/// A number of elements that the operand's first one and all its strides but one of 1 are a multiple of, as far as
/// accesses of 16 bytes are concerned.
int64_t alignmentOf(const Contraction::Operand &operand);

/// Emits one element, or several neighbours of a row as a vector, at a row and a column of C.
using ElementBuilder = llvm::function_ref<void(mlir::Value sums, mlir::Value row, mlir::Value column)>;

/// Calls `body` for what a thread has of a block of C from `firstRow` and `firstColumn` on, as far as it is in C of
/// `rows` x `columns`; `lanes` neighbours at a time, those of the part or 1. `beginColumn` is called before the rows of
/// each column.
void forPart(mlir::ImplicitLocOpBuilder &b, const ThreadPart &part, mlir::ValueRange sums, BlockShape block,
             std::pair<mlir::Value, mlir::Value> first, std::pair<int64_t, int64_t> sizes, int64_t lanes,
             llvm::function_ref<void(mlir::Value)> beginColumn, ElementBuilder body);

/// Finishes sums of one position: adds what C is set to, runs the epilogue, and stores.
class StoreOfC {
public:
  StoreOfC(mlir::ImplicitLocOpBuilder &b, const FusedContraction &fused, const Position &position);

  /// The most neighbours, at most `most`, that can be stored at a time wherever they are a multiple of that.
  static int64_t lanes(const FusedContraction &fused, int64_t most);

  /// Loads what is the same in all rows, for `count` lanes from a column on.
  void beginColumn(mlir::Value column, int64_t count);
  /// `sums` is a scalar, or a vector of as many lanes as the column began with.
  void store(mlir::Value sums, mlir::Value row, mlir::Value column);

private:
  mlir::Value load(const MatrixInMemory &matrix, mlir::Value row, mlir::Value column) const;
  mlir::Value initialized(mlir::Value sums, mlir::Value row, mlir::Value column) const;
  void runEpilogue(mlir::Value c, mlir::Value row, mlir::Value column) const;

  mlir::ImplicitLocOpBuilder &b;
  const FusedContraction &fused;
  MatrixInMemory c;
  mlir::Value initialRow;                     // flat
  llvm::SmallVector<MatrixInMemory> operands; // of the epilogue
  int64_t lanesOfColumn = 1;
  mlir::Value initialLanes;
  llvm::SmallVector<mlir::Value> ofColumn; // operands that are the same in all rows; null: others
};

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_STOREOFC_H
