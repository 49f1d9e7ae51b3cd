//===- Pipeline.cpp - How contractions compute --------------------------------------===//
#include "mlir/Pass/PassManager.h"
#include "passes/Gradient/Passes.h"
#include "passes/Numerics/Passes.h"

using namespace mlir;
using namespace sluice;

void sluice::buildNumericsPipeline(OpPassManager &manager, const NumericsOptions &options) {
  // Nothing is rounded unless a pass says so.
  if (options.compute != "f32") {
    SetComputeTypeOptions compute;
    compute.type = options.compute.getValue();
    manager.addPass(createSetComputeType(compute));
    manager.addPass(createNarrowKept());
    manager.addPass(createNarrowResults());
  }
  // Last, when the functions are final: the lowering is paid once per kind of layer.
  manager.addPass(createShareLayers());
}

void sluice::registerNumericsPipelines() {
  PassPipelineRegistration<NumericsOptions>(
      "sluice-numerics", "how contractions compute, then one function a kind of layer", buildNumericsPipeline);
}
