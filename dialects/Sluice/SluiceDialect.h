//===- SluiceDialect.h - The training graph ----------------------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_SLUICEDIALECT_H
#define SLUICE_DIALECTS_SLUICE_SLUICEDIALECT_H

#include "dialects/Sluice/PrecisionAttrs.h"
#include "dialects/Sluice/SluiceInterfaces.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace sluice {
/// Reads of inputs and writes of destinations of a destination-style op on memrefs; none on tensors.
void destinationEffects(mlir::DestinationStyleOpInterface op,
                        llvm::SmallVectorImpl<mlir::SideEffects::EffectInstance<mlir::MemoryEffects::Effect>> &effects);

/// Attribute of a function argument that is updated in place: the index of the result that is its new value.
inline constexpr llvm::StringLiteral updatesAttrName = "sluice.updates";
/// Attribute of a function that the runtime calls: a `#sluice.action`.
inline constexpr llvm::StringLiteral actionAttrName = "sluice.action";
/// Attribute of an action, and of a call or a branch in one before actions are cut: the stage that it belongs to, an
/// i64. Without it it belongs to stage 0.
inline constexpr llvm::StringLiteral stageAttrName = "sluice.stage";
/// Attribute of a call in a backward action: it repeats what forward called for the same micro-batch, and so draws and
/// counts nothing of its own.
inline constexpr llvm::StringLiteral repeatsAttrName = "sluice.repeats";
/// The function that a call was of before equal ones became one: "train.h.0.forward".
inline constexpr llvm::StringLiteral placeAttrName = "sluice.place";
/// Attribute of an action of kind `evaluate`, and of the module's graph results: the graph's name.
inline constexpr llvm::StringLiteral graphAttrName = "sluice.graph";
/// Attributes of a result of the graph `train`: the name it is logged by, the layer that it is a detail of, and that
/// its gradient is added after clipping.
inline constexpr llvm::StringLiteral metricAttrName = "sluice.metric";
inline constexpr llvm::StringLiteral layerAttrName = "sluice.layer";
inline constexpr llvm::StringLiteral unclippedAttrName = "sluice.unclipped";
/// Discardable attribute of a layer with a gate: the share of micro-batches that drop it, an f64 in [0, 1], with the
/// run-time scalars that the technique has by default. What stages cost depends on it, and nothing that is computed.
inline constexpr llvm::StringLiteral dropProbabilityAttrName = "sluice.drop_probability";
/// Discardable attribute of an op or a loop on buffers: a `#sluice.kernel`.
inline constexpr llvm::StringLiteral kernelAttrName = "sluice.kernel";
/// Discardable attribute of a contraction of linalg: the type that its operands are rounded to.
inline constexpr llvm::StringLiteral computeTypeAttrName = "sluice.compute_type";
/// Discardable attribute of a contraction of linalg: how its products are summed, a `#sluice.accumulation`; without it
/// in f32.
inline constexpr llvm::StringLiteral accumulationAttrName = "sluice.accumulation";
/// Beside it: what its two operands were rounded to, an array of `#sluice.format`.
inline constexpr llvm::StringLiteral formatsAttrName = "sluice.formats";
/// Discardable attribute of a contraction of linalg: two of its loops, as array<i64: row, column>. Points whose column
/// exceeds their row do not count: their products are zero, or nothing reads the sum that they belong to.
inline constexpr llvm::StringLiteral triangleAttrName = "sluice.triangle";
/// Module attribute: the machine that the module is compiled for, with `TargetAttrInterface`.
inline constexpr llvm::StringLiteral targetAttrName = "sluice.target";
/// Module attribute: the `#sluice.kernel`s that calls of parallel loops number (an array).
inline constexpr llvm::StringLiteral kernelsAttrName = "sluice.kernels";
/// Module attribute: the kernels of a card, an array of `#sluice.image`.
inline constexpr llvm::StringLiteral imagesAttrName = "sluice.images";
/// Module attribute: what the exported table says of the whole model, a `#sluice.binary` (BinaryFacts.h).
inline constexpr llvm::StringLiteral binaryAttrName = "sluice.binary";
/// Module attribute: what the stages of the graph `train` cost, a `#sluice.stage_costs`.
inline constexpr llvm::StringLiteral stageCostsAttrName = "sluice.stage_costs";
/// Module attribute: the run-time scalars, an array of dictionaries (RuntimeScalars.h).
inline constexpr llvm::StringLiteral scalarsAttrName = "sluice.scalars";
} // namespace sluice

#include "dialects/Sluice/SluiceDialect.h.inc"
#include "dialects/Sluice/SluiceEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Sluice/SluiceAttributes.h.inc"

namespace sluice {
/// The invariant of `AccumulationOpInterface`: what sums draw by. Fails with an error on the op.
mlir::LogicalResult verifyAccumulation(mlir::Operation *op);
} // namespace sluice

#include "dialects/Sluice/SluiceSumInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/Sluice/SluiceOps.h.inc"

#endif // SLUICE_DIALECTS_SLUICE_SLUICEDIALECT_H
