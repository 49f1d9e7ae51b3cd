//===- Device.h - The CPU as a device of the engine -------------*- C++ -*-===//
//
// Functions are called on memory of the host and on a pool of threads for each of the program's devices.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CPU_DEVICE_H
#define SLUICE_RUNTIME_CPU_DEVICE_H

#include "runtime/engine/Device.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace sluice::runtime {

/// Owns the blocks of memory, zero at first, and the threads.
class CpuDevice : public Device, public LateMemory {
public:
  /// `threads` for each of the program's devices. `program` must outlive the device and have passed checkProgram().
  /// Throws as Memory and sluice_pool do.
  CpuDevice(const sluice_binary &program, unsigned threads);

  sluice_pool &threads(int32_t stage = 0) override { return workers[program.stages[stage].device].pool; }
  LateMemory *late() override { return this; }
  std::string name() const override { return program.processor; }
  bool isHost() const override { return true; }

  /// The offsets of the table are in the newest version of all parameters where there is one.
  char *parameter(const sluice_parameter &parameter) const override;
  char *persistent() const override { return persistentBlock.data(); }
  void fetchParameter(const sluice_parameter &) override {}
  void fetchPersistent(int32_t, int64_t, int64_t) override {}
  void storeParameter(const sluice_parameter &parameter, const char *from) override;
  void storePersistent(int32_t stage, int64_t offset, int64_t bytes, const char *from) override;

  int32_t *input(int64_t microBatch, uint32_t input) override;
  char *frame(int32_t stage, int64_t microBatch = 0) const;
  void readFrame(int32_t stage, int64_t microBatch, int64_t offset, int64_t bytes, void *into) override;

  /// A gradient buffer of a stage: gradients and counts of gates, sluice_stage::gradient_bytes.
  char *gradients(int32_t stage, int32_t buffer) const;
  void clearGradients(int32_t stage, int32_t buffer) override;
  void combine(int32_t stage, int32_t into, int32_t from) override;
  void exchangeHeldGradients(int32_t stage) override;

  void call(int32_t function, int64_t microBatch, int32_t buffer, int64_t updates, sluice_step &step) override;
  void update(int32_t stage, int32_t function, int32_t ahead, sluice_step &step) override;
  void forgetPredictions() override;
  char *weightsBefore(int32_t stage, int32_t back) const override;
  std::vector<Memory *> underWay() override;
  void fetchUnderWay() override {}
  void storeUnderWay() override {}

  std::unique_ptr<Messages> makeMessages(int32_t channel, Device &to) override;

  void timeKernels(bool isTimed, std::vector<KernelTime> &sums) override;

  /// All is done when it was asked for.
  void finish(int32_t) override {}
  void check() override {}

private:
  struct Stage {
    Stage(const sluice_binary &program, int32_t number);
    Memory frames, buffers;
    Memory versions; ///< Of its weights, beyond the first, which lies in the parameter block.
    Memory held;     ///< Gradients that it holds back, one behind the other.
  };
  struct Worker {
    Worker(const sluice_binary &program, int32_t device, unsigned threads);
    Memory scratch;
    sluice_pool pool;
    std::vector<KernelTime> times; ///< Empty where kernels are not timed.
  };

  char *weights(int32_t stage, int64_t updates) const;

  Memory parameterBlock, persistentBlock, inputs;
  std::deque<Stage> stages;
  std::deque<Worker> workers; // by device; which do not move
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CPU_DEVICE_H
