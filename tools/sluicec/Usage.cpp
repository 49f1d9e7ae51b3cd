//===- Usage.cpp - What is wrong with a command line ------------------------------===//
#include "tools/sluicec/Usage.h"
#include "dialects/Sluice/BinaryFacts.h"
#include "passes/Numerics/Passes.h"
#include "passes/Numerics/PrecisionPolicy.h"
#include "tools/sluicec/OptionText.h"
#include "tools/sluicec/Output.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include <cmath>

using namespace mlir;
using namespace sluice;
namespace cl = llvm::cl;

/// The policy of `--compute`, which there is.
static PrecisionPolicy policyOf(const Options &options) {
  MLIRContext context;
  std::string problem;
  return *findPrecisionPolicy(&context, options.compute, "", problem);
}

std::string sluice::stateOf(const Options &options) {
  return options.state.getNumOccurrences() ? options.state.getValue() : policyOf(options).state.str();
}

std::string sluice::lossScaleOf(const Options &options) {
  if (options.lossScale.getNumOccurrences())
    return options.lossScale.empty() ? "1024" : options.lossScale.getValue();
  return policyOf(options).lossScale.str();
}

/// Policies, sums and formats of weights that there are not.
static std::string checkPrecisionUsage(const Options &options) {
  MLIRContext context;
  std::string problem;
  if (!findPrecisionPolicy(&context, options.compute, "", problem))
    return "--compute: " + problem;
  if (options.accumulate.getNumOccurrences() && options.accumulate.empty())
    return "expected --accumulate=FORMAT,..., found ''";
  if (options.state.getNumOccurrences() && options.state != "f32" && !findStateFormat(options.state, problem))
    return "--state: " + problem;
  if (options.logAccumulation.getNumOccurrences() && !parseLoggedSums(options.logAccumulation, problem))
    return "--log-accumulation: " + problem;
  if (isSelection(options.accumulate))
    return createSelection(options.accumulate, problem) ? "" : "--accumulate=" + options.accumulate + ": " + problem;
  if (!findPrecisionPolicy(&context, options.compute, options.accumulate, problem))
    return "--accumulate=" + options.accumulate + ": " + problem;
  return "";
}

/// Sums that cards do not have.
static std::string checkSumsOfCards(const Options &options) {
  bool isGiven = options.accumulate.getNumOccurrences();
  std::string problem, given = isGiven ? "--accumulate=" + options.accumulate : "--compute=" + options.compute;
  if (isSelection(options.accumulate))
    return "expected sums of f32 for the target cuda, found " + given;
  MLIRContext context;
  AccumulationAttr sums = findPrecisionPolicy(&context, options.compute, options.accumulate, problem)->accumulation;
  if (!sums ||
      (sums.getValue().sum == precision::FloatFormat() && sums.getValue().rounding == precision::Rounding::NearestEven))
    return "";
  return "expected sums of f32 for the target cuda, found " + textOf(sums.getValue()) + " (" + given + ")";
}

/// What is of the other target.
static std::string checkTargetUsage(const Options &options) {
  bool isCuda = options.kind() == "cuda";
  if (options.emit == Emit::Ptx && !isCuda)
    return "expected --target=cuda together with --emit=ptx, found '" + options.target + "'";
  if (!isCuda && options.target != "cpu" && options.kind() == "cpu")
    return "expected --target=cpu, whose processor --cpu names, found '" + options.target + "'";
  if (!isCuda)
    return "";
  for (const cl::Option *option :
       {static_cast<const cl::Option *>(&options.cpu), static_cast<const cl::Option *>(&options.tuneCache),
        static_cast<const cl::Option *>(&options.tune), static_cast<const cl::Option *>(&options.measure)})
    if (option->getNumOccurrences())
      return ("expected --" + option->ArgStr + " for the target cpu alone, found it with '" + options.target + "'")
          .str();
  return checkSumsOfCards(options);
}

/// A form that no plan has, and options of what is not made beside it.
static std::string checkExplainUsage(const Options &options) {
  if (!options.explain.getNumOccurrences())
    return options.measure ? "expected --explain together with --measure" : "";
  if (!llvm::is_contained({"", "text", "json", "svg"}, options.explain))
    return "expected --explain text, json or svg, found '" + options.explain + "'";
  if (options.measure && options.explain == "svg")
    return "expected --explain text or json together with --measure, found 'svg'";
  if (options.measure && options.cpu != "native")
    return "expected --cpu=native together with --measure, which runs code on this machine, found '" + options.cpu +
           "'";
  for (const cl::Option *option :
       {static_cast<const cl::Option *>(&options.output), static_cast<const cl::Option *>(&options.emit),
        static_cast<const cl::Option *>(&options.tune), static_cast<const cl::Option *>(&options.logAccumulation)})
    if (option->getNumOccurrences())
      return ("expected --explain, which prints a plan alone, without " +
              llvm::Twine(option->ArgStr.size() == 1 ? "-" : "--") + option->ArgStr)
          .str();
  return "";
}

/// A loss scale that would round gradients, or that f32 has not.
static std::string checkLossScaleUsage(const Options &options) {
  const std::string &text = options.lossScale;
  if (llvm::is_contained({"none", "dynamic", ""}, text))
    return "";
  // Its inverse is a normal number too.
  const double most = std::ldexp(1, 126);
  double scale = 0;
  std::string expected = "expected --loss-scale none, dynamic or a power of two from 1 to 2^126, ";
  if (llvm::StringRef(text).getAsDouble(scale) || !(scale >= 1 && scale <= most))
    return expected + "found '" + text + "'";
  double below = std::exp2(std::floor(std::log2(scale)));
  if (scale == below)
    return "";
  return expected + "such as " + numberText(below) + " or " + numberText(2 * below) + ", found '" + text + "'";
}

std::string sluice::checkUsage(const Options &options) {
  auto below = [](const cl::opt<int64_t> &option) { return option.getNumOccurrences() && option < 1; };
  for (const cl::opt<int64_t> *option : {&options.batch, &options.sequence, &options.microBatches})
    if (below(*option))
      return ("expected --batch, --seq and --microbatches of at least 1, found --" + option->ArgStr + "=" +
              llvm::Twine(*option))
          .str();
  if (options.gradClip.getNumOccurrences() && !(options.gradClip >= 0 && std::isfinite(options.gradClip)))
    return "expected --grad-clip of at least 0, found " + numberText(options.gradClip);
  if (options.dropout.getNumOccurrences() && !(options.dropout >= 0 && options.dropout < 1))
    return "expected --dropout in [0, 1), found " + numberText(options.dropout);
  if (!options.optimizer.empty() && !symbolizeOptimizer(options.optimizer))
    return "expected --optimizer adamw, sgd or muon, found '" + options.optimizer + "'";
  if (options.droppedState != "move" && options.droppedState != "skip")
    return "expected --dropped-state move or skip, found '" + options.droppedState + "'";
  if (options.tiedGradients != "sum" && options.tiedGradients != "mean")
    return "expected --tied-gradients sum or mean, found '" + options.tiedGradients + "'";
  if (std::string problem = checkPrecisionUsage(options); !problem.empty())
    return problem;
  if (std::string problem = checkLossScaleUsage(options); !problem.empty())
    return problem;
  if (options.clipScope.getNumOccurrences() && !options.standardizationLoss.getNumOccurrences())
    return "expected --clip-scope together with --standardization-loss";
  if (std::string problem = checkStageUsage(options); !problem.empty())
    return problem;
  if (std::string problem = checkTargetUsage(options); !problem.empty())
    return problem;
  if (std::string problem = checkExplainUsage(options); !problem.empty())
    return problem;
  if (llvm::is_contained(options.techniques, ""))
    return "expected --technique=PASS{OPTION=VALUE ...}, found ''";
  for (const std::string &plugin : options.plugins)
    if (!llvm::sys::fs::exists(plugin))
      return "cannot find '" + plugin + "'";
  if (!options.tune && !options.tuneCache.empty() && !llvm::sys::fs::exists(options.tuneCache))
    return "cannot find '" + options.tuneCache + "', which --tune would make";
  if (options.tune && options.tuneCache.empty())
    return "expected --tune-cache=FILE together with --tune";
  if (options.tune && options.cpu != "native")
    return "expected --cpu=native together with --tune, which measures on this machine, found '" + options.cpu + "'";
  if (!llvm::sys::fs::exists(options.model))
    return "cannot find '" + options.model + "'";
  // Compiling takes seconds: what cannot be written is refused before.
  std::vector<std::string> inputs(options.plugins.begin(), options.plugins.end());
  inputs.push_back(options.model);
  if (!options.profile.empty())
    inputs.push_back(options.profile);
  if (options.tune)
    if (std::string problem = checkOutput("--tune-cache", options.tuneCache, inputs, /*isText=*/false);
        !problem.empty())
      return problem;
  if (!options.tuneCache.empty())
    inputs.push_back(options.tuneCache);
  if (options.explain.getNumOccurrences())
    return "";
  return checkOutput("-o", options.outputPath(), inputs, options.isText());
}

std::string sluice::withTechniqueFlag(std::string message, const Options &options) {
  struct Technique {
    const cl::opt<std::string> &flag;
    llvm::StringRef pass, words, names;
  };
  const Technique techniques[] = {{options.layerDrop, "sluice-insert-layer-drop", "layer drop expected ",
                                   "theta gamma schedule granularity gate min-layers force"},
                                  {options.standardizationLoss, "sluice-standardization-loss",
                                   "standardization loss expected ", "lambda site units keep-final keep-scale-shift"}};
  for (const Technique &technique : techniques) {
    if (!technique.flag.getNumOccurrences())
      continue;
    bool isOfValue = llvm::any_of(llvm::split(technique.names, ' '), [&](llvm::StringRef name) {
      return llvm::StringRef(message).contains(("for the --" + name + " option:").str());
    });
    bool isMeant = llvm::StringRef(message).starts_with(technique.words) || isOfValue ||
                   llvm::StringRef(message).contains(("(technique '" + technique.pass + "{").str());
    if (isMeant)
      return message.substr(0, message.find(" (technique '")) + " (--" + technique.flag.ArgStr.str() + "=" +
             technique.flag.getValue() + ")";
  }
  return message;
}
