//===- WeightVersions.cpp - Weights that stale gradients are of --------------------===//
#include "tools/sluicec/WeightVersions.h"
#include "dialects/Sluice/ActionStage.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "runtime/abi.h"
#include "runtime/cli/Flags.h"
#include "tools/sluicec/TextTable.h"

using namespace mlir;
using namespace sluice;

/// Bytes by stage of the parameters that backward of their stage reads.
static std::vector<int64_t> weightsOfBackward(ModuleOp module, int stages) {
  llvm::DenseSet<StringAttr> read;
  for (auto action : module.getOps<func::FuncOp>()) {
    auto kind = action->getAttrOfType<ActionKindAttr>(actionAttrName);
    if (kind && llvm::is_contained({ActionKind::Backward, ActionKind::BackwardInput, ActionKind::BackwardWeight},
                                   kind.getValue()))
      action.walk([&](ReadOp op) { read.insert(op.getSymbolAttr().getAttr()); });
  }
  std::vector<int64_t> bytes(stages, 0);
  for (auto parameter : module.getOps<ParameterOp>())
    if (read.contains(parameter.getSymNameAttr()))
      bytes[parameter.getStage().value_or(0)] +=
          int64_t(llvm::alignTo(sumOfTensorBytes(parameter.getType()), SLUICE_ALIGNMENT));
  return bytes;
}

std::vector<StageVersions> sluice::findVersions(ModuleOp module, const schedule::Pipeline &pipeline,
                                                bool currentWeights) {
  std::vector<int64_t> bytes = weightsOfBackward(module, pipeline.stages);
  std::vector<StageVersions> stages(pipeline.stages);
  for (auto [number, stage] : llvm::enumerate(stages)) {
    stage.age = pipeline.ages[number];
    if (pipeline.isStale()) {
      stage.activationAge = pipeline.activationAges[number];
      stage.errorAge = pipeline.errorAges[number];
    }
    // Stages whose backward reads no weights have one version of them.
    stage.versions = bytes[number] > 0 && !currentWeights ? stage.age + 1 : 1;
    stage.olderBytes = (stage.versions - 1) * bytes[number];
  }
  return stages;
}

std::string sluice::drawVersions(ArrayRef<StageVersions> stages, const schedule::Pipeline &pipeline) {
  if (!pipeline.isStale())
    return "";
  std::vector<Row> rows = {{"stage", "delay", "activations", "error gradients", "versions", "older weights"}};
  for (auto [index, stage] : llvm::enumerate(stages))
    rows.push_back({std::to_string(index), std::to_string(stage.age), std::to_string(stage.activationAge),
                    std::to_string(stage.errorAge), std::to_string(stage.versions),
                    runtime::mebibytes(stage.olderBytes)});
  return drawTable(rows, /*words=*/{}) + "A stage applies gradients of so many steps before. Its forward reads weights "
                                         "that are newer by so many updates\n"
                                         "than those that made its input, and error gradients come in so many steps "
                                         "late. Versions are of weights that\n"
                                         "backward reads; memory counts the older ones.\n\n";
}

void sluice::writeVersions(llvm::json::OStream &json, const StageVersions &stage) {
  json.attribute("age", stage.age);
  json.attribute("activation_age", stage.activationAge);
  json.attribute("error_age", stage.errorAge);
  json.attribute("weight_versions", stage.versions);
  json.attribute("older_weight_bytes", stage.olderBytes);
}
