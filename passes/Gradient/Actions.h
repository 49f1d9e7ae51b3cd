//===- Actions.h - Functions that the runtime calls, and their slots -----------===//
#ifndef SLUICE_PASSES_GRADIENT_ACTIONS_H
#define SLUICE_PASSES_GRADIENT_ACTIONS_H

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/Gradient/Passes.h"

namespace sluice {

/// An empty function without arguments and results, ended by a return, that the runtime calls as `kind`.
mlir::func::FuncOp createAction(mlir::ModuleOp module, mlir::Location location, llvm::StringRef name, ActionKind kind,
                                llvm::StringRef graph);

/// Creates slots behind the module's parameters and slots.
class SlotBuilder {
public:
  /// The module outlives the builder.
  explicit SlotBuilder(mlir::ModuleOp module);
  SlotOp create(mlir::Location location, const llvm::Twine &name, mlir::Type type, SlotKind kind,
                llvm::StringRef parameter = "");

private:
  mlir::OpBuilder builder;
};

/// The name of the gradient slot of one use of a parameter.
std::string gradientSlotName(llvm::StringRef parameter, unsigned use);

/// `@sum(%a, %b)`, which adds %b to %a in place, and multiplies the sum by `factor`; made once for each type and number
/// of users: equal ones are merged later.
mlir::func::FuncOp createSum(mlir::ModuleOp module, mlir::Location location, llvm::StringRef name, mlir::Type type,
                             bool inPlace, double factor = 1);

/// `@zero()`, which returns zeros, and `@copy(%a)`, which returns %a in another place. Calls of functions are all that
/// an action consists of, so that its cost is small and linear in the number of layers.
mlir::func::FuncOp createZero(mlir::ModuleOp module, mlir::Location location, llvm::StringRef name, mlir::Type type);
mlir::func::FuncOp createCopy(mlir::ModuleOp module, mlir::Location location, llvm::StringRef name, mlir::Type type);

/// Makes those functions for one action or several, each with a name of its own in the module.
class ActionHelpers {
public:
  explicit ActionHelpers(mlir::ModuleOp module) : module(module) {}

  mlir::func::FuncOp createSum(mlir::Location location, mlir::Type type, bool inPlace, double factor = 1);
  /// The result of a call.
  mlir::Value callZero(mlir::OpBuilder &builder, mlir::Location location, mlir::Type type);
  mlir::Value callCopy(mlir::OpBuilder &builder, mlir::Value value);

private:
  std::string nextName(llvm::StringRef kind);

  mlir::ModuleOp module;
  unsigned count = 0;
};

/// Reads and writes slots.
mlir::Value fetch(mlir::OpBuilder &builder, SlotOp slot);
void store(mlir::OpBuilder &builder, mlir::Value value, SlotOp slot);

/// Whether element `index` of `gates` is above 0, as an i1.
mlir::Value isOpen(mlir::OpBuilder &builder, mlir::Location location, mlir::Value gates, int64_t index);

/// Marks a call, a branch or an action with the stage that it belongs to, if there is one.
void setStage(mlir::Operation *op, std::optional<int64_t> stage);

/// What a branch computes.
using BranchBuilder = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &)>;

/// An `scf.if` with results of `types`, each from one of the branches.
mlir::ValueRange createIf(mlir::OpBuilder &builder, mlir::Location location, mlir::TypeRange types,
                          mlir::Value condition, BranchBuilder then, BranchBuilder otherwise);
/// In place of an `scf.if` one with more results behind its own: one each of the values of its two branches.
mlir::ValueRange appendResults(mlir::scf::IfOp branch, mlir::ValueRange then, mlir::ValueRange otherwise);

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_ACTIONS_H
