//===- Passes.h - The CUDA phase -----------------------------------------------===//
//
// From contractions and linalg on buffers to kernels, launches and PTX. Pipeline.cpp has their order. Nothing outside
// of this room and of the drivers includes it.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_CUDA_PASSES_H
#define SLUICE_PASSES_CUDA_PASSES_H

#include "dialects/CUDA/CUDADialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

#endif // SLUICE_PASSES_CUDA_PASSES_H
