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

/// From loops and math to what NVVM's conversion takes, in a `gpu.module`.
static void addPreparation(OpPassManager &kernels) {
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
  kernels.addPass(createConvertMathToLLVMPass());
}

static void addConversions(OpPassManager &kernels) {
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

/// Functions that have an instruction become calls of their intrinsics: NVVM's conversion would make calls of the
/// toolkit's library of them, which is not there.
static void callIntrinsics(ModuleOp module) {
  module.walk([](Operation *op) {
    if (!isa<LLVM::CopySignOp, LLVM::FAbsOp, LLVM::FCeilOp, LLVM::FFloorOp, LLVM::FMAOp, LLVM::RoundEvenOp,
             LLVM::RoundOp, LLVM::SqrtOp>(op))
      return;
    OpBuilder builder(op);
    StringRef name = op->getName().getStringRef();
    name.consume_front("llvm.intr.");
    auto call = LLVM::CallIntrinsicOp::create(builder, op->getLoc(), op->getResult(0).getType(),
                                              builder.getStringAttr("llvm." + name), op->getOperands());
    op->replaceAllUsesWith(call->getResults());
    op->erase();
  });
}

/// Maxima and minima that have an instruction become it, which expansions would make comparisons of.
static void keepExtrema(ModuleOp module) {
  auto replace = [](Operation *op, auto create) {
    OpBuilder builder(op);
    op->replaceAllUsesWith(create(builder));
    op->erase();
  };
  module.walk([&](gpu::GPUModuleOp kernels) {
    kernels.walk([&](Operation *op) {
      if (!isa<arith::MaximumFOp, arith::MinimumFOp>(op) || !getElementTypeOrSelf(op->getResult(0)).isF32())
        return;
      Type type = op->getResult(0).getType();
      replace(op, [&](OpBuilder &b) -> Operation * {
        if (isa<arith::MaximumFOp>(op))
          return LLVM::MaximumOp::create(b, op->getLoc(), type, op->getOperand(0), op->getOperand(1));
        return LLVM::MinimumOp::create(b, op->getLoc(), type, op->getOperand(0), op->getOperand(1));
      });
    });
  });
}

namespace {
struct LowerKernels : sluice::impl::LowerKernelsBase<LowerKernels> {
  void runOnOperation() override {
    OpPassManager preparation(ModuleOp::getOperationName()), conversion(ModuleOp::getOperationName());
    addPreparation(preparation.nest<gpu::GPUModuleOp>());
    addConversions(conversion.nest<gpu::GPUModuleOp>());
    keepExtrema(getOperation());
    if (failed(runPipeline(preparation, getOperation())))
      return signalPassFailure();
    callIntrinsics(getOperation());
    if (failed(runPipeline(conversion, getOperation())))
      signalPassFailure();
  }
};
} // namespace
