//===- DecomposeRows.h - Rows of a table by index ----------------------------------===//
//
// Rows [..., C] of a table [V, C] by indices in [0, V), which the runtime guarantees.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BLOCKED_DECOMPOSEROWS_H
#define SLUICE_PASSES_BLOCKED_DECOMPOSEROWS_H

#include "dialects/Sluice/SluiceDialect.h"

namespace sluice {
// Tasks copy rows, or add columns. The op is on buffers and has its block; loops are built in front of it.
void decomposeGatherRows(GatherRowsOp op);
void decomposeScatterRows(ScatterRowsOp op);
} // namespace sluice

#endif // SLUICE_PASSES_BLOCKED_DECOMPOSEROWS_H
