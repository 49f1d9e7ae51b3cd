//===- Passes.h - The CPU phase ------------------------------------------------===//
//
// From contractions and linalg on buffers to LLVM: strategies, register kernels, vector loops, threads. Pipeline.h has
// their order. Nothing outside of this room and of the drivers includes it.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_CPU_PASSES_H
#define SLUICE_PASSES_CPU_PASSES_H

#include "dialects/CPU/CPUDialect.h"
#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/Pass/Pass.h"
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

#endif // SLUICE_PASSES_CPU_PASSES_H
