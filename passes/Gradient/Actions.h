//===- Actions.h - Functions that the runtime calls, and their slots -----------===//
#ifndef SLUICE_PASSES_GRADIENT_ACTIONS_H
#define SLUICE_PASSES_GRADIENT_ACTIONS_H

#include "passes/Gradient/Passes.h"

namespace sluice {

/// An empty function without arguments and results, ended by a return, that the runtime calls as `kind`.
mlir::func::FuncOp createAction(mlir::ModuleOp module, mlir::Location location, llvm::StringRef name, ActionKind kind,
                                llvm::StringRef graph);

/// Creates slots behind the module's parameters and slots.
class SlotBuilder {
public:
  explicit SlotBuilder(mlir::ModuleOp module);
  SlotOp create(mlir::Location location, llvm::StringRef name, mlir::Type type, SlotKind kind,
                llvm::StringRef parameter = "");

private:
  mlir::OpBuilder builder;
};

/// The name of the gradient slot of one use of a parameter.
std::string gradientSlotName(llvm::StringRef parameter, unsigned use);

/// `@sum(%a, %b)`, which adds %b to %a in place; made once for each type and number of users: equal ones are merged
/// later.
mlir::func::FuncOp createSum(mlir::ModuleOp module, mlir::Location location, llvm::StringRef name, mlir::Type type,
                             bool inPlace);

/// Adds a run-time scalar to the module's table unless it has one of the name: a hand-written module need not list
/// them.
void declareScalar(mlir::ModuleOp module, llvm::StringRef name, double value);

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_ACTIONS_H
