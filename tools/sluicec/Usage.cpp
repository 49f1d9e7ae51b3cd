//===- Usage.cpp - What is wrong with a command line ------------------------------===//
#include "tools/sluicec/Usage.h"
#include "dialects/Pipe/PipeDialect.h"
#include "dialects/Sluice/BinaryFacts.h"
#include "passes/Numerics/Passes.h"
#include "passes/Numerics/PrecisionPolicy.h"
#include "passes/Schedule/Generators.h"
#include "passes/Stages/Profile.h"
#include "tools/sluicec/Output.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include <cmath>

using namespace mlir;
using namespace sluice;
namespace cl = llvm::cl;

static std::string numberText(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

/// Stages that the options ask for; 0 where they do not say it.
static int64_t stagesGiven(const Options &options) {
  if (options.partition.getNumOccurrences())
    return llvm::count(options.partition.getValue(), ',') + 1;
  return options.stages;
}

DeviceCount sluice::countDevices(const Options &options) {
  int64_t stages = stagesGiven(options), devices = options.devices;
  int replicas = options.replicas;
  if (devices == 0)
    return {options.stages, replicas, 0};
  if (stages == 0)
    return {devices / replicas, replicas, 0};
  if (!options.replicas.getNumOccurrences())
    replicas = int(std::max<int64_t>(devices / stages, 1));
  return {options.stages, replicas, int(devices / replicas)};
}

/// Devices that stages and replicas do not fit on.
static std::string checkDevices(const Options &options) {
  int64_t devices = options.devices, stages = stagesGiven(options);
  if (devices == 0)
    return "";
  bool hasReplicas = options.replicas.getNumOccurrences();
  int64_t replicas = hasReplicas ? int64_t(options.replicas) : 1;
  auto complain = [&](const llvm::Twine &expected) {
    return ("expected --devices to be " + expected + ", found " + llvm::Twine(devices)).str();
  };
  auto counted = [](int64_t count, const char *what) {
    return (llvm::Twine(count) + " " + what + (count == 1 ? "" : "s")).str();
  };
  if (stages != 0 && hasReplicas && devices > stages * replicas)
    return complain("at most " + llvm::Twine(stages * replicas) + ", " + counted(stages, "stage") + " times " +
                    counted(replicas, "replica"));
  // Devices that hold several stages each.
  if (stages != 0 && devices < stages * replicas && devices % replicas == 0)
    return "";
  bool countsStages = stages != 0 && !hasReplicas;
  int64_t factor = countsStages ? stages : replicas;
  if (devices % factor == 0)
    return "";
  int64_t below = devices / factor * factor;
  return complain("a multiple of " + counted(factor, countsStages ? "stage" : "replica") + "; " +
                  (below > 0 ? std::to_string(below) + " or " : std::string()) + llvm::Twine(below + factor) +
                  " would fit");
}

/// How a program of the options says that products are summed.
static std::string sumsOf(const Options &options) {
  MLIRContext context;
  std::string problem;
  if (isSelection(options.accumulate))
    return "auto";
  std::optional<PrecisionPolicy> policy = findPrecisionPolicy(&context, options.compute, options.accumulate, problem);
  return policy && policy->accumulation ? textOf(policy->accumulation.getValue()) : "f32";
}

/// A profile that cannot be read, or that is of contractions of another kind.
static std::string checkProfile(const Options &options) {
  if (!options.profile.getNumOccurrences())
    return "";
  llvm::Expected<Profile> profile = Profile::read(options.profile);
  if (!profile)
    return llvm::toString(profile.takeError());
  if (profile->compute != options.compute)
    return "profile '" + options.profile + "' expected of --compute=" + options.compute + ", found " + profile->compute;
  // The first word of what the analysis selects is `auto`, by whichever model.
  std::string sums = sumsOf(options);
  llvm::StringRef found = profile->accumulation ? llvm::StringRef(*profile->accumulation) : llvm::StringRef(sums);
  if (found != sums && !(isSelection(options.accumulate) && isSelection(found)))
    return "profile '" + options.profile + "' expected of sums in " + sums + ", found " + found.str();
  return "";
}

/// Values of the options of stages that no model fits.
static std::string checkStageUsage(const Options &options) {
  auto below = [](const auto &option) { return option.getNumOccurrences() && option < 1; };
  auto tooSmall = [](const auto &option) {
    return ("expected --" + option.ArgStr + " of at least 1, found " + llvm::Twine(option.getValue())).str();
  };
  if (below(options.stages))
    return tooSmall(options.stages);
  for (const cl::opt<int> *option : {&options.replicas, &options.reductionGroups, &options.devices})
    if (below(*option))
      return tooSmall(*option);
  if (options.partition.getNumOccurrences() && options.partition.empty())
    return "expected --partition=N,..., found ''";
  if (!schedule::isSchedule(options.schedule) || schedule::hasStaleGradients(options.schedule))
    return "expected --schedule " + schedule::scheduleNames(/*stale=*/false) + ", found '" + options.schedule + "'";
  if (!llvm::is_contained({"none", "layer", "auto"}, options.recompute))
    return "expected --recompute none, layer or auto, found '" + options.recompute + "'";
  // Above that the bytes are no number.
  constexpr double mostGibibytes = 1e9;
  if (options.deviceMemory.getNumOccurrences() && !(options.deviceMemory >= 0 && options.deviceMemory <= mostGibibytes))
    return "expected --device-memory from 0 to " + numberText(mostGibibytes) + " GiB, found " +
           numberText(options.deviceMemory);
  if (std::string problem = checkDevices(options); !problem.empty())
    return problem;
  return checkProfile(options);
}

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
  if (std::string problem = checkPrecisionUsage(options); !problem.empty())
    return problem;
  if (std::string problem = checkLossScaleUsage(options); !problem.empty())
    return problem;
  if (options.clipScope.getNumOccurrences() && !options.standardizationLoss.getNumOccurrences())
    return "expected --clip-scope together with --standardization-loss";
  if (std::string problem = checkStageUsage(options); !problem.empty())
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

/// " (--name=value)" of an option that was given.
template <typename Option> static std::string given(const Option &option) {
  if (option.getNumOccurrences() == 0)
    return "";
  std::string text;
  llvm::raw_string_ostream(text) << " (--" << option.ArgStr << "=" << option.getValue() << ")";
  return text;
}

/// A number as people write it.
static std::string given(const cl::opt<double> &option) {
  return option.getNumOccurrences() == 0 ? "" : (" (--" + option.ArgStr + "=" + numberText(option) + ")").str();
}

/// Weights that are rounded by an optimizer that cannot, or by none.
static std::string checkState(ModuleOp module, const Options &options) {
  std::string state = stateOf(options);
  if (state == "f32")
    return "";
  if (!module.lookupSymbol<GraphOp>("train"))
    return options.state.getNumOccurrences()
               ? "expected a model with a graph 'train', whose weights --state rounds, found none"
               : "";
  ModelAttr model = BinaryFacts::of(module).model;
  if (!model || model.getOptimizer() != Optimizer::Muon)
    return "";
  return "expected the optimizer adamw or sgd to round weights to " + state +
         ", found muon, whose products need more bits; --state=f32 rounds none" +
         given(options.state.getNumOccurrences() ? options.state : options.compute) + given(options.optimizer);
}

/// Whether a graph `train` has layers that can be recomputed.
static bool hasStack(ModuleOp module) {
  auto train = module.lookupSymbol<GraphOp>("train");
  return train && llvm::any_of(train.getBody().front().getOps<LayerOp>(),
                               [](LayerOp layer) { return layer.getDepth().has_value(); });
}

std::string sluice::checkSchedule(ModuleOp module, const Options &options) {
  if (options.explain.getNumOccurrences() && !module.lookupSymbol<GraphOp>("train"))
    return "expected a model with a graph 'train', whose plan --explain prints, found none";
  if (options.lossScale != "none" && !module.lookupSymbol<GraphOp>("train"))
    return "expected a model with a graph 'train', whose loss --loss-scale scales, found none";
  if (options.recompute != "none" && !hasStack(module))
    return "expected a model with a graph 'train' that has a stack of layers, which --recompute repeats, found none";
  if (std::string problem = checkState(module, options); !problem.empty())
    return problem;
  if (module.lookupSymbol<pipe::PipelineOp>("train.pipeline")) {
    std::string flag =
        given(options.schedule) + given(options.replicas) + given(options.reductionGroups) + given(options.devices);
    return flag.empty() ? "" : "expected programs from a schedule or from the model itself, which has some" + flag;
  }
  ModelAttr model = BinaryFacts::of(module).model;
  int replicas = countDevices(options).replicas,
      groups = options.reductionGroups == 0 ? replicas : options.reductionGroups;
  int microBatches = model ? model.getMicroBatches() : 1;
  auto error = schedule::checkNumbers(/*stages=*/1, microBatches, replicas, groups);
  if (!error) {
    DeviceCount devices = countDevices(options);
    int stages = int(stagesGiven(options) != 0 ? stagesGiven(options) : std::max<int64_t>(devices.stages, 1));
    error = schedule::checkLayout(
        options.schedule, {stages, devices.ofReplica == 0 ? stages : devices.ofReplica, microBatches / replicas});
    return error ? error->text + given(options.schedule) + given(options.devices) : "";
  }
  bool isOfGroups = options.reductionGroups.getNumOccurrences() && error->text.find("groups") != std::string::npos &&
                    error->text.find("power of two of replicas") == std::string::npos;
  return error->text + (isOfGroups ? given(options.reductionGroups) : given(options.replicas) + given(options.devices));
}

std::string sluice::withStageFlag(const std::string &message, const Options &options) {
  llvm::StringRef text(message);
  bool isOfStages = text.starts_with("expected layers with a depth to divide over ") ||
                    (text.starts_with("expected at most ") && text.contains(" stages, as many as there are layers"));
  // A profile is told by its name.
  if (text.starts_with("profile '"))
    return message + " (--" + options.profile.ArgStr.str() + ")";
  if (text.starts_with("logged sums expected "))
    return message + given(options.logAccumulation);
  if (text.contains("memory-limit of") || text.contains(" bytes on stage "))
    return message + given(options.deviceMemory);
  if (text.starts_with("assignment of stages expected ") || isOfStages)
    return message + (options.partition.getNumOccurrences() ? given(options.partition) : given(options.stages));
  return message;
}
