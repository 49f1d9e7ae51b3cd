//===- CostStages.cpp - What the stages of the trained graph cost -----------------------===//
#include "passes/Stages/DeviceOfStage.h"
#include "passes/Stages/Passes.h"
#include "passes/Stages/StageCosts.h"
#include "llvm/ADT/SetVector.h"

namespace sluice {
#define GEN_PASS_DEF_COSTSTAGES
#include "passes/Stages/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

static int64_t stageOf(const StageUnit &unit) { return LayerOp(unit.layers.front()).getStage().value_or(0); }

namespace {
/// What is added up of a stage. Times are ticks or seconds, as those of the problem.
struct StageWork {
  int64_t layers = 0;
  bool hasEmbeddings = false, hasHead = false, isRecomputed = false;
  StageSeconds times;
  double backwardWeight = 0;
  double activations = 0, gradients = 0, exchange = 0;
};

struct CostStages : sluice::impl::CostStagesBase<CostStages> {
  using CostStagesBase::CostStagesBase;

  void runOnOperation() override {
    auto graph = getOperation().lookupSymbol<GraphOp>("train");
    if (!graph)
      return;
    FailureOr<SmallVector<StageUnit>> units = findUnits(graph);
    if (failed(units))
      return signalPassFailure();
    FailureOr<std::optional<Profile>> profile = readProfile(getOperation(), profileFile, *units);
    if (failed(profile))
      return signalPassFailure();
    SmallVector<StageWork> work = measure(*units, *profile ? &**profile : nullptr);
    SmallVector<Attribute> stages;
    for (const StageWork &stage : work)
      stages.push_back(describe(stage));
    Builder builder(&getContext());
    getOperation()->setAttr(stageCostsAttrName,
                            StageCostsAttr::get(&getContext(), builder.getStringAttr(*profile ? "seconds" : "ticks"),
                                                builder.getArrayAttr(stages)));
  }

private:
  SmallVector<StageWork> measure(ArrayRef<StageUnit> units, const Profile *profile);
  StageCostAttr describe(const StageWork &work);
};
} // namespace

/// Adds the times of a unit, of which a share of the micro-batches drops it.
static void addTimes(StageSeconds &sum, const StageSeconds &times, double dropProbability) {
  sum.forward += (1 - dropProbability) * times.forward;
  sum.backward += (1 - dropProbability) * times.backward;
  sum.tied += times.tied;
  sum.norm += times.norm;
  sum.update += times.update;
}

SmallVector<StageWork> CostStages::measure(ArrayRef<StageUnit> units, const Profile *profile) {
  int64_t count = 1;
  for (const StageUnit &unit : units)
    count = std::max(count, stageOf(unit) + 1);
  StageSettings settings = {optimizer,
                            count,
                            microBatches,
                            SmallVector<int64_t>(count, 1),
                            /*memoryLimit=*/std::nullopt,
                            profile};
  PartitionProblem problem = buildPartitionProblem(units, settings);
  double unitOfTime = profile ? secondsPerProfiledTick : 1;
  SmallVector<StageSeconds> times = profile ? timesOfUnits(units, settings) : SmallVector<StageSeconds>();
  SmallVector<StageWork> work(count);
  for (auto [index, unit, cost] : llvm::enumerate(units, problem.layers)) {
    StageWork &stage = work[stageOf(unit)];
    stage.layers += unit.depth.has_value();
    stage.hasEmbeddings |= !unit.depth && index == 0;
    stage.hasHead |= !unit.depth && index > 0;
    stage.isRecomputed |= cost.isRecomputed;
    StageSeconds ofUnit = profile ? times[index] : StageSeconds{double(cost.forward), double(cost.backward)};
    if (stageOf(unit) + 1 < count)
      ofUnit.backward += double(cost.repeat) * unitOfTime;
    addTimes(stage.times, ofUnit, cost.dropProbability);
    stage.backwardWeight += (1 - cost.dropProbability) * double(cost.backwardWeight) * unitOfTime;
    if (index + 1 == units.size())
      break;
    // A stage without layers hands on what it gets.
    double transfer = double(problem.transfer.ticks(cost.boundaryBytes)) * unitOfTime;
    for (int64_t left = stageOf(unit); left < stageOf(units[index + 1]); ++left)
      work[left].activations = work[left + 1].gradients = transfer;
  }
  // One message a step from each of the stages of a tied parameter, unless one device has it for all of them.
  DeviceOfStage deviceOf(getOperation(), devices);
  for (const TiedParameter &tied : problem.tied) {
    llvm::SetVector<int64_t> holders;
    for (unsigned unit : tied.layers)
      holders.insert(stageOf(units[unit]));
    if (deviceOf.areTogether(holders.getArrayRef()))
      continue;
    for (int64_t stage : holders)
      work[stage].exchange += double(tied.exchange) * double(microBatches) / 2 * unitOfTime;
  }
  return work;
}

StageCostAttr CostStages::describe(const StageWork &work) {
  Builder builder(&getContext());
  auto cost = [&](double time) { return builder.getF64FloatAttr(time); };
  const StageSeconds &times = work.times;
  return StageCostAttr::get(&getContext(), work.layers, work.hasEmbeddings, work.hasHead, cost(times.forward),
                            cost(times.backward), cost(times.tied), cost(times.norm), cost(times.update),
                            cost(work.activations), cost(work.gradients), cost(work.exchange),
                            cost(std::min(work.backwardWeight, times.backward)), work.isRecomputed);
}
