//===- Elements.h - Bodies of linalg for some elements of a thread ----------------------===//
//
// A thread computes neighbouring elements of the innermost loop: it reads and writes them with accesses of 16 bytes
// where they lie together, and computes each as a scalar. What it has read or written it keeps in registers.
//
//===----------------------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_CUDA_ELEMENTS_H
#define SLUICE_PASSES_CUDA_ELEMENTS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/MapVector.h"

namespace sluice {

/// Where a thread is in the loops of an op: indices, of which the last is that of the first of `width` neighbours. A
/// predicate that is not null says whether it is inside of the loops; reads are safe all the same.
struct LoopPosition {
  llvm::SmallVector<mlir::Value> indices;
  int64_t width = 1;
  mlir::Value isInside;
  /// Where ops are lists: by memory of an operand the same as a list. There is one index then, of an element of all.
  const llvm::DenseMap<mlir::Value, mlir::Value> *lists = nullptr;
};

/// Whether each of the operands has an element a point, in their order and without gaps, or one element in all, and
/// whether the body does not know which point it is for.
bool isList(mlir::linalg::LinalgOp op, llvm::ArrayRef<mlir::OpOperand *> operands);

/// Memory of operands of lists as `LoopPosition::lists` has it, made where the builder is: outside of kernels.
llvm::DenseMap<mlir::Value, mlir::Value> listsOf(mlir::OpBuilder &builder, llvm::ArrayRef<mlir::Value> operands);

/// How many neighbours a thread has in loops whose innermost has a size: as many f32 as an access takes, if all threads
/// have as many.
inline int64_t neighboursIn(int64_t size) { return size % 4 == 0 ? 4 : size % 2 == 0 ? 2 : 1; }

/// What a thread knows of buffers at one position. What depends on the first `rowDims` loops alone is known to its
/// `row` as well.
class Registers {
public:
  Registers() = default;
  Registers(Registers &row, unsigned rowDims) : row(&row), rowDims(rowDims) {}

  /// Values of neighbours, or one for all of them; empty if it knows none.
  llvm::ArrayRef<mlir::Value> lookup(mlir::Value memory, mlir::AffineMap map) const;
  void set(mlir::Value memory, mlir::AffineMap map, llvm::ArrayRef<mlir::Value> values);

private:
  /// Maps are told apart by their results: the loops of ops of fewer dimensions are the first of the others.
  using Key = std::pair<mlir::Value, mlir::ArrayAttr>;
  static Key keyOf(mlir::Value memory, mlir::AffineMap map);
  bool isOfRow(mlir::AffineMap map) const;

  llvm::DenseMap<Key, llvm::SmallVector<mlir::Value>> values;
  Registers *row = nullptr;
  unsigned rowDims = 0;
};

/// The elements of `memory` at a position: as many as neighbours, or one that all share.
llvm::SmallVector<mlir::Value> readElements(mlir::ImplicitLocOpBuilder &b, mlir::Value memory, mlir::AffineMap map,
                                            const LoopPosition &at, Registers &registers);

/// Writes the elements to memory, if the position is inside.
void writeElements(mlir::ImplicitLocOpBuilder &b, mlir::Value memory, mlir::AffineMap map, const LoopPosition &at,
                   llvm::ArrayRef<mlir::Value> values);

/// Runs the body of an op for each neighbour. `operands` has for each of its operands their elements, or none where
/// the body does not read them. Returns what it yields, by output and neighbour.
llvm::SmallVector<llvm::SmallVector<mlir::Value>>
computeElements(mlir::ImplicitLocOpBuilder &b, mlir::linalg::LinalgOp op, const LoopPosition &at,
                llvm::ArrayRef<llvm::SmallVector<mlir::Value>> operands);

/// The operands' elements at a position, as `computeElements` takes them; of outputs none without `readsOutputs`.
llvm::SmallVector<llvm::SmallVector<mlir::Value>> readOperands(mlir::ImplicitLocOpBuilder &b, mlir::linalg::LinalgOp op,
                                                               const LoopPosition &at, Registers &registers,
                                                               bool readsOutputs = true);

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_ELEMENTS_H
