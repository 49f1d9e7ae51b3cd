//===- Register.h - The dialects and passes that every tool knows -----------------===//
#ifndef SLUICE_TOOLS_REGISTER_H
#define SLUICE_TOOLS_REGISTER_H

#include "dialects/Pipe/PipeDialect.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "passes/Blocked/KernelDecompositions.h"
#include "passes/Blocked/Passes.h"
#include "passes/Buffers/BufferizableKernels.h"
#include "passes/Buffers/Passes.h"
#include "passes/CPU/Passes.h"
#include "passes/CPU/Pipeline.h"
#include "passes/CUDA/Passes.h"
#include "passes/CUDA/Pipeline.h"
#include "passes/Gradient/Passes.h"
#include "passes/Graph/Passes.h"
#include "passes/Import/Passes.h"
#include "passes/Numerics/Passes.h"
#include "passes/Schedule/Passes.h"
#include "passes/Stages/Passes.h"
#include "passes/Table/Passes.h"
#include "passes/Target/Passes.h"
#include "passes/Target/Pipeline.h"
#include "passes/Target/Target.h"
#include "passes/Tensors/Passes.h"

namespace sluice {

/// The kinds of targets that programs can be compiled for.
inline void registerTargets() {
  registerCPUTarget();
  registerCUDATarget();
}

/// Every dialect, and the targets with theirs.
inline void registerDialects(mlir::DialectRegistry &registry) {
  registerTargets();
  registerTargetDialects(registry);
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  registry.insert<SluiceDialect, pipe::PipeDialect>();
  registerBufferizableKernels(registry);
  registerKernelDecompositions(registry);
}

inline void registerPasses() {
  registerSluiceImportPasses();
  registerSluiceGraphPasses();
  registerSluiceStagesPasses();
  registerSluiceGradientPasses();
  registerSluiceSchedulePasses();
  registerSluiceNumericsPasses();
  registerSluiceTensorsPasses();
  registerSluiceBuffersPasses();
  registerSluiceBlockedPasses();
  registerSluiceTablePasses();
  registerSluiceCPUPasses();
  registerSluiceCUDAPasses();
  registerSluiceTargetPasses();
  registerGraphPipelines();
  registerGradientPipelines();
  registerNumericsPipelines();
  registerLoweringPipelines();
}

} // namespace sluice

#endif // SLUICE_TOOLS_REGISTER_H
