//===- Passes.h - Places, buffers and scratch ----------------------------------===//
//
// From tensors to memory that is planned: every value gets a place in the parameter block, in the slot block or in the
// scratch of its function. Places are bytes from the start of a block, multiples of 64.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BUFFERS_PASSES_H
#define SLUICE_PASSES_BUFFERS_PASSES_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Buffers/Passes.h.inc"
} // namespace sluice

#endif // SLUICE_PASSES_BUFFERS_PASSES_H
