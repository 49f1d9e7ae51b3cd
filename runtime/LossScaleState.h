//===- LossScaleState.h - What a loss scale remembers -----------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_LOSSSCALESTATE_H
#define SLUICE_RUNTIME_LOSSSCALESTATE_H

#include <cstdint>

namespace sluice::runtime {

/// What of the loss scale goes on from step to step; training state, and so a part of checkpoints.
struct LossScaleState {
  double scale = 1;        ///< Of the next step.
  int64_t cleanSteps = 0;  ///< Since the scale was set or changed.
  int64_t skipsInARow = 0; ///< Until now.
  int64_t skips = 0;       ///< Of the whole run: steps that were no updates.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_LOSSSCALESTATE_H
