//===- NonFinite.h - Stops at numbers that are not finite -------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_ENGINE_NONFINITE_H
#define SLUICE_RUNTIME_ENGINE_NONFINITE_H

#include "runtime/abi.h"
#include "runtime/engine/Device.h"
#include "runtime/engine/Executor.h"
#include "runtime/engine/StepMetrics.h"

#include <string>

namespace sluice::runtime {

/// Whether all losses of a step and the norms of its gradients are finite; to be asked before the update.
bool isFinite(const sluice_binary &program, const StepMetrics &metrics, const StepResult &result);

/// Names the first parameter (in the order of the table) whose gradient is not finite, and the element; empty if there
/// is none. Of those of one stage alone where one is given, which is not -1.
std::string findNonFiniteGradient(const sluice_binary &program, Device &memory, int32_t stage = -1);

/// Throws the RunError that names the first micro-batch that is to blame, and the first parameter (in the order of the
/// table) whose gradient is not finite. Computes gradients anew, one micro-batch at a time; to be called between
/// computeGradients and update. `skips` steps in a row have been skipped before, which the error says.
[[noreturn]] void reportNonFinite(const sluice_binary &program, const StepMetrics &metrics, const Replicas &replicas,
                                  Executor &executor, const StepSettings &settings, int64_t skips);

/// Throws the RunError that says how many gradients a format saturated, after so many steps skipped in a row.
[[noreturn]] void reportSaturated(const RoundingCounts &counts, const StepSettings &settings, int64_t skips);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_NONFINITE_H
