//===- WeightVersions.h - Weights that stale gradients are of ---------------------===//
#ifndef SLUICE_TOOLS_SLUICEC_WEIGHTVERSIONS_H
#define SLUICE_TOOLS_SLUICEC_WEIGHTVERSIONS_H

#include "mlir/IR/BuiltinOps.h"
#include "passes/Schedule/Programs.h"
#include "llvm/Support/JSON.h"
#include <string>
#include <vector>

namespace sluice {

/// How old what a stage applies is, and the weights that it keeps for that.
struct StageVersions {
  int age = 0, activationAge = 0, errorAge = 0; ///< as the pipeline declares them
  int64_t versions = 1;                         ///< of weights that backward reads, the newest included
  int64_t olderBytes = 0;                       ///< of all but the newest
};

/// What the stages of the graph `train` keep, by stage; one version where backward reads current weights. Actions still
/// read parameters by name.
std::vector<StageVersions> findVersions(mlir::ModuleOp module, const schedule::Pipeline &pipeline, bool currentWeights);

/// A table with its legend; nothing where gradients are not stale.
std::string drawVersions(llvm::ArrayRef<StageVersions> stages, const schedule::Pipeline &pipeline);

/// The attributes of a stage's object.
void writeVersions(llvm::json::OStream &json, const StageVersions &stage);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_WEIGHTVERSIONS_H
