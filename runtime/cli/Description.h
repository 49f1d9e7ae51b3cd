//===- Description.h - What the model's description says of a run -*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CLI_DESCRIPTION_H
#define SLUICE_RUNTIME_CLI_DESCRIPTION_H

#include "runtime/abi.h"
#include "runtime/engine/StepSettings.h"

#include <string>

namespace sluice::runtime {

/// What the `training` block of the description makes the default of a flag.
struct DescribedTraining {
  OptimizerOptions optimizer;
  std::string shape = "cosine"; ///< Name of the shape of the learning rate, not yet checked.
  bool hasSteps = false;        ///< Whether it says how many steps a run has.
};

/// Reads the block. What is missing, or is no number where one belongs, keeps the default that holds without it.
DescribedTraining readDescription(const sluice_binary &program);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CLI_DESCRIPTION_H
