//===- Facts.h - What the exported table says of graphs and layers ------------===//
#ifndef SLUICE_PASSES_GRADIENT_FACTS_H
#define SLUICE_PASSES_GRADIENT_FACTS_H

#include "passes/Gradient/Passes.h"
#include "llvm/ADT/MapVector.h"

namespace sluice {

/// The slot that counts the micro-batches that came through each gate of a tensor of gates.
using GateSlots = llvm::MapVector<mlir::Value, SlotOp>;

/// The gate of a layer that has one.
GateAttr gateOf(LayerOp layer, const GateSlots &gateSlots);

/// Each graph: its name and the tensors that the runtime loads.
void recordGraphs(mlir::ModuleOp module);

/// The layers of the repeated stack, by depth, and the gates in front of them or of their parts.
void recordLayers(mlir::ModuleOp module, llvm::ArrayRef<LayerOp> layers, const GateSlots &gateSlots);

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_FACTS_H
