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

  LogicalResult run(int64_t microBatches);
  /// The actions of a device, which have no more than a body.
  LogicalResult addProgram(int device);
  const schedule::Pipeline &pipeline() const { return read.pipeline; }

private:
  LogicalResult addChannels();
  LogicalResult checkFits(int64_t microBatches);
  LogicalResult convert(int device, int position, const schedule::Action &action);
  std::optional<ActionKind> functionKindOf(const schedule::Action &action) const;

  ModuleOp module;
  StringRef graph;
  pipe::PipelineOp op;
  const FunctionIndex &functions;
  Table &table;
  uint32_t firstChannel;
  PipelineOfOp read;
  std::set<int32_t> called;
};
} // namespace

LogicalResult GraphPrograms::run(int64_t microBatches) {
  FailureOr<PipelineOfOp> found = readPipeline(op);
  if (failed(found))
    return failure();
  read = std::move(*found);
  return failed(checkFits(microBatches)) ? failure() : addChannels();
}

LogicalResult GraphPrograms::checkFits(int64_t microBatches) {
  auto expect = [&](StringRef what, int64_t expected, int64_t given) -> LogicalResult {
    if (expected == given)
      return success();
    return op.emitOpError() << "expected the " << what << " of the model, " << expected << ", found " << given;
  };
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
    entry.capacity = std::max(channel.capacity, 1);
    entry.first_transfer = table.transfers.size();
    if (channelOp.getSends().has_value() != channelOp.getReceives().has_value())
      return channelOp.emitOpError() << "expected slots that it sends and slots that it receives, found one of them";
    if (channelOp.getSends())
      for (auto [sent, received] : llvm::zip_equal(channelOp.getSends()->getAsRange<FlatSymbolRefAttr>(),
                                                   channelOp.getReceives()->getAsRange<FlatSymbolRefAttr>())) {
        auto source = module.lookupSymbol<SlotOp>(sent.getValue());
        auto target = module.lookupSymbol<SlotOp>(received.getValue());
        if (!source || !target || !source.getOffset() || !target.getOffset())
          return channelOp.emitOpError() << "expected slots with offsets, found '" << sent.getValue() << "' and '"
                                         << received.getValue() << "'";
        table.transfers.push_back(
            {int64_t(*source.getOffset()), int64_t(*target.getOffset()), sumOfTensorBytes(source.getType())});
      }
    entry.transfer_count = table.transfers.size() - entry.first_transfer;
    table.channels.push_back(entry);
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
  return pipeline().training ? ActionKind::Forward : ActionKind::Evaluate;
}

LogicalResult GraphPrograms::convert(int device, int position, const schedule::Action &action) {
  if (action.iteration != 0)
    return read.actions[device][position]->emitOpError()
           << "expected an action of the step itself, found iteration " << action.iteration;
  int stage = action.stage >= 0 ? action.stage : pipeline().stageOfDevices()[device];
  sluice_action entry = {};
  entry.stage = stage;
  entry.micro_batch = action.microBatch;
  entry.function = entry.channel = -1;
  entry.into = action.into;
  entry.from = action.from;
  if (std::optional<ActionKind> kind = functionKindOf(action)) {
    entry.kind = uint32_t(*kind);
    entry.function = functions.lookup(*kind, graph, stage).value_or(-1);
    called.insert(entry.function);
  } else {
    entry.kind = action.kind == Kind::Load   ? SLUICE_ACTION_LOAD
                 : action.kind == Kind::Send ? SLUICE_ACTION_SEND
                 : action.kind == Kind::Recv ? SLUICE_ACTION_RECEIVE
                                             : SLUICE_ACTION_COMBINE;
  }
  if (action.channel >= 0)
    entry.channel = firstChannel + action.channel;
  if (entry.kind == SLUICE_ACTION_BACKWARD) {
    entry.into = pipeline().bufferOf(action.microBatch);
    // One micro-batch alone stores its gradients; several add to zeros.
    entry.clears = pipeline().microBatches > 1 && pipeline().isFirstOfGroup(action.microBatch);
  }
  table.actions.push_back(entry);
  return success();
}

LogicalResult GraphPrograms::addProgram(int device) {
  const schedule::Program &program = pipeline().programs[device];
  if (!program.prologue.empty() || !program.epilogue.empty())
    return read.programs[device]->emitOpError() << "expected a program that begins and ends with the step";
  for (auto [position, action] : llvm::enumerate(program.body))
    if (failed(convert(device, position, action)))
      return failure();
  int stage = pipeline().stageOfDevices()[device];
  std::optional<int32_t> tied = functions.lookup(ActionKind::Tied, graph, stage);
  if (tied && !called.count(*tied))
    return read.programs[device]->emitOpError()
           << "expected the action 'tied' of stage " << stage << ", which adds gradients of the model";
  return success();
}

SmallVector<sluice_stage> sluice::collectStages(ModuleOp module, pipe::PipelineOp op) {
  SmallVector<sluice_stage> stages(op.getStages(), sluice_stage{-1, 0, -1, 0, SLUICE_F32, 1});
  for (auto [stage, frames] : llvm::zip_equal(stages, *op.getFrames()))
    stage.frames = frames;
  for (auto slot : module.getOps<SlotOp>()) {
    sluice_stage &stage = stages[slot.getStage().value_or(0)];
    int64_t begin = *slot.getOffset(), end = begin + llvm::alignTo(sumOfTensorBytes(slot.getType()), SLUICE_ALIGNMENT);
    if (slot.isInFrame())
      stage.frame_bytes = std::max(stage.frame_bytes, end);
    bool isGate = slot.getKind() == SlotKind::Gate;
    if (!isGate && slot.getKind() != SlotKind::Gradient)
      continue;
    if (!isGate)
      stage.element = describe(slot.getSymNameAttr(), slot.getType(), 0)->element;
    stage.gradient_offset = stage.gradient_offset < 0 ? begin : std::min(stage.gradient_offset, begin);
    stage.gradient_bytes = std::max(stage.gradient_bytes, end); // the end, for now
    if (isGate)
      stage.count_offset = stage.count_offset < 0 ? begin : std::min(stage.count_offset, begin);
  }
  for (sluice_stage &stage : stages) {
    stage.gradient_offset = std::max<int64_t>(stage.gradient_offset, 0);
    stage.count_offset = stage.count_offset < 0 ? stage.gradient_bytes : stage.count_offset;
    stage.gradient_bytes -= stage.gradient_offset;
  }
  return stages;
}

LogicalResult sluice::collectPrograms(ModuleOp module, const BinaryFacts &facts, const FunctionIndex &functions,
                                      Table &table) {
  for (sluice_graph &graph : table.graphs) {
    std::string name = std::string(graph.name) + ".pipeline";
    auto op = module.lookupSymbol<pipe::PipelineOp>(name);
    if (!op)
      return complain(module) << "the graph '" << graph.name << "' has no programs '" << name
                              << "': run sluice-schedule-stages";
    bool isTrained = !op.getForwardOnly();
    GraphPrograms programs(module, graph.name, op, functions, table);
    if (failed(programs.run(isTrained ? facts.model.getMicroBatches() : 1)))
      return failure();
    const schedule::Pipeline &pipeline = programs.pipeline();
    graph.first_action = table.actions.size();
    for (int device = 0; device < pipeline.devices(); ++device) {
      uint32_t first = table.actions.size();
      if (failed(programs.addProgram(device)))
        return failure();
      if (isTrained)
        table.devices.push_back({pipeline.stageOfDevices()[device], pipeline.replicaOf(device), first,
                                 uint32_t(table.actions.size()) - first});
    }
    // Forward alone, one device behind the other is an order for one thread.
    graph.action_count = isTrained ? 0 : table.actions.size() - graph.first_action;
    if (!isTrained)
      continue;
    table.binary.replicas = pipeline.replicas;
    table.binary.reduction_groups = pipeline.groups;
    table.binary.gradient_buffers = pipeline.gradientBuffers();
    auto schedule = op->getAttrOfType<StringAttr>("schedule");
    table.binary.schedule = schedule ? textOf(schedule) : "";
    table.stages = collectStages(module, op);
  }
  return success();
}
