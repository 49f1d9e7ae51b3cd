//===- Device.h - The CPU as a device of the engine -------------*- C++ -*-===//
//
// A device holds the memory that generated code works on and calls its functions. The engine knows a device by the
// public part of this class alone, so another kind of device needs no more than that.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CPU_DEVICE_H
#define SLUICE_RUNTIME_CPU_DEVICE_H

#include "runtime/abi.h"
#include "runtime/cpu/Memory.h"
#include "runtime/cpu/Pool.h"

#include <cstdint>

namespace sluice::runtime {

/// Bytes of each kind of memory that a run occupies.
struct MemoryPlan {
  int64_t parameters = 0;
  int64_t persistent = 0;    ///< Gradients, optimizer state.
  int64_t frames = 0;        ///< What is kept from forward to backward.
  int64_t scratch = 0;       ///< Of the thread that calls the functions.
  int64_t threadScratch = 0; ///< Of all threads together.
  int64_t inputs = 0;        ///< Of all micro-batches of a step.
  int64_t total() const { return parameters + persistent + frames + scratch + threadScratch + inputs; }
};

/// What a device with so many threads occupies. Pure: reserves nothing.
MemoryPlan planMemory(const sluice_binary &program, unsigned threads);

/// Owns the blocks of memory, zero at first, and the threads.
class Device {
public:
  /// `program` must outlive the device and have passed checkProgram(). Throws as Memory and sluice_pool do.
  Device(const sluice_binary &program, unsigned threads);

  sluice_pool &threads() { return pool; }

  /// The blocks that the offsets of the program's table are in.
  char *parameters() const { return parameterBlock.data(); }
  char *persistent() const { return persistentBlock.data(); }
  char *frame() const { return frameBlock.data(); }

  /// An input of a micro-batch: batch x sequence elements at most.
  int32_t *input(int64_t microBatch, uint32_t input) const;

  /// Clears the gradient accumulators and the counts of gates.
  void zeroGradients();

  /// Calls a function of the table on the inputs of a micro-batch. Keys and scalars of `step` are the caller's; the
  /// device fills in the rest.
  void call(int32_t function, int64_t microBatch, sluice_step &step);

private:
  Device(const sluice_binary &program, const MemoryPlan &plan, unsigned threads);

  const sluice_binary &program;
  Memory parameterBlock, persistentBlock, frameBlock, scratch, inputs;
  sluice_pool pool;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CPU_DEVICE_H
