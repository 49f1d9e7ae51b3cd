//===- Pipeline.cpp - From graphs to functions and actions ---------------------------===//
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Gradient/Passes.h"
#include "passes/Schedule/Passes.h"
#include "passes/Stages/Passes.h"

using namespace mlir;
using namespace sluice;

void sluice::buildStagePipeline(OpPassManager &manager, const GradientOptions &options) {
  // Folds and common subexpressions of the graph: its gradient inherits them.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // Differentiation goes layer by layer, so that nothing may stand between layers.
  manager.addNestedPass<GraphOp>(createGroupLayers());
  // What was computed with older weights is no part of a gradient by the newest.
  std::string choice = options.currentWeights ? "stage" : options.recompute.getValue();
  RecomputeLayersOptions recompute;
  recompute.choice = choice;
  recompute.currentWeights = options.currentWeights;
  recompute.memoryLimit = options.memoryLimit;
  recompute.schedule = options.schedule;
  recompute.devices = options.devices;
  recompute.microBatches = options.microBatches;
  recompute.optimizer = options.optimizer;
  // Stages depend on what their layers keep.
  if (choice == "layer" || choice == "stage")
    manager.addPass(createRecomputeLayers(recompute));
  // Layers, and so before they are differentiated: backward functions lie where their layer does.
  if (options.stages != 0 || !options.partition.empty() || options.memoryLimit != 0) {
    AssignStagesOptions stages;
    stages.stages = options.stages;
    stages.partition = options.partition;
    stages.microBatches = options.microBatches;
    stages.optimizer = options.optimizer;
    stages.schedule = options.schedule;
    stages.devices = options.devices;
    stages.memoryLimit = options.memoryLimit;
    stages.profileFile = options.profile;
    stages.currentWeights = options.currentWeights;
    stages.mayRecompute = choice == "auto";
    manager.addPass(createAssignStages(stages));
  }
  // What a stage keeps depends on its layers.
  if (choice == "auto")
    manager.addPass(createRecomputeLayers(recompute));
  // While a graph has its layers, and before parameters get copies.
  CostStagesOptions costs;
  costs.microBatches = options.microBatches;
  costs.optimizer = options.optimizer;
  costs.profileFile = options.profile;
  costs.devices = options.devices;
  manager.addPass(createCostStages(costs));
}

void sluice::buildGradientPipeline(OpPassManager &manager, const GradientOptions &options) {
  buildStagePipeline(manager, options);
  // Stages may also be those that the graph came with.
  PlaceParametersOptions place;
  place.devices = options.devices;
  manager.addPass(createPlaceParameters(place));
  DifferentiateOptions differentiate;
  differentiate.microBatches = options.microBatches;
  differentiate.tiedGradients = options.tiedGradients;
  manager.addPass(createDifferentiate(differentiate));
  manager.addNestedPass<func::FuncOp>(createJoinForwardBackward());
  // After the tied gradients are added: the norm and the update see one gradient a parameter.
  InsertOptimizerOptions optimizer;
  optimizer.optimizer = options.optimizer;
  optimizer.droppedState = options.droppedState;
  manager.addPass(createInsertOptimizer(optimizer));
  // At once: other passes may lose what says an op's stage.
  manager.addPass(createCutStages());
  // Nothing is scaled unless a pass says so.
  if (options.lossScale != "none") {
    SetLossScaleOptions lossScale;
    lossScale.scale = options.lossScale;
    manager.addPass(createSetLossScale(lossScale));
  }
  ScheduleStagesOptions schedule;
  schedule.scheduleName = options.schedule;
  schedule.microBatches = options.microBatches;
  schedule.devices = options.devices;
  schedule.replicas = options.replicas;
  schedule.groups = options.groups;
  schedule.currentWeights = options.currentWeights;
  schedule.predictedWeights = options.predictedWeights;
  schedule.tiedDelay = options.tiedDelay;
  manager.addPass(createScheduleStages(schedule));
  manager.addPass(createVerifySchedule());
  manager.addPass(createVersionWeights());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

void sluice::registerGradientPipelines() {
  PassPipelineRegistration<GradientOptions>("sluice-gradient", "graphs -> differentiated functions and actions",
                                            buildGradientPipeline);
}
