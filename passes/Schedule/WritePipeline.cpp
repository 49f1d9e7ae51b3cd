//===- WritePipeline.cpp - From programs to ops ------------------------------------------===//
#include "passes/Schedule/PipelineOps.h"

using namespace mlir;
using namespace sluice;
using schedule::Action;
using Kind = schedule::ActionKind;

/// By the instances of stages that it joins, which are its devices where each holds one stage.
static std::string nameOf(const schedule::Pipeline &pipeline, const schedule::Channel &channel) {
  int source = pipeline.instanceOf(channel.source, pipeline.replicaOf(channel.from));
  int target = pipeline.instanceOf(channel.target, pipeline.replicaOf(channel.to));
  return schedule::nameOf(channel.role) + ("." + std::to_string(source) + "." + std::to_string(target));
}

/// An attribute of a number that an action may lack.
static IntegerAttr optional(OpBuilder &builder, int number) {
  return number < 0 ? IntegerAttr() : builder.getI32IntegerAttr(number);
}

static void writeAction(OpBuilder &builder, Location location, const schedule::Pipeline &pipeline,
                        const Action &action) {
  auto number = [&](int value) { return builder.getI32IntegerAttr(value); };
  auto channel = [&] {
    return FlatSymbolRefAttr::get(builder.getContext(), nameOf(pipeline, pipeline.channels[action.channel]));
  };
  IntegerAttr stage = number(action.stage), iteration = number(action.iteration);
  IntegerAttr microBatch = optional(builder, action.microBatch);
  switch (action.kind) {
  case Kind::Load:
    pipe::LoadOp::create(builder, location, stage, microBatch, iteration);
    return;
  case Kind::Run:
    pipe::RunOp::create(builder, location, pipe::RunKindAttr::get(builder.getContext(), pipe::RunKind(action.run)),
                        stage, microBatch, iteration);
    return;
  case Kind::Send:
    pipe::SendOp::create(builder, location, channel(), stage, microBatch, optional(builder, action.from), iteration);
    return;
  case Kind::Recv:
    pipe::RecvOp::create(builder, location, channel(), stage, microBatch, optional(builder, action.into), iteration);
    return;
  case Kind::Combine:
    pipe::CombineOp::create(builder, location, number(action.from), number(action.into), stage);
    return;
  case Kind::Reduce:
    pipe::ReduceOp::create(builder, location, optional(builder, action.stage));
    return;
  case Kind::Update:
    pipe::UpdateOp::create(builder, location, stage, iteration);
    return;
  }
}

static void writeProgram(OpBuilder &builder, Location location, const schedule::Pipeline &pipeline, int device) {
  const schedule::Program &program = pipeline.programs[device];
  auto op = pipe::ProgramOp::create(builder, location, builder.getStringAttr("device." + std::to_string(device)),
                                    builder.getI32IntegerAttr(device));
  OpBuilder::InsertionGuard guard(builder);
  for (auto [region, actions] :
       {std::pair(&op.getPrologue(), &program.prologue), std::pair(&op.getBody(), &program.body),
        std::pair(&op.getEpilogue(), &program.epilogue)}) {
    if (actions->empty() && region != &op.getBody())
      continue;
    builder.createBlock(region);
    for (const Action &action : *actions)
      writeAction(builder, location, pipeline, action);
  }
}

pipe::PipelineOp sluice::writePipeline(OpBuilder &builder, Location location, StringRef name,
                                       const schedule::Pipeline &pipeline) {
  auto number = [&](int value) { return builder.getI32IntegerAttr(value); };
  auto list = [&](const std::vector<int> &values) {
    return values.empty() ? DenseI32ArrayAttr() : builder.getDenseI32ArrayAttr(values);
  };
  std::vector<int> tied, inOrder;
  for (const schedule::TiedStages &pair : pipeline.tied)
    tied.insert(tied.end(), pair.begin(), pair.end());
  for (int stage = 0; stage < pipeline.stages; ++stage)
    inOrder.push_back(stage);
  auto devices = pipeline.deviceOfStage == inOrder ? DenseI32ArrayAttr() : list(pipeline.deviceOfStage);
  auto op = pipe::PipelineOp::create(
      builder, location, builder.getStringAttr(name), number(pipeline.stages), number(pipeline.microBatches),
      number(pipeline.replicas), number(pipeline.groups), builder.getDenseI32ArrayAttr(pipeline.ages),
      list(pipeline.activationAges), list(pipeline.errorAges), devices, list(tied), list(pipeline.frames),
      /*busy=*/DenseF64ArrayAttr(), /*current_weights=*/UnitAttr(), /*predicted_weights=*/UnitAttr(),
      /*tied_delay=*/UnitAttr(), pipeline.training ? UnitAttr() : builder.getUnitAttr());
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&op.getBody());
  for (const schedule::Channel &channel : pipeline.channels)
    pipe::ChannelOp::create(
        builder, location, builder.getStringAttr(nameOf(pipeline, channel)),
        pipe::RoleAttr::get(builder.getContext(), pipe::Role(channel.role)), number(channel.from), number(channel.to),
        pipeline.devicesOfReplica < pipeline.stages ? builder.getDenseI32ArrayAttr({channel.source, channel.target})
                                                    : DenseI32ArrayAttr(),
        number(channel.capacity), builder.getArrayAttr({}), ArrayAttr(), ArrayAttr());
  for (int device = 0; device < pipeline.devices(); ++device)
    writeProgram(builder, location, pipeline, device);
  return op;
}
