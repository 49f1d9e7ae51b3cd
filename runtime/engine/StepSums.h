//===- StepSums.h - Sums that a step leaves in memory -----------*- C++ -*-===//
//
// Actions leave sums of squares of gradients and counts of gates in the persistent block, where the next step writes
// over them. This is a copy of them.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_STEPSUMS_H
#define SLUICE_RUNTIME_ENGINE_STEPSUMS_H

#include "runtime/abi.h"
#include "runtime/engine/Device.h"

#include <cstdint>
#include <vector>

namespace sluice::runtime {

/// The element of a float tensor.
double readElement(uint32_t element, const char *data, int64_t index);

struct StepSums {
  /// Zeros.
  explicit StepSums(const sluice_binary &program);

  /// Copies what the stage left, behind its norms. Several threads may copy different stages at once.
  void read(const sluice_binary &program, const char *persistent, int32_t stage);
  /// Has a device read them, behind what it was asked for before.
  void request(const sluice_binary &program, Device &memory, int32_t stage) const;
  /// Copies them out of a device's memory; waits for it.
  void read(const sluice_binary &program, Device &memory, int32_t stage);

  std::vector<double> squares;   ///< Of the gradient, by parameter; 0 where it has none or is a copy.
  std::vector<double> unclipped; ///< The same of losses whose gradient is not clipped; empty where there are none.
  std::vector<double> gates;     ///< By gate: micro-batches of the step in which it was open.
};

/// sqrt of the sum of squares that carry a scale, which the result does not. In the order of the parameters, so that
/// it has the same bits however the squares were computed; of one stage alone where one is given, which is not -1.
double normOf(const sluice_binary &program, const std::vector<double> &squares, double scale, int32_t stage = -1);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_STEPSUMS_H
