//===- LossScale.h - A loss scale that follows the gradients ----*- C++ -*-===//
//
// Gradients that are kept in few bits underflow, so that the loss is multiplied by a scale before backward and the
// gradients are divided by it before they are used (Micikevicius et al., Mixed Precision Training, arXiv 1710.03740).
// Dynamic scaling looks for the scale by itself: it halves where a gradient overflows and doubles where none has for
// long. The numbers are those of PyTorch's GradScaler, the bound that of NVIDIA's Apex.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_LOSSSCALE_H
#define SLUICE_RUNTIME_ENGINE_LOSSSCALE_H

#include "runtime/LossScaleState.h"
#include "runtime/abi.h"
#include "runtime/engine/Scalars.h"

#include <cstdint>
#include <string>

namespace sluice::runtime {

inline constexpr char kLossScale[] = "loss_scale", kLossScaleInterval[] = "loss_scale_interval";

/// Skipped steps in a row after which another gradient that is not finite stops the run.
inline constexpr int64_t kMostSkips = 10;

bool isPowerOfTwo(double value);

/// What the loss is multiplied by in the backward pass, so that gradients carry it; 1 where the program has none.
double lossScale(const Scalars &scalars);

/// Whether a program was compiled for a scale that follows the gradients (abi.h, sluice_scalar).
bool hasDynamicLossScale(const sluice_binary &program);

/// All digits of a scale, as people write it: "65536", "1048576".
std::string scaleText(double scale);

/// How the program was compiled: "none", "1024", "dynamic".
std::string lossScaleText(const sluice_binary &program);

/// The scale of a run, which is the scalar `loss_scale` and counters beside it. `scalars` must outlive it.
class LossScale {
public:
  LossScale(const sluice_binary &program, Scalars &scalars) : scalars(scalars), dynamic(hasDynamicLossScale(program)) {}

  bool isDynamic() const { return dynamic; }

  LossScaleState state() const;
  /// Goes on from a checkpoint. Where the scale is not dynamic only the count of skips does.
  void resume(const LossScaleState &saved);

  /// Whether a step whose gradient cannot be used is skipped; otherwise the run has to stop.
  bool maySkip() const { return dynamic && counters.skipsInARow < kMostSkips; }
  int64_t skipsInARow() const { return counters.skipsInARow; }
  /// Of the whole run.
  int64_t skips() const { return counters.skips; }

  /// Counts a step, and sets the scale of the next. A skipped step halves it; as many clean ones in a row as the scalar
  /// `loss_scale_interval` says double it, but not above 2^24. Nothing changes where the scale is not dynamic.
  void follow(bool isSkipped);

private:
  void set(double scale);

  Scalars &scalars;
  const bool dynamic;
  LossScaleState counters; ///< The scale in it is not kept up: it is the scalar.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_LOSSSCALE_H
