//===- Passes.h - Ops that are computed block by block -------------------------===//
//
// Takes kernel ops on buffers apart into loops over blocks of linalg (sluice-decompose-blocked). The target has chosen
// the blocks before; loops over tasks become parallel in passes/CPU.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BLOCKED_PASSES_H
#define SLUICE_PASSES_BLOCKED_PASSES_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Blocked/Passes.h.inc"
} // namespace sluice

#endif // SLUICE_PASSES_BLOCKED_PASSES_H
