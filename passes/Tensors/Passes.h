//===- Passes.h - From tensor ops to linalg ------------------------------------===//
//
// From ops of the dialect to linalg on tensors. Each family of ops is lowered in a source of its own
// (LinalgLowerings.h).
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_TENSORS_PASSES_H
#define SLUICE_PASSES_TENSORS_PASSES_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Tensors/Passes.h.inc"
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_PASSES_H
