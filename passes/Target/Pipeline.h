//===- Pipeline.h - From tensors to a target's code ---------------------------------===//
#ifndef SLUICE_PASSES_TARGET_PIPELINE_H
#define SLUICE_PASSES_TARGET_PIPELINE_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include <string>

namespace sluice {

/// What users choose of lowering; all pipelines below have the same options.
struct LoweringOptions : mlir::PassPipelineOptions<LoweringOptions> {
  Option<std::string> kind{*this, "kind", llvm::cl::desc("Kind of target: cpu or cuda"), llvm::cl::init("cpu")};
  Option<std::string> processor{
      *this, "processor",
      llvm::cl::desc("Processor that the code will run on: native, or a name that LLVM knows, such as znver3 or sm_90"),
      llvm::cl::init("native")};
  Option<std::string> tuneCache{*this, "tune-cache", llvm::cl::desc("Strategies of contractions that were measured")};
};

/// From functions on tensors to buffers, on which contractions are ops of linalg and blocked ops are whole. The same
/// for all targets.
void buildBufferPipeline(mlir::OpPassManager &manager, const LoweringOptions &options);

/// From functions on tensors to the target's kernels on planned memory.
void buildKernelPipeline(mlir::OpPassManager &manager, const LoweringOptions &options);

/// From kernels to the LLVM dialect and the table of the ABI.
void buildLLVMPipeline(mlir::OpPassManager &manager, const LoweringOptions &options);

/// Both.
void buildLoweringPipeline(mlir::OpPassManager &manager, const LoweringOptions &options);

/// Makes `sluice-buffers`, `sluice-kernels`, `sluice-llvm` and `sluice-lower` known to the command line.
void registerLoweringPipelines();

} // namespace sluice

#endif // SLUICE_PASSES_TARGET_PIPELINE_H
