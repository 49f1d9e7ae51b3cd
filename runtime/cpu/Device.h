//===- Device.h - The CPU as a device of the engine -------------*- C++ -*-===//
//
// The memory that generated code of one replica works on, and the threads that call its functions: stages of a process
// share weights and persistent slots, of which each touches its own part, and have frames of their own. Stages that lie
// on one of the program's devices run one after the other, on scratch and threads of that device. The engine knows it
// by the public part of this class alone, so another kind of device needs no more than that.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CPU_DEVICE_H
#define SLUICE_RUNTIME_CPU_DEVICE_H

#include "runtime/abi.h"
#include "runtime/cpu/Memory.h"
#include "runtime/cpu/Pool.h"

#include <cstdint>
#include <deque>
#include <vector>

namespace sluice::runtime {

/// Bytes of each kind of memory that a run occupies, over all replicas and stages.
struct MemoryPlan {
  int64_t parameters = 0;
  int64_t versions = 0;      ///< Of parameters, beyond the first.
  int64_t persistent = 0;    ///< Gradients, optimizer state.
  int64_t frames = 0;        ///< What is kept from forward to backward, of all micro-batches that are alive at once.
  int64_t buffers = 0;       ///< Sums of gradients beyond the first, and gradients that wait for the next step.
  int64_t scratch = 0;       ///< Of the threads that call the functions.
  int64_t threadScratch = 0; ///< Of all threads together.
  int64_t inputs = 0;        ///< Of all micro-batches of a step, and of steps whose gradients are late.
  int64_t total() const {
    return parameters + versions + persistent + frames + buffers + scratch + threadScratch + inputs;
  }
};

/// Steps that the latest gradient of a program is late (sluice_stage::delay); 0 where all steps are synchronous.
int32_t mostDelay(const sluice_binary &program);

/// What a run with so many threads a device occupies. Pure: reserves nothing.
MemoryPlan planMemory(const sluice_binary &program, unsigned threads);

/// Owns the blocks of memory, zero at first, and the threads.
class Device {
public:
  /// `threads` for each of the program's devices. `program` must outlive the device and have passed checkProgram().
  /// Throws as Memory and sluice_pool do.
  Device(const sluice_binary &program, unsigned threads);

  sluice_pool &threads(int32_t stage = 0) { return workers[program.stages[stage].device].pool; }

  /// The number of a micro-batch whose graph is not trained. Where gradients are late it has memory of its own, since
  /// others are under way.
  static constexpr int64_t kEvaluated = -1;

  /// In place of a count of updates: the newest weights themselves, where forward reads predictions.
  static constexpr int64_t kNewest = -1;

  /// The newest version of a parameter, or of all of them where there is one: the offsets of the table are in that.
  char *parameter(const sluice_parameter &parameter) const;
  char *persistent() const { return persistentBlock.data(); }
  /// Micro-batches of a replica have numbers: in their step, or where gradients are late through all steps.
  char *frame(int32_t stage, int64_t microBatch = 0) const;

  /// An input of a micro-batch: batch x sequence elements at most.
  int32_t *input(int64_t microBatch, uint32_t input) const;

  /// A gradient buffer of a stage: gradients and counts of gates, sluice_stage::gradient_bytes.
  char *gradients(int32_t stage, int32_t buffer) const;
  void clearGradients(int32_t stage, int32_t buffer);
  /// Gradient buffer `into` += gradient buffer `from`.
  void combine(int32_t stage, int32_t into, int32_t from);

  /// Exchanges the gradients that a stage holds back with those of the step before (sluice_held_gradient).
  void exchangeHeldGradients(int32_t stage);

  /// Updates of a stage so far, which are the number of its newest weights.
  int64_t updates(int32_t stage) const { return stages[stage].updates; }
  void setUpdates(int32_t stage, int64_t count) { stages[stage].updates = count; }
  /// The updates before forward of a micro-batch, whose weights its backward reads.
  int64_t updatesBefore(int32_t stage, int64_t microBatch) const;
  void setUpdatesBefore(int32_t stage, int64_t microBatch, int64_t count);

  /// Calls a function of the table on the inputs and the frame of a micro-batch, and on the weights after so many
  /// updates; gradients are those of the buffer. Keys and scalars of `step` are the caller's; the device fills in the
  /// rest. One thread a stage at a time.
  void call(int32_t function, int64_t microBatch, int32_t buffer, int64_t updates, sluice_step &step);

  /// Calls the function that updates a stage, and counts it. A stage that predicts weights does so `ahead` updates
  /// ahead (sluice_stage::predicts; SpecTrain, Chen et al., arXiv 1809.02839; XPipe, Guan et al., arXiv 1911.04610).
  void update(int32_t stage, int32_t function, int32_t ahead, sluice_step &step);

  /// Has every stage that predicts weights read the newest themselves, which have just been written.
  void forgetPredictions();

  /// The weights that forward of a stage read so many updates ago, sluice_stage::weights_bytes; fewer than it has
  /// versions.
  char *weightsBefore(int32_t stage, int32_t back) const;

  /// What lies in memory between steps beside weights and persistent slots: inputs, and of every stage frames and
  /// gradients that it holds back.
  std::vector<Memory *> underWay();

private:
  struct Stage {
    Stage(const sluice_binary &program, int32_t number);
    Memory frames, buffers;
    Memory versions; ///< Of its weights, beyond the first, which lies in the parameter block.
    Memory held;     ///< Gradients that it holds back, one behind the other.
    int64_t updates = 0;
    std::vector<int64_t> updatesBefore; ///< By frame.
  };
  struct Worker {
    Worker(const sluice_binary &program, int32_t device, unsigned threads);
    Memory scratch;
    sluice_pool pool;
  };

  char *weights(int32_t stage, int64_t updates) const;
  int64_t frameOf(int32_t stage, int64_t microBatch) const;

  const sluice_binary &program;
  Memory parameterBlock, persistentBlock, inputs;
  std::deque<Stage> stages;
  std::deque<Worker> workers; // by device; which do not move
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CPU_DEVICE_H
