//===- Passes.h - The numerics phase -------------------------------------------===//
//
// What is rounded, where, and what is shared once it is known. No pass here changes a result, but for the compute type
// that it sets and for functions that it approximates.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_NUMERICS_PASSES_H
#define SLUICE_PASSES_NUMERICS_PASSES_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Numerics/Passes.h.inc"

/// The option of `sluice-set-compute-type`.
struct NumericsOptions : mlir::PassPipelineOptions<NumericsOptions> {
  Option<std::string> compute{*this, "compute", llvm::cl::desc("Operand type of contractions: f32 or bf16"),
                              llvm::cl::init("f32")};
};

/// The operand type of every contraction, forward and backward, and what follows from it; then one function a kind of
/// layer.
void buildNumericsPipeline(mlir::OpPassManager &manager, const NumericsOptions &options);

/// Makes `sluice-numerics` known to the command line.
void registerNumericsPipelines();
} // namespace sluice

#endif // SLUICE_PASSES_NUMERICS_PASSES_H
