//===- ParameterTable.h - The exported table's parameters -------------------------===//
#ifndef SLUICE_PASSES_TABLE_PARAMETERTABLE_H
#define SLUICE_PASSES_TABLE_PARAMETERTABLE_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "runtime/abi.h"

namespace sluice {

/// The module's parameters in order, with the offsets of their gradients and states. Fails with an error where an
/// offset is missing, a norm is not where `memory` has it, or the ABI has no such tensor.
mlir::FailureOr<llvm::SmallVector<sluice_parameter>> collectParameters(mlir::ModuleOp module, MemoryAttr memory);

} // namespace sluice

#endif // SLUICE_PASSES_TABLE_PARAMETERTABLE_H
