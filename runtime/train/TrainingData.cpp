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
  trainingTokens = training.size();
  source = std::make_unique<BatchSource>(training, program.batch, program.sequence, program.micro_batches, order, seed,
                                         start);
  if (validation.size() > 0)
    windows = std::make_unique<ValidationWindows>(validation, program.batch, program.sequence);
}

static void describeFiles(const TokenStream &stream, const std::string &use, std::vector<std::string> &lines) {
  for (const TokenFile &file : stream.files())
    lines.push_back(use + ": " + file.path() + ": " + std::to_string(file.size()) + " tokens (" + file.format().name +
                    ")");
}

std::vector<std::string> TrainingData::describe() const {
  std::vector<std::string> lines;
  describeFiles(*stream, "data", lines);
  if (validationStream)
    describeFiles(*validationStream, "validation data", lines);
  std::string validated = "nothing";
  if (windows)
    validated = (validationStream ? "the " : "the last ") + std::to_string(windows->predicted() + 1) +
                (validationStream ? " tokens of the validation data" : " tokens");
  lines.push_back("trains on " + std::string(validationStream || !windows ? "all " : "the first ") +
                  std::to_string(trainingTokens) + " tokens, validates on " + validated);
  return lines;
}

} // namespace sluice::runtime
