//===- EvalVerb.cpp - The verb eval ---------------------------------------===//

#include "runtime/Output.h"
#include "runtime/checkpoint/WeightFiles.h"
#include "runtime/cli/EngineFlags.h"
#include "runtime/cli/Flags.h"
#include "runtime/cli/Verb.h"
#include "runtime/train/Evaluate.h"
#include "runtime/train/MetricsLog.h"
#include "runtime/train/OpenTokens.h"
#include "runtime/train/RunFiles.h"

namespace sluice::runtime {

namespace {

class EvalVerb : public Verb {
public:
  explicit EvalVerb(const sluice_binary &program) : program(program), engineFlags(program) {}

  CLI::App &declare(CLI::App &parser) override;
  void run() override;

private:
  void checkOutput() const;

  const sluice_binary &program;
  EngineFlags engineFlags;
  std::string data; ///< Files with commas between them.
  WeightSource weights;
  Seeds seeds;
  std::string log; ///< A file, or empty.
  bool overwrites = false;
};

} // namespace

CLI::App &EvalVerb::declare(CLI::App &parser) {
  CLI::App &verb = *parser.add_subcommand("eval", "Print the mean loss over all of the data, in nats a token");
  verb.add_option("--data", data, dataHelp("Data"))->required()->type_name("FILE[,FILE]");
  addWeights(verb, weights);
  addSeed(verb, "--init-seed", seeds.init, "Seed of drawn weights (default 0)");
  engineFlags.declareSet(verb);
  verb.add_option("--log", log, "Write the line to this file too (default: none)")->type_name("FILE");
  verb.add_flag("--overwrite", overwrites, "Replace what that file holds (default: a file that is there is refused)");
  engineFlags.declareThreads(verb);
  engineFlags.declareSynchronous(verb);
  return verb;
}

void EvalVerb::checkOutput() const {
  if (log.empty())
    return;
  RunFiles files;
  files.reads("--data", TokenStream::splitPaths(data));
  if (!weights.init.empty())
    files.reads("--init", inputFilesOf(weights.init));
  if (!weights.resume.empty())
    files.readsCheckpoint("--resume", weights.resume);
  files.checkFile("--log", log, overwrites);
}

void EvalVerb::run() {
  // All that can be refused is, before weights are read and an engine is made.
  std::unique_ptr<TokenStream> stream = openTokens(data, program);
  ValidationWindows windows(wholeStream(*stream), program.batch, program.sequence);
  checkOutput();
  std::unique_ptr<Engine> engine = engineFlags.makeEngine();
  std::optional<CheckpointIndex> index = loadFrom(*engine, program, weights, seeds);
  Evaluation evaluation = *evaluateWindows(*engine, program, windows);
  checkFinite(evaluation, *engine);
  MetricsLine line(index ? index->step : 0);
  line.add("val_loss", evaluation.loss).add("tokens", evaluation.tokens);
  if (!log.empty())
    MetricsLog(log, 0, std::nullopt, overwrites).write(line);
  printOut(line.text());
}

std::unique_ptr<Verb> makeEvalVerb(const sluice_binary &program) { return std::make_unique<EvalVerb>(program); }

} // namespace sluice::runtime
