//===- DecomposeAttention.h - Attention over blocks of queries and keys ------------===//
#ifndef SLUICE_PASSES_BLOCKED_DECOMPOSEATTENTION_H
#define SLUICE_PASSES_BLOCKED_DECOMPOSEATTENTION_H

#include "dialects/Sluice/SluiceDialect.h"

namespace sluice {
// A task is a head of a sample. The op is on buffers and has its block; loops are built in front of it.
void decomposeAttention(BlockedAttentionOp op);
void decomposeAttentionBackward(BlockedAttentionBackwardOp op);
} // namespace sluice

#endif // SLUICE_PASSES_BLOCKED_DECOMPOSEATTENTION_H
