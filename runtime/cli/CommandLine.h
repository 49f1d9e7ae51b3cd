//===- CommandLine.h - Verbs and flags of a compiled binary -----*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CLI_COMMANDLINE_H
#define SLUICE_RUNTIME_CLI_COMMANDLINE_H

#include "runtime/abi.h"
#include "runtime/bench/Bench.h"
#include "runtime/engine/Engine.h"
#include "runtime/train/Generate.h"
#include "runtime/train/Train.h"

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::runtime {

/// The verbs train, eval, generate, export, info and bench. Parsing the arguments with app() only reads them; run()
/// does what they say.
class CommandLine {
public:
  explicit CommandLine(const sluice_binary &program);

  CLI::App &app() { return parser; }

  /// Runs the verb that was parsed. Error: values that do not go together or input that does not fit, found before
  /// anything is written. RunError: the run failed.
  void run();

private:
  /// What the description's `training` block says of a run becomes the default of the flag.
  void readDescription();
  void addTrain();
  void addScheduleFlags(CLI::App &verb);
  void addOptimizerFlags(CLI::App &verb);
  void addSeedFlags(CLI::App &verb);
  void addEval();
  void addGenerate();
  void addExport();
  void addInfo();
  void addBench();
  void addThreads(CLI::App &verb);
  void addWeights(CLI::App &verb);
  void addSet(CLI::App &verb);
  void addScalarFlag(CLI::App &verb, const std::string &flag, const std::string &scalar, const std::string &help);

  void runTrain();
  void runEval();
  void runGenerate();
  void runExport();
  void runInfo() const;
  void runBench();

  /// Whether AdamW updates what another optimizer is not for.
  bool hasAdamWBeside() const { return Scalars(program).has("adamw_learning_rate"); }
  std::unique_ptr<Engine> makeEngine() const;
  void applyScalars(Scalars &scalars) const;
  /// Seed of the initial weights where none is given: that of a run without a flag.
  uint64_t seedOfWeights() const { return initSeed.value_or(seed.value_or(0)); }

  const sluice_binary &program;
  CLI::App parser;

  // What the flags of all verbs say.
  unsigned threads;
  std::string data, validationData, shape = "cosine", order, log, outFolder, prompt, promptTokens;
  WeightSource weights;
  std::vector<std::string> sets;
  std::map<std::string, std::optional<double>> scalarFlags; ///< By the scalar's name.
  std::map<std::string, std::string> scalarFlagNames;
  std::optional<uint64_t> seed, initSeed, dataSeed, gateSeed;
  std::optional<double> validationFraction, gradientClip, adamwLearningRate;
  TrainOptions training;
  GenerateOptions generation;
  BenchOptions benchmark;
  bool json = false;
  bool describesSteps = false; ///< The description says how many steps a run has.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CLI_COMMANDLINE_H
