//===- CPUDialect.h - What the CPU adds to a training step ------------------------===//
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

#endif // SLUICE_DIALECTS_CPU_CPUDIALECT_H
