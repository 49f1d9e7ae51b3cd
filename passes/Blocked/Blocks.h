//===- Blocks.h - Loops over blocks of memrefs ------------------------------------===//
#ifndef SLUICE_PASSES_BLOCKED_BLOCKS_H
#define SLUICE_PASSES_BLOCKED_BLOCKS_H

#include "mlir/IR/BuiltinTypes.h"
#include "passes/Build/Indices.h"
#include "passes/Build/LinalgBuilder.h"
#include <array>
#include <functional>

namespace sluice {

/// A part of one dimension: where it begins and how many elements it has.
struct Part {
  mlir::OpFoldResult offset;
  int64_t size;
};

/// Builds loops over blocks and subviews of blocks.
class BlockBuilder : public LinalgBuilder {
public:
  using LinalgBuilder::LinalgBuilder;

  /// Parallel loop over [0, count); the insertion point is inside while `body` runs.
  void parallel(int64_t count, llvm::function_ref<void(mlir::Value)> body);
  /// Sequential loop over [0, count).
  void repeat(int64_t count, llvm::function_ref<void(mlir::Value)> body);
  /// Sequential loop over the full blocks of `size` below `end` (a static number), and then what remains. The size of a
  /// block is static.
  void blocks(int64_t end, int64_t size, llvm::function_ref<void(Part)> body);
  /// Sequential loop over the blocks of `size` that begin at `begin` and a multiple of `size` later, below `end`.
  void blocksBetween(mlir::Value begin, mlir::Value end, int64_t size, llvm::function_ref<void(Part)> body);

  /// Parallel loop over the full blocks of `size` below `end`, and then what remains: the partition does not depend on
  /// threads.
  void parallelBlocks(int64_t end, int64_t size, llvm::function_ref<void(Part)> body);
  /// Calls `body` with each index of a part: once, or in a sequential loop.
  void forEach(Part part, llvm::function_ref<void(mlir::Value)> body);

  /// The block of `memref` with the given parts of its dimensions; dimensions of size 1 whose index in `dropped` is set
  /// disappear.
  mlir::Value subview(mlir::Value memref, llvm::ArrayRef<Part> parts, llvm::ArrayRef<int64_t> dropped = {});
  /// Memory of a task where `parallel` is around it, else of the function: allocated at the start of the body.
  mlir::Value temporary(llvm::ArrayRef<int64_t> shape, mlir::Type element);
  /// All leading dimensions in one: [..., C] becomes [N, C], and with `all` [...] becomes [N].
  mlir::Value collapse(mlir::Value memref, bool all = false);

  /// An offset as a value.
  mlir::Value valueOf(mlir::OpFoldResult offset);
};

/// Memory for every block of one dimension, each block a matrix by itself: the full ones in one buffer, and the shorter
/// last one.
class BlockBuffers {
public:
  /// Rows and columns of a block of `size` along the dimension.
  using ShapeOf = std::function<std::array<int64_t, 2>(int64_t size)>;

  /// For the blocks of `size` below `end`; `oddLines` puts rows an odd number of cache lines apart.
  BlockBuffers(BlockBuilder &b, int64_t end, int64_t size, mlir::Type element, ShapeOf shapeOf, bool oddLines = false);

  /// The matrix of a block that begins at a multiple of `size`.
  mlir::Value at(Part block);

private:
  BlockBuilder &b;
  int64_t size;
  ShapeOf shapeOf;
  bool oddLines;
  mlir::Value whole, last;
};

/// The type of a value that is a memref.
inline mlir::MemRefType memrefTypeOf(mlir::Value value) { return mlir::cast<mlir::MemRefType>(value.getType()); }

} // namespace sluice

#endif // SLUICE_PASSES_BLOCKED_BLOCKS_H
