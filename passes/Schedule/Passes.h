//===- Passes.h - The schedule phase -------------------------------------------===//
//
// Programs of devices from a schedule, and their proof. What is computed lies in a library of its own (Programs.h,
// Generators.h, Verify.h), which knows nothing of IR.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_PASSES_H
#define SLUICE_PASSES_SCHEDULE_PASSES_H

#include "dialects/Pipe/PipeDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Schedule/Passes.h.inc"
} // namespace sluice

#endif // SLUICE_PASSES_SCHEDULE_PASSES_H
