//===- Recomputation.h - What backward computes again ---------------------------===//
#ifndef SLUICE_TOOLS_SLUICEC_RECOMPUTATION_H
#define SLUICE_TOOLS_SLUICEC_RECOMPUTATION_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"
#include <string>
#include <vector>

namespace sluice {

/// The layers of a stage whose forward backward repeats. Bytes are of a micro-batch.
struct RecomputedStage {
  int64_t layers = 0;        ///< parts with a gate of their own count for themselves
  int64_t inputBytes = 0;    ///< kept, each input once; those that other layers keep as well included
  int64_t repeatedBytes = 0; ///< computed again, instead of being kept
  int64_t flops = 0;         ///< of a micro-batch that drops no layer
};

/// What the backward actions of the graph `train` repeat, by stage. Layers still have functions in the sluice dialect.
std::vector<RecomputedStage> findRecomputation(mlir::ModuleOp module, int64_t stages);

/// A table with its legend; nothing where nothing is recomputed. `microBatches` are those of a step.
std::string drawRecomputation(llvm::ArrayRef<RecomputedStage> stages, int64_t microBatches);

/// The attributes of a stage's object.
void writeRecomputation(llvm::json::OStream &json, const RecomputedStage &stage, int64_t microBatches);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_RECOMPUTATION_H
