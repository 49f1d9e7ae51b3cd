//===- TrainingData.cpp - Batches of a training run -----------------------===//

#include "runtime/train/TrainingData.h"
#include "runtime/train/OpenTokens.h"

#include <tuple>

namespace sluice::runtime {

TrainingData::TrainingData(const sluice_binary &program, const DataOptions &options, DataOrder order, uint64_t seed,
                           DataPosition start) {
  stream = openTokens(options.files, program);
  Split training = wholeStream(*stream), validation{stream.get(), 0, 0};
  if (!options.validationFiles.empty()) {
    validationStream = openTokens(options.validationFiles, program);
    validation = wholeStream(*validationStream);
  } else {
    // Who asks for the tokens in their order wants to reproduce a run on just these tokens.
    double fraction = options.validationFraction.value_or(order == DataOrder::Random ? 0.1 : 0.0);
    std::tie(training, validation) = splitTail(*stream, fraction);
  }
  source = std::make_unique<BatchSource>(training, program.batch, program.sequence, program.micro_batches, order, seed,
                                         start);
  if (validation.size() > 0)
    windows = std::make_unique<ValidationWindows>(validation, program.batch, program.sequence);
}

} // namespace sluice::runtime
