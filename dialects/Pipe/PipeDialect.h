//===- PipeDialect.h - What every device of a pipeline does ----------------------===//
//
// Pipelines, channels, programs and actions. What they do together is proved by passes/Schedule.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_DIALECTS_PIPE_PIPEDIALECT_H
#define SLUICE_DIALECTS_PIPE_PIPEDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"

#include "dialects/Pipe/PipeDialect.h.inc"
#include "dialects/Pipe/PipeEnums.h.inc"
#define GET_OP_CLASSES
#include "dialects/Pipe/PipeOps.h.inc"

namespace sluice::pipe {
/// The pipeline of the synchronous steps that a run may begin with, where its gradients are late after them.
inline constexpr char warmupPipelineName[] = "train.warmup.pipeline";
} // namespace sluice::pipe

#endif // SLUICE_DIALECTS_PIPE_PIPEDIALECT_H
