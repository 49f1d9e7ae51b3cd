//===- LineTraining.h - Runs of the line program ----------------*- C++ -*-===//

#ifndef SLUICE_TEST_UNIT_CUDA_LINETRAINING_H
#define SLUICE_TEST_UNIT_CUDA_LINETRAINING_H

#include "LineProgram.h"
#include "runtime/engine/Engine.h"
#include "runtime/engine/MakeReplicas.h"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::runtime {

/// Targets are a line of tokens with some noise, other ones for each micro-batch and step.
inline void loadLine(int64_t step, int64_t microBatch, int32_t *tokens, int32_t *targets) {
  for (int64_t i = 0; i < LineProgram::kTokens; ++i) {
    auto drawn = static_cast<uint32_t>((i + 1) * 2654435761u + uint32_t(microBatch * 40503 + step * 69069));
    tokens[i] = static_cast<int32_t>(drawn >> 13) & 15;
    targets[i] = 2 * tokens[i] + static_cast<int32_t>(drawn >> 29) - 9;
  }
}

inline StepSettings lineSettings(int64_t step) {
  StepSettings settings;
  settings.step = step;
  settings.optimizer.learningRate = {LearningRateShape::Constant, 0.05};
  settings.optimizer.gradientClip = 0.5;
  return settings;
}

/// What a run leaves, to be compared bit by bit.
struct LineRun {
  std::vector<double> losses, norms;
  std::vector<float> tensors; ///< Parameters, and then state.
  double evaluated = 0;

  bool operator==(const LineRun &other) const {
    return losses == other.losses && norms == other.norms && tensors == other.tensors && evaluated == other.evaluated;
  }
};

inline std::unique_ptr<Engine> makeLineEngine(const LineProgram &program, bool isSynchronous = false) {
  DeviceOptions options{1};
  options.isSynchronous = isSynchronous;
  auto engine = std::make_unique<Engine>(program.binary, makeReplicas(program.binary, options));
  engine->initializeParameters(7);
  return engine;
}

/// As many steps are under way as may be.
inline void trainLine(Engine &engine, LineRun &run, int64_t first, int64_t steps) {
  for (int64_t step = first, begun = first; step < first + steps; ++step) {
    for (; begun < std::min(first + steps, step + engine.stepsUnderWay()); ++begun)
      engine.beginStep(lineSettings(begun),
                       [begun](int64_t m, int32_t *tokens, int32_t *targets) { loadLine(begun, m, tokens, targets); });
    StepResult result = engine.endStep();
    run.losses.push_back(result.loss);
    run.norms.push_back(result.gradientNorm);
  }
}

inline void readLine(Engine &engine, LineRun &run) {
  std::vector<int32_t> tokens(LineProgram::kTokens), targets(tokens.size());
  loadLine(1000, 0, tokens.data(), targets.data());
  run.evaluated = engine.evaluate(tokens.data(), targets.data());
  for (const auto &views : {engine.parameterTensors(), engine.stateTensors()})
    for (const TensorView &view : views) {
      auto *data = static_cast<const float *>(view.data);
      run.tensors.insert(run.tensors.end(), data, data + view.elements());
    }
}

/// Ten steps, with an evaluation in between.
inline LineRun runLine(const LineProgram &program, bool isSynchronous = false) {
  std::unique_ptr<Engine> engine = makeLineEngine(program, isSynchronous);
  LineRun run;
  trainLine(*engine, run, 0, 5);
  readLine(*engine, run);
  trainLine(*engine, run, 5, 5);
  readLine(*engine, run);
  return run;
}

inline LineRun runLine(LineProgram::Form form, int32_t devices, int32_t replicas, bool isSynchronous = false) {
  return runLine(LineProgram(form, devices, replicas), isSynchronous);
}

/// Runs a function in a process of its own, where the emulated driver has other settings: exits with 0 where the
/// function returns true, and with 1 behind the message of what it throws.
template <typename Function>
[[noreturn]] void runEmulated(const std::map<std::string, std::string> &settings, const Function &function) {
  for (const auto &[name, value] : settings)
    setenv(("SLUICE_EMULATOR_" + name).c_str(), value.c_str(), 1);
  try {
    bool holds = function();
    std::fprintf(stderr, "%s\n", holds ? "as expected" : "not as expected");
    std::_Exit(holds ? 0 : 3);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    std::_Exit(1);
  }
}

} // namespace sluice::runtime

#define EXPECT_EMULATED(settings, ...)                                                                                 \
  EXPECT_EXIT(runEmulated(settings, [] { return __VA_ARGS__; }), ::testing::ExitedWithCode(0), "as expected")
#define EXPECT_EMULATED_ERROR(settings, text, ...)                                                                     \
  EXPECT_EXIT(runEmulated(settings, [] { return (__VA_ARGS__, true); }), ::testing::ExitedWithCode(1), text)

#endif // SLUICE_TEST_UNIT_CUDA_LINETRAINING_H
