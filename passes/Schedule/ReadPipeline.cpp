//===- ReadPipeline.cpp - From ops to programs ------------------------------------------===//
#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Schedule/PipelineOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace sluice;
using schedule::Action;
using Kind = schedule::ActionKind;

using ChannelNumbers = llvm::DenseMap<StringAttr, int>;

// The enumerations of dialect and library are the same.
static_assert(int(pipe::Role::Replica) == int(schedule::Role::Replica));
static_assert(int(pipe::RunKind::BackwardWeight) == int(schedule::RunKind::BackwardWeight));

template <typename Message> static Action readMessage(Message op, Kind kind, const ChannelNumbers &channels) {
  Action action;
  action.kind = kind;
  action.stage = op.getStage();
  action.microBatch = op.getMicroBatch() ? int(*op.getMicroBatch()) : -1;
  action.iteration = op.getIteration();
  action.channel = channels.lookup(op.getChannelAttr().getAttr());
  (kind == Kind::Send ? action.from : action.into) = op.getBuffer() ? int(*op.getBuffer()) : -1;
  return action;
}

static Action readAction(Operation *op, const ChannelNumbers &channels) {
  Action action;
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](pipe::LoadOp load) {
        action.stage = load.getStage();
        action.microBatch = load.getMicroBatch();
        action.iteration = load.getIteration();
      })
      .Case([&](pipe::RunOp run) {
        action.kind = Kind::Run;
        action.run = schedule::RunKind(run.getKind());
        action.stage = run.getStage();
        action.microBatch = run.getMicroBatch() ? int(*run.getMicroBatch()) : -1;
        action.iteration = run.getIteration();
      })
      .Case([&](pipe::SendOp send) { action = readMessage(send, Kind::Send, channels); })
      .Case([&](pipe::RecvOp recv) { action = readMessage(recv, Kind::Recv, channels); })
      .Case([&](pipe::CombineOp combine) {
        action.kind = Kind::Combine;
        action.stage = combine.getStage();
        action.into = combine.getInto();
        action.from = combine.getFrom();
      })
      .Case([&](pipe::ReduceOp reduce) {
        action.kind = Kind::Reduce;
        action.stage = reduce.getStage() ? int(*reduce.getStage()) : -1;
      })
      .Case([&](pipe::UpdateOp update) {
        action.kind = Kind::Update;
        action.stage = update.getStage();
        action.iteration = update.getIteration();
      });
  return action;
}

static bool isHalf(const Action &action) {
  return action.kind == Kind::Run &&
         (action.run == schedule::RunKind::BackwardInput || action.run == schedule::RunKind::BackwardWeight);
}

static void readFacts(pipe::PipelineOp op, schedule::Pipeline &pipeline) {
  pipeline.stages = op.getStages();
  pipeline.microBatches = op.getMicroBatches();
  pipeline.replicas = op.getReplicas();
  pipeline.groups = op.getGroups();
  pipeline.training = !op.getForwardOnly();
  pipeline.devicesOfReplica = int(op.devicesOfReplica());
  pipeline.ages.assign(op.getAges().begin(), op.getAges().end());
  for (auto [ages, read] :
       {std::pair(op.getActivationAges(), &pipeline.activationAges), std::pair(op.getErrorAges(), &pipeline.errorAges)})
    if (ages)
      read->assign(ages->begin(), ages->end());
  if (auto frames = op.getFrames())
    pipeline.frames.assign(frames->begin(), frames->end());
  ArrayRef<int32_t> tied = op.getTied().value_or(ArrayRef<int32_t>());
  for (size_t first = 0; first + 1 < tied.size(); first += 2)
    pipeline.tied.push_back({tied[first], tied[first + 1]});
  if (auto devices = op.getDevices())
    pipeline.deviceOfStage.assign(devices->begin(), devices->end());
  else
    for (int stage = 0; stage < pipeline.stages; ++stage)
      pipeline.deviceOfStage.push_back(stage);
}

static schedule::Channel readChannel(pipe::ChannelOp op, ArrayRef<int> stageOfDevice) {
  int from = op.getSource(), to = op.getTarget(), devices = int(stageOfDevice.size());
  schedule::Channel channel{from, to, int(op.getCapacity()), schedule::Role(op.getRole())};
  std::optional<ArrayRef<int32_t>> stages = op.getStages();
  channel.source = stages ? (*stages)[0] : stageOfDevice[from % devices];
  channel.target = stages ? (*stages)[1] : stageOfDevice[to % devices];
  return channel;
}

FailureOr<PipelineOfOp> sluice::readPipeline(pipe::PipelineOp op) {
  PipelineOfOp result;
  ChannelNumbers channels;
  auto programs = llvm::to_vector(op.getOps<pipe::ProgramOp>());
  int64_t devices = op.countDevices();
  if (int64_t(programs.size()) != devices)
    return op.emitOpError() << "expected a program a device, " << devices << ", found " << programs.size();
  readFacts(op, result.pipeline);
  // Read only where each device holds one.
  std::vector<int> stageOfDevice(op.devicesOfReplica());
  for (auto [stage, device] : llvm::enumerate(result.pipeline.deviceOfStage))
    stageOfDevice[device] = int(stage);
  for (auto channel : op.getOps<pipe::ChannelOp>()) {
    channels[channel.getSymNameAttr()] = int(result.channels.size());
    result.channels.push_back(channel);
    result.pipeline.channels.push_back(readChannel(channel, stageOfDevice));
  }
  result.pipeline.programs.resize(devices);
  result.actions.resize(devices);
  result.programs.resize(devices);
  for (pipe::ProgramOp program : programs) {
    schedule::Program &read = result.pipeline.programs[program.getDevice()];
    result.programs[program.getDevice()] = program;
    for (auto [region, actions] :
         {std::pair(&program.getPrologue(), &read.prologue), std::pair(&program.getBody(), &read.body),
          std::pair(&program.getEpilogue(), &read.epilogue)})
      for (Operation &action : region->getOps()) {
        actions->push_back(readAction(&action, channels));
        result.pipeline.splits |= isHalf(actions->back());
        result.actions[program.getDevice()].push_back(&action);
      }
  }
  return result;
}

std::optional<schedule::Costs> sluice::costsOf(pipe::PipelineOp op) {
  auto module = op->getParentOfType<ModuleOp>();
  auto attribute = module ? module->getAttrOfType<StageCostsAttr>(stageCostsAttrName) : StageCostsAttr();
  if (!attribute || op.getSymName() != "train.pipeline" || op.getForwardOnly() ||
      attribute.getStages().size() != size_t(op.getStages()))
    return std::nullopt;
  schedule::Costs costs;
  for (auto cost : attribute.getStages().getAsRange<StageCostAttr>()) {
    schedule::StageCosts &stage = costs.stages.emplace_back();
    stage.forward = cost.getForward().getValueAsDouble();
    stage.backward = cost.getBackward().getValueAsDouble();
    stage.backwardWeight = cost.getBackwardWeight() ? cost.getBackwardWeight().getValueAsDouble() : 0;
    stage.tied = cost.getTied().getValueAsDouble();
    stage.norm = cost.getNorm().getValueAsDouble();
    stage.update = cost.getUpdate().getValueAsDouble();
    stage.activations = cost.getActivations().getValueAsDouble();
    stage.gradients = cost.getGradients().getValueAsDouble();
    stage.tiedSum = cost.getExchange().getValueAsDouble();
  }
  return costs;
}
