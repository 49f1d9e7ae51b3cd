//===- AssignStages.cpp - Every layer gets its stage ------------------------------------===//
#include "mlir/IR/Remarks.h"
#include "passes/Schedule/Generators.h"
#include "passes/Stages/Passes.h"
#include "passes/Stages/StageCosts.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include <map>

namespace sluice {
#define GEN_PASS_DEF_ASSIGNSTAGES
#include "passes/Stages/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// The graph whose layers are divided: `train`, or the first.
static GraphOp findDivided(ModuleOp module) {
  if (auto train = module.lookupSymbol<GraphOp>("train"))
    return train;
  auto graphs = module.getOps<GraphOp>();
  return graphs.empty() ? GraphOp() : *graphs.begin();
}

namespace {
/// Gives the layers of one graph their stages.
class GraphStages {
public:
  /// `stageOfDepth`: of the divided graph, with one entry at least where there is more than one of the `stages`.
  GraphStages(GraphOp graph, const std::map<int64_t, int64_t> &stageOfDepth, int64_t stages)
      : graph(graph), stageOfDepth(stageOfDepth), stages(stages), stepLayers(findStepLayers(graph)) {}

  LogicalResult run();

private:
  void useCopies(Operation *user, int64_t stage);
  LayerOp copyFor(LayerOp layer, int64_t stage, Operation *user);
  void nameCopies();

  GraphOp graph;
  const std::map<int64_t, int64_t> &stageOfDepth;
  int64_t stages;
  SetVector<LayerOp> stepLayers;
  llvm::MapVector<Operation *, llvm::MapVector<int64_t, LayerOp>> copies; // of a step layer, by stage
};
} // namespace

LogicalResult GraphStages::run() {
  FailureOr<SmallVector<StageUnit>> units = findUnits(graph);
  if (failed(units))
    return failure();
  bool hasDepths = llvm::any_of(*units, [](const StageUnit &unit) { return unit.depth.has_value(); });
  if (!hasDepths && stages > 1)
    return graph.emitError() << "expected layers with a depth to divide over " << stages << " stages, found none in '"
                             << graph.getSymName() << "'";
  for (auto [index, unit] : llvm::enumerate(*units)) {
    auto found = unit.depth ? stageOfDepth.find(*unit.depth) : stageOfDepth.end();
    if (unit.depth && found == stageOfDepth.end())
      return unit.layers.front().emitError() << "expected the depth of a layer that is divided, found " << *unit.depth;
    bool isHead = !unit.depth && index > 0;
    for (LayerOp layer : unit.layers) {
      int64_t stage = unit.depth ? found->second : isHead ? stages - 1 : 0;
      layer.setStage(stage);
      useCopies(layer, stage);
    }
  }
  useCopies(graph.getBody().front().getTerminator(), stages - 1);
  nameCopies();
  for (LayerOp layer : llvm::reverse(stepLayers))
    layer.erase();
  return success();
}

/// Makes `user` take what it needs of step layers from the copies of its stage.
void GraphStages::useCopies(Operation *user, int64_t stage) {
  for (OpOperand &operand : user->getOpOperands())
    if (auto layer = operand.get().getDefiningOp<LayerOp>(); layer && stepLayers.contains(layer)) {
      unsigned number = cast<OpResult>(operand.get()).getResultNumber();
      operand.set(copyFor(layer, stage, user).getResult(number));
    }
}

/// The stage's copy of a step layer. A new one stands in front of the first user, so that stages ascend.
LayerOp GraphStages::copyFor(LayerOp layer, int64_t stage, Operation *user) {
  LayerOp &copy = copies[layer][stage];
  if (copy)
    return copy;
  copy = cast<LayerOp>(OpBuilder(user).clone(*layer));
  copy.setStage(stage);
  LayerOp made = copy;
  useCopies(made, stage);
  return made;
}

/// A layer's functions and slots are called after it, so that its copies have names of their own.
void GraphStages::nameCopies() {
  for (auto &[layer, byStage] : copies)
    if (byStage.size() > 1)
      for (auto &[stage, copy] : byStage)
        copy.setName((cast<LayerOp>(layer).getName() + ".stage." + Twine(stage)).str());
}

namespace {
struct AssignStages : sluice::impl::AssignStagesBase<AssignStages> {
  using AssignStagesBase::AssignStagesBase;

  void runOnOperation() override {
    GraphOp divided = findDivided(getOperation());
    SmallVector<int64_t> parts;
    FailureOr<StageSettings> settings = readOptions(parts);
    if (failed(settings))
      return signalPassFailure();
    if (!divided)
      return;
    FailureOr<SmallVector<StageUnit>> units = findUnits(divided);
    if (failed(units))
      return signalPassFailure();
    FailureOr<std::optional<Profile>> profile = readProfile(getOperation(), profileFile, *units);
    if (failed(profile))
      return signalPassFailure();
    settings->profile = *profile ? &**profile : nullptr;
    FailureOr<Partition> partition = divide(divided, *units, *settings, parts);
    if (failed(partition))
      return signalPassFailure();
    report(divided, *partition);
    std::map<int64_t, int64_t> stageOfDepth;
    auto unit = units->begin();
    for (auto [stage, count] : llvm::enumerate(partition->counts))
      for (int64_t end = count; end > 0; --end, ++unit)
        if (unit->depth)
          stageOfDepth[*unit->depth] = stage;
    for (GraphOp graph : getOperation().getOps<GraphOp>())
      if (failed(GraphStages(graph, stageOfDepth, settings->stages).run()))
        return signalPassFailure();
  }

private:
  InFlightDiagnostic complain() { return getOperation()->emitError() << "assignment of stages expected "; }

  FailureOr<StageSettings> readOptions(SmallVectorImpl<int64_t> &parts);
  LogicalResult readPartition(SmallVectorImpl<int64_t> &parts);
  FailureOr<Partition> divide(GraphOp graph, ArrayRef<StageUnit> units, const StageSettings &settings,
                              ArrayRef<int64_t> parts);
  FailureOr<SmallVector<int64_t>> countUnits(ArrayRef<StageUnit> units, ArrayRef<int64_t> parts);
  FailureOr<Partition> solve(const PartitionProblem &problem);
  void report(GraphOp graph, const Partition &partition);
};
} // namespace

FailureOr<StageSettings> AssignStages::readOptions(SmallVectorImpl<int64_t> &parts) {
  if (stages < 0)
    return complain() << "at least 1 stage, found " << int64_t(stages);
  if (microBatches < 1)
    return complain() << "at least 1 micro-batch, found " << int64_t(microBatches);
  if (memoryLimit < 0)
    return complain() << "memory-limit of at least 0 bytes, found " << int64_t(memoryLimit);
  if (failed(readPartition(parts)))
    return failure();
  if (!schedule::isSchedule(schedule))
    return complain() << "schedule to be one of " << schedule::scheduleNames() << ", found '" << schedule << "'";
  if (!llvm::is_contained({"adamw", "sgd", "muon"}, StringRef(optimizer)))
    return complain() << "optimizer to be one of adamw, sgd, muon, found '" << optimizer << "'";
  StageSettings settings;
  settings.optimizer = optimizer;
  settings.stages = !parts.empty() ? int64_t(parts.size()) : std::max<int64_t>(stages, 1);
  settings.microBatches = microBatches;
  settings.currentWeights = currentWeights;
  settings.memoryLimit = memoryLimit > 0 ? std::optional<int64_t>(memoryLimit) : std::nullopt;
  return failed(countFrames(getOperation(), schedule, devices, settings)) ? FailureOr<StageSettings>() : settings;
}

LogicalResult AssignStages::readPartition(SmallVectorImpl<int64_t> &parts) {
  if (partition.empty())
    return success();
  for (StringRef part : llvm::split(StringRef(partition), ',')) {
    int64_t &count = parts.emplace_back();
    if (part.trim().getAsInteger(10, count) || count < 0)
      return complain() << "partition to be numbers of layers, such as 3,6,3, found '" << partition << "'";
  }
  if (stages != 0 && stages != int64_t(parts.size()))
    return complain() << "partition of " << int64_t(stages) << " stages, found " << parts.size() << " ('" << partition
                      << "')";
  return success();
}

FailureOr<Partition> AssignStages::divide(GraphOp graph, ArrayRef<StageUnit> units, const StageSettings &settings,
                                          ArrayRef<int64_t> parts) {
  if (settings.stages > int64_t(units.size()) && settings.stages > 1)
    return graph.emitError() << "expected at most " << units.size()
                             << " stages, as many as there are layers with embeddings and head, found "
                             << settings.stages;
  PartitionProblem problem = buildPartitionProblem(units, settings);
  FailureOr<SmallVector<int64_t>> counts = parts.empty() ? SmallVector<int64_t>() : countUnits(units, parts);
  if (failed(counts))
    return failure();
  auto fits = [&] {
    return parts.empty() ? bool(solvePartition(problem)) : verifyPartition(problem, *counts).error.empty();
  };
  if (mayRecompute && !fits()) {
    StageSettings recomputing = settings;
    recomputing.recomputes = true;
    problem = buildPartitionProblem(units, recomputing);
  }
  if (parts.empty())
    return solve(problem);
  Partition verified = verifyPartition(problem, *counts);
  if (!verified.error.empty())
    return complain() << "a partition that fits: " << verified.error;
  return verified;
}

/// Units a stage: the layers of the stack as `parts` says, the embeddings on the first, the head on the last stage.
FailureOr<SmallVector<int64_t>> AssignStages::countUnits(ArrayRef<StageUnit> units, ArrayRef<int64_t> parts) {
  int64_t layers = llvm::count_if(units, [](const StageUnit &unit) { return unit.depth.has_value(); });
  uint64_t sum = 0;
  for (int64_t part : parts)
    sum = llvm::SaturatingAdd<uint64_t>(sum, part);
  if (sum != uint64_t(layers))
    return complain() << "partition to add up to " << layers << ", the number of layers, found " << sum << " ('"
                      << partition << "')";
  SmallVector<int64_t> counts(parts);
  if (!units.empty() && !units.front().depth)
    ++counts.front();
  if (units.size() > 1 && !units.back().depth)
    ++counts.back();
  if (auto *empty = llvm::find(counts, 0); empty != counts.end() && counts.size() > 1)
    return complain() << "a layer, the embeddings or the head on every stage, found nothing on stage "
                      << empty - counts.begin() << " ('" << partition << "')";
  return counts;
}

FailureOr<Partition> AssignStages::solve(const PartitionProblem &problem) {
  if (problem.layers.empty())
    return verifyPartition(problem, SmallVector<int64_t>(problem.stages(), 0));
  std::optional<Partition> solved = solvePartition(problem);
  if (!solved)
    return complain() << "memory-limit of at least " << *leastMemoryLimit(problem) << " bytes for " << problem.stages()
                      << " stages, found " << int64_t(memoryLimit);
  return *solved;
}

void AssignStages::report(GraphOp graph, const Partition &partition) {
  for (auto [stage, cost] : llvm::enumerate(partition.stages))
    remark::analysis(graph.getLoc(), remark::RemarkOpts::name("AssignStages").category("stages"))
        << remark::metric("stage", stage) << remark::metric("parts", partition.counts[stage])
        << remark::metric("ticks", cost.time()) << remark::metric("transfer", cost.transfer)
        << remark::metric("exchange", cost.exchange) << remark::metric("bytes", cost.memory);
  if (partition.period)
    remark::analysis(graph.getLoc(), remark::RemarkOpts::name("StalePeriod").category("stages"))
        << remark::metric("ticks", *partition.period);
}
