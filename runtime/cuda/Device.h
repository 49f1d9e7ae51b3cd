//===- Device.h - GPUs as a device of the engine ----------------*- C++ -*-===//
//
// Functions are launches on streams of cards, one stream for each of the program's devices. All addresses are fixed, so
// that a graph which was captured once stays right. Where cards decide whether a step updates, a step is one graph.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CUDA_DEVICE_H
#define SLUICE_RUNTIME_CUDA_DEVICE_H

#include "runtime/cuda/LateMemory.h"
#include "runtime/cuda/Launcher.h"
#include "runtime/cuda/Layout.h"
#include "runtime/cuda/Machine.h"
#include "runtime/cuda/SharedStep.h"
#include "runtime/cuda/Slots.h"
#include "runtime/engine/Device.h"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace sluice::cuda {

/// One replica.
class CudaDevice : public runtime::Device {
public:
  /// Those of all replicas. `threads` of the host draw initial weights; they have no part in steps. `program` must
  /// outlive the devices and have passed checkProgram(). Throws as Machine.
  static runtime::Replicas make(const sluice_binary &program, unsigned threads, bool isSynchronous);
  ~CudaDevice() override;

  sluice_pool &threads(int32_t) override { return pool; }
  runtime::LateMemory *late() override { return lateMemory.get(); }
  std::string name() const override;
  bool isHost() const override { return false; }

  char *parameter(const sluice_parameter &parameter) const override;
  char *persistent() const override { return shownPersistent.data(); }
  void fetchParameter(const sluice_parameter &parameter) override;
  void fetchPersistent(int32_t stage, int64_t offset, int64_t bytes) override;
  void readPersistent(int32_t stage, int64_t offset, int64_t bytes) override;
  void storeParameter(const sluice_parameter &parameter, const char *from) override;
  void storePersistent(int32_t stage, int64_t offset, int64_t bytes, const char *from) override;

  /// Whoever asks for an input writes it.
  int32_t *input(int64_t microBatch, uint32_t input) override;
  void readFrame(int32_t stage, int64_t microBatch, int64_t offset, int64_t bytes, void *into) override;

  void clearGradients(int32_t stage, int32_t buffer) override;
  void combine(int32_t stage, int32_t into, int32_t from) override;
  void call(int32_t function, int64_t microBatch, int32_t buffer, int64_t updates, sluice_step &step) override;
  void update(int32_t stage, int32_t function, int32_t ahead, sluice_step &step) override;
  bool decides() const override { return shared != nullptr; }
  int stepsUnderWay() const override { return shared && !workers.front().stream.isSynchronous() ? 2 : 1; }
  void beginWhole() override { shared->begin(); }
  void watch(int32_t stage, int64_t microBatch, const sluice_tensor &value) override;
  void decide(const runtime::UpdateRule &rule) override { shared->decide(rule); }
  void endWhole() override { shared->end(); }
  void finishReads() override { shared->step().finishReads(); }
  void takeBack() override { shared->takeBack(); }
  std::unique_ptr<runtime::Messages> makeMessages(int32_t channel, Device &to) override;

  int64_t mark(int32_t stage) override;
  runtime::Clock::time_point whenDone(int64_t mark) const override;
  void forgetMarks(int32_t stage) override { streamOf(stage).forgetMarks(); }
  void timeKernels(bool isTimed, std::vector<KernelTime> &sums) override;
  void finish(int32_t stage) override;
  void check() override;

  /// Asks a stage's device for something: at once, or with the step that is open.
  void ask(int32_t stage, const Work &work);
  /// Has one of the program's devices do it, of a step as a whole or by itself.
  void perform(int32_t device, const Work &work, bool isOfWhole);
  /// How often cards began or ended a step as a whole (WholeStep::edges).
  int64_t edges() const { return shared ? shared->step().edges() : 0; }
  /// Whether kernels are launched one by one, so that each can be named or timed.
  bool launchesKernels() const;

  /// Where things of a stage are.
  Stream &streamOf(int32_t stage) const { return machine->stream(deviceOfStage(stage)); }
  const Layout &layoutOf(int32_t stage) const { return blocks[cardOfStage(stage)]->layout; }
  Address persistentAt(int32_t stage, int64_t offset) const {
    return baseOf(stage) + layoutOf(stage).persistent(offset);
  }
  Address gradientsAt(int32_t stage, int32_t buffer) const {
    return baseOf(stage) + layoutOf(stage).gradients(stage, buffer);
  }
  Address frameAt(int32_t stage, int64_t microBatch) const;
  Address messageAt(int32_t channel, uint32_t place) const;
  Address slotAt(int32_t stage, int64_t slot) const { return baseOf(stage) + layoutOf(stage).step(stage, slot); }
  Address inputAt(int32_t stage, int64_t slot, uint32_t input) const {
    return baseOf(stage) + layoutOf(stage).input(stage, slot, input);
  }
  Address ruleAt() const { return baseOf(0) + layoutOf(0).rule(0); }

  /// The same for what is late.
  Address weightsAt(int32_t stage, int64_t version, int64_t offset) const;
  Address heldAt(int32_t stage, int32_t half) const { return baseOf(stage) + layoutOf(stage).held(stage, half); }
  Address frameNumber(int32_t stage, int64_t frame) const {
    return baseOf(stage) + layoutOf(stage).frame(stage, frame);
  }
  /// What the host sees of a version of weights, from where the parameter block would begin.
  char *shownWeights(int32_t stage, int64_t version) const;
  Slots &slots() { return *stepSlots; }

private:
  CudaDevice(const sluice_binary &program, std::shared_ptr<Machine> machine, int32_t replica, unsigned threads);

  /// One of the program's devices in this replica.
  struct Worker {
    Worker(const sluice_binary &program, Machine &machine, int32_t device);
    int card;
    Stream &stream;
    Launcher launcher;
    std::vector<KernelTime> times; ///< Empty where kernels are not timed.
  };
  /// The replica's memory on a card.
  struct Block {
    Block(const sluice_binary &program, const Machine &machine, int32_t replica, int card);
    Layout layout;
    CardMemory memory;
  };

  int32_t deviceOfStage(int32_t stage) const { return firstDevice + program.stages[stage].device; }
  int cardOfStage(int32_t stage) const { return workers[program.stages[stage].device].card; }
  Address baseOf(int32_t stage) const { return blocks[cardOfStage(stage)]->memory.address(); }
  bool isStepOpen() const { return shared && shared->step().isOpen(); }
  void copy(Worker &worker, const Work &work, bool isOfWhole);
  int64_t slotOf(int32_t stage, int64_t microBatch) const;
  Address parameterAt(const sluice_parameter &parameter) const;
  Address addressOf(const Call &call, const sluice_operand &operand) const;

  std::shared_ptr<Machine> machine;
  const int32_t firstDevice;              ///< Of the program's, that is this replica's.
  runtime::Memory shown, shownPersistent; ///< What the host sees.
  sluice_pool pool;
  std::vector<std::unique_ptr<Block>> blocks; // by card; null where no stage lies
  std::deque<Worker> workers;                 // by device; which do not move
  std::optional<Slots> stepSlots;
  std::unique_ptr<CudaLateMemory> lateMemory; ///< Null where no gradient is late.
  std::shared_ptr<SharedStep> shared;         ///< Null where the host decides.
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_DEVICE_H
