//===- Evaluate.h - Loss over validation data -------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_EVALUATE_H
#define SLUICE_RUNTIME_TRAIN_EVALUATE_H

#include "runtime/data/Data.h"
#include "runtime/engine/Engine.h"

#include <functional>
#include <limits>
#include <optional>

namespace sluice::runtime {

struct Evaluation {
  double loss = 0;    ///< Mean, nats a token.
  int64_t tokens = 0; ///< That were predicted.
};

/// Mean loss over at most `maxBatches` batches, spread evenly over the windows: always the same ones, so that losses of
/// different steps compare. `isStopped` is asked between batches; nothing is returned once it says true.
std::optional<Evaluation> evaluateWindows(Engine &engine, const sluice_binary &program,
                                          const ValidationWindows &windows,
                                          int64_t maxBatches = std::numeric_limits<int64_t>::max(),
                                          const std::function<bool()> &isStopped = {});

/// RunError if the loss is not finite, which names the first parameter that is not, if one is.
void checkFinite(const Evaluation &evaluation, const Engine &engine);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_EVALUATE_H
