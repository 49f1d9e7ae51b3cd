//===- ScheduleStages.cpp - Programs for the actions that stages were cut into ------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Schedule/Generators.h"
#include "passes/Schedule/Passes.h"
#include "passes/Schedule/PipelineOps.h"
#include <set>

namespace sluice {
#define GEN_PASS_DEF_SCHEDULESTAGES
#include "passes/Schedule/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Messages that lie in a channel before a send waits: one that is taken, and one behind it.
static constexpr int capacityOfChannels = 2;

namespace {
struct ScheduleStages : sluice::impl::ScheduleStagesBase<ScheduleStages> {
  using ScheduleStagesBase::ScheduleStagesBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<StringRef> graphs;
    for (auto function : module.getOps<func::FuncOp>())
      if (auto graph = function->getAttrOfType<StringAttr>(graphAttrName); graph && function->hasAttr(actionAttrName)) {
        auto stage = function->getAttrOfType<IntegerAttr>(stageAttrName);
        stages = std::max<int64_t>(stages, stage ? stage.getInt() + 1 : 1);
        if (!llvm::is_contained(graphs, graph.getValue()))
          graphs.push_back(graph.getValue());
      }
    for (StringRef graph : graphs)
      if (failed(schedule(graph)))
        return signalPassFailure();
  }

private:
  LogicalResult schedule(StringRef graph);
  std::vector<schedule::TiedStages> findTied(StringRef graph);
  void bind(pipe::PipelineOp pipeline, StringRef graph);
  MessageOp findMessage(pipe::ChannelOp channel, StringRef graph);

  int64_t stages = 0;
};
} // namespace

LogicalResult ScheduleStages::schedule(StringRef graph) {
  ModuleOp module = getOperation();
  bool isTrained = graph == "train";
  schedule::GeneratorOptions options;
  options.schedule = isTrained ? std::string(scheduleName) : "sequential";
  options.stages = stages;
  options.training = isTrained;
  options.capacity = capacityOfChannels;
  options.tied = findTied(graph);
  if (isTrained) {
    options.microBatches = microBatches;
    options.replicas = replicas;
    options.groups = groups;
  }
  std::string name = (graph + ".pipeline").str();
  if (Operation *other = module.lookupSymbol(name))
    return other->emitError() << "expected no symbol '" << name << "' beside the actions of '" << graph << "'";
  schedule::Pipeline pipeline;
  if (auto error = schedule::generate(options, pipeline))
    return module.emitError() << error->text;
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  pipe::PipelineOp op = writePipeline(builder, module.getLoc(), name, pipeline);
  op->setAttr("schedule", builder.getStringAttr(options.schedule));
  bind(op, graph);
  return success();
}

/// Pairs of stages that exchange gradients, and stages that add uses of their own.
std::vector<schedule::TiedStages> ScheduleStages::findTied(StringRef graph) {
  std::set<schedule::TiedStages> pairs;
  std::set<int> exchanging;
  for (auto message : getOperation().getOps<MessageOp>())
    if (message.getAction() == ActionKind::Tied && message.getGraph() == graph) {
      int source = message.getSource(), target = message.getTarget();
      pairs.insert({std::min(source, target), std::max(source, target)});
      exchanging.insert({source, target});
    }
  for (auto function : getOperation().getOps<func::FuncOp>()) {
    auto action = function->getAttrOfType<ActionKindAttr>(actionAttrName);
    if (!action || action.getValue() != ActionKind::Tied)
      continue;
    auto attribute = function->getAttrOfType<IntegerAttr>(stageAttrName);
    int stage = attribute ? attribute.getInt() : 0;
    if (!exchanging.count(stage))
      pairs.insert({stage, stage});
  }
  return {pairs.begin(), pairs.end()};
}

MessageOp ScheduleStages::findMessage(pipe::ChannelOp channel, StringRef graph) {
  int64_t source = channel.getSource() % stages, target = channel.getTarget() % stages;
  for (auto message : getOperation().getOps<MessageOp>()) {
    ActionKind action = message.getAction();
    pipe::Role role = action == ActionKind::Tied       ? pipe::Role::Tied
                      : action == ActionKind::Backward ? pipe::Role::Gradients
                                                       : pipe::Role::Activations;
    if (message.getGraph() == graph && role == channel.getRole() && int64_t(message.getSource()) == source &&
        int64_t(message.getTarget()) == target)
      return message;
  }
  return {};
}

/// Says what the channels carry. One that no message goes through carries nothing, but an order.
void ScheduleStages::bind(pipe::PipelineOp pipeline, StringRef graph) {
  for (auto channel : pipeline.getBody().getOps<pipe::ChannelOp>()) {
    MessageOp message = findMessage(channel, graph);
    if (!message)
      continue;
    SmallVector<Attribute> types;
    for (auto name : message.getSends().getAsRange<FlatSymbolRefAttr>())
      types.push_back(SymbolTable::lookupNearestSymbolFrom<SlotOp>(getOperation(), name).getTypeAttr());
    channel.setTypesAttr(ArrayAttr::get(&getContext(), types));
    channel.setSendsAttr(message.getSendsAttr());
    channel.setReceivesAttr(message.getReceivesAttr());
  }
}
