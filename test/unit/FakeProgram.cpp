//===- FakeProgram.cpp - A hand-written compiled program ------------------===//
//
// Stands where the compiler's object file stands, so that the runtime is tested without the compiler.
//
//===----------------------------------------------------------------------===//

#include "FakeProgram.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace {

constexpr int64_t kVocabulary = kFakeVocabulary, kTokens = kFakeBatch * kFakeSequence;
constexpr int64_t kTable = kVocabulary * kVocabulary * 4, kBias = kVocabulary * 4;

// The frame, and the persistent block.
constexpr int64_t kLoss = 0, kTargets = 32, kScores = 64, kFrame = kScores + kBias;
constexpr int64_t kNorms = 0, kGradients = 64;
constexpr int64_t kFirstMoments = kGradients + kTable + kBias, kSecondMoments = kFirstMoments + kTable + kBias;
constexpr int64_t kPersistent = kSecondMoments + kTable + kBias;

enum Scalar {
  LearningRate,
  Beta1,
  Beta2,
  Epsilon,
  WeightDecay,
  Correction1,
  Correction2,
  ClipScale,
  LossGradient,
  Poison
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const sluice_scalar scalars[] = {
    {"learning_rate", 0, "step size", -kInfinity, kInfinity, 0},
    {"beta1", 0.9, "decay of the first moment", -kInfinity, kInfinity, 0},
    {"beta2", 0.99, "decay of the second moment", -kInfinity, kInfinity, 0},
    {"epsilon", 1e-8, "addend to the root", -kInfinity, kInfinity, 0},
    {"weight_decay", 0.1, "decoupled decay", -kInfinity, kInfinity, 0},
    {"bias_correction1", 1, "of the first moment", -kInfinity, kInfinity, 0},
    {"bias_correction2", 1, "of the second moment", -kInfinity, kInfinity, 0},
    {"clip_scale", 1, "of the gradient", -kInfinity, kInfinity, 0},
    {"loss_gradient", 1, "seed of backward", -kInfinity, kInfinity, 0},
    {"poison", 0, "step that goes wrong", -kInfinity, kInfinity, 0},
    {"loss_scale", 1, "of backward", 0, kInfinity, SLUICE_LEAST_IS_OPEN},
    {"steps", 1, "of the run", -kInfinity, kInfinity, 0},
    {"adamw_learning_rate", 0, "of AdamW beside another optimizer", -kInfinity, kInfinity, 0},
    {"share", std::numeric_limits<double>::quiet_NaN(), "that nothing reads", 0, 1, SLUICE_MOST_IS_OPEN},
};

template <typename Element> Element *at(void *block, int64_t offset) {
  return reinterpret_cast<Element *>(static_cast<char *>(block) + offset);
}
const float *weightsAt(const sluice_blocks *blocks, int64_t offset) {
  return reinterpret_cast<const float *>(static_cast<const char *>(blocks->weights) + offset);
}

// Two kernels have one name, as those of layers have.
const sluice_kernel kernels[] = {{"softmax", 1000, 10}, {"softmax", 2000, 20}, {"scatter", 0, 30}, {"adamw", 40, 50}};
enum Kernel { ForwardSoftmax, BackwardSoftmax, Scatter, AdamW };

/// Calls function(begin, end, threadScratch) on the threads of the pool.
template <typename Function>
void parallelFor(const sluice_step *step, Kernel kernel, int64_t count, const Function &function) {
  sluice_parallel_for(
      step, count,
      [](const void *context, int64_t begin, int64_t end, void *scratch) {
        (*static_cast<const Function *>(context))(begin, end, scratch);
      },
      &function, kernel);
}

/// Probabilities of the next token, and the logarithm of the sum that they were divided by.
double softmax(const float *table, const float *bias, int32_t token, float *probabilities) {
  double sum = 0;
  for (int64_t v = 0; v < kVocabulary; ++v)
    sum += std::exp(double(table[token * kVocabulary + v] + bias[v]));
  for (int64_t v = 0; v < kVocabulary; ++v)
    probabilities[v] = float(std::exp(double(table[token * kVocabulary + v] + bias[v])) / sum);
  return std::log(sum);
}

void forward(const sluice_step *step, const sluice_blocks *blocks, void *scratch) {
  auto *tokens = static_cast<const int32_t *>(step->inputs[0]),
       *targets = static_cast<const int32_t *>(step->inputs[1]);
  auto *table = weightsAt(blocks, 0), *bias = weightsAt(blocks, kTable);
  auto *losses = static_cast<double *>(scratch);
  parallelFor(step, ForwardSoftmax, kTokens, [&](int64_t begin, int64_t end, void *threadScratch) {
    for (int64_t i = begin; i < end; ++i) {
      losses[i] = 0;
      if (targets[i] < 0)
        continue;
      double logSum = softmax(table, bias, tokens[i], static_cast<float *>(threadScratch));
      losses[i] = logSum - double(table[tokens[i] * kVocabulary + targets[i]] + bias[targets[i]]);
    }
  });
  double sum = 0;
  int64_t count = 0;
  for (int64_t i = 0; i < kTokens; ++i) {
    sum += losses[i];
    count += targets[i] >= 0;
  }
  *at<float>(blocks->frame, kTargets) = float(count);
  bool poisoned = step->scalars[Poison] < 0 && -step->scalars[Poison] - 1 == step->key[2] && step->key[3] == 0;
  *at<float>(blocks->frame, kLoss) = poisoned ? std::numeric_limits<float>::infinity() : float(sum / double(count));
}

void backward(const sluice_step *step, const sluice_blocks *blocks, void *scratch) {
  auto *tokens = static_cast<const int32_t *>(step->inputs[0]),
       *targets = static_cast<const int32_t *>(step->inputs[1]);
  auto *table = weightsAt(blocks, 0), *bias = weightsAt(blocks, kTable);
  auto *tableGradient = at<float>(blocks->persistent, kGradients),
       *biasGradient = at<float>(blocks->persistent, kGradients + kTable);
  auto *rows = static_cast<float *>(scratch);
  auto scale = float(step->scalars[LossGradient] / kTokens);
  parallelFor(step, BackwardSoftmax, kTokens, [&](int64_t begin, int64_t end, void *threadScratch) {
    auto *probabilities = static_cast<float *>(threadScratch);
    for (int64_t i = begin; i < end; ++i) {
      softmax(table, bias, tokens[i], probabilities);
      probabilities[targets[i]] -= 1;
      std::memcpy(rows + i * kVocabulary, probabilities, kBias);
    }
  });
  parallelFor(step, Scatter, kVocabulary, [&](int64_t begin, int64_t end, void *) {
    for (int64_t i = 0; i < kTokens; ++i)
      for (int64_t v = begin; v < end; ++v) {
        tableGradient[tokens[i] * kVocabulary + v] += scale * rows[i * kVocabulary + v];
        biasGradient[v] += scale * rows[i * kVocabulary + v];
      }
  });
  if (step->scalars[Poison] > 0 && step->scalars[Poison] - 1 == step->key[2] && step->key[3] == 1)
    biasGradient[7] = std::numeric_limits<float>::quiet_NaN();
}

double squares(const float *values, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += double(values[i]) * double(values[i]);
  return sum;
}

void norm(const sluice_step *, const sluice_blocks *blocks, void *) {
  at<double>(blocks->persistent, kNorms)[0] = squares(at<float>(blocks->persistent, kGradients), kTable / 4);
  at<double>(blocks->persistent, kNorms)[1] = squares(at<float>(blocks->persistent, kGradients + kTable), kVocabulary);
}

void update(const sluice_step *step, const sluice_blocks *blocks, void *) {
  const double *s = step->scalars;
  auto *weights = weightsAt(blocks, 0);
  auto *next = at<float>(blocks->next_weights, 0), *gradients = at<float>(blocks->persistent, kGradients);
  auto *first = at<float>(blocks->persistent, kFirstMoments), *second = at<float>(blocks->persistent, kSecondMoments);
  parallelFor(step, AdamW, (kTable + kBias) / 4, [&](int64_t begin, int64_t end, void *) {
    for (int64_t i = begin; i < end; ++i) {
      double gradient = gradients[i] * s[ClipScale];
      first[i] = float(s[Beta1] * first[i] + (1 - s[Beta1]) * gradient);
      second[i] = float(s[Beta2] * second[i] + (1 - s[Beta2]) * gradient * gradient);
      double decay = i < kTable / 4 ? s[WeightDecay] * weights[i] : 0;
      double step = first[i] / s[Correction1] / (std::sqrt(second[i] / s[Correction2]) + s[Epsilon]);
      next[i] = float(weights[i] - s[LearningRate] * (step + decay));
    }
  });
}

void logits(const sluice_step *step, const sluice_blocks *blocks, void *) {
  int32_t position = *static_cast<const int32_t *>(step->inputs[1]);
  int32_t token = static_cast<const int32_t *>(step->inputs[0])[position];
  for (int64_t v = 0; v < kVocabulary; ++v)
    at<float>(blocks->frame, kScores)[v] = weightsAt(blocks, 0)[token * kVocabulary + v] + weightsAt(blocks, kTable)[v];
}

constexpr int64_t kScratch = kTokens * kVocabulary * 4;
const sluice_function functions[] = {{"forward", forward, kTokens * 8, kBias, 0, 0, 0},
                                     {"backward", backward, kScratch, kBias, 0, 0, 0},
                                     {"norm", norm, 0, 0, 0, 0, 0},
                                     {"update", update, 0, 0, 0, 0, 0},
                                     {"logits", logits, 0, 0, 0, 0, 0}};

// kind, stage, micro-batch, function, channel, into, from, clears, iteration
const sluice_action actions[] = {
    {SLUICE_ACTION_LOAD, 0, 0, -1, -1, -1, -1, 0, 0},    {SLUICE_ACTION_FORWARD, 0, 0, 0, -1, -1, -1, 0, 0},
    {SLUICE_ACTION_BACKWARD, 0, 0, 1, -1, 0, -1, 1, 0},  {SLUICE_ACTION_LOAD, 0, 1, -1, -1, -1, -1, 0, 0},
    {SLUICE_ACTION_FORWARD, 0, 1, 0, -1, -1, -1, 0, 0},  {SLUICE_ACTION_BACKWARD, 0, 1, 1, -1, 0, -1, 0, 0},
    {SLUICE_ACTION_NORM, 0, -1, 2, -1, -1, -1, 0, 0},    {SLUICE_ACTION_UPDATE, 0, -1, 3, -1, -1, -1, 0, 0},
    {SLUICE_ACTION_EVALUATE, 0, 0, 0, -1, -1, -1, 0, 0}, {SLUICE_ACTION_EVALUATE, 0, 0, 4, -1, -1, -1, 0, 0},
};
constexpr uint32_t kEvaluate = 8, kLogits = 9;
const sluice_stage stages[] = {{kGradients, kTable + kBias, kGradients + kTable + kBias, kFrame, SLUICE_F32, 1,
                                /*layers=*/0, /*embeddings=*/1, /*head=*/1, /*device=*/0, /*delay=*/0,
                                /*versions=*/1, /*weights_offset=*/0, /*weights_bytes=*/0, /*recomputed=*/0,
                                /*predicts=*/0, /*narrow=*/-1}};
const sluice_device devices[] = {{0, 0, kEvaluate, /*busy=*/1, 0, 0}};

const sluice_parameter parameters[] = {
    {{"wte.weight", SLUICE_F32, 2, {kVocabulary, kVocabulary}, 0, kTable},
     SLUICE_INIT_NORMAL,
     1,
     0.02,
     kGradients,
     2,
     0,
     0,
     -1,
     /*in_place=*/0,
     {"exp_avg", "exp_avg_sq"},
     {kFirstMoments, kSecondMoments}},
    {{"bias", SLUICE_F32, 1, {kVocabulary}, kTable, kBias},
     SLUICE_INIT_CONSTANT,
     0,
     0.25,
     kGradients + kTable,
     2,
     0,
     0,
     -1,
     /*in_place=*/0,
     {"exp_avg", "exp_avg_sq"},
     {kFirstMoments + kTable, kSecondMoments + kTable}},
};

constexpr int64_t kInputBytes = kTokens * 4;
#define FAKE_TOKENS {"tokens", SLUICE_I32, 2, {kFakeBatch, kFakeSequence}, 0, kInputBytes}
#define FAKE_TARGETS {"targets", SLUICE_I32, 2, {kFakeBatch, kFakeSequence}, 0, kInputBytes}
#define FAKE_LOSS {"loss", SLUICE_F32, 0, {}, kLoss, 4}

const sluice_graph graphs[] = {
    {"train", 0, 0, 0, 2, {FAKE_TOKENS, FAKE_TARGETS}, FAKE_LOSS},
    {"eval", kEvaluate, 1, 0, 2, {FAKE_TOKENS, FAKE_TARGETS}, FAKE_LOSS},
    {"logits",
     kLogits,
     1,
     0,
     2,
     {{"tokens", SLUICE_I32, 2, {1, kFakeSequence}, 0, kFakeSequence * 4}, {"position", SLUICE_I32, 0, {}, 0, 4}},
     {"scores", SLUICE_F32, 1, {kVocabulary}, kScores, kBias}},
};

const sluice_metric metrics[] = {
    {"targets", -1, -1, 0, SLUICE_METRIC_MEAN, {"targets", SLUICE_F32, 0, {}, kTargets, 4}}};

} // namespace

extern "C" const sluice_binary sluice_program = {
    SLUICE_ABI_VERSION,
    "cpu",
    "bigram",
    "{\"name\": \"bigram\"}",
    "any",
    "",
    kFakeBatch,
    kFakeSequence,
    kFakeVocabulary,
    kFakeMicroBatches,
    6.0 * kVocabulary,
    1.0,
    "adamw",
    /*compute=*/"f32",
    /*accumulation=*/"f32",
    "sequential",
    /*replicas=*/1,
    /*reduction_groups=*/1,
    /*gradient_buffers=*/1,
    2,
    sizeof(scalars) / sizeof(scalars[0]),
    sizeof(functions) / sizeof(functions[0]),
    sizeof(actions) / sizeof(actions[0]),
    sizeof(graphs) / sizeof(graphs[0]),
    sizeof(metrics) / sizeof(metrics[0]),
    /*layer_count=*/0,
    /*gate_count=*/0,
    sizeof(kernels) / sizeof(kernels[0]),
    /*stage_count=*/1,
    /*device_count=*/1,
    /*channel_count=*/0,
    /*transfer_count=*/0,
    /*held_gradient_count=*/0,
    /*image_count=*/0,
    /*symbol_count=*/0,
    /*launch_count=*/0,
    /*operand_count=*/0,
    parameters,
    scalars,
    functions,
    actions,
    graphs,
    metrics,
    /*layers=*/nullptr,
    /*gates=*/nullptr,
    kernels,
    stages,
    devices,
    /*channels=*/nullptr,
    /*transfers=*/nullptr,
    /*held_gradients=*/nullptr,
    /*images=*/nullptr,
    /*symbols=*/nullptr,
    /*launches=*/nullptr,
    /*operands=*/nullptr,
    kTable + kBias,
    kPersistent,
    kGradients,
    kTable + kBias,
    kNorms,
    /*unclipped_norms_offset=*/-1,
};
