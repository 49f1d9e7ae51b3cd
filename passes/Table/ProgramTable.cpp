//===- ProgramTable.cpp - The exported table's programs, channels and stages ----------===//
#include "passes/Table/ProgramTable.h"
#include "passes/Schedule/PipelineOps.h"
#include "passes/Table/TableTensor.h"
#include <set>

using namespace mlir;
using namespace sluice;
using Kind = schedule::ActionKind;

namespace {
/// Adds the programs of one graph.
class GraphPrograms {
public:
  GraphPrograms(ModuleOp module, StringRef graph, pipe::PipelineOp op, const FunctionIndex &functions, Table &table)
      : module(module), graph(graph), op(op), functions(functions), table(table), firstChannel(table.channels.size()) {}

  /// Reads the programs, checks that they fit the model, and adds their channels.
  LogicalResult run(bool isTrained, int64_t microBatches);
  /// Adds the actions of a device, which have no more than a body; of one of its stages alone where one is given.
  LogicalResult addProgram(int device, std::optional<int> stage = std::nullopt);
  const schedule::Pipeline &pipeline() const { return read.pipeline; }
  pipe::PipelineOp pipelineOp() const { return op; }

private:
  LogicalResult checkFits(bool isTrained, int64_t microBatches);
  LogicalResult addChannels();
  LogicalResult addTransfers(pipe::ChannelOp channel);
  LogicalResult convert(int device, int position, schedule::Action action);
  std::optional<ActionKind> functionKindOf(const schedule::Action &action) const;
  const std::vector<int> &stagesOf(int device) const { return stages[device % pipeline().devicesOfReplica]; }

  ModuleOp module;
  StringRef graph;
  pipe::PipelineOp op;
  const FunctionIndex &functions;
  Table &table;
  uint32_t firstChannel;
  PipelineOfOp read;
  std::vector<std::vector<int>> stages; ///< by device of a replica
  std::set<int32_t> called;
};
} // namespace

LogicalResult GraphPrograms::run(bool isTrained, int64_t microBatches) {
  FailureOr<PipelineOfOp> found = readPipeline(op);
  if (failed(found))
    return failure();
  read = std::move(*found);
  stages = pipeline().stagesOfDevices();
  return failed(checkFits(isTrained, microBatches)) ? failure() : addChannels();
}

LogicalResult GraphPrograms::checkFits(bool isTrained, int64_t microBatches) {
  auto expect = [&](StringRef what, int64_t expected, int64_t given) -> LogicalResult {
    if (expected == given)
      return success();
    return op.emitOpError() << "expected the " << what << " of the model, " << expected << ", found " << given;
  };
  if (op.getForwardOnly() == isTrained)
    return op.emitOpError() << "expected " << (isTrained ? "no 'forward_only'" : "'forward_only'") << ", since '"
                            << graph << "' is " << (isTrained ? "" : "not ") << "trained";
  if (!op.getFrames())
    return op.emitOpError() << "expected frames of a proved schedule: run sluice-verify-schedule";
  return success(succeeded(expect("stages", functions.stages(), pipeline().stages)) &&
                 succeeded(expect("micro-batches", microBatches, pipeline().microBatches)));
}

LogicalResult GraphPrograms::addChannels() {
  for (auto [channel, channelOp] : llvm::zip_equal(pipeline().channels, read.channels)) {
    sluice_channel entry = {};
    entry.role = channel.role == schedule::Role::Tied      ? SLUICE_CHANNEL_EXCHANGE
                 : channel.role == schedule::Role::Replica ? SLUICE_CHANNEL_REPLICA
                                                           : SLUICE_CHANNEL_FRAMES;
    entry.from = channel.from;
    entry.to = channel.to;
    entry.stage = channel.source;
    // More room makes no proved program wait: a queue of one message does where a send may wait for its receive.
    entry.capacity = std::max(channel.capacity, 1);
    entry.first_transfer = table.transfers.size();
    if (failed(addTransfers(channelOp)))
      return failure();
    entry.transfer_count = table.transfers.size() - entry.first_transfer;
    table.channels.push_back(entry);
  }
  return success();
}

/// Slots of a channel have places: `collectParameters` saw to it.
LogicalResult GraphPrograms::addTransfers(pipe::ChannelOp channel) {
  if (channel.getSends().has_value() != channel.getReceives().has_value())
    return channel.emitOpError() << "expected slots that it sends and slots that it receives, found one of them";
  if (!channel.getSends())
    return success();
  for (auto [sent, received] : llvm::zip_equal(channel.getSends()->getAsRange<FlatSymbolRefAttr>(),
                                               channel.getReceives()->getAsRange<FlatSymbolRefAttr>())) {
    auto source = module.lookupSymbol<SlotOp>(sent.getValue());
    auto target = module.lookupSymbol<SlotOp>(received.getValue());
    table.transfers.push_back(
        {int64_t(*source.getOffset()), int64_t(*target.getOffset()), sumOfTensorBytes(source.getType())});
  }
  return success();
}

std::optional<ActionKind> GraphPrograms::functionKindOf(const schedule::Action &action) const {
  if (action.kind == Kind::Reduce)
    return ActionKind::Norm;
  if (action.kind == Kind::Update)
    return ActionKind::Update;
  if (action.kind != Kind::Run)
    return std::nullopt;
  if (action.run == schedule::RunKind::Tied)
    return ActionKind::Tied;
  if (action.run == schedule::RunKind::Backward)
    return ActionKind::Backward;
  if (action.run == schedule::RunKind::BackwardInput)
    return ActionKind::BackwardInput;
  if (action.run == schedule::RunKind::BackwardWeight)
    return ActionKind::BackwardWeight;
  if (action.run != schedule::RunKind::Forward)
    return std::nullopt;
  return pipeline().training ? ActionKind::Forward : ActionKind::Evaluate;
}

LogicalResult GraphPrograms::convert(int device, int position, schedule::Action action) {
  // The norm is one function a stage.
  if (action.kind == Kind::Reduce && action.stage < 0) {
    for (int stage : stagesOf(device)) {
      action.stage = stage;
      if (failed(convert(device, position, action)))
        return failure();
    }
    return success();
  }
  Operation *actionOp = read.actions[device][position];
  if (action.iteration > 0)
    return actionOp->emitOpError() << "expected an action of the step itself or of one before, found iteration "
                                   << action.iteration;
  std::optional<ActionKind> kind = functionKindOf(action);
  if (action.kind == Kind::Run && !kind)
    return actionOp->emitOpError() << "expected forward, backward, its halves or tied, found '" << nameOf(action.run)
                                   << "'";
  sluice_action entry = {};
  entry.stage = action.stage;
  entry.micro_batch = action.microBatch;
  entry.iteration = action.iteration;
  entry.function = kind ? functions.lookup(*kind, graph, entry.stage).value_or(-1) : -1;
  called.insert(entry.function);
  entry.channel = action.channel >= 0 ? int32_t(firstChannel) + action.channel : -1;
  entry.into = action.into;
  entry.from = action.from;
  entry.kind = kind                        ? uint32_t(*kind)
               : action.kind == Kind::Load ? SLUICE_ACTION_LOAD
               : action.kind == Kind::Send ? SLUICE_ACTION_SEND
               : action.kind == Kind::Recv ? SLUICE_ACTION_RECEIVE
                                           : SLUICE_ACTION_COMBINE;
  bool isSecondHalf = entry.kind == SLUICE_ACTION_BACKWARD_WEIGHT;
  if (entry.kind == SLUICE_ACTION_BACKWARD || entry.kind == SLUICE_ACTION_BACKWARD_INPUT || isSecondHalf) {
    entry.into = pipeline().bufferOf(action.microBatch);
    // One micro-batch alone stores its gradients; several add to zeros.
    entry.clears = !isSecondHalf && pipeline().microBatches > 1 && pipeline().isFirstOfGroup(action.microBatch);
  }
  table.actions.push_back(entry);
  return success();
}

LogicalResult GraphPrograms::addProgram(int device, std::optional<int> stage) {
  const schedule::Program &program = pipeline().programs[device];
  if (!program.prologue.empty() || !program.epilogue.empty())
    return read.programs[device]->emitOpError() << "expected a program that begins and ends with the step";
  for (auto [position, action] : llvm::enumerate(program.body))
    if ((!stage || action.stage == *stage) && failed(convert(device, position, action)))
      return failure();
  for (int held : stagesOf(device))
    for (ActionKind kind :
         {ActionKind::Backward, ActionKind::BackwardInput, ActionKind::BackwardWeight, ActionKind::Tied}) {
      std::optional<int32_t> function = functions.lookup(kind, graph, held);
      if (function && !called.count(*function))
        return read.programs[device]->emitOpError() << "expected the action '" << stringifyActionKind(kind)
                                                    << "' of stage " << held << ", which adds gradients of the model";
    }
  return success();
}

/// Widens the stage's gradients by a slot. Until all are there, `gradient_bytes` is where they end, and -1 is none.
static void addGradients(SlotOp slot, int64_t begin, int64_t end, sluice_stage &stage) {
  auto least = [&](int64_t offset) { return offset < 0 ? begin : std::min(offset, begin); };
  if (slot.getKind() == SlotKind::Gate)
    stage.count_offset = least(stage.count_offset);
  else
    stage.element = describe(slot.getSymNameAttr(), slot.getType(), 0)->element;
  stage.gradient_offset = least(stage.gradient_offset);
  stage.gradient_bytes = std::max(stage.gradient_bytes, end);
}

/// Adds the ranges of the parameters that late stages have versions of; `sluice-plan-slots` placed them together.
static void addVersions(ModuleOp module, bool predicts, MutableArrayRef<sluice_stage> stages) {
  for (auto parameter : module.getOps<ParameterOp>()) {
    uint64_t number = parameter.getStage().value_or(0);
    if (number >= stages.size() || stages[number].delay == 0 || parameter.getInPlace())
      continue;
    sluice_stage &stage = stages[number];
    int64_t begin = *parameter.getOffset();
    int64_t end = begin + llvm::alignTo(sumOfTensorBytes(parameter.getType()), SLUICE_ALIGNMENT);
    stage.weights_offset = stage.weights_bytes == 0 ? begin : std::min(stage.weights_offset, begin);
    stage.weights_bytes = std::max(stage.weights_offset + stage.weights_bytes, end) - stage.weights_offset;
    stage.versions = stage.delay + 1;
    stage.predicts = predicts;
  }
}

FailureOr<SmallVector<sluice_stage>> sluice::collectStages(ModuleOp module, pipe::PipelineOp op) {
  SmallVector<sluice_stage> stages(op.getStages(),
                                   sluice_stage{-1, 0, -1, 0, SLUICE_F32, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, -1});
  for (auto [number, stage, frames] : llvm::enumerate(stages, *op.getFrames())) {
    stage.frames = frames;
    stage.device = op.getDevices() ? (*op.getDevices())[number] : int32_t(number);
    stage.delay = op.isStale() ? op.getAges()[number] : 0;
  }
  addVersions(module, op.getPredictedWeights(), stages);
  if (auto costs = module->getAttrOfType<StageCostsAttr>(stageCostsAttrName))
    for (auto [stage, cost] : llvm::zip(stages, costs.getStages().getAsRange<StageCostAttr>())) {
      stage.layers = cost.getLayers();
      stage.embeddings = cost.getEmbeddings();
      stage.head = cost.getHead();
      stage.recomputed = cost.getRecomputed();
    }
  for (auto slot : module.getOps<SlotOp>()) {
    uint64_t number = slot.getStage().value_or(0);
    if (number >= stages.size())
      return slot.emitOpError() << "expected a stage below " << stages.size() << ", found " << number;
    sluice_stage &stage = stages[number];
    int64_t begin = *slot.getOffset(), end = begin + llvm::alignTo(sumOfTensorBytes(slot.getType()), SLUICE_ALIGNMENT);
    if (slot.isInFrame())
      stage.frame_bytes = std::max(stage.frame_bytes, end);
    else if (slot.getKind() == SlotKind::Gradient || slot.getKind() == SlotKind::Gate)
      addGradients(slot, begin, end, stage);
  }
  for (sluice_stage &stage : stages) {
    stage.gradient_offset = std::max<int64_t>(stage.gradient_offset, 0);
    stage.count_offset = stage.count_offset < 0 ? stage.gradient_bytes : stage.count_offset;
    stage.gradient_bytes -= stage.gradient_offset;
  }
  return stages;
}

SmallVector<sluice_held_gradient> sluice::collectHeldGradients(ModuleOp module, pipe::PipelineOp op) {
  SmallVector<sluice_held_gradient> held;
  if (!op.getTiedDelay())
    return held;
  for (auto slot : module.getOps<SlotOp>()) {
    if (slot.getKind() != SlotKind::Gradient)
      continue;
    auto parameter = module.lookupSymbol<ParameterOp>(*slot.getParameter());
    uint64_t stage = slot.getStage().value_or(0);
    if (parameter.getReaders() && stage == parameter.getStage())
      held.push_back({int32_t(stage), int64_t(*slot.getOffset()), sumOfTensorBytes(slot.getType())});
  }
  return held;
}

/// Adds what is said of the whole step.
static void describeSchedule(const schedule::Pipeline &pipeline, pipe::PipelineOp op, sluice_binary &binary) {
  binary.replicas = pipeline.replicas;
  binary.reduction_groups = pipeline.groups;
  binary.gradient_buffers = pipeline.gradientBuffers();
  auto schedule = op->getAttrOfType<StringAttr>("schedule");
  binary.schedule = schedule ? textOf(schedule) : "";
}

/// Adds the devices of a step with their actions.
static LogicalResult addDevices(GraphPrograms &programs, Table &table) {
  const schedule::Pipeline &pipeline = programs.pipeline();
  for (int device = 0; device < pipeline.devices(); ++device) {
    uint32_t first = table.actions.size();
    if (failed(programs.addProgram(device)))
      return failure();
    std::optional<ArrayRef<double>> busy = programs.pipelineOp().getBusy();
    table.devices.push_back({pipeline.replicaOf(device), first, uint32_t(table.actions.size()) - first,
                             busy ? (*busy)[device] : -1, /*first_warmup_action=*/0, /*warmup_action_count=*/0});
  }
  return success();
}

/// Adds the synchronous steps that a run may begin with, where its gradients are late after them.
static LogicalResult addWarmup(ModuleOp module, const BinaryFacts &facts, const FunctionIndex &functions,
                               Table &table) {
  auto op = module.lookupSymbol<pipe::PipelineOp>(pipe::warmupPipelineName);
  if (!op)
    return success();
  GraphPrograms programs(module, "train", op, functions, table);
  if (failed(programs.run(/*isTrained=*/true, facts.model.getMicroBatches())))
    return failure();
  if (size_t(programs.pipeline().devices()) != table.devices.size())
    return op.emitOpError() << "expected the devices of 'train.pipeline', " << table.devices.size() << ", found "
                            << programs.pipeline().devices();
  for (auto [device, entry] : llvm::enumerate(table.devices)) {
    entry.first_warmup_action = table.actions.size();
    if (failed(programs.addProgram(device)))
      return failure();
    entry.warmup_action_count = table.actions.size() - entry.first_warmup_action;
  }
  // Either order of actions runs in the same frames.
  for (auto [stage, frames] : llvm::zip_equal(table.stages, *op.getFrames()))
    stage.frames = std::max(stage.frames, frames);
  return success();
}

/// Adds the actions of a graph that goes forward alone: one stage behind the other is an order for one thread.
static LogicalResult addStages(GraphPrograms &programs, Table &table, sluice_graph &graph) {
  graph.first_action = table.actions.size();
  for (int stage = 0; stage < programs.pipeline().stages; ++stage)
    if (failed(programs.addProgram(programs.pipeline().deviceOf(stage, /*replica=*/0), stage)))
      return failure();
  graph.action_count = table.actions.size() - graph.first_action;
  return success();
}

LogicalResult sluice::collectPrograms(ModuleOp module, const BinaryFacts &facts, const FunctionIndex &functions,
                                      Table &table) {
  for (sluice_graph &graph : table.graphs) {
    std::string name = std::string(graph.name) + ".pipeline";
    auto op = module.lookupSymbol<pipe::PipelineOp>(name);
    if (!op)
      return complain(module) << "the graph '" << graph.name << "' has no programs '" << name
                              << "': run sluice-schedule-stages";
    bool isTrained = StringRef(graph.name) == "train";
    GraphPrograms programs(module, graph.name, op, functions, table);
    if (failed(programs.run(isTrained, isTrained ? facts.model.getMicroBatches() : 1)))
      return failure();
    // The trained graph comes first. Where there is none, memory is that of the first.
    if (table.stages.empty()) {
      FailureOr<SmallVector<sluice_stage>> stages = collectStages(module, op);
      if (failed(stages))
        return failure();
      table.stages = std::move(*stages);
      for (auto [number, stage] : llvm::enumerate(table.stages))
        stage.narrow = functions.lookup(ActionKind::Narrow, "train", int64_t(number)).value_or(-1);
    }
    if (failed(isTrained ? addDevices(programs, table) : addStages(programs, table, graph)))
      return failure();
    if (!isTrained)
      continue;
    describeSchedule(programs.pipeline(), op, table.binary);
    table.heldGradients = collectHeldGradients(module, op);
    if (failed(addWarmup(module, facts, functions, table)))
      return failure();
  }
  return success();
}
