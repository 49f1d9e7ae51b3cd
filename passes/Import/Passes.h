//===- Passes.h - Passes of the import phase --------------------------------------===//
#ifndef SLUICE_PASSES_IMPORT_PASSES_H
#define SLUICE_PASSES_IMPORT_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace sluice {

#define GEN_PASS_DECL
#include "passes/Import/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/Import/Passes.h.inc"

} // namespace sluice

#endif // SLUICE_PASSES_IMPORT_PASSES_H
