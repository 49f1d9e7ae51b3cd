//===- StageCosts.cpp - What the layers of a graph cost as stages -----------------------===//
#include "passes/Stages/StageCosts.h"
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/Schedule/Generators.h"
#include "passes/Schedule/Verify.h"
#include "llvm/ADT/MapVector.h"
#include <climits>
#include <cmath>

using namespace mlir;
using namespace sluice;

LogicalResult sluice::countFrames(ModuleOp module, StringRef schedule, int devices, StageSettings &settings) {
  schedule::GeneratorOptions options;
  options.schedule = schedule;
  options.stages = int(std::min<int64_t>(settings.stages, INT_MAX));
  options.devices = devices;
  options.microBatches = int(std::min<int64_t>(settings.microBatches, INT_MAX));
  schedule::Pipeline pipeline;
  schedule::Proof proof;
  auto error = schedule::generate(options, pipeline);
  if (!error)
    error = schedule::verify(pipeline, {}, proof);
  if (error)
    return module.emitError() << error->text;
  settings.frames.assign(proof.frames.begin(), proof.frames.end());
  settings.splits = pipeline.splits;
  if (pipeline.isStale())
    settings.stale = {pipeline.devicesOfReplica, pipeline.microBatchesOfReplica()};
  return success();
}

SetVector<LayerOp> sluice::findStepLayers(GraphOp graph) {
  SetVector<LayerOp> stepLayers;
  auto isOfStep = [&](Value value) {
    Operation *definition = value.getDefiningOp();
    if (auto layer = dyn_cast_if_present<LayerOp>(definition))
      return stepLayers.contains(layer);
    // Inputs are of a micro-batch, parameters of a stage.
    return definition && definition->getNumOperands() == 0 && !isa<ReadOp>(definition);
  };
  for (LayerOp layer : graph.getBody().front().getOps<LayerOp>())
    if (!layer.getDepth() && llvm::all_of(layer->getOperands(), isOfStep))
      stepLayers.insert(layer);
  return stepLayers;
}

FailureOr<SmallVector<StageUnit>> sluice::findUnits(GraphOp graph) {
  SetVector<LayerOp> stepLayers = findStepLayers(graph);
  SmallVector<StageUnit> units;
  for (LayerOp layer : graph.getBody().front().getOps<LayerOp>()) {
    if (stepLayers.contains(layer))
      continue;
    std::optional<int64_t> depth = layer.getDepth();
    std::optional<int64_t> before = units.empty() ? std::nullopt : units.back().depth;
    if (units.empty() || (depth && depth != before))
      units.push_back({depth, {}});
    if (depth && before && *depth < *before)
      return layer.emitError() << "expected a depth of at least " << *before << ", that of the layers in front, found "
                               << *depth;
    units.back().layers.push_back(layer);
  }
  // What stands behind the last layer of the stack is the head.
  if (!units.empty() && units.back().depth) {
    SmallVector<LayerOp, 1> &last = units.back().layers;
    auto *head = llvm::find_if(llvm::reverse(last), [](LayerOp layer) { return layer.getDepth().has_value(); }).base();
    StageUnit unit{std::nullopt, SmallVector<LayerOp, 1>(head, last.end())};
    last.erase(head, last.end());
    if (!unit.layers.empty())
      units.push_back(unit);
  }
  return units;
}

/// Of forward, with nothing cached.
static int64_t ticksOf(Operation &op) {
  if (auto cost = dyn_cast<CostOpInterface>(op))
    return std::max(cost.getFlops(), ticksPerByte * cost.getBytesMoved());
  return ticksPerByte * (sumOfTensorBytes(op.getOperandTypes()) + sumOfTensorBytes(op.getResultTypes()));
}

static int64_t keptBytesOf(Operation &op) {
  if (op.hasTrait<RepeatedInBackward>())
    return 0;
  if (auto cost = dyn_cast<CostOpInterface>(op))
    return cost.getBytesKept();
  return sumOfTensorBytes(op.getResultTypes());
}

/// Share of the micro-batches that drop a layer.
static double dropProbabilityOf(LayerOp layer) {
  auto probability = layer->getAttrOfType<FloatAttr>(dropProbabilityAttrName);
  return probability ? probability.getValueAsDouble() : 0;
}

/// Whether the gradient of one of the op's operands is that of a parameter, and a contraction by itself.
static bool hasContractedGradient(LayerOp layer, Operation &op) {
  auto isParameter = [&](Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && layer.getInputs()[argument.getArgNumber()].getDefiningOp<ReadOp>();
  };
  return isa<ContractionOpInterface>(op) && !isa<LinearCrossEntropyOp>(op) &&
         llvm::any_of(op.getOperands(), isParameter);
}

/// Whether backward of an op needs none of its operands.
static bool isLinearInOperands(Operation *op) {
  return op->hasTrait<OnlyRearranges>() || isa<AddOp, ScaleOp, DropoutOp, ConcatOp, YieldOp>(op);
}

/// What backward repeats of a layer that is recomputed: the ops that something it needs depends on.
static int64_t repeatedTicks(LayerOp layer) {
  llvm::SmallPtrSet<Operation *, 32> repeated;
  int64_t ticks = 0;
  for (Operation &op : llvm::drop_begin(llvm::reverse(layer.getBody().front())))
    if (llvm::any_of(op.getUsers(),
                     [&](Operation *user) { return !isLinearInOperands(user) || repeated.contains(user); })) {
      repeated.insert(&op);
      ticks += ticksOf(op);
    }
  return ticks;
}

/// What `settings` have an effect on: layers that are recomputed, and backward in halves, between which the gradients
/// of the results of contractions are kept.
static PartitionLayer costOf(const StageUnit &unit, const StageSettings &settings) {
  PartitionLayer cost;
  double dropped = 0;
  bool hasInput = false;
  for (LayerOp layer : unit.layers) {
    int64_t forward = 0, kept = 0;
    hasInput |= !layer.getActivations().empty();
    for (Operation &op : LayerOp(layer).getBody().front().without_terminator()) {
      forward += ticksOf(op);
      kept += keptBytesOf(op);
      if (!hasContractedGradient(layer, op))
        continue;
      cost.backwardWeight += ticksOf(op);
      cost.keptBytes += settings.splits ? sumOfTensorBytes(op.getResultTypes()) : 0;
    }
    cost.forward += forward;
    cost.backward += 2 * forward;
    dropped += dropProbabilityOf(layer) * double(forward);
    if (!layer.getRecompute() && !layer.getRecomputeStage() && !(settings.recomputes && layer.getDepth())) {
      cost.keptBytes += kept;
      continue;
    }
    cost.isRecomputed = true;
    // In halves, the second has what the first computed again.
    cost.keptBytes += settings.splits ? kept : 0;
    if (layer.getRecomputeStage()) {
      cost.repeatsStage = true;
      cost.repeatedBytes += settings.splits ? 0 : kept;
      // A head is a part of backward anyway.
      cost.repeat += layer.getBody().getOps<LinearCrossEntropyOp>().empty() ? forward : 0;
      continue;
    }
    // Its results are inputs of layers behind it.
    cost.keptBytes += sumOfTensorBytes(layer.getResultTypes());
    cost.repeatedBytes = std::max(cost.repeatedBytes, settings.splits ? 0 : kept);
    cost.backward += repeatedTicks(layer);
  }
  // Embeddings have no gradient but their parameters'.
  if (!hasInput)
    cost.backwardWeight = cost.backward;
  cost.dropProbability = cost.forward == 0 ? 0 : dropped / double(cost.forward);
  return cost;
}

/// Bytes of a parameter with its gradient and optimizer state.
static int64_t residentBytes(ReadOp read, StringRef optimizer) {
  auto parameter = SymbolTable::lookupNearestSymbolFrom<ParameterOp>(read, read.getSymbolAttr());
  bool hasOneMoment = optimizer == "sgd" || (optimizer == "muon" && parameter && parameter.getHiddenParts());
  return (hasOneMoment ? 3 : 4) * sumOfTensorBytes(read.getType());
}

/// Adds what crosses each boundary, each value once: from where it is made to where it is used last.
static void addBoundaries(ArrayRef<StageUnit> units, MutableArrayRef<PartitionLayer> costs) {
  llvm::DenseMap<Operation *, size_t> unitOf;
  for (auto [index, unit] : llvm::enumerate(units))
    for (LayerOp layer : unit.layers)
      unitOf[layer] = index;
  for (auto [layer, from] : unitOf)
    for (Value result : layer->getResults()) {
      size_t last = from;
      for (Operation *user : result.getUsers())
        if (auto found = unitOf.find(user); found != unitOf.end())
          last = std::max(last, found->second);
      for (size_t unit = from; unit < last; ++unit)
        costs[unit].boundaryBytes += sumOfTensorBytes(result.getType());
    }
}

/// Adds the parameters: those of one unit to it, the others as tied ones.
static void addParameters(ArrayRef<StageUnit> units, const StageSettings &settings, PartitionProblem &problem) {
  struct Uses {
    ReadOp read;
    llvm::SetVector<unsigned> units;
  };
  llvm::MapVector<StringAttr, Uses> parameters;
  for (auto [index, unit] : llvm::enumerate(units))
    for (LayerOp layer : unit.layers)
      for (Value operand : layer->getOperands())
        if (auto read = operand.getDefiningOp<ReadOp>()) {
          Uses &uses = parameters[read.getSymbolAttr().getAttr()];
          uses.read = read;
          uses.units.insert(index);
        }
  for (auto &[name, uses] : parameters) {
    int64_t bytes = residentBytes(uses.read, settings.optimizer);
    if (uses.units.size() == 1) {
      PartitionLayer &layer = problem.layers[uses.units.front()];
      layer.parameterBytes += bytes;
      // Backward of embeddings does not look into their tables.
      bool isTable = llvm::all_of(uses.read->getUsers(),
                                  [](Operation *user) { return cast<LayerOp>(user).getActivations().empty(); });
      layer.weightBytes += isTable ? 0 : sumOfTensorBytes(uses.read.getType());
      continue;
    }
    // A stage sends its gradient and gets the other's, once a step.
    int64_t exchange = 2 * problem.transfer.ticks(sumOfTensorBytes(uses.read.getType())) / settings.microBatches;
    problem.tied.push_back({llvm::to_vector<2>(uses.units), bytes, exchange});
  }
}

/// What messages cost: as estimated, and where a profile has some, faster or slower by what it measured.
static TransferCost transferCost(const Profile *profile) {
  const TransferCost estimated = {ticksPerMessage, double(ticksPerByte)};
  if (!profile)
    return estimated;
  double measured = 0, expected = 0;
  for (const ProfiledMessage &message : profile->messages) {
    measured += message.seconds;
    expected += double(estimated.ticks(message.bytes)) * secondsPerTick;
  }
  double scale = (expected > 0 ? measured / expected : 1) * secondsPerTick / secondsPerProfiledTick;
  return {std::llround(double(estimated.latency) * scale), estimated.ticksPerByte * scale};
}

/// The problem, but for the times of layers, which are estimated.
static PartitionProblem estimate(ArrayRef<StageUnit> units, const StageSettings &settings) {
  PartitionProblem problem;
  for (const StageUnit &unit : units)
    problem.layers.push_back(costOf(unit, settings));
  problem.transfer = transferCost(settings.profile);
  problem.frames = settings.frames;
  problem.memoryLimit = settings.memoryLimit;
  problem.stale = settings.stale;
  // A stage keeps the weights of every forward whose gradient is not applied yet.
  for (int64_t stage = 0; settings.stale && !settings.currentWeights && stage < settings.stages; ++stage)
    problem.versions.push_back(settings.stages - stage);
  addBoundaries(units, problem.layers);
  addParameters(units, settings, problem);
  return problem;
}

/// What backward repeats takes as long as it did in forward, unless it is a part of what was measured. `ticks` and the
/// layer are as estimated.
static double secondsToRepeat(const Profile &profile, const PartitionLayer &layer, int64_t ticks,
                              const StageSeconds &times) {
  if (profile.hasRecomputed() || layer.forward == 0)
    return 0;
  return times.forward * double(ticks) / double(layer.forward);
}

static SmallVector<StageSeconds> divide(const Profile &profile, const PartitionProblem &estimated) {
  SmallVector<UnitWeights> weights;
  for (const PartitionLayer &layer : estimated.layers)
    weights.push_back({double(layer.forward), double(layer.parameterBytes), 0});
  for (const TiedParameter &tied : estimated.tied)
    for (unsigned unit : tied.layers) {
      weights[unit].parameters += double(tied.bytes);
      weights[unit].tied += double(tied.bytes);
    }
  SmallVector<StageSeconds> units = profile.divide(weights);
  for (auto [layer, times] : llvm::zip_equal(estimated.layers, units))
    times.backward += secondsToRepeat(profile, layer, layer.backward - 2 * layer.forward, times);
  return units;
}

SmallVector<StageSeconds> sluice::timesOfUnits(ArrayRef<StageUnit> units, const StageSettings &settings) {
  return divide(*settings.profile, estimate(units, settings));
}

PartitionProblem sluice::buildPartitionProblem(ArrayRef<StageUnit> units, const StageSettings &settings) {
  PartitionProblem problem = estimate(units, settings);
  if (!settings.profile)
    return problem;
  for (auto [layer, times] : llvm::zip_equal(problem.layers, divide(*settings.profile, problem))) {
    layer.update = std::llround((times.tied + times.norm + times.update) / secondsPerProfiledTick);
    double share = layer.backward > 0 ? double(layer.backwardWeight) / double(layer.backward) : 0;
    layer.repeat =
        std::llround(secondsToRepeat(*settings.profile, layer, layer.repeat, times) / secondsPerProfiledTick);
    layer.forward = std::llround(times.forward / secondsPerProfiledTick);
    layer.backward = std::llround(times.backward / secondsPerProfiledTick);
    layer.backwardWeight = std::llround(times.backward * share / secondsPerProfiledTick);
  }
  return problem;
}

static int64_t countParameters(ModuleOp module) {
  int64_t count = 0;
  for (auto parameter : module.getOps<ParameterOp>())
    if (!parameter.getCopyOf())
      count += cast<RankedTensorType>(parameter.getType()).getNumElements();
  return count;
}

FailureOr<std::optional<Profile>> sluice::readProfile(ModuleOp module, StringRef path, ArrayRef<StageUnit> units) {
  if (path.empty())
    return std::optional<Profile>();
  llvm::Expected<Profile> profile = Profile::read(path);
  if (!profile)
    return module.emitError() << llvm::toString(profile.takeError());
  auto complain = [&](const Twine &what, const Twine &expected, const Twine &found) {
    return module.emitError() << "profile '" << path << "' expected " << what << expected << ", found " << found;
  };
  int64_t parameters = countParameters(module), count = units.size();
  if (ModelAttr model = BinaryFacts::of(module).model) {
    if (profile->model != model.getName())
      return complain("of the model ", "'" + model.getName().getValue() + "'", "'" + profile->model + "'");
    StringRef optimizer = stringifyOptimizer(model.getOptimizer());
    if (profile->optimizer != optimizer)
      return complain("of the optimizer ", optimizer, profile->optimizer);
    if (profile->batch != model.getBatch() || profile->sequence != model.getSequence())
      return complain("of micro-batches of ", Twine(model.getBatch()) + " x " + Twine(model.getSequence()) + " tokens",
                      Twine(profile->batch) + " x " + Twine(profile->sequence));
  }
  if (profile->units() != count)
    return complain("of as many layers, with embeddings and head, as the model has, ", Twine(count),
                    Twine(profile->units()));
  if (profile->parameters != parameters)
    return complain("of as many parameters as the model has, ", Twine(parameters), Twine(profile->parameters));
  return std::optional<Profile>(std::move(*profile));
}
