//===- Evaluate.cpp - Loss over validation data ---------------------------===//

#include "runtime/train/Evaluate.h"

#include <algorithm>

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

} // namespace sluice::runtime
