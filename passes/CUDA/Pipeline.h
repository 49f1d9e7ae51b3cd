//===- Pipeline.h - NVIDIA GPUs as a target --------------------------------------------===//
#ifndef SLUICE_PASSES_CUDA_PIPELINE_H
#define SLUICE_PASSES_CUDA_PIPELINE_H

namespace sluice {

/// Makes the target `cuda` known to pipelines.
void registerCUDATarget();

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_PIPELINE_H
