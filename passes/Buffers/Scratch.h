//===- Scratch.h - Where functions find their scratch -----------------------------===//
#ifndef SLUICE_PASSES_BUFFERS_SCRATCH_H
#define SLUICE_PASSES_BUFFERS_SCRATCH_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Table/StepLayout.h"

namespace sluice {

/// Attributes of a planned function: bytes that it needs from its caller, and from each thread of the pool.
inline constexpr llvm::StringLiteral scratchBytesAttrName = "sluice.scratch_bytes";
inline constexpr llvm::StringLiteral threadScratchBytesAttrName = "sluice.thread_scratch_bytes";

/// The position at which a function that is no body of a parallel loop takes its scratch: last in actions, else behind
/// the step state.
/// Bodies of parallel loops take it last, as their own thread's.
inline unsigned scratchPosition(mlir::func::FuncOp function) {
  if (function->hasAttr(actionAttrName))
    return function.getNumArguments();
  return function.getNumArguments() != 0 && isStepType(function.getArgumentTypes()[0]) ? 1 : 0;
}

} // namespace sluice

#endif // SLUICE_PASSES_BUFFERS_SCRATCH_H
