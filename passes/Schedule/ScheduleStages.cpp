//===- ScheduleStages.cpp - Programs for the actions that stages were cut into ------------===//
#include "dialects/Sluice/ActionStage.h"
#include "dialects/Sluice/BinaryFacts.h"
#include "dialects/Sluice/RuntimeScalars.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Schedule/Generators.h"
#include "passes/Schedule/Passes.h"
#include "passes/Schedule/PipelineOps.h"
#include "llvm/ADT/SetVector.h"
#include <map>
#include <set>
#include <tuple>

namespace sluice {
#define GEN_PASS_DEF_SCHEDULESTAGES
#include "passes/Schedule/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Messages that lie in a channel before a send waits: one that is taken, and one behind it.
static constexpr int capacityOfChannels = 2;

static pipe::Role roleOf(ActionKind action) {
  bool isBackward = action == ActionKind::Backward || action == ActionKind::BackwardInput;
  return action == ActionKind::Tied ? pipe::Role::Tied : isBackward ? pipe::Role::Gradients : pipe::Role::Activations;
}

namespace {
struct ScheduleStages : sluice::impl::ScheduleStagesBase<ScheduleStages> {
  using ScheduleStagesBase::ScheduleStagesBase;

  void runOnOperation() override {
    int64_t stages = 1;
    llvm::SetVector<StringRef> graphs;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (auto graph = function->getAttrOfType<StringAttr>(graphAttrName); graph && function->hasAttr(actionAttrName)) {
        stages = std::max(stages, stageOfAction(function) + 1);
        graphs.insert(graph.getValue());
      }
    for (StringRef graph : graphs)
      if (failed(schedule(graph, stages)))
        return signalPassFailure();
  }

private:
  LogicalResult schedule(StringRef graph, int64_t stages);
  FailureOr<pipe::PipelineOp> generate(StringRef graph, int64_t stages, StringRef name, StringRef schedule);
  std::vector<schedule::TiedStages> findTied(StringRef graph);
  LogicalResult checkStale(StringRef graph, int64_t stages);
  LogicalResult checkTied(pipe::PipelineOp op, StringRef graph, const schedule::Pipeline &pipeline);
  LogicalResult bind(pipe::PipelineOp op, StringRef graph, int64_t stages);
};
} // namespace

LogicalResult ScheduleStages::schedule(StringRef graph, int64_t stages) {
  std::string name = (graph + ".pipeline").str();
  Operation *given = getOperation().lookupSymbol(name);
  if (auto pipeline = dyn_cast_or_null<pipe::PipelineOp>(given))
    return bind(pipeline, graph, stages);
  if (given)
    return given->emitError() << "expected a pipeline or no symbol '" << name << "' beside the actions of '" << graph
                              << "'";
  bool isTrained = graph == "train";
  auto add = [&](StringRef symbol, StringRef schedule) -> LogicalResult {
    FailureOr<pipe::PipelineOp> pipeline = generate(graph, stages, symbol, schedule);
    return failed(pipeline) ? failure() : bind(*pipeline, graph, stages);
  };
  if (failed(add(name, isTrained ? StringRef(scheduleName) : "sequential")))
    return failure();
  // Synchronous steps on the same devices, which a run may begin with.
  bool mayWarmUp = isTrained && stages > 1 && schedule::hasStaleGradients(scheduleName);
  return mayWarmUp ? add(pipe::warmupPipelineName, "gpipe") : success();
}

FailureOr<pipe::PipelineOp> ScheduleStages::generate(StringRef graph, int64_t stages, StringRef name,
                                                     StringRef schedule) {
  ModuleOp module = getOperation();
  bool isTrained = graph == "train";
  if (stages > 1 && schedule::hasStaleGradients(schedule.str()) && failed(checkStale(graph, stages)))
    return failure();
  if ((currentWeights || predictedWeights) && !schedule::hasStaleGradients(scheduleName))
    return module.emitError() << "expected a schedule whose gradients are stale for current weights, found '"
                              << scheduleName << "'";
  if (tiedDelay != 0 && tiedDelay != 1)
    return module.emitError() << "expected a tied delay of 0 or 1, found " << int(tiedDelay);
  if (tiedDelay == 1 && !schedule::hasStaleGradients(scheduleName))
    return module.emitError() << "expected a schedule whose gradients are stale for a tied delay of 1, found '"
                              << scheduleName << "'";
  schedule::GeneratorOptions options;
  options.schedule = schedule.str();
  options.stages = stages;
  options.devices = devices;
  options.training = isTrained;
  options.capacity = capacityOfChannels;
  if (isTrained) {
    options.tied = findTied(graph);
    options.microBatches = microBatches;
    options.replicas = replicas;
    options.groups = groups;
  }
  schedule::Pipeline pipeline;
  if (auto error = schedule::generate(options, pipeline))
    return module.emitError() << error->text;
  auto isShared = [&](const schedule::TiedStages &pair) { return pipeline.isShared(pair); };
  if (tiedDelay == 1 && isTrained && llvm::none_of(pipeline.tied, isShared))
    return module.emitError() << "expected a parameter that two stages share for a tied delay of 1, found none";
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  pipe::PipelineOp op = writePipeline(builder, module.getLoc(), name, pipeline);
  op.setCurrentWeights(currentWeights && pipeline.isStale());
  op.setPredictedWeights(predictedWeights && pipeline.isStale());
  op.setTiedDelay(tiedDelay == 1 && pipeline.isStale());
  op->setAttr("schedule", builder.getStringAttr(options.schedule));
  return op;
}

/// What stages that do not wait for each other cannot do together: exchange gradients, and skip a step.
LogicalResult ScheduleStages::checkStale(StringRef graph, int64_t stages) {
  ModuleOp module = getOperation();
  if (hasScalar(module, "loss_scale_interval"))
    return module.emitError() << "expected a loss scale that does not change for " << scheduleName
                              << ", whose stages do not skip a step together, found a dynamic one";
  int64_t count = devices == 0 ? stages : int64_t(devices);
  for (auto message : module.getOps<MessageOp>()) {
    int64_t first = std::min(message.getSource(), message.getTarget());
    int64_t last = std::max(message.getSource(), message.getTarget());
    if (message.getAction() != ActionKind::Tied || message.getGraph() != graph || (last - first) % count == 0)
      continue;
    std::string fitting;
    for (int64_t divisor = 1; divisor <= last - first; ++divisor)
      if ((last - first) % divisor == 0)
        fitting += (divisor == 1 ? "" : divisor == last - first ? " or " : ", ") + std::to_string(divisor);
    return module.emitError() << "expected stages " << first << " and " << last
                              << ", which share a parameter, on one device for " << scheduleName << "; " << fitting
                              << (last - first == 1 ? " device" : " devices") << " would fit, found " << count;
  }
  return success();
}

/// Pairs of stages that exchange gradients or of which one adds those of the other, and stages that add uses of their
/// own.
std::vector<schedule::TiedStages> ScheduleStages::findTied(StringRef graph) {
  std::set<schedule::TiedStages> pairs;
  std::set<int> adding;
  for (auto message : getOperation().getOps<MessageOp>())
    if (message.getAction() == ActionKind::Tied && message.getGraph() == graph) {
      int source = message.getSource(), target = message.getTarget();
      pairs.insert({std::min(source, target), std::max(source, target)});
      adding.insert({source, target});
    }
  for (auto slot : getOperation().getOps<SlotOp>()) {
    if (slot.getKind() != SlotKind::Gradient)
      continue;
    auto parameter = getOperation().lookupSymbol<ParameterOp>(*slot.getParameter());
    int owner = parameter.getStage().value_or(0), stage = slot.getStage().value_or(0);
    if (stage != owner && parameter.isReadBy(stage)) {
      pairs.insert({stage, owner});
      adding.insert(owner);
    }
  }
  for (auto function : getOperation().getOps<func::FuncOp>()) {
    auto action = function->getAttrOfType<ActionKindAttr>(actionAttrName);
    if (action && action.getValue() == ActionKind::Tied && !adding.count(stageOfAction(function)))
      pairs.insert({int(stageOfAction(function)), int(stageOfAction(function))});
  }
  return {pairs.begin(), pairs.end()};
}

/// Whether programs that were there know of every pair that the model has, and whether its stages are on one device
/// where they have a parameter in common.
LogicalResult ScheduleStages::checkTied(pipe::PipelineOp op, StringRef graph, const schedule::Pipeline &pipeline) {
  for (const schedule::TiedStages &pair : findTied(graph))
    if (!llvm::is_contained(pipeline.tied, pair))
      return op.emitOpError() << "expected the tied stages " << pair[0] << " and " << pair[1] << " among its own";
  auto deviceOf = [&](int64_t stage) { return stage < pipeline.stages ? pipeline.deviceOfStage[stage] : -1; };
  for (auto parameter : getOperation().getOps<ParameterOp>())
    for (int64_t reader : parameter.getReaders().value_or(ArrayRef<int64_t>()))
      if (deviceOf(reader) != deviceOf(*parameter.getStage()))
        return op.emitOpError() << "expected stages " << reader << " and " << *parameter.getStage()
                                << " on one device, as both read '" << parameter.getSymName() << "'";
  return success();
}

/// Says what the channels carry. One that no message goes through carries nothing, but an order.
LogicalResult ScheduleStages::bind(pipe::PipelineOp op, StringRef graph, int64_t stages) {
  if (int64_t(op.getStages()) != stages)
    return op.emitOpError() << "expected the stages of the model, " << stages << ", found " << op.getStages();
  int64_t ofModel = graph == "train" ? int64_t(microBatches) : 1;
  if (int64_t(op.getMicroBatches()) != ofModel)
    return op.emitOpError() << "expected the micro-batches of the model, " << ofModel << ", found "
                            << op.getMicroBatches();
  for (int32_t device : op.getDevices().value_or(ArrayRef<int32_t>()))
    if (device >= stages)
      return op.emitOpError() << "expected every stage on a device from 0 to " << stages - 1 << ", found " << device;
  FailureOr<PipelineOfOp> read = readPipeline(op);
  if (failed(read))
    return failure();
  const schedule::Pipeline &pipeline = read->pipeline;
  if (graph == "train" && failed(checkTied(op, graph, pipeline)))
    return failure();
  using Ends = std::tuple<pipe::Role, int, int, int, int>;
  std::map<Ends, pipe::ChannelOp> channels;
  for (auto [channel, channelOp] : llvm::zip_equal(pipeline.channels, read->channels))
    channels[Ends(channelOp.getRole(), channel.from, channel.to, channel.source, channel.target)] = channelOp;
  for (auto message : getOperation().getOps<MessageOp>()) {
    if (message.getGraph() != graph)
      continue;
    SmallVector<Attribute> types;
    for (auto name : message.getSends().getAsRange<FlatSymbolRefAttr>())
      types.push_back(SymbolTable::lookupNearestSymbolFrom<SlotOp>(getOperation(), name).getTypeAttr());
    for (int replica = 0; replica < pipeline.replicas; ++replica) {
      int source = pipeline.deviceOf(message.getSource(), replica);
      int target = pipeline.deviceOf(message.getTarget(), replica);
      pipe::Role role = roleOf(message.getAction());
      auto channel = channels.find(Ends(role, source, target, int(message.getSource()), int(message.getTarget())));
      if (channel == channels.end())
        return op.emitOpError() << "expected a channel of " << stringifyRole(role) << " from device " << source
                                << " to " << target << ", for the message '" << message.getSymName() << "'";
      channel->second.setTypesAttr(ArrayAttr::get(&getContext(), types));
      channel->second.setSendsAttr(message.getSendsAttr());
      channel->second.setReceivesAttr(message.getReceivesAttr());
    }
  }
  return success();
}
