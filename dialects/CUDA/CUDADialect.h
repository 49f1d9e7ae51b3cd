//===- CUDADialect.h - What NVIDIA GPUs add to a training step --------------------===//
//
// Included by the passes of CUDA alone; all others ask the target by `TargetAttrInterface`.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_DIALECTS_CUDA_CUDADIALECT_H
#define SLUICE_DIALECTS_CUDA_CUDADIALECT_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace sluice::cuda {
/// Discardable attribute of a contraction of linalg on buffers: the `#sluice_cuda.strategy` by which it becomes a
/// kernel.
inline constexpr llvm::StringLiteral strategyAttrName = "sluice_cuda.strategy";
} // namespace sluice::cuda

#include "dialects/CUDA/CUDADialect.h.inc"
#include "dialects/CUDA/CUDAEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/CUDA/CUDAAttributes.h.inc"
#define GET_OP_CLASSES
#include "dialects/CUDA/CUDAOps.h.inc"

namespace sluice::cuda {
/// The oldest cards with what kernels are made of: cp.async, and products of bf16. Ten times the compute capability.
inline constexpr int64_t leastCapability = 80;

/// The GPU that the op's module is compiled for. Fails with an error at `op` where the module names none, or a target
/// that is no GPU.
llvm::FailureOr<TargetAttr> targetOf(mlir::Operation *op);
} // namespace sluice::cuda

#endif // SLUICE_DIALECTS_CUDA_CUDADIALECT_H
