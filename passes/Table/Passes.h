//===- Passes.h - What the runtime sees of a program ---------------------------===//
//
// Describes a compiled module to the runtime, by the structures of runtime/abi.h.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_TABLE_PASSES_H
#define SLUICE_PASSES_TABLE_PASSES_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Table/Passes.h.inc"
} // namespace sluice

#endif // SLUICE_PASSES_TABLE_PASSES_H
