//===- Interpreter.h - Runs programs with hashes for tensors ----------------------------===//
//
// What a runtime does, apart from the verifier: it shares none of its code. Devices take turns over bounded queues.
// A tensor is a hash of what it was computed from, so that two runs end alike only if every operand was the same.
// Frames and gradient buffers are storage that is overwritten.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_UNIT_SCHEDULE_INTERPRETER_H
#define SLUICE_TEST_UNIT_SCHEDULE_INTERPRETER_H

#include "passes/Schedule/Programs.h"
#include <cstdint>
#include <optional>
#include <vector>

/// The losses of every stage of all replicas, iteration by iteration, and then the weights of each.
using Bits = std::vector<uint64_t>;

/// Runs so many iterations with so many frames a stage. Nothing if the devices hang, or if one does what a runtime
/// cannot do at all: name a channel, a frame or a buffer that is not there.
std::optional<Bits> interpret(const sluice::schedule::Pipeline &pipeline, const std::vector<int> &frames,
                              int iterations);

#endif // SLUICE_TEST_UNIT_SCHEDULE_INTERPRETER_H
