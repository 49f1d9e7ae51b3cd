//===- DecomposeAttention.h - Attention over blocks of queries and keys ------------===//
//
// Flash attention (Dao et al., arXiv 2205.14135): scores of a block of queries and a block of keys exist at a time,
// with a running maximum and sum of each row.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BLOCKED_DECOMPOSEATTENTION_H
#define SLUICE_PASSES_BLOCKED_DECOMPOSEATTENTION_H

#include "dialects/Sluice/SluiceDialect.h"

namespace sluice {
// A task is a head of a sample. The op is on buffers and has its block; loops are built in front of it.
void decomposeAttention(BlockedAttentionOp op);
void decomposeAttentionBackward(BlockedAttentionBackwardOp op);
} // namespace sluice

#endif // SLUICE_PASSES_BLOCKED_DECOMPOSEATTENTION_H
