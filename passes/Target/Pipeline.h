//===- Pipeline.h - The lowering as a pipeline --------------------------------------===//
#ifndef SLUICE_PASSES_TARGET_PIPELINE_H
#define SLUICE_PASSES_TARGET_PIPELINE_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include <string>

namespace sluice {

struct LoweringOptions : mlir::PassPipelineOptions<LoweringOptions> {
  Option<int64_t> vectorBits{*this, "vector-bits", llvm::cl::desc("Width of a vector register: 128, 256 or 512"),
                             llvm::cl::init(256)};
  Option<std::string> cpu{*this, "cpu",
                          llvm::cl::desc("Processor whose caches and registers the kernels are shaped for"),
                          llvm::cl::init("native")};
  Option<std::string> tuneCache{*this, "tune-cache", llvm::cl::desc("Strategies of contractions that were measured")};
  Option<std::string> processor{*this, "processor", llvm::cl::desc("What the code is generated for")};
  Option<std::string> features{*this, "features", llvm::cl::desc("What the code needs, as /proc/cpuinfo names it")};
};

/// From functions on tensors to buffers, on which contractions are still ops of linalg.
void buildBufferPipeline(mlir::OpPassManager &manager);

/// From functions on tensors to vector code on buffers, threads and planned memory.
void buildKernelPipeline(mlir::OpPassManager &manager, const LoweringOptions &options);

/// From buffers to the LLVM dialect and the table of the ABI.
void buildLLVMPipeline(mlir::OpPassManager &manager, const LoweringOptions &options);

/// Both.
void buildLoweringPipeline(mlir::OpPassManager &manager, const LoweringOptions &options);

/// Makes `sluice-kernels`, `sluice-llvm` and `sluice-lower` known to the command line.
void registerLoweringPipelines();

} // namespace sluice

#endif // SLUICE_PASSES_TARGET_PIPELINE_H
