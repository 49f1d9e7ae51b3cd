//===- Passes.h - Passes of the import phase --------------------------------------===//
//
// Import itself is no pass: it makes the module (ImportModel.h). The pass here checks what it leaves.
//
//===----------------------------------------------------------------------===//
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
