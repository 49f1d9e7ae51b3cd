//===- FakeTraining.h - Data and settings for the fake program --*- C++ -*-===//

#ifndef SLUICE_TEST_UNIT_FAKETRAINING_H
#define SLUICE_TEST_UNIT_FAKETRAINING_H

#include "FakeProgram.h"
#include "runtime/engine/StepSettings.h"

#include <cstdint>

namespace sluice::runtime {

/// Tokens in which 7 follows 5 follows 7, so that there is something to learn.
inline void loadFakePattern(int64_t microBatch, int32_t *tokens, int32_t *targets) {
  for (int64_t i = 0; i < kFakeBatch * kFakeSequence; ++i) {
    bool odd = (i + microBatch) % 2 != 0;
    tokens[i] = odd ? 5 : 7;
    targets[i] = odd ? 7 : 5;
  }
}

/// A constant rate, and the gradient clipped at 1.
inline StepSettings fakeSettings(int64_t step) {
  StepSettings settings;
  settings.step = step;
  settings.optimizer.learningRate = {LearningRateShape::Constant, 0.05};
  settings.optimizer.gradientClip = 1;
  return settings;
}

} // namespace sluice::runtime

#endif // SLUICE_TEST_UNIT_FAKETRAINING_H
