//===- PlaceParameters.cpp - Every parameter on the stage that uses it --------------===//
#include "passes/Stages/DeviceOfStage.h"
#include "passes/Stages/Passes.h"
#include <map>

namespace sluice {
#define GEN_PASS_DEF_PLACEPARAMETERS
#include "passes/Stages/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Operands of layers, by the parameter that they read and the layer's stage.
using ParameterUses = std::map<StringRef, std::map<int64_t, SmallVector<OpOperand *>>>;

namespace {
struct PlaceParameters : sluice::impl::PlaceParametersBase<PlaceParameters> {
  using PlaceParametersBase::PlaceParametersBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    bool hasStages = false;
    ParameterUses uses;
    for (auto graph : module.getOps<GraphOp>())
      for (auto layer : graph.getBody().front().getOps<LayerOp>())
        if (layer.getStage()) {
          hasStages = true;
          for (OpOperand &operand : layer->getOpOperands())
            if (auto read = operand.get().getDefiningOp<ReadOp>())
              uses[read.getSymbol()][*layer.getStage()].push_back(&operand);
        }
    SmallVector<ParameterOp> parameters(module.getOps<ParameterOp>());
    if (!hasStages || parameters.empty())
      return;
    SymbolTable symbols(module);
    DeviceOfStage deviceOf(module, devices);
    Operation *last = parameters.back();
    for (ParameterOp parameter : parameters) {
      auto found = uses.find(parameter.getSymName());
      parameter.removeReadersAttr();
      // What no layer reads lies on the first stage.
      parameter.setStage(found == uses.end() ? 0 : found->second.begin()->first);
      if (found == uses.end() || share(parameter, found->second, deviceOf))
        continue;
      for (auto &[stage, operands] : llvm::drop_begin(found->second))
        last = copyTo(parameter, stage, operands, last, symbols);
    }
    eraseUnused(module);
  }

private:
  /// Has the last of several stages own the parameter, and the others read it, where all are on one device.
  static bool share(ParameterOp parameter, const std::map<int64_t, SmallVector<OpOperand *>> &ofStages,
                    DeviceOfStage &deviceOf) {
    auto stages = llvm::map_to_vector(llvm::make_first_range(ofStages), [](int64_t stage) { return stage; });
    if (stages.size() == 1 || !deviceOf.areTogether(stages))
      return false;
    parameter.setStage(stages.pop_back_val());
    parameter.setReaders(stages);
    return true;
  }

  /// Makes the stage's layers read a copy, which is put behind `last`.
  Operation *copyTo(ParameterOp parameter, int64_t stage, ArrayRef<OpOperand *> operands, Operation *last,
                    SymbolTable &symbols) {
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfter(last);
    auto copy = cast<ParameterOp>(builder.clone(*parameter));
    copy.setSymName((parameter.getSymName() + ".stage." + Twine(stage)).str());
    symbols.insert(copy);
    copy.setStage(stage);
    copy.setCopyOf(parameter.getSymName());
    for (OpOperand *operand : operands) {
      builder.setInsertionPointAfterValue(operand->get());
      operand->set(ReadOp::create(builder, parameter.getLoc(), parameter.getType(), copy.getSymName()));
    }
    return copy;
  }

  /// Reads of the owner that a copy took the place of.
  static void eraseUnused(ModuleOp module) {
    for (auto graph : module.getOps<GraphOp>())
      for (auto read : llvm::make_early_inc_range(graph.getBody().front().getOps<ReadOp>()))
        if (read.use_empty())
          read.erase();
  }
};
} // namespace
