//===- Partition.h - Layers to stages, so that the slowest stage is fast ---------------===//
//
// Knows nothing of IR: layers in order with what they cost go in, the number of layers of each stage comes out. A
// problem, a solver, and a verifier that shares with the solver only what one layer and one message cost.
//
// What a stage costs for a micro-batch, in ticks of the caller's choice:
//
//   time   = sum over its layers of (1 - drop probability) (forward + backward + what backward repeats with its stage)
//          + for each of its boundaries one message forward and one backward: both sides handle both
//          + the exchanges of the tied parameters that other stages hold too
//   memory = its parameters, a tied one on each of its stages, and older versions of weights
//          + frames x (what its layers keep + what it receives from the stage before)
//          + what is taken while forward is repeated: by the largest layer, or by all of a stage that is repeated whole
//
// Where gradients are stale it is the time of a step that counts (StalePartition.h).
//
// The first layer is most often the embedding, the last the head. Costs are whole numbers, so that equal sums are
// equal; the caller sees to it that a sum over all layers stays below 2^59.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_STAGES_PARTITION_H
#define SLUICE_PASSES_STAGES_PARTITION_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace sluice {

/// What a layer costs for a micro-batch; nothing is negative.
struct PartitionLayer {
  int64_t forward = 0, backward = 0; ///< ticks, where the layer is kept
  double dropProbability = 0;        ///< share of micro-batches that drop it, in [0, 1]
  int64_t parameterBytes = 0;        ///< weights, gradients and optimizer state; tied parameters apart
  int64_t keptBytes = 0;             ///< from forward to backward
  int64_t repeatedBytes = 0;         ///< while backward repeats its forward; 0 where it does not
  int64_t boundaryBytes = 0;         ///< what this layer and those before it hand to those behind it, one direction
  int64_t backwardWeight = 0;        ///< of backward, what computes gradients of parameters alone
  int64_t weightBytes = 0;           ///< of parameters, the weights that backward reads; tied parameters apart
  int64_t update = 0;                ///< ticks a step: sums, norms and updates of parameters
  int64_t repeat = 0;                ///< ticks in backward for its forward, again, unless it is on the last stage
  bool repeatsStage = false;         ///< whether its forward is repeated together with those of its stage
  bool isRecomputed = false;         ///< whether backward repeats some of its forward

  /// Bytes that are taken at once while this layer and those in front of it, which take `before`, are repeated.
  int64_t repeatedWith(int64_t before) const {
    return repeatsStage ? before + repeatedBytes : std::max(before, repeatedBytes);
  }
};

/// A parameter, or several, that layers share. A stage with one of the layers has a copy.
struct TiedParameter {
  llvm::SmallVector<unsigned, 2> layers; ///< that use it, at least one, ascending
  int64_t bytes = 0;                     ///< weights, gradients and optimizer state, on each of its stages
  int64_t exchange = 0;                  ///< ticks a micro-batch for each of its stages, where it has several
};

/// What it costs to hand bytes to a neighbour.
struct TransferCost {
  int64_t latency = 0;     ///< ticks a message
  double ticksPerByte = 0; ///< 1 over the bandwidth, at least 0

  /// One message; none where there is nothing to hand over.
  int64_t ticks(int64_t bytes) const;
};

/// A step of a schedule whose gradients are stale. Stage s is on device s modulo `devices`.
struct StaleStep {
  int64_t devices = 1, microBatches = 1; ///< of a replica, at least 1
};

struct PartitionProblem {
  llvm::SmallVector<PartitionLayer> layers; ///< in the order of forward
  llvm::SmallVector<TiedParameter> tied;
  TransferCost transfer;
  llvm::SmallVector<int64_t> frames;   ///< by stage, whose number it sets: micro-batches that are alive at once
  llvm::SmallVector<int64_t> versions; ///< by stage: how many of its weights there are; empty: one
  std::optional<int64_t> memoryLimit;  ///< bytes of a device
  std::optional<StaleStep> stale;      ///< none where gradients are not stale

  size_t stages() const { return frames.size(); }
};

/// What one stage costs.
struct StageCost {
  int64_t compute = 0;    ///< ticks a micro-batch in its layers
  int64_t transfer = 0;   ///< ticks a micro-batch at its boundaries
  int64_t exchange = 0;   ///< ticks a micro-batch for tied parameters
  int64_t parameters = 0; ///< bytes, with all versions of weights
  int64_t frame = 0;      ///< bytes a frame
  int64_t repeated = 0;   ///< bytes: what is taken at once while forward is repeated
  int64_t memory = 0;     ///< bytes: parameters, all frames and what is repeated

  int64_t time() const { return compute + transfer + exchange; }
};

/// Layers a stage, and what the stages cost.
struct Partition {
  llvm::SmallVector<int64_t> counts;
  llvm::SmallVector<StageCost> stages;
  std::optional<int64_t> period; ///< ticks of a step, where gradients are stale
  std::string error;             ///< of the verifier; empty in a valid partition

  /// Ticks a micro-batch of the slowest stage.
  int64_t slowest() const;
};

/// The best partition in which every stage has a layer, by dynamic programming; none where memory does not suffice or
/// where there are fewer layers than stages. Of those whose slowest stage is the fastest it is the most even one, with
/// the least sum of squares of the stages' times; of these the one whose first stages have the fewest layers. Where
/// gradients are stale it is the best of StalePartition.h instead. Otherwise takes O(layers^2 (stages + uses of tied
/// parameters)) time.
std::optional<Partition> solvePartition(const PartitionProblem &problem);

/// The least memory of a device, in bytes, for which there is a partition; the problem's own limit does not count.
/// None where there are fewer layers than stages.
std::optional<int64_t> leastMemoryLimit(const PartitionProblem &problem);

/// Recomputes what the stages cost, layer by layer. Stages may be empty. The error says, in one line, that the counts
/// are not those of all layers and stages, or which stage exceeds the memory.
Partition verifyPartition(const PartitionProblem &problem, llvm::ArrayRef<int64_t> counts);

} // namespace sluice

#endif // SLUICE_PASSES_STAGES_PARTITION_H
