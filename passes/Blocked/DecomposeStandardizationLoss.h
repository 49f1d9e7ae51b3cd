//===- DecomposeStandardizationLoss.h - Statistics of units over blocks of rows ----===//
//
// Mean and variance of each column of [..., C], in two passes over a block of rows while it is in cache.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BLOCKED_DECOMPOSESTANDARDIZATIONLOSS_H
#define SLUICE_PASSES_BLOCKED_DECOMPOSESTANDARDIZATIONLOSS_H

#include "dialects/Sluice/SluiceDialect.h"

namespace sluice {
// Tasks share columns. The op is on buffers and has its block; loops are built in front of it.
void decomposeStandardizationLoss(BlockedStandardizationLossOp op);
} // namespace sluice

#endif // SLUICE_PASSES_BLOCKED_DECOMPOSESTANDARDIZATIONLOSS_H
