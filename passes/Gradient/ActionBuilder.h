//===- ActionBuilder.h - The values of a graph inside an action ---------------===//
#ifndef SLUICE_PASSES_GRADIENT_ACTIONBUILDER_H
#define SLUICE_PASSES_GRADIENT_ACTIONBUILDER_H

#include "passes/Gradient/Actions.h"

namespace sluice {

/// Values of a graph inside an action: arguments, reads and constants are made anew, results of layers come from calls
/// or slots.
class ActionBuilder {
public:
  /// The slots of values that outlive the action that computes them.
  using Slots = llvm::DenseMap<mlir::Value, SlotOp>;

  explicit ActionBuilder(mlir::func::FuncOp action) : builder(action.getBody().front().getTerminator()) {}

  /// From here on `actionValue` is what `get` returns for `graphValue`.
  void map(mlir::Value graphValue, mlir::Value actionValue) { values[graphValue] = actionValue; }

  /// The value in this action; `slots` names the slot of one that no call of this action yields.
  mlir::Value get(mlir::Value graphValue, const Slots &slots = Slots());

  mlir::Value fetch(SlotOp slot) { return sluice::fetch(builder, slot); }
  void store(mlir::Value value, SlotOp slot) { sluice::store(builder, value, slot); }

  /// A call of a function in this action.
  mlir::ValueRange call(mlir::Location location, mlir::func::FuncOp callee, mlir::ValueRange operands);

  /// The stage that calls and branches are marked with from here on.
  void enterStage(std::optional<int64_t> number) { stage = number; }

  /// The call where the layer is not dropped, else what `otherwise` computes; no more than a call where the layer has
  /// no gate.
  mlir::ValueRange callGated(LayerOp layer, mlir::func::FuncOp callee, mlir::ValueRange operands,
                             BranchBuilder otherwise, const Slots &slots = Slots());

  /// Stands before the action's return.
  mlir::OpBuilder builder;

private:
  std::optional<int64_t> stage;
  llvm::DenseMap<mlir::Value, mlir::Value> values;
};

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_ACTIONBUILDER_H
