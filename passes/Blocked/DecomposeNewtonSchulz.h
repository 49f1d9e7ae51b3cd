//===- DecomposeNewtonSchulz.h - Matrices with all singular values about 1 ---------===//
//
// Muon's orthogonal steps: five times a few products of small matrices, [R, C], in buffers of the task.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BLOCKED_DECOMPOSENEWTONSCHULZ_H
#define SLUICE_PASSES_BLOCKED_DECOMPOSENEWTONSCHULZ_H

#include "dialects/Sluice/SluiceDialect.h"

namespace sluice {
// Threads share matrices, or products. The op is on buffers and has its block; loops are built in front of it.
void decomposeNewtonSchulz(BlockedNewtonSchulzOp op);
} // namespace sluice

#endif // SLUICE_PASSES_BLOCKED_DECOMPOSENEWTONSCHULZ_H
