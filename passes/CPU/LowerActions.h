//===- LowerActions.h - Actions as calls on addresses -----------------------------===//
#ifndef SLUICE_PASSES_CPU_LOWERACTIONS_H
#define SLUICE_PASSES_CPU_LOWERACTIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace sluice {

/// The LLVM functions of an action that only computes addresses, moves single numbers and calls: the action itself and
/// the parts that it calls in turn. A deep model's action is a long one, and a compiler's time for a function grows
/// faster than the function; an address is computed where it is used. The functions belong to no module yet and call
/// functions by the names that they have now, with bare pointers for memrefs.
///
/// Empty, with nothing done, where the action holds anything else: then it is lowered as every function is.
llvm::SmallVector<mlir::LLVM::LLVMFuncOp> lowerAction(mlir::func::FuncOp action);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_LOWERACTIONS_H
