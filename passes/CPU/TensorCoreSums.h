//===- TensorCoreSums.h - Sums of products as tensor cores add them ---------------------===//
#ifndef SLUICE_PASSES_CPU_TENSORCORESUMS_H
#define SLUICE_PASSES_CPU_TENSORCORESUMS_H

#include "passes/CPU/ContractionPlan.h"
#include "passes/CPU/KernelOperands.h"

namespace sluice {

/// Adds all terms from 0 to `terms` to zeros, for the register block of rows from `i` on: a group of products at a
/// time, in the order of `narrow`. Returns the sums row by row, one vector after the other.
///
/// Of a group and of the sum so far the largest exponent decides: every term is cut off, toward zero, behind so many
/// bits below it. What is left is added exactly, as integers, and cut off to the bits of the sum. A product's exponent
/// is the sum of those of its operands, of a subnormal number that of the smallest normal one; zeros have none (Li et
/// al., arXiv 2511.10909). Sums above 2^-100 are exact in this sense.
llvm::SmallVector<mlir::Value> addByTensorCore(mlir::ImplicitLocOpBuilder &b, const KernelShape &shape,
                                               const NarrowSums &narrow, const ElementOfA &elementOfA,
                                               const VectorOfB &vectorOfB, mlir::Value i, mlir::Value terms);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_TENSORCORESUMS_H
