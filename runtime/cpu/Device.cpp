//===- Device.cpp - The CPU as a device of the engine ---------------------===//

#include "runtime/cpu/Device.h"

#include <algorithm>
#include <cstring>

namespace sluice::runtime {

/// The largest of a field over the program's functions: none calls another of the table, so all share one block.
static int64_t largest(const sluice_binary &program, int64_t sluice_function::*field) {
  int64_t bytes = 0;
  for (uint32_t i = 0; i < program.function_count; ++i)
    bytes = std::max(bytes, program.functions[i].*field);
  return bytes;
}

/// Bytes of scratch that each thread needs.
static int64_t threadScratchBytes(const sluice_binary &program) {
  return largest(program, &sluice_function::thread_scratch_bytes);
}

/// Elements from one input to the next: whole lines, as generated code expects of every block.
static int64_t inputStride(const sluice_binary &program) {
  constexpr int64_t kElementsALine = SLUICE_ALIGNMENT / int64_t(sizeof(int32_t));
  int64_t elements = program.batch * program.sequence;
  return (elements + kElementsALine - 1) / kElementsALine * kElementsALine;
}

MemoryPlan planMemory(const sluice_binary &program, unsigned threads) {
  MemoryPlan plan;
  plan.parameters = program.parameter_bytes;
  plan.persistent = program.persistent_bytes;
  plan.frames = program.frame_bytes;
  plan.scratch = largest(program, &sluice_function::scratch_bytes);
  plan.threadScratch = sluice_pool::scratchStride(threadScratchBytes(program)) * threads;
  plan.inputs = inputStride(program) * SLUICE_MAX_INPUTS * program.micro_batches * int64_t(sizeof(int32_t));
  return plan;
}

Device::Device(const sluice_binary &program, unsigned threads)
    : Device(program, planMemory(program, threads), threads) {}

Device::Device(const sluice_binary &program, const MemoryPlan &plan, unsigned threads)
    : program(program), parameterBlock(plan.parameters), persistentBlock(plan.persistent), frameBlock(plan.frames),
      scratch(plan.scratch), inputs(plan.inputs), pool(threads, threadScratchBytes(program)) {}

int32_t *Device::input(int64_t microBatch, uint32_t input) const {
  // Every micro-batch keeps its inputs for the whole step: a schedule may load all before the first forward.
  return reinterpret_cast<int32_t *>(inputs.data()) + inputStride(program) * (microBatch * SLUICE_MAX_INPUTS + input);
}

void Device::zeroGradients() {
  char *gradients = persistentBlock.data() + program.gradient_offset;
  pool.run(program.gradient_bytes, [&](int64_t begin, int64_t end) { std::memset(gradients + begin, 0, end - begin); });
}

void Device::call(int32_t function, int64_t microBatch, sluice_step &step) {
  for (uint32_t i = 0; i < SLUICE_MAX_INPUTS; ++i)
    step.inputs[i] = input(microBatch, i);
  step.pool = &pool;
  // Updates are in place.
  sluice_blocks blocks = {parameterBlock.data(), parameterBlock.data(), persistentBlock.data(), frameBlock.data()};
  program.functions[function].entry(&step, &blocks, scratch.data());
}

} // namespace sluice::runtime
