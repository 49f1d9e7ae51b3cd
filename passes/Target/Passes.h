//===- Passes.h - What programs are compiled for ----------------------------------===//
//
// What programs are compiled for is an attribute of the module, which one pass sets and others read.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_TARGET_PASSES_H
#define SLUICE_PASSES_TARGET_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Target/Passes.h.inc"
} // namespace sluice

#endif // SLUICE_PASSES_TARGET_PASSES_H
