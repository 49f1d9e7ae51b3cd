//===- OpGroup.h - Ops of linalg that one kernel computes ------------------------------===//
#ifndef SLUICE_PASSES_CUDA_OPGROUP_H
#define SLUICE_PASSES_CUDA_OPGROUP_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "passes/Contractions/BufferAliases.h"

namespace sluice {

/// What an op does in the space of its group's loops, the rows first.
enum class OpRole {
  Full,         ///< An element for each point.
  Reduce,       ///< A sum, or the like, of each row: the last loops are reductions.
  Row,          ///< An element for each row.
  ReduceColumn, ///< A sum, or the like, of each column: the first loops are reductions.
  Column        ///< An element for each column.
};

/// Ops over one space of loops, in their order. Every thread can compute its points of all of them without those of
/// others, but for the sums of rows: what one writes and a later one reads are the same points. Sums of columns are in
/// groups of their own, with what is computed for each column.
class OpGroup {
public:
  struct Member {
    mlir::linalg::LinalgOp op;
    OpRole role;
  };

  /// Begins with an op. `isEmpty()` where no group has such an op.
  OpGroup(mlir::linalg::LinalgOp op, BufferAliases &aliases);

  /// Adds an op behind the others, if it belongs to them and if they can be moved to it, past what `skip` was told of.
  bool add(mlir::linalg::LinalgOp op);
  /// An op that stays before the group's last op, and that later members have to be independent of.
  void skip(mlir::Operation *op) { skipped.push_back(op); }
  /// Whether nothing can be added any more.
  bool isClosed() const { return closed; }

  bool isEmpty() const { return members.empty(); }
  llvm::ArrayRef<Member> ops() const { return members; }
  llvm::ArrayRef<int64_t> sizes() const { return loops; }
  unsigned rowDims() const { return rows; }
  /// Of the first op, and where a kernel in place of all stands: at the last one.
  mlir::Location location() const { return mlir::linalg::LinalgOp(members.front().op)->getLoc(); }
  mlir::Operation *end() const { return mlir::linalg::LinalgOp(members.back().op); }
  /// Erases the ops.
  void erase();
  /// Whether there is a sum of a row.
  bool hasReductions() const { return has(OpRole::Reduce); }
  bool has(OpRole role) const;
  /// Whether what a member writes to the memory is read outside of the group.
  bool isUsedOutside(mlir::Value memory) const;
  /// Whether a member behind `by` writes the memory too.
  bool isOverwritten(mlir::Value memory, const Member &by) const;
  /// Name, operations and bytes of all members together. Bytes of memory that they share count once.
  KernelAttr work() const;

private:
  std::optional<OpRole> roleOf(mlir::linalg::LinalgOp op, unsigned rows, llvm::ArrayRef<int64_t> loops) const;
  bool isLocal(mlir::linalg::LinalgOp op, OpRole role, unsigned rows) const;
  bool widen(mlir::linalg::LinalgOp op, llvm::SmallVectorImpl<OpRole> &roles, llvm::SmallVectorImpl<int64_t> &space,
             unsigned &ofRow) const;
  bool canMoveTo(mlir::linalg::LinalgOp op) const;

  BufferAliases *aliases;
  llvm::SmallVector<Member> members;
  llvm::SmallVector<mlir::Operation *> skipped;
  llvm::SmallVector<int64_t> loops;
  unsigned rows = 0;
  bool closed = false;
};

/// The groups of a block, each of at least one op of linalg. Ops that no group takes are left out.
llvm::SmallVector<OpGroup> groupOps(mlir::Block &block, BufferAliases &aliases);

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_OPGROUP_H
