//===- VersionWeights.cpp - Which parameters keep versions --------------------------------===//
#include "dialects/Sluice/ActionStage.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Schedule/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_VERSIONWEIGHTS
#include "passes/Schedule/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

static bool isBackward(func::FuncOp action) {
  return llvm::is_contained({ActionKind::Backward, ActionKind::BackwardInput, ActionKind::BackwardWeight},
                            action->getAttrOfType<ActionKindAttr>(actionAttrName).getValue());
}

namespace {
struct VersionWeights : sluice::impl::VersionWeightsBase<VersionWeights> {
  void runOnOperation() override {
    auto pipeline = getOperation().lookupSymbol<pipe::PipelineOp>("train.pipeline");
    if (!pipeline || !pipeline.isStale())
      return;
    ages = pipeline.getAges();
    hasVersions = !pipeline.getCurrentWeights();
    SymbolTable symbols(getOperation());
    llvm::DenseSet<Operation *> versioned, shared;
    for (auto action : getOperation().getOps<func::FuncOp>())
      if (action->hasAttr(actionAttrName) && failed(collect(action, symbols, versioned, shared)))
        return signalPassFailure();
    for (auto parameter : getOperation().getOps<ParameterOp>())
      if (shared.contains(parameter) || (isLate(stageOf(parameter)) && !versioned.contains(parameter)))
        parameter.setInPlace(true);
  }

private:
  static int64_t stageOf(ParameterOp parameter) { return parameter.getStage().value_or(0); }
  bool isLate(int64_t stage) const { return stage < int64_t(ages.size()) && ages[stage] > 0; }

  /// Adds the parameters of which backward of an action needs versions, and those that other stages read.
  LogicalResult collect(func::FuncOp action, SymbolTable &symbols, llvm::DenseSet<Operation *> &versioned,
                        llvm::DenseSet<Operation *> &shared);

  ArrayRef<int32_t> ages; ///< by stage
  bool hasVersions = true;
};
} // namespace

LogicalResult VersionWeights::collect(func::FuncOp action, SymbolTable &symbols, llvm::DenseSet<Operation *> &versioned,
                                      llvm::DenseSet<Operation *> &shared) {
  int64_t stage = stageOfAction(action);
  for (auto read : action.getBody().front().getOps<ReadOp>()) {
    if (read.use_empty())
      continue;
    auto parameter = symbols.lookup<ParameterOp>(read.getSymbol());
    bool isOfOther = stageOf(parameter) != stage;
    if (isOfOther && (isLate(stage) || isLate(stageOf(parameter))))
      shared.insert(parameter);
    if (!hasVersions || !isBackward(action) || !isLate(stage))
      continue;
    if (!isOfOther) {
      versioned.insert(parameter);
      continue;
    }
    InFlightDiagnostic diagnostic = read.emitOpError()
                                    << "expected a parameter of stage " << stage
                                    << " in its backward, which is late by " << ages[stage] << ", found '"
                                    << parameter.getSymName() << "' of stage " << stageOf(parameter);
    diagnostic.attachNote(parameter.getLoc()) << "it has one version, since other stages read it";
    return diagnostic;
  }
  return success();
}
