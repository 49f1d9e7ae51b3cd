//===- FreshGradients.h - How far late gradients are from fresh ones -*- C++ -*-===//
//
// Where gradients are late, a stage applies in step t the gradient of micro-batches of a step before, at weights of
// that step. Its fresh gradient is that of the micro-batches of step t at the weights that step t begins with: what a
// synchronous schedule would apply.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_FRESHGRADIENTS_H
#define SLUICE_RUNTIME_ENGINE_FRESHGRADIENTS_H

#include "runtime/abi.h"
#include "runtime/engine/Actions.h"
#include "runtime/engine/Device.h"
#include "runtime/engine/Scalars.h"
#include "runtime/engine/StepMetrics.h"
#include "runtime/engine/StepSettings.h"

#include <vector>

namespace sluice::runtime {

/// A copy of the gradients of a step, all parameters at their offsets in the persistent block.
class FreshGradients {
public:
  /// Computes the fresh gradients of a step, one action after the other, before it begins and while none is under way.
  /// What is under way stays as it is. The program has late gradients, and synchronous actions.
  FreshGradients(const sluice_binary &program, Replicas &replicas, Actions &actions, const StepSettings &settings,
                 const Scalars &scalars, const LoadFunction &load);

  /// Compares with those that the step has applied, which are still in memory; by stage. Those of stages without a
  /// gradient in the step are left out.
  std::vector<StaleDetail> compare(const std::vector<char> &hasGradient) const;

private:
  void fetchGradients() const;
  void run(Actions &actions, const StepSettings &settings, const Scalars &scalars);

  const sluice_binary &program;
  Replicas &replicas;
  std::vector<char> gradients; ///< Of the persistent block, the range of all gradients.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_FRESHGRADIENTS_H
