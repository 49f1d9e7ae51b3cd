//===- Register.h - The dialects and passes that every tool knows -----------------===//
#ifndef SLUICE_TOOLS_REGISTER_H
#define SLUICE_TOOLS_REGISTER_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "passes/CPU/Passes.h"
#include "passes/Gradient/Passes.h"
#include "passes/Graph/Passes.h"
#include "passes/Import/Passes.h"
#include "passes/Lowering/BufferizableKernels.h"
#include "passes/Lowering/KernelDecompositions.h"
#include "passes/Lowering/Passes.h"
#include "passes/Lowering/Pipeline.h"
#include "passes/Numerics/Passes.h"

namespace sluice {

inline void registerDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  registry.insert<SluiceDialect>();
  registerBufferizableKernels(registry);
  registerKernelDecompositions(registry);
}

inline void registerPasses() {
  registerSluiceImportPasses();
  registerSluiceGraphPasses();
  registerSluiceGradientPasses();
  registerSluiceNumericsPasses();
  registerSluiceLoweringPasses();
  registerSluiceCPUPasses();
  registerGraphPipelines();
  registerGradientPipelines();
  registerNumericsPipelines();
  registerLoweringPipelines();
}

} // namespace sluice

#endif // SLUICE_TOOLS_REGISTER_H
