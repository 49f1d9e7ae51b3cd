//===- Recomputation.cpp - What backward computes again ------------------------------===//
#include "tools/sluicec/Recomputation.h"
#include "dialects/Sluice/ActionStage.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/Gradient/BackwardHalves.h"
#include "runtime/cli/Flags.h"
#include "tools/sluicec/TextTable.h"
#include <set>

using namespace mlir;
using namespace sluice;

std::vector<RecomputedStage> sluice::findRecomputation(ModuleOp module, int64_t stageCount) {
  std::vector<RecomputedStage> stages(stageCount);
  SymbolTable symbols(module);
  for (auto action : module.getOps<func::FuncOp>()) {
    auto kind = action->getAttrOfType<ActionKindAttr>(actionAttrName);
    if (!kind || !llvm::is_contained({ActionKind::Backward, ActionKind::BackwardInput}, kind.getValue()))
      continue;
    RecomputedStage &stage = stages[stageOfAction(action)];
    llvm::DenseSet<Value> inputs;
    std::set<std::vector<void *>> layers;
    action.walk([&](func::CallOp call) {
      if (!call->hasAttr(repeatsAttrName))
        return;
      stage.flops += flopsOf(symbols.lookup<func::FuncOp>(call.getCallee()));
      std::vector<void *> operands;
      for (Value operand : call.getOperands()) {
        operands.push_back(operand.getAsOpaquePointer());
        if (operand.getDefiningOp<FetchOp>() && inputs.insert(operand).second)
          stage.inputBytes += sumOfTensorBytes(operand.getType());
      }
      // Each loss that is differentiated by itself repeats the same.
      if (!layers.insert(operands).second)
        return;
      ++stage.layers;
      stage.repeatedBytes += sumOfTensorBytes(call.getResultTypes());
    });
  }
  return stages;
}

std::string sluice::drawRecomputation(ArrayRef<RecomputedStage> stages, int64_t microBatches) {
  std::vector<Row> rows = {{"stage", "recomputed", "inputs kept", "computed again", "GFLOP a step"}};
  for (auto [index, stage] : llvm::enumerate(stages))
    if (stage.layers > 0)
      rows.push_back({std::to_string(index), counted(stage.layers, "layer"), runtime::mebibytes(stage.inputBytes),
                      runtime::mebibytes(stage.repeatedBytes),
                      formatted("%.4g", 1e-9 * double(stage.flops) * double(microBatches))});
  if (rows.size() == 1)
    return "";
  return drawTable(rows, /*words=*/{}) +
         "Of recomputed layers a micro-batch keeps the inputs; backward computes the rest again, one layer at a time;\n"
         "of stages that are repeated whole it keeps what comes into them.\n"
         "GFLOP are of what it repeats, all replicas together, in a step that drops no layer.\n\n";
}

void sluice::writeRecomputation(llvm::json::OStream &json, const RecomputedStage &stage, int64_t microBatches) {
  json.attribute("recomputed_layers", stage.layers);
  json.attribute("recomputed_input_bytes", stage.inputBytes);
  json.attribute("recomputed_bytes", stage.repeatedBytes);
  json.attribute("recomputed_flops", stage.flops * microBatches);
}
