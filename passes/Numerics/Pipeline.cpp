//===- Pipeline.cpp - How contractions compute --------------------------------------===//
#include "mlir/Pass/PassManager.h"
#include "passes/Numerics/Passes.h"

using namespace mlir;
using namespace sluice;

void sluice::buildNumericsPipeline(OpPassManager &manager, const NumericsOptions &options) {
  // Nothing is rounded unless a pass says so.
  if (options.compute == "f32")
    return;
  SetComputeTypeOptions compute;
  compute.type = options.compute.getValue();
  manager.addPass(createSetComputeType(compute));
}

void sluice::registerNumericsPipelines() {
  PassPipelineRegistration<NumericsOptions>("sluice-numerics", "what contractions round their operands to",
                                            buildNumericsPipeline);
}
