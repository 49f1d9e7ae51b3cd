//===- CommandLine.cpp - The verbs of a compiled binary -------------------===//

#include "runtime/cli/CommandLine.h"

#include <string>

namespace sluice::runtime {

CommandLine::CommandLine(const sluice_binary &program)
    : parser("Trains, evaluates and samples the model '" + std::string(program.model) + "' (compiled by Sluice)") {
  parser.set_version_flag(
      "--version", std::string(program.model) + ", compiled by Sluice " SLUICE_VERSION " for " + program.processor,
      "Print what compiled the program");
  parser.require_subcommand(1); // without a verb there is nothing to do
  for (auto *make : {makeTrainVerb, makeEvalVerb, makeGenerateVerb, makeExportVerb, makeInfoVerb, makeBenchVerb}) {
    std::unique_ptr<Verb> verb = make(program);
    CLI::App &declared = verb->declare(parser);
    verbs.emplace_back(&declared, std::move(verb));
  }
}

void CommandLine::run() {
  const CLI::App *parsed = parser.get_subcommands().front();
  for (auto &[declared, verb] : verbs)
    if (declared == parsed)
      verb->run();
}

} // namespace sluice::runtime
