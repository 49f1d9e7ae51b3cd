//===- Device.h - GPUs as a device of the engine ----------------*- C++ -*-===//
//
// Functions are launches on streams of cards, one stream for each of the program's devices. All addresses are fixed:
// the state of the step and the inputs that a function reads are copied to a slot of the micro-batch before it, so that
// a graph which was captured once stays right. Where the card decides whether a step updates, a step is one graph.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CUDA_DEVICE_H
#define SLUICE_RUNTIME_CUDA_DEVICE_H

#include "runtime/cuda/Decision.h"
#include "runtime/cuda/LateMemory.h"
#include "runtime/cuda/Launcher.h"
#include "runtime/cuda/Layout.h"
#include "runtime/cuda/Machine.h"
#include "runtime/cuda/WholeStep.h"
#include "runtime/engine/Device.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::cuda {

/// One replica.
class CudaDevice : public runtime::Device {
public:
  /// `threads` of the host draw initial weights; they have no part in steps. `program` must outlive the device and have
  /// passed checkProgram(). Throws as Machine, of which all replicas share one.
  CudaDevice(const sluice_binary &program, std::shared_ptr<Machine> machine, int32_t replica, unsigned threads,
             bool isSynchronous);

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
  bool decides() const override { return whole != nullptr; }
  int stepsUnderWay() const override { return whole && !workers.front().stream.isSynchronous() ? 2 : 1; }
  void beginWhole() override { whole->step.begin(); }
  void watch(int32_t stage, int64_t microBatch, const sluice_tensor &value) override;
  void decide(const runtime::UpdateRule &rule) override;
  void endWhole() override;
  void finishReads() override { whole->step.finishReads(); }
  void takeBack() override;
  std::unique_ptr<runtime::Messages> makeMessages(int32_t channel, Device &to) override;

  int64_t mark(int32_t stage) override;
  runtime::Clock::time_point whenDone(int64_t mark) const override;
  void forgetMarks(int32_t stage) override { streamOf(stage).forgetMarks(); }
  void timeKernels(bool isTimed, std::vector<KernelTime> &sums) override;
  void finish(int32_t stage) override;
  void check() override;

  /// What messages need to know of a stage.
  Stream &streamOf(int32_t stage) { return workers[program.stages[stage].device].stream; }
  Address persistentAt(int32_t stage, int64_t offset) const {
    return baseOf(stage) + layoutOf(stage).persistent(offset);
  }
  Address gradientsAt(int32_t stage, int32_t buffer) const {
    return baseOf(stage) + layoutOf(stage).gradients(stage, buffer);
  }
  Address frameAt(int32_t stage, int64_t microBatch) const;
  Address messageAt(int32_t channel, uint32_t place) const;

  /// The same for what is late.
  Address weightsAt(int32_t stage, int64_t version, int64_t offset) const;
  Address heldAt(int32_t stage, int32_t half) const { return baseOf(stage) + layoutOf(stage).held(stage, half); }
  Address frameNumber(int32_t stage, int64_t frame) const {
    return baseOf(stage) + layoutOf(stage).frame(stage, frame);
  }
  char *inputData() const { return inputs->data(); }
  /// What the host sees of a version of weights, from where the parameter block would begin.
  char *shownWeights(int32_t stage, int64_t version) const;
  /// What lies beside frames is not that of their micro-batches any more.
  void forgetSlots();

private:
  /// One of the program's devices in this replica.
  struct Worker {
    Worker(const sluice_binary &program, Machine &machine, int card, bool isSynchronous);
    int card;
    Stream stream;
    Launcher launcher;
    std::vector<KernelTime> times; ///< Empty where kernels are not timed.
  };
  /// The replica's memory on a card.
  struct Block {
    Block(const sluice_binary &program, const Machine &machine, int32_t replica, int card);
    Layout layout;
    CardMemory memory;
  };
  /// What a slot on the card has.
  struct Slot {
    std::optional<sluice_step> step;
    int64_t inputs = -1; ///< Number of the loading that they are of.
  };
  /// There where the card decides.
  struct Whole {
    Whole(const sluice_binary &program, const Kernels &kernels, Stream &stream, Address inputs, int64_t inputBytes,
          std::function<void(const Work &)> perform)
        : step(kernels, stream, inputs, inputBytes, std::move(perform)), decision(program, kernels, stream) {}
    WholeStep step;
    Decision decision;
  };
  struct FunctionFacts {
    bool readsStep = false;
    uint32_t inputs = 0; ///< That it reads, up to the last.
  };

  int cardOfStage(int32_t stage) const { return workers[program.stages[stage].device].card; }
  Address baseOf(int32_t stage) const { return blocks[cardOfStage(stage)]->memory.address(); }
  const Layout &layoutOf(int32_t stage) const { return blocks[cardOfStage(stage)]->layout; }
  void makeWhole();
  /// The number of a micro-batch's slot in its stage.
  int64_t slotOf(int32_t stage, int64_t microBatch) const;
  char *hostInput(int64_t place, uint32_t input) const;
  char *stepToCome(int64_t slot) const;
  void prepareSlot(int32_t function, int64_t microBatch, const sluice_step &step);
  bool isStepOpen() const { return whole && whole->step.isOpen(); }
  void ask(const Work &work);
  void perform(const Work &work);
  Address parameterAt(const sluice_parameter &parameter) const;
  Address addressOf(int32_t stage, const Call &call, const sluice_operand &operand) const;

  std::shared_ptr<Machine> machine;
  runtime::Memory shown, shownPersistent; ///< What the host sees.
  sluice_pool pool;
  std::deque<Worker> workers;                 // by device; which do not move
  std::vector<std::unique_ptr<Block>> blocks; // by card; null where no stage lies
  std::vector<std::vector<Slot>> slots;       ///< By stage and number.
  std::vector<FunctionFacts> functions;
  std::vector<uint32_t> stageInputs;          ///< That launches of each stage read, up to the last.
  std::optional<PinnedMemory> inputs;         ///< None where the card decides.
  std::vector<int64_t> loadings;              ///< By place of a micro-batch: how often it was loaded.
  std::unique_ptr<CudaLateMemory> lateMemory; ///< Null where no gradient is late.
  std::unique_ptr<Whole> whole;               ///< Null where the host decides.
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_DEVICE_H
