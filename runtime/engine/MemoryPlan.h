//===- MemoryPlan.h - What memory a program needs ---------------*- C++ -*-===//
//
// Sizes that follow from a program's table, the same for every kind of device. Pure: nothing here reserves memory.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_MEMORYPLAN_H
#define SLUICE_RUNTIME_ENGINE_MEMORYPLAN_H

#include "runtime/abi.h"

#include <cstdint>
#include <string>

namespace sluice::runtime {

/// Bytes; memory is told to people in this unit.
inline constexpr double kMebibyte = 1 << 20;
/// "1.5 MiB".
std::string mebibytes(int64_t bytes);

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

/// What a run with so many threads a device occupies; of none the card's scratch alone is left.
MemoryPlan planMemory(const sluice_binary &program, unsigned threads);

/// What a program is to do: training writes all of its memory, the other verbs leave gradients and state alone.
enum class MemoryUse { Training, Inference };

/// What of a plan does not depend on the batch: parameters, their gradients, the optimizer's state, and each thread's
/// scratch.
int64_t fixedBytes(const sluice_binary &program, const MemoryPlan &plan, MemoryUse use);

/// Which batch or sequence would fit into what is available, of a program that needs more: the rest of the memory grows
/// with both. "compiled with --batch=2 in place of 8 it would fit"
std::string whatFits(const sluice_binary &program, int64_t needed, int64_t fixed, int64_t available);

/// Steps that the latest gradient of a program is late (sluice_stage::delay); 0 where all steps are synchronous.
int32_t mostDelay(const sluice_binary &program);

/// Of the program's devices, those of each replica.
int32_t devicesOfReplica(const sluice_binary &program);

/// The largest of a field over the functions of a replica's device: none calls another of the table, so all share one
/// block.
int64_t largestOf(const sluice_binary &program, int32_t device, int64_t sluice_function::*field);

/// The size, rounded up to whole lines, as generated code expects of every block.
int64_t wholeLines(int64_t bytes);

/// Elements from one input of a micro-batch to the next.
int64_t inputStride(const sluice_binary &program);

/// Micro-batches of a replica whose inputs are kept: of a step, and where gradients are late of the steps before that
/// they are of and of one that is begun ahead.
int64_t microBatchesKept(const sluice_binary &program);

/// One more where gradients are late: for a micro-batch that is evaluated between steps.
int64_t withEvaluated(const sluice_binary &program, int64_t count);

/// Of a replica: its inputs, and of a stage its frames, the versions of weights that do not lie in the parameter block,
/// the gradient buffers beyond the first, which lies in the persistent block, and gradients that it holds back.
int64_t inputBytes(const sluice_binary &program);
int64_t frameBytes(const sluice_binary &program, const sluice_stage &stage);
int64_t versionBytes(const sluice_stage &stage);
int64_t bufferBytes(const sluice_binary &program, const sluice_stage &stage);
int64_t heldBytes(const sluice_binary &program, int32_t stage);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_MEMORYPLAN_H
