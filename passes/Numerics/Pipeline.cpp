//===- Pipeline.cpp - How contractions compute --------------------------------------===//
#include "mlir/Pass/PassManager.h"
#include "passes/Gradient/Passes.h"
#include "passes/Numerics/Passes.h"

using namespace mlir;
using namespace sluice;

bool sluice::isSelection(StringRef accumulate) { return accumulate.split(',').first == "auto"; }

std::unique_ptr<Pass> sluice::createSelection(StringRef accumulate, std::string &problem) {
  std::string values = accumulate.split(',').second.str();
  llvm::replace(values, ',', ' ');
  std::unique_ptr<Pass> pass = createSelectAccumulation();
  LogicalResult parsed = pass->initializeOptions(values, [&](const Twine &message) {
    problem = message.str();
    return failure();
  });
  return succeeded(parsed) ? std::move(pass) : nullptr;
}

std::optional<LogAccumulationOptions> sluice::parseLoggedSums(StringRef text, std::string &problem) {
  LogAccumulationOptions options;
  auto [weight, rest] = text.split(',');
  options.weight = weight.str();
  bool hasRows = text.contains(',');
  if (!weight.empty() && (!hasRows || (rest.consume_front("rows=") && !rest.getAsInteger(10, options.rows))))
    return options;
  problem = "expected WEIGHT or WEIGHT,rows=R, found '" + text.str() + "'";
  return std::nullopt;
}

void sluice::buildNumericsPipeline(OpPassManager &manager, const NumericsOptions &options) {
  // Nothing is rounded unless a pass says so.
  if (options.compute != "f32" || !options.accumulate.empty()) {
    SetPrecisionOptions precision;
    precision.compute = options.compute.getValue();
    bool selects = isSelection(options.accumulate);
    precision.accumulate = selects ? "" : options.accumulate.getValue();
    manager.addPass(createSetPrecision(precision));
    if (selects) {
      std::string problem;
      std::unique_ptr<Pass> select = createSelection(options.accumulate, problem);
      if (!select)
        llvm::report_fatal_error(llvm::Twine(problem), /*gen_crash_diag=*/false);
      manager.addPass(std::move(select));
    }
    manager.addPass(createNarrowKept());
    NarrowResultsOptions results;
    results.all = options.narrowResults.getValue();
    manager.addPass(createNarrowResults(results));
    if (options.narrowWeights)
      manager.addPass(createNarrowWeights());
    // When each call has a function of its own still, by whose name it draws.
    manager.addPass(createKeyContractions());
  }
  // Behind the keys, and before counts are added up in actions: what is computed again is not counted.
  manager.addPass(createTrimRepeated());
  manager.addPass(createSplitBackward());
  if (options.state != "f32") {
    RoundStateOptions state;
    state.format = options.state.getValue();
    manager.addPass(createRoundState(state));
  }
  // What is rounded is known, and functions still have one call each.
  manager.addPass(createCountRoundings());
  // Behind the counts, which the copy of a function then has too.
  if (!options.logAccumulation.empty()) {
    std::string problem;
    std::optional<LogAccumulationOptions> logged = parseLoggedSums(options.logAccumulation, problem);
    if (!logged)
      llvm::report_fatal_error(llvm::Twine(problem), /*gen_crash_diag=*/false);
    manager.addPass(createLogAccumulation(*logged));
  }
  // Last, when the functions are final: the lowering is paid once per kind of layer.
  manager.addPass(createShareLayers());
}

void sluice::registerNumericsPipelines() {
  PassPipelineRegistration<NumericsOptions>(
      "sluice-numerics", "how contractions compute, then one function a kind of layer", buildNumericsPipeline);
}
