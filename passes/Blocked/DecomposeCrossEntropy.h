//===- DecomposeCrossEntropy.h - The output head over blocks of the vocabulary -----===//
//
// Logits of a block of columns, or of rows, exist at a time, as [rows, columns]; targets of -1 do not count.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BLOCKED_DECOMPOSECROSSENTROPY_H
#define SLUICE_PASSES_BLOCKED_DECOMPOSECROSSENTROPY_H

#include "dialects/Sluice/SluiceDialect.h"

namespace sluice {
// Products are shared by threads. The op is on buffers and has its block; loops are built in front of it.
void decomposeCrossEntropy(BlockedCrossEntropyOp op);
void decomposeCrossEntropyBackward(BlockedCrossEntropyBackwardOp op);
void decomposeCrossEntropyWithGradient(BlockedCrossEntropyWithGradientOp op);
} // namespace sluice

#endif // SLUICE_PASSES_BLOCKED_DECOMPOSECROSSENTROPY_H
