//===- Differentiate.cpp - Reverse mode over the layers of a graph ----------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "passes/Gradient/BackwardAction.h"
#include "passes/Gradient/ForwardAction.h"

namespace sluice {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// The functions and actions of the training graph; `accumulates`: over several micro-batches; `isMean`: gradients of a
/// tied parameter are averaged.
static LogicalResult differentiateGraph(ModuleOp module, GraphOp graph, bool accumulates, bool isMean) {
  FailureOr<TrainingGraph> train = differentiateLayers(module, graph, accumulates);
  if (failed(train))
    return failure();
  TrainingSlots slots(*train);
  recordLayers(module, train->layers, slots.gates());
  ActionHelpers helpers(module);
  buildForward(*train, slots, helpers);
  SmallVector<GradientSlots> gradients = buildBackward(*train, slots, helpers);
  if (buildTied(*train, gradients, isMean, helpers) || !isMean)
    return success();
  return module.emitError() << "expected a tied parameter for tied gradients 'mean', found none";
}

/// A graph that is only evaluated: one forward function a layer, the results stored. Nothing is dropped in it.
static void outlineEvaluation(ModuleOp module, GraphOp graph, StringRef name) {
  SlotBuilder slotBuilder(module);
  ActionBuilder action(createAction(module, graph.getLoc(), name, ActionKind::Evaluate, name));
  for (Operation &op : graph.getBody().front())
    if (auto layer = dyn_cast<LayerOp>(op)) {
      action.enterStage(layer.getStage());
      func::FuncOp function = outlineForward(layer, (name + "." + layer.getName()).str());
      auto operands = llvm::map_to_vector(layer.getInputs(), [&](Value value) { return action.get(value); });
      for (auto [inGraph, inAction] :
           llvm::zip_equal(layer.getResults(), action.call(layer.getLoc(), function, operands)))
        action.map(inGraph, inAction);
    }
  for (auto [index, value] : llvm::enumerate(graph.getBody().front().getTerminator()->getOperands())) {
    SlotOp slot =
        slotBuilder.create(graph.getLoc(), name + ".result." + Twine(index), value.getType(), SlotKind::Result);
    slot->setAttr(graphAttrName, action.builder.getStringAttr(name));
    action.store(action.get(value), slot);
  }
}

namespace {
struct Differentiate : sluice::impl::DifferentiateBase<Differentiate> {
  using DifferentiateBase::DifferentiateBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (microBatches < 1) {
      module.emitError() << "expected at least 1 micro-batch, found " << int64_t(microBatches);
      return signalPassFailure();
    }
    if (tiedGradients != "sum" && tiedGradients != "mean") {
      module.emitError() << "expected tied gradients 'sum' or 'mean', found '" << tiedGradients << "'";
      return signalPassFailure();
    }
    recordGraphs(module);
    // An action takes the name of its graph, so the graph leaves the symbol table first.
    SmallVector<GraphOp> graphs(module.getOps<GraphOp>());
    for (GraphOp graph : graphs) {
      StringAttr name = graph.getSymNameAttr();
      graph.setSymName((name.getValue() + ".graph").str());
      if (name.getValue() != "train")
        outlineEvaluation(module, graph, name.getValue());
      else if (failed(differentiateGraph(module, graph, microBatches > 1, tiedGradients == "mean")))
        return signalPassFailure();
      graph.erase();
    }
  }
};
} // namespace
