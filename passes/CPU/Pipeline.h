//===- Pipeline.h - The CPU as a target -----------------------------------------------===//
#ifndef SLUICE_PASSES_CPU_PIPELINE_H
#define SLUICE_PASSES_CPU_PIPELINE_H

#include "mlir/Pass/PassManager.h"

namespace sluice {

/// Makes the target `cpu` known to pipelines.
void registerCPUTarget();

/// The first part of the CPU's kernels: blocked ops become loops over blocks, whose contractions are ops of linalg.
void buildCPUBlockPipeline(mlir::OpPassManager &manager);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_PIPELINE_H
