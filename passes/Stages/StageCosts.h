//===- StageCosts.h - What the layers of a graph cost as stages ------------------------===//
//
// From IR to the problem of Partition.h. A tick is the time of one floating-point operation, or with a profile a
// nanosecond.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_STAGES_STAGECOSTS_H
#define SLUICE_PASSES_STAGES_STAGECOSTS_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/Stages/Partition.h"
#include "passes/Stages/Profile.h"
#include "llvm/ADT/SetVector.h"

namespace sluice {

/// The proportions of a core with 64 GFLOP/s, 16 GB/s and 5 us from a message to the thread that waits for it. Layers
/// are compared with each other, so that only embedding, head and messages depend on them.
inline constexpr int64_t ticksPerByte = 4;
inline constexpr int64_t ticksPerMessage = 320000;
inline constexpr double secondsPerTick = 1 / 64e9;
inline constexpr double secondsPerProfiledTick = 1e-9;

/// Layers that share a stage: those of one depth and what stands behind them in front of the next depth, the embeddings
/// in front of all depths, or the head behind all.
struct StageUnit {
  std::optional<int64_t> depth; ///< none for embeddings and head
  llvm::SmallVector<LayerOp, 1> layers;
};

/// How the stages run, as far as it decides what they cost.
struct StageSettings {
  llvm::StringRef optimizer;          ///< adamw, sgd or muon
  int64_t stages, microBatches;       ///< at least 1
  llvm::SmallVector<int64_t> frames;  ///< by stage: micro-batches that are alive at once
  std::optional<int64_t> memoryLimit; ///< bytes of a device
  const Profile *profile = nullptr;   ///< what was measured, which takes the place of estimates; of these units
  bool splits = false;                ///< backward runs in halves, and frames keep what the second needs of the first
  bool recomputes = false;            ///< all layers with a depth, beside those that say so
  std::optional<StaleStep> stale = std::nullopt; ///< none where gradients are not stale
  bool currentWeights = false;                   ///< late backwards read the newest weights
};

/// Sets how many micro-batches are alive at once, as the proof of the schedule will count them, and whether gradients
/// are stale. Fails with an error where the schedule does not run on so many devices.
mlir::LogicalResult countFrames(mlir::ModuleOp module, llvm::StringRef schedule, int devices, StageSettings &settings);

/// The layers without depth that take only keys, scalars and constants, or results of such layers: every stage has its
/// own copy. In the graph's order.
llvm::SetVector<LayerOp> findStepLayers(GraphOp graph);

/// The layers of a graph, but for the step layers, in its order. Without depths all layers are one unit. Fails with an
/// error on a layer whose depth is not above that of the layers in front.
mlir::FailureOr<llvm::SmallVector<StageUnit>> findUnits(GraphOp graph);

/// The profile at `path`; none where that is empty. Fails with an error where it cannot be read, or is not of the
/// module's model and the units of its graph.
mlir::FailureOr<std::optional<Profile>> readProfile(mlir::ModuleOp module, llvm::StringRef path,
                                                    llvm::ArrayRef<StageUnit> units);

/// What the units took in the profile, one a unit.
llvm::SmallVector<StageSeconds> timesOfUnits(llvm::ArrayRef<StageUnit> units, const StageSettings &settings);

/// What the units cost. Kept bytes are an estimate from above: results of ops that backward does not repeat.
PartitionProblem buildPartitionProblem(llvm::ArrayRef<StageUnit> units, const StageSettings &settings);

} // namespace sluice

#endif // SLUICE_PASSES_STAGES_STAGECOSTS_H
