//===- DecomposeCrossEntropy.h - The output head over blocks of the vocabulary -----===//
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
