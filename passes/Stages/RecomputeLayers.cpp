//===- RecomputeLayers.cpp - Which layers backward repeats instead of keeping ----------===//
#include "mlir/IR/Remarks.h"
#include "passes/Schedule/Generators.h"
#include "passes/Stages/Passes.h"
#include "passes/Stages/StageCosts.h"

namespace sluice {
#define GEN_PASS_DEF_RECOMPUTELAYERS
#include "passes/Stages/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct RecomputeLayers : sluice::impl::RecomputeLayersBase<RecomputeLayers> {
  using RecomputeLayersBase::RecomputeLayersBase;

  void runOnOperation() override {
    FailureOr<StageSettings> settings = readOptions();
    if (failed(settings))
      return signalPassFailure();
    auto graph = getOperation().lookupSymbol<GraphOp>("train");
    if (!graph)
      return;
    FailureOr<SmallVector<StageUnit>> units = findUnits(graph);
    if (failed(units) || failed(choice == "auto" ? choose(*units, *settings) : success()))
      return signalPassFailure();
    int64_t layers = 0, recomputed = 0;
    for (auto [index, unit] : llvm::enumerate(*units)) {
      bool ofStage = choice == "stage" && (unit.depth || index > 0 || repeatsTables());
      for (LayerOp layer : unit.layers) {
        layer.setRecomputeStage(ofStage);
        if (choice == "stage")
          layer.setRecompute(false);
        if (!layer.getDepth())
          continue;
        layer.setRecompute(layer.getRecompute() || choice == "layer");
        ++layers;
        recomputed += layer.getRecompute() || layer.getRecomputeStage();
      }
    }
    report(graph, layers, recomputed);
  }

private:
  InFlightDiagnostic complain() { return getOperation()->emitError() << "recomputation expected "; }

  /// Whether backward finds embedding tables as they were in forward, or is meant to read them as they are.
  bool repeatsTables() const { return currentWeights || !schedule::hasStaleGradients(schedule); }
  FailureOr<StageSettings> readOptions();
  LogicalResult choose(MutableArrayRef<StageUnit> units, StageSettings settings);
  void report(GraphOp graph, int64_t layers, int64_t recomputed);
};

/// Units that may be recomputed, in the order in which they are.
class Candidates {
public:
  Candidates(ArrayRef<PartitionLayer> kept, ArrayRef<PartitionLayer> repeated);

  /// Takes the first that is left of those in [first, end); none if there is none.
  std::optional<size_t> take(size_t first, size_t end);

private:
  SmallVector<size_t> left;
};
} // namespace

/// What saves most comes first; of equals, what takes the least time to repeat.
Candidates::Candidates(ArrayRef<PartitionLayer> kept, ArrayRef<PartitionLayer> repeated) {
  auto saved = [&](size_t unit) { return kept[unit].keptBytes - repeated[unit].keptBytes; };
  auto time = [&](size_t unit) { return (1 - kept[unit].dropProbability) * double(kept[unit].forward); };
  for (size_t unit = 0; unit < kept.size(); ++unit)
    if (saved(unit) > 0)
      left.push_back(unit);
  llvm::sort(left, [&](size_t a, size_t b) {
    return std::make_tuple(-saved(a), time(a), a) < std::make_tuple(-saved(b), time(b), b);
  });
}

std::optional<size_t> Candidates::take(size_t first, size_t end) {
  auto *found = llvm::find_if(left, [&](size_t unit) { return unit >= first && unit < end; });
  if (found == left.end())
    return std::nullopt;
  size_t unit = *found;
  left.erase(found);
  return unit;
}

FailureOr<StageSettings> RecomputeLayers::readOptions() {
  if (!llvm::is_contained({"layer", "stage", "auto"}, StringRef(choice)))
    return complain() << "choice to be layer, stage or auto, found '" << choice << "'";
  if (microBatches < 1)
    return complain() << "at least 1 micro-batch, found " << int64_t(microBatches);
  if (memoryLimit < 0)
    return complain() << "memory-limit of at least 0 bytes, found " << int64_t(memoryLimit);
  if (!schedule::isSchedule(schedule))
    return complain() << "schedule to be one of " << schedule::scheduleNames() << ", found '" << schedule << "'";
  if (!llvm::is_contained({"adamw", "sgd", "muon"}, StringRef(optimizer)))
    return complain() << "optimizer to be one of adamw, sgd, muon, found '" << optimizer << "'";
  StageSettings settings;
  settings.optimizer = optimizer;
  settings.stages = 1;
  settings.microBatches = microBatches;
  return settings;
}

/// Marks as few layers as each stage's memory asks for.
LogicalResult RecomputeLayers::choose(MutableArrayRef<StageUnit> units, StageSettings settings) {
  if (memoryLimit == 0) {
    // Whoever asks for it expects something.
    emitRemark(getOperation().getLoc(), "nothing is recomputed without a memory limit");
    return success();
  }
  SmallVector<int64_t> counts(1, 0);
  for (StageUnit &unit : units) {
    counts.resize(std::max<size_t>(counts.size(), unit.layers.front().getStage().value_or(0) + 1), 0);
    ++counts[unit.layers.front().getStage().value_or(0)];
  }
  settings.stages = counts.size();
  if (failed(countFrames(getOperation(), schedule, devices, settings)))
    return failure();
  PartitionProblem problem = buildPartitionProblem(units, settings);
  settings.recomputes = true;
  PartitionProblem repeated = buildPartitionProblem(units, settings);
  Candidates candidates(problem.layers, repeated.layers);
  size_t first = 0;
  for (auto [stage, count] : llvm::enumerate(counts)) {
    while (verifyPartition(problem, counts).stages[stage].memory > memoryLimit) {
      std::optional<size_t> unit = candidates.take(first, first + count);
      if (!unit)
        return complain() << "memory-limit of at least " << verifyPartition(problem, counts).stages[stage].memory
                          << " bytes for stage " << stage << " with all of its layers recomputed, found "
                          << int64_t(memoryLimit);
      problem.layers[*unit] = repeated.layers[*unit];
      for (LayerOp layer : units[*unit].layers)
        layer.setRecompute(layer.getDepth().has_value());
    }
    first += count;
  }
  return success();
}

void RecomputeLayers::report(GraphOp graph, int64_t layers, int64_t recomputed) {
  auto reason = choice == "stage"   ? "all stages are recomputed"
                : choice == "layer" ? "all layers of the stack are recomputed"
                : memoryLimit == 0  ? "no memory limit: nothing is recomputed"
                : recomputed == 0   ? "the memory suffices: nothing is recomputed"
                                    : "as few layers as the memory asks for are recomputed";
  remark::analysis(graph.getLoc(), remark::RemarkOpts::name("RecomputeLayers").category("stages"))
      << remark::metric("reason", StringRef(reason)) << remark::metric("layers", layers)
      << remark::metric("recomputed", recomputed);
}
