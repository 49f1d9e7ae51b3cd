//===- LayerTable.h - The exported table's layers, gates and metrics --------------===//
#ifndef SLUICE_PASSES_TABLE_LAYERTABLE_H
#define SLUICE_PASSES_TABLE_LAYERTABLE_H

#include "dialects/Sluice/BinaryFacts.h"
#include "passes/Table/Table.h"

namespace sluice {

/// Adds the layers of the stack, their gates, and the metrics, which may be details of a layer or come through a gate.
/// Fails with an error where a gate has no slot, or a metric names no layer.
mlir::LogicalResult collectLayers(mlir::ModuleOp module, const BinaryFacts &facts, Table &table);

} // namespace sluice

#endif // SLUICE_PASSES_TABLE_LAYERTABLE_H
