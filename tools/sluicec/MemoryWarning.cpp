//===- MemoryWarning.cpp - Warns of models that memory is too short for ------------===//
#include "tools/sluicec/MemoryWarning.h"
#include "dialects/Sluice/ActionStage.h"
#include "dialects/Sluice/BinaryFacts.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Buffers/Scratch.h"
#include "passes/Schedule/PipelineOps.h"
#include "passes/Table/ParameterTable.h"
#include "passes/Table/ProgramTable.h"
#include "runtime/Error.h"
#include "runtime/cli/MemoryCheck.h"
#include "runtime/cpu/Processor.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace sluice;

void MemoryWarning::checkGraph(ModuleOp module) {
  ModelAttr model = BinaryFacts::of(module).model;
  if (!model)
    return;
  double elements = 0;
  for (auto parameter : module.getOps<ParameterOp>())
    elements += static_cast<double>(cast<RankedTensorType>(parameter.getType()).getNumElements());
  // Each has its gradient, and a moment or two.
  double copies = model.getOptimizer() == Optimizer::AdamW ? 4 : 3, mebibyte = 1 << 20;
  double needed = copies * sizeof(float) * elements;
  if (needed <= static_cast<double>(available.bytes))
    return;
  isGiven = true;
  llvm::errs() << "sluicec: warning: parameters, gradients and the state of the optimizer need at least "
               << llvm::format("%.1f MiB, but %.1f MiB are available %s: the program will not train here\n",
                               needed / mebibyte, static_cast<double>(available.bytes) / mebibyte,
                               available.limit.c_str());
}

void MemoryWarning::checkKernels(ModuleOp module) {
  BinaryFacts facts = BinaryFacts::of(module);
  if (isGiven || !facts.model || !facts.memory)
    return;
  SmallVector<sluice_function> functions;
  for (auto function : module.getOps<func::FuncOp>()) {
    auto bytes = function->getAttrOfType<IntegerAttr>(scratchBytesAttrName);
    auto threadBytes = function->getAttrOfType<IntegerAttr>(threadScratchBytesAttrName);
    if (function->hasAttr(actionAttrName) && bytes && threadBytes)
      functions.push_back({"", nullptr, bytes.getInt(), threadBytes.getInt(), int32_t(stageOfAction(function)), 0, 0});
  }
  auto op = module.lookupSymbol<pipe::PipelineOp>("train.pipeline");
  if (!op || !op.getFrames())
    return;
  FailureOr<PipelineOfOp> read = readPipeline(op);
  FailureOr<SmallVector<sluice_stage>> stages = collectStages(module, op);
  FailureOr<SmallVector<sluice_parameter>> parameters = collectParameters(module, facts.memory);
  if (failed(read) || failed(stages) || failed(parameters))
    return;
  SmallVector<sluice_held_gradient> held = collectHeldGradients(module, op);
  // As much of the table as the check reads.
  std::string name = facts.model.getName().str();
  sluice_binary program = {};
  program.model = name.c_str();
  program.batch = facts.model.getBatch();
  program.sequence = facts.model.getSequence();
  program.micro_batches = facts.model.getMicroBatches();
  program.parameters = parameters->data();
  program.parameter_count = parameters->size();
  program.functions = functions.data();
  program.function_count = functions.size();
  program.parameter_bytes = facts.memory.getParameterBytes();
  program.persistent_bytes = facts.memory.getPersistentBytes();
  program.replicas = read->pipeline.replicas;
  program.device_count = read->pipeline.devices();
  program.gradient_buffers = read->pipeline.gradientBuffers();
  program.stages = stages->data();
  program.stage_count = stages->size();
  program.held_gradients = held.data();
  program.held_gradient_count = held.size();
  program.gradient_bytes = facts.memory.getGradientBytes();
  try {
    runtime::checkMemory(program, std::max(1u, runtime::availableProcessors() / program.device_count),
                         runtime::MemoryUse::Training, available,
                         /*addresses=*/{INT64_MAX, ""});
  } catch (const runtime::Error &error) {
    isGiven = true;
    llvm::errs() << "sluicec: warning: the program will not train here: " << error.what() << "\n";
  }
}
