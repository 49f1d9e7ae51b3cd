//===- MmaProduct.h - Products of tiles by tensor cores -------------------------------===//
#ifndef SLUICE_PASSES_CUDA_MMAPRODUCT_H
#define SLUICE_PASSES_CUDA_MMAPRODUCT_H

#include "passes/CUDA/BlockProduct.h"
#include "passes/CUDA/NarrowTile.h"

namespace sluice::cuda {

/// Products of bf16 with sums of f32, by `mma.sync` of 16 x 8 of C and 16 terms. A thread has pairs of neighbouring
/// columns.
std::unique_ptr<BlockProduct> createMmaProduct(mlir::ImplicitLocOpBuilder &b, BlockShape shape, NarrowTile tileOfA,
                                               NarrowTile tileOfB, mlir::Value thread);

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_MMAPRODUCT_H
