//===- StageUsage.cpp - What is wrong with the options of stages ----------------------===//
#include "dialects/Pipe/PipeDialect.h"
#include "dialects/Sluice/BinaryFacts.h"
#include "passes/Numerics/Passes.h"
#include "passes/Numerics/PrecisionPolicy.h"
#include "passes/Schedule/Generators.h"
#include "passes/Stages/Profile.h"
#include "tools/sluicec/OptionText.h"
#include "tools/sluicec/Usage.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace sluice;
namespace cl = llvm::cl;

/// Stages that the options ask for; 0 where they do not say it.
static int64_t stagesGiven(const Options &options) {
  if (options.partition.getNumOccurrences())
    return llvm::count(options.partition.getValue(), ',') + 1;
  return options.stages;
}

/// Whether a parameter is used both in front of the stack of layers and behind it.
static bool sharesEnds(ModuleOp module) {
  auto train = module.lookupSymbol<GraphOp>("train");
  if (!train)
    return false;
  auto stack = llvm::filter_to_vector(train.getBody().front().getOps<LayerOp>(),
                                      [](LayerOp layer) { return layer.getDepth().has_value(); });
  auto isShared = [&](ReadOp read) {
    return llvm::any_of(read->getUsers(), [&](Operation *user) { return user->isBeforeInBlock(stack.front()); }) &&
           llvm::any_of(read->getUsers(), [&](Operation *user) { return stack.back()->isBeforeInBlock(user); });
  };
  return !stack.empty() && llvm::any_of(train.getBody().front().getOps<ReadOp>(), isShared);
}

DeviceCount sluice::countDevices(ModuleOp module, const Options &options) {
  int64_t stages = stagesGiven(options), devices = options.devices;
  int replicas = options.replicas;
  if (devices == 0) {
    bool isRing = stages > 1 && schedule::hasStaleGradients(options.schedule) && sharesEnds(module);
    return {options.stages, replicas, isRing ? int(stages - 1) : 0};
  }
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
  if (schedule::hasStaleGradients(options.schedule)) {
    if (stages == 0)
      return "expected --stages or --partition together with --devices for " + options.schedule + ", found neither";
    if (!hasReplicas && devices > stages)
      return complain("at most " + counted(stages, "stage") + " for " + options.schedule + " without --replicas");
  }
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

std::string sluice::checkStageUsage(const Options &options) {
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
  if (!schedule::isSchedule(options.schedule))
    return "expected --schedule " + schedule::scheduleNames() + ", found '" + options.schedule + "'";
  // A step that is skipped is skipped by all stages, which only a reduction of all of them could tell.
  if (schedule::hasStaleGradients(options.schedule) && options.lossScale == "dynamic" && stagesGiven(options) > 1)
    return "expected --loss-scale none or a power of two for " + options.schedule +
           ", whose stages do not wait for each other and so cannot skip a step together, found 'dynamic'";
  if (!llvm::is_contained({"stashed", "predicted", "current"}, options.weights))
    return "expected --weights stashed, predicted or current, found '" + options.weights + "'";
  if (options.weights.getNumOccurrences() && !schedule::hasStaleGradients(options.schedule))
    return "expected --schedule=ouroboros together with --weights, found '" + options.schedule + "'";
  if (options.tiedDelay != 0 && options.tiedDelay != 1)
    return "expected --tied-delay of 0 or 1, found " + std::to_string(options.tiedDelay);
  if (options.tiedDelay.getNumOccurrences() && !schedule::hasStaleGradients(options.schedule))
    return "expected --schedule=ouroboros together with --tied-delay, found '" + options.schedule + "'";
  if (options.weights == "current" && options.recompute.getNumOccurrences() && options.recompute != "stage")
    return "expected --recompute=stage together with --weights=current, found '" + options.recompute + "'";
  if (!llvm::is_contained({"none", "layer", "stage", "auto"}, options.recompute))
    return "expected --recompute none, layer, stage or auto, found '" + options.recompute + "'";
  // Above that the bytes are no number.
  constexpr double mostGibibytes = 1e9;
  if (options.deviceMemory.getNumOccurrences() && !(options.deviceMemory >= 0 && options.deviceMemory <= mostGibibytes))
    return "expected --device-memory from 0 to " + numberText(mostGibibytes) + " GiB, found " +
           numberText(options.deviceMemory);
  if (std::string problem = checkDevices(options); !problem.empty())
    return problem;
  return checkProfile(options);
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
    std::string flag = given(options.schedule) + given(options.weights) + given(options.tiedDelay) +
                       given(options.replicas) + given(options.reductionGroups) + given(options.devices);
    return flag.empty() ? "" : "expected programs from a schedule or from the model itself, which has some" + flag;
  }
  ModelAttr model = BinaryFacts::of(module).model;
  DeviceCount devices = countDevices(module, options);
  int replicas = devices.replicas, groups = options.reductionGroups == 0 ? replicas : options.reductionGroups;
  int microBatches = model ? model.getMicroBatches() : 1;
  auto error = schedule::checkNumbers(/*stages=*/1, microBatches, replicas, groups);
  if (!error) {
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
  if (text.contains(" on one device for "))
    return message + given(options.schedule) + given(options.devices);
  if (text.contains(" for tied gradients "))
    return message + given(options.tiedGradients);
  if (text.contains(" for a tied delay "))
    return message + given(options.tiedDelay);
  if (text.starts_with("logged sums expected "))
    return message + given(options.logAccumulation);
  if (text.contains("memory-limit of") || text.contains(" bytes on stage "))
    return message + given(options.deviceMemory);
  if (text.starts_with("assignment of stages expected ") || isOfStages)
    return message + (options.partition.getNumOccurrences() ? given(options.partition) : given(options.stages));
  return message;
}
