//===- LowerKernels.cpp - Kernels to the NVVM dialect ----------------------------------===//
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_LOWERKERNELS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// From loops, vectors and buffers to NVVM, in a `gpu.module`.
static void addConversions(OpPassManager &kernels) {
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createLoopInvariantCodeMotionPass());
  VectorTransferToSCFOptions transfers;
  transfers.enableFullUnroll();
  kernels.addPass(createConvertVectorToSCFPass(transfers));
  kernels.addPass(createSCFToControlFlowPass());
  kernels.addPass(memref::createExpandStridedMetadataPass());
  kernels.addPass(memref::createExpandOpsPass());
  kernels.addPass(createLowerAffinePass());
  kernels.addPass(arith::createArithExpandOpsPass());
  // First: what has an instruction would become a call of the toolkit's library of functions below.
  kernels.addPass(createConvertMathToLLVMPass());
  ConvertGpuOpsToNVVMOpsOptions nvvm;
  nvvm.useBarePtrCallConv = true;
  kernels.addPass(createConvertGpuOpsToNVVMOps(nvvm));
  kernels.addPass(createConvertVectorToLLVMPass());
  kernels.addPass(createConvertNVVMToLLVMPass());
  kernels.addPass(createConvertIndexToLLVMPass());
  kernels.addPass(createArithToLLVMConversionPass());
  kernels.addPass(createReconcileUnrealizedCastsPass());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
}

namespace {
struct LowerKernels : sluice::impl::LowerKernelsBase<LowerKernels> {
  void runOnOperation() override {
    OpPassManager pipeline(ModuleOp::getOperationName());
    addConversions(pipeline.nest<gpu::GPUModuleOp>());
    if (failed(runPipeline(pipeline, getOperation())))
      return signalPassFailure();
  }
};
} // namespace
