//===- Passes.h - The stages phase ---------------------------------------------===//
//
// Layers to stages, before the gradient: whole layers, so that no differentiated function is split.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_STAGES_PASSES_H
#define SLUICE_PASSES_STAGES_PASSES_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Stages/Passes.h.inc"
} // namespace sluice

#endif // SLUICE_PASSES_STAGES_PASSES_H
