//===- Evaluate.cpp - Loss over validation data ---------------------------===//

#include "runtime/train/Evaluate.h"
#include "runtime/Error.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace sluice::runtime {

std::optional<Evaluation> evaluateWindows(Engine &engine, const sluice_binary &program,
                                          const ValidationWindows &windows, int64_t maxBatches,
                                          const std::function<bool()> &isStopped) {
  std::vector<int32_t> tokens(program.batch * program.sequence), targets(tokens.size());
  int64_t batches = std::min(maxBatches, windows.batches());
  Evaluation result;
  // A batch counts by the tokens that it predicts: the last one may be short.
  double sum = 0;
  for (int64_t i = 0; i < batches; ++i) {
    if (isStopped && isStopped())
      return std::nullopt;
    // Evenly over all, with the first among them. In 128 bits, so that no product overflows.
    __extension__ using Wide = __int128;
    auto index = static_cast<int64_t>(static_cast<Wide>(windows.batches()) * i / batches);
    int64_t predicted = windows.fill(index, tokens.data(), targets.data());
    sum += engine.evaluate(tokens.data(), targets.data()) * static_cast<double>(predicted);
    result.tokens += predicted;
  }
  result.loss = sum / static_cast<double>(result.tokens);
  return result;
}

/// The first parameter, in the order of the table, with an element that is not finite; empty if there is none.
static std::string findNonFinite(const Engine &engine) {
  for (const TensorView &tensor : engine.parameterTensors())
    for (int64_t e = 0, count = tensor.elements(); e < count; ++e)
      if (double value = readElement(tensor.element, static_cast<const char *>(tensor.data), e); !std::isfinite(value))
        return tensor.name + " (element " + std::to_string(e) + " is " + std::to_string(value) + ")";
  return "";
}

void checkFinite(const Evaluation &evaluation, const Engine &engine) {
  if (std::isfinite(evaluation.loss))
    return;
  std::string parameter = findNonFinite(engine);
  throw RunError("the validation loss is " + std::to_string(evaluation.loss) +
                 (parameter.empty() ? "; all weights are finite"
                                    : "; the first weight that is not finite is that of " + parameter));
}

} // namespace sluice::runtime
