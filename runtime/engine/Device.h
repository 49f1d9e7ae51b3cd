//===- Device.h - What the engine asks of a device --------------*- C++ -*-===//
//
// The memory that generated code of one replica works on, and what calls its functions. Stages of a process share
// weights and persistent slots, of which each touches its own part, and have frames of their own. Stages that lie on
// one of the program's devices run one after the other; what they are asked for is done in that order, and where the
// device is not the host it may be done later. finish() waits for it.
//
// What the host sees of parameters and of the persistent block is that memory itself, or a copy. fetch...() brings the
// copy up to date, store...() gives the device what the host has; where the memory is the host's they cost nothing.
//
// What a device is asked for does not throw where a thread of a stage asks: what went wrong is kept, the rest of the
// step is left out, and check() throws it.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_DEVICE_H
#define SLUICE_RUNTIME_ENGINE_DEVICE_H

#include "runtime/abi.h"
#include "runtime/cpu/Memory.h"
#include "runtime/cpu/Pool.h"
#include "runtime/cpu/Wait.h"
#include "runtime/engine/MemoryPlan.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::runtime {

/// A place of a channel's queue.
struct MessagePlace {
  uint32_t number; ///< Below the channel's capacity.
  char *onHost;    ///< Where the message lies, if devices have the host's memory.
};

/// The messages of a channel between two devices.
class Messages {
public:
  virtual ~Messages() = default;
  /// Copies what a send or receive is of, behind what its device was asked for before.
  virtual void put(MessagePlace place, const sluice_action &send, int64_t microBatch) = 0;
  virtual void take(MessagePlace place, const sluice_action &receive, int64_t microBatch) = 0;
};

/// What memory has beside that where gradients are late (sluice_stage::delay).
class LateMemory {
public:
  virtual ~LateMemory() = default;

  /// Exchanges the gradients that a stage holds back with those of the step before (sluice_held_gradient).
  virtual void exchangeHeldGradients(int32_t stage) = 0;

  /// Has every stage that predicts weights read the newest themselves, which have just been written.
  virtual void forgetPredictions() = 0;

  /// The weights that forward of a stage read so many updates ago, sluice_stage::weights_bytes; fewer than it has
  /// versions.
  virtual char *weightsBefore(int32_t stage, int32_t back) const = 0;

  /// What lies in memory between steps beside weights and persistent slots, as the host sees it: inputs, of every stage
  /// frames and gradients that it holds back, and messages that lie nowhere else.
  virtual std::vector<Memory *> underWay() = 0;

  /// Brings what the host sees of these and of weights before up to date, and has devices take what the host has
  /// written there. Between steps. What goes wrong Device::check() throws.
  virtual void fetchUnderWay() = 0;
  virtual void storeUnderWay() = 0;
};

/// By what a device decides whether a step updates, and what gradients are multiplied by: largestNorm / (norm +
/// epsilon) of the scaled loss, at most 1.
struct UpdateRule {
  double largestNorm; ///< 0: gradients are not clipped.
  double epsilon;
  double lossScale;
  int32_t clipScale; ///< Number of the scalar; -1: the program has none.
  int32_t stops;     ///< 1 where steps behind one that does not update do not either, until takeBack().
};

class Device {
public:
  /// The number of a micro-batch whose graph is not trained. Where gradients are late it has memory of its own, since
  /// others are under way.
  static constexpr int64_t kEvaluated = -1;

  /// In place of a count of updates: the newest weights themselves, where forward reads predictions.
  static constexpr int64_t kNewest = -1;

  virtual ~Device() = default;
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  /// Threads of the host for a stage.
  virtual sluice_pool &threads(int32_t stage = 0) = 0;
  /// There where gradients are late.
  virtual LateMemory *late() = 0;
  /// What functions run on: a processor, "GPU 0 (NVIDIA H100 80GB HBM3)".
  virtual std::string name() const = 0;
  /// Whether functions and messages work on memory of the host.
  virtual bool isHost() const = 0;

  /// What the host sees: the newest version of a parameter, and the persistent block, at its offsets.
  virtual char *parameter(const sluice_parameter &parameter) const = 0;
  virtual char *persistent() const = 0;
  virtual void fetchParameter(const sluice_parameter &parameter) = 0;
  virtual void fetchPersistent(int32_t stage, int64_t offset, int64_t bytes) = 0;
  /// The same, but it is there after finish(), or of a whole step after finishReads().
  virtual void readPersistent(int32_t stage, int64_t offset, int64_t bytes) {}
  /// Has the device take the bytes at `from`, which what the host sees may be itself.
  virtual void storeParameter(const sluice_parameter &parameter, const char *from) = 0;
  virtual void storePersistent(int32_t stage, int64_t offset, int64_t bytes, const char *from) = 0;

  /// An input of a micro-batch on the host, batch x sequence elements at most; to be written while its functions do not
  /// run. Micro-batches of a replica have numbers: in their step, or where gradients are late through all steps.
  virtual int32_t *input(int64_t microBatch, uint32_t input) = 0;

  /// Copies a part of a frame to the host: it is there after finish(), or of a whole step after finishReads().
  virtual void readFrame(int32_t stage, int64_t microBatch, int64_t offset, int64_t bytes, void *into) = 0;

  virtual void clearGradients(int32_t stage, int32_t buffer) = 0;
  /// Gradient buffer `into` += gradient buffer `from`.
  virtual void combine(int32_t stage, int32_t into, int32_t from) = 0;

  /// Calls a function of the table on the inputs and the frame of a micro-batch, and on the weights after so many
  /// updates; gradients are those of the buffer. Keys and scalars of `step` are the caller's; the device fills in the
  /// rest. One thread a stage at a time.
  virtual void call(int32_t function, int64_t microBatch, int32_t buffer, int64_t updates, sluice_step &step) = 0;

  /// Calls the function that updates a stage, and counts it. A stage that predicts weights does so `ahead` updates
  /// ahead (sluice_stage::predicts; SpecTrain, Chen et al., arXiv 1809.02839; XPipe, Guan et al., arXiv 1911.04610).
  virtual void update(int32_t stage, int32_t function, int32_t ahead, sluice_step &step) = 0;

  /// Whether devices decide themselves whether a step updates, so that nobody waits for its gradients: they can where
  /// they reach those of all. Where they do, the first replica is asked for what follows, for all replicas.
  virtual bool decides() const { return false; }
  /// How many such steps they can be asked for before the first is waited for.
  virtual int stepsUnderWay() const { return 1; }
  /// What they are asked for from here to endWhole() is such a step, which they may put off until then and do at once.
  /// The inputs that input() tells meanwhile and before are those of that step, and afterwards those of the next.
  virtual void beginWhole() {}
  /// The step does not update if an element of the frame is not finite. Every replica is asked for its own.
  virtual void watch(int32_t stage, int64_t microBatch, const sluice_tensor &value) {}
  /// The next update is one if all that was watched, and the norms that are in memory then, are finite.
  virtual void decide(const UpdateRule &rule) {}
  virtual void endWhole() {}
  /// Waits until what the step was to read is there, which is the first whose reads have not been waited for.
  virtual void finishReads() {}
  /// The last step whose reads have been waited for has not updated, nor have those that were asked for behind it, if
  /// UpdateRule::stops says so. It can be asked for again, as can they: its inputs are there.
  virtual void takeBack() {}

  /// A channel from here to another device of this kind.
  virtual std::unique_ptr<Messages> makeMessages(int32_t channel, Device &to) = 0;

  /// When what a stage was asked for so far is done, for whenDone() after finish(), or of a whole step after
  /// finishReads().
  virtual int64_t mark(int32_t stage) { return Clock::now().time_since_epoch().count(); }
  virtual Clock::time_point whenDone(int64_t mark) const { return Clock::time_point(Clock::duration(mark)); }
  /// Nobody asks for those of a stage's device so far any more.
  virtual void forgetMarks(int32_t stage) {}

  /// Adds what the runs of each kernel took since it was last asked, by their number in kernelsOf(), and times them
  /// from now on or not. Between steps.
  virtual void timeKernels(bool isTimed, std::vector<KernelTime> &sums) = 0;

  /// Waits until all is done that the device of a stage was asked for.
  virtual void finish(int32_t stage) = 0;
  /// Throws the RunError that says what went wrong since it was last asked.
  virtual void check() = 0;

  /// Updates of a stage so far, which are the number of its newest weights.
  int64_t updates(int32_t stage) const { return counts[stage].updates; }
  void setUpdates(int32_t stage, int64_t count) { counts[stage].updates = count; }
  /// The updates before forward of a micro-batch, whose weights its backward reads.
  int64_t updatesBefore(int32_t stage, int64_t microBatch) const;
  void setUpdatesBefore(int32_t stage, int64_t microBatch, int64_t count);

  /// The version of a stage's weights after so many updates: that in the parameter block is -1.
  int64_t versionOf(int32_t stage, int64_t updates) const;

protected:
  /// `program` must outlive the device and have passed checkProgram().
  explicit Device(const sluice_binary &program);

  /// The number of a micro-batch's frame in its stage.
  int64_t frameOf(int32_t stage, int64_t microBatch) const;
  /// The place of a micro-batch's inputs among those of all that are kept.
  int64_t placeOf(int64_t microBatch) const;

  const sluice_binary &program;

private:
  struct Counts {
    int64_t updates = 0;
    std::vector<int64_t> updatesBefore; ///< By frame.
  };
  std::vector<Counts> counts; // by stage
};

/// The devices of all replicas.
using Replicas = std::vector<std::unique_ptr<Device>>;

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_DEVICE_H
