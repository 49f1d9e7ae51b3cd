//===- Passes.h - The numerics phase -------------------------------------------===//
//
// What is rounded, where, and what is shared once it is known. No pass here changes a result, but for the precision
// that it sets and for functions that it approximates.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_NUMERICS_PASSES_H
#define SLUICE_PASSES_NUMERICS_PASSES_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"
#include <optional>
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Numerics/Passes.h.inc"

/// The options of `sluice-set-precision`, the format of `sluice-round-state`, and what is measured; f32 rounds nothing.
struct NumericsOptions : mlir::PassPipelineOptions<NumericsOptions> {
  Option<std::string> compute{*this, "compute", llvm::cl::desc("What contractions compute in"), llvm::cl::init("f32")};
  Option<std::string> accumulate{*this, "accumulate", llvm::cl::desc("How their products are summed")};
  Option<bool> narrowWeights{*this, "narrow-weights",
                             llvm::cl::desc("Whether weights have copies in the type that contractions round them to"),
                             llvm::cl::init(false)};
  Option<bool> narrowResults{*this, "narrow-results",
                             llvm::cl::desc("Whether more than results of norms are rounded where they are computed"),
                             llvm::cl::init(false)};
  Option<std::string> state{*this, "state", llvm::cl::desc("What weights and the first moment are values of"),
                            llvm::cl::init("f32")};
  Option<std::string> logAccumulation{*this, "log-accumulation",
                                      llvm::cl::desc("What sluice-log-accumulation measures: WEIGHT[,rows=R]")};
};

/// The options of `sluice-log-accumulation` of a text WEIGHT[,rows=R]; none, and what is wrong, where it is not one.
std::optional<LogAccumulationOptions> parseLoggedSums(llvm::StringRef text, std::string &problem);

/// Whether sums are selected: `auto`, then options of `sluice-select-accumulation` with commas between them.
bool isSelection(llvm::StringRef accumulate);
/// The pass with those options; null and what is wrong where there are no such options.
std::unique_ptr<mlir::Pass> createSelection(llvm::StringRef accumulate, std::string &problem);

/// The precision of every contraction, forward and backward, and what follows from it; then one function a kind of
/// layer.
void buildNumericsPipeline(mlir::OpPassManager &manager, const NumericsOptions &options);

/// Makes `sluice-numerics` known to the command line.
void registerNumericsPipelines();
} // namespace sluice

#endif // SLUICE_PASSES_NUMERICS_PASSES_H
