//===- StepScalars.h - Scalars that the runtime computes --------*- C++ -*-===//
//
// Some scalars of a program are not set by a person but computed at every step: from the step's settings and from other
// scalars before it, and from the norm of the gradient before the update. abi.h (sluice_scalar) says what each means.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_STEPSCALARS_H
#define SLUICE_RUNTIME_ENGINE_STEPSCALARS_H

#include "runtime/abi.h"
#include "runtime/engine/Scalars.h"
#include "runtime/engine/StepSettings.h"

#include <string>

namespace sluice::runtime {

/// What PyTorch's clip_grad_norm_ adds to the norm.
inline constexpr double kClipEpsilon = 1e-6;

/// The scalar that gradients are multiplied by.
inline constexpr char kClipScale[] = "clip_scale";

/// True for a scalar that the runtime computes at every step.
bool isComputedScalar(const std::string &name);

/// Computes the scalars of a step that the program has, except what depends on the step's gradient. `skips` of the
/// steps done were skipped.
void setScalarsOfStep(Scalars &scalars, const sluice_binary &program, const StepSettings &settings, int64_t skips = 0);

/// Computes what gradients are multiplied by in the update, from their global norm without the scale of the loss.
/// `largestNorm` is what the norm is clipped to; 0: not at all.
void setClipScale(Scalars &scalars, double norm, double largestNorm);

/// What that has computed; 1 where the program has no use for it.
double clipScale(const Scalars &scalars);

/// Computes what depends on the updates that one stage has done, where stages update by themselves.
void setScalarsOfUpdate(Scalars &scalars, int64_t updates, double clipScale);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_STEPSCALARS_H
