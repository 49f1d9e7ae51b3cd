//===- CPUDialect.h - What the CPU adds to a training step ------------------------===//
//
// Included by the CPU's own passes alone; all others ask the target by `TargetAttrInterface`.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_DIALECTS_CPU_CPUDIALECT_H
#define SLUICE_DIALECTS_CPU_CPUDIALECT_H

#include "dialects/Sluice/SluiceDialect.h"

namespace sluice::cpu {
/// Discardable attribute of a contraction of linalg on buffers: the `#sluice_cpu.strategy` by which it becomes loops.
inline constexpr llvm::StringLiteral strategyAttrName = "sluice_cpu.strategy";
} // namespace sluice::cpu

#include "dialects/CPU/CPUDialect.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/CPU/CPUAttributes.h.inc"
#define GET_OP_CLASSES
#include "dialects/CPU/CPUOps.h.inc"

namespace sluice::cpu {
/// The processor that the op's module is compiled for. Fails with an error at `op` where the module names none, or a
/// target that is no CPU.
llvm::FailureOr<TargetAttr> targetOf(mlir::Operation *op);
} // namespace sluice::cpu

#endif // SLUICE_DIALECTS_CPU_CPUDIALECT_H
