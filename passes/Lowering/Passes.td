//===- Passes.td - The lowering phase -------------------------------*- tablegen -*-===//
#ifndef SLUICE_LOWERING_PASSES
#define SLUICE_LOWERING_PASSES

include "mlir/Pass/PassBase.td"
include "TensorPasses.td"
include "VectorizePasses.td"
include "BufferPasses.td"

#endif // SLUICE_LOWERING_PASSES
