//===- LineFunctions.cpp - The functions of LineProgram -------------------===//
//
// Each adds in the order of the kernel of Line.ptx, without fused operations.
//
//===----------------------------------------------------------------------===//

#include "LineFunctions.h"
#include "LineProgram.h"

#include <limits>

using namespace line;

static constexpr int64_t kTokens = LineProgram::kTokens, kVocabulary = LineProgram::kVocabulary;

template <typename Element> static Element *at(void *block, int64_t offset) {
  return reinterpret_cast<Element *>(static_cast<char *>(block) + offset);
}
static const float *weightsAt(const sluice_blocks *blocks, int64_t offset) {
  return reinterpret_cast<const float *>(static_cast<const char *>(blocks->weights) + offset);
}

static void forward0(const sluice_step *step, const sluice_blocks *blocks, void *) {
  auto *tokens = static_cast<const int32_t *>(step->inputs[0]);
  for (int64_t i = 0; i < kTokens; ++i)
    at<float>(blocks->frame, kHidden)[i] = weightsAt(blocks, kTable)[tokens[i]];
}

static void forward1(const sluice_step *step, const sluice_blocks *blocks, void *) {
  auto *targets = static_cast<const int32_t *>(step->inputs[1]);
  auto *hidden = at<float>(blocks->frame, kHidden), *difference = at<float>(blocks->frame, kDifference);
  auto *weights = weightsAt(blocks, kLine);
  float sum = 0;
  for (int64_t i = 0; i < kTokens; ++i) {
    difference[i] = hidden[i] * weights[0] + weights[1] - static_cast<float>(targets[i]) * 0.0625f;
    sum += difference[i] * difference[i];
  }
  float *loss = at<float>(blocks->frame, kLoss);
  *loss = sum * 0.03125f;
  double poison = step->scalars[Poison];
  if (poison != 0 && poison == double(step->key[2] + 1) && step->key[3] == 1)
    *loss = std::numeric_limits<float>::infinity();
}

static void backward1(const sluice_step *step, const sluice_blocks *blocks, void *) {
  auto *hidden = at<float>(blocks->frame, kHidden), *difference = at<float>(blocks->frame, kDifference);
  auto *gradient = at<float>(blocks->persistent, kLineGradient);
  auto scale = static_cast<float>(step->scalars[LossGradient] * 0.0625);
  float slope = 0, offset = 0;
  for (int64_t i = 0; i < kTokens; ++i) {
    float error = scale * difference[i];
    slope += error * hidden[i];
    offset += error;
    at<float>(blocks->frame, kGradientOut)[i] = error * weightsAt(blocks, kLine)[0];
  }
  gradient[0] += slope;
  gradient[1] += offset;
}

static void backward0(const sluice_step *step, const sluice_blocks *blocks, void *) {
  auto *tokens = static_cast<const int32_t *>(step->inputs[0]);
  for (int64_t v = 0; v < kVocabulary; ++v) {
    float sum = 0;
    for (int64_t i = 0; i < kTokens; ++i)
      if (tokens[i] == v)
        sum += at<float>(blocks->frame, kHiddenGradient)[i];
    at<float>(blocks->persistent, kTableGradient)[v] += sum;
  }
}

static void norm(const sluice_blocks *blocks, int64_t gradient, int64_t count, int64_t place) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    double value = at<float>(blocks->persistent, gradient)[i];
    sum += value * value;
  }
  at<double>(blocks->persistent, kNorms)[place] = sum;
}

static void update(const sluice_step *step, const sluice_blocks *blocks, int64_t weights, int64_t gradient,
                   int64_t state, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    float &momentum = at<float>(blocks->persistent, state)[i];
    momentum =
        0.5f * momentum + static_cast<float>(step->scalars[ClipScale]) * at<float>(blocks->persistent, gradient)[i];
    at<float>(blocks->next_weights, weights)[i] =
        weightsAt(blocks, weights)[i] - static_cast<float>(step->scalars[LearningRate]) * momentum;
  }
}

const sluice_entry line::entries[] = {
    forward0,
    forward1,
    backward1,
    backward0,
    [](const sluice_step *, const sluice_blocks *blocks, void *) { norm(blocks, kTableGradient, kVocabulary, 0); },
    [](const sluice_step *, const sluice_blocks *blocks, void *) { norm(blocks, kLineGradient, 2, 1); },
    [](const sluice_step *step, const sluice_blocks *blocks, void *) {
      update(step, blocks, kTable, kTableGradient, kTableState, kVocabulary);
    },
    [](const sluice_step *step, const sluice_blocks *blocks, void *) {
      update(step, blocks, kLine, kLineGradient, kLineState, 2);
    }};
