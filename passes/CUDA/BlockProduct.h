//===- BlockProduct.h - How the threads of a block share a block of C -----------------===//
#ifndef SLUICE_PASSES_CUDA_BLOCKPRODUCT_H
#define SLUICE_PASSES_CUDA_BLOCKPRODUCT_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/CUDA/DeviceMemory.h"
#include "passes/CUDA/SharedTile.h"
#include <memory>

namespace sluice::cuda {

/// Rows x columns of C and terms of the sum that a block of threads multiplies at a time, and rows x columns of C that
/// one of its warps has.
struct BlockShape {
  int64_t rows, columns, terms;
  int64_t warpRows, warpColumns;

  int64_t warps() const { return rows / warpRows * (columns / warpColumns); }
};

/// A tile as an operand: lines are its lines and terms its terms, or the other way round. Turned tiles keep terms
/// contiguous.
struct TileView {
  SharedTile tile;
  bool isTurned = false;

  TileView(SharedTile tile) : tile(tile) {}
  static TileView turned(SharedTile tile) {
    TileView view(tile);
    view.isTurned = true;
    return view;
  }
};

/// What one thread has of a block of C: the elements from each of `columns` on, `lanes` of them, of each of `rows`.
struct ThreadPart {
  llvm::SmallVector<mlir::Value> rows, columns; // in the block
  int64_t lanes;
};

/// Multiplies tiles in shared memory, with the sums of each thread in registers.
class BlockProduct {
public:
  virtual ~BlockProduct() = default;

  /// What the thread has.
  virtual ThreadPart part() const = 0;
  /// One vector of lanes, f32, for each row and column of the part: those of the first row first.
  llvm::SmallVector<mlir::Value> zeros(mlir::ImplicitLocOpBuilder &b) const;
  /// The sums with the products of the tiles of A and B at these places.
  virtual llvm::SmallVector<mlir::Value> add(mlir::ImplicitLocOpBuilder &b, Place a, Place bOf,
                                             mlir::ValueRange sums) const = 0;
};

/// Products by FMA of f32. The lanes of a warp are 4 x 8; a thread has quads of neighbouring rows and of neighbouring
/// columns, those of all lanes side by side. With `rounds`, what is multiplied is rounded to bf16.
std::unique_ptr<BlockProduct> createFmaProduct(mlir::ImplicitLocOpBuilder &b, BlockShape shape, TileView tileOfA,
                                               TileView tileOfB, mlir::Value thread, bool rounds);

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_BLOCKPRODUCT_H
