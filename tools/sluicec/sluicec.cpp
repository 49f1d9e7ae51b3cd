//===- sluicec.cpp - From a model description to a training program ------------------===//
#include "dialects/Pipe/PipeDialect.h"
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Buffers/Passes.h"
#include "passes/CPU/Pipeline.h"
#include "passes/Import/DiagnosticPrinter.h"
#include "passes/Import/ImportModel.h"
#include "passes/Target/Executable.h"
#include "passes/Target/Target.h"
#include "tools/CommandLine.h"
#include "tools/Register.h"
#include "tools/sluicec/Explain.h"
#include "tools/sluicec/MeasureContractions.h"
#include "tools/sluicec/MemoryWarning.h"
#include "tools/sluicec/Output.h"
#include "tools/sluicec/Tune.h"
#include "tools/sluicec/Usage.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace sluice;
namespace cl = llvm::cl;

static constexpr ErrorPrinter fail = {"sluicec"};

static OwningOpRef<ModuleOp> load(const Options &options, llvm::SourceMgr &sources, MLIRContext &context) {
  llvm::StringRef path(options.model);
  if (path.ends_with(".mlir"))
    return parseSourceFile<ModuleOp>(path, sources, &context);
  ImportOptions import;
  import.batch = options.batch;
  import.sequence = options.sequence;
  import.microBatches = options.microBatches;
  import.optimizer = symbolizeOptimizer(options.optimizer);
  if (options.gradClip.getNumOccurrences())
    import.gradientClip = options.gradClip;
  if (options.dropout.getNumOccurrences())
    import.dropout = options.dropout;
  return importModel(path, import, &context);
}

/// Registers the passes of the plugins.
static LogicalResult loadPlugins(const Options &options) {
  for (const std::string &path : options.plugins) {
    // A name without a folder would be looked for among the libraries of the system.
    llvm::SmallString<128> absolute(path);
    llvm::sys::fs::make_absolute(absolute);
    llvm::Expected<PassPlugin> plugin = PassPlugin::load(absolute.str().str());
    if (!plugin) {
      std::string text = llvm::toString(plugin.takeError());
      llvm::StringRef reason(text);
      reason.consume_front("Could not load library '" + absolute.str().str() + "': ");
      return failure(fail("cannot load '" + path + "': " + reason, 2));
    }
    plugin->registerPassRegistryCallbacks();
  }
  return success();
}

/// "theta=0.5,gamma=0.001" as the options of a pass.
static std::string passOptions(const cl::opt<std::string> &option) {
  std::string text = option;
  std::replace(text.begin(), text.end(), ',', ' ');
  return text;
}

/// Rewrites the graphs by the techniques that are asked for.
static LogicalResult runGraphPhase(ModuleOp module, const Options &options) {
  GraphOptions graph;
  if (options.standardizationLoss.getNumOccurrences())
    graph.standardizationLoss = passOptions(options.standardizationLoss) + " clip-scope=" + options.clipScope;
  graph.techniques = llvm::ArrayRef<std::string>(options.techniques);
  graph.layerDrop = passOptions(options.layerDrop);
  PassManager manager(module.getContext(), ModuleOp::getOperationName());
  manager.enableVerifier(options.verifyEach);
  LogicalResult isBuilt = success();
  auto complain = [&](const llvm::Twine &message) -> LogicalResult {
    return message.str().empty() ? failure() : failure(fail(withTechniqueFlag(message.str(), options)));
  };
  // LLVM's parser of values prints for itself, and knows the pass's option but not the flag.
  std::string printed = captureErrors([&] { isBuilt = buildGraphPipeline(manager, graph, complain); });
  if (!printed.empty())
    llvm::errs() << withTechniqueFlag(llvm::StringRef(printed).trim().str(), options) << "\n";
  if (failed(isBuilt))
    return failure();
  // A value that its pass refuses is a fault of the flag, not of the model.
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diagnostic) {
    std::string message = diagnostic.str(), named = withTechniqueFlag(message, options);
    if (named == message)
      return failure();
    fail(named);
    return success();
  });
  return manager.run(module);
}

static void setGradientOptions(GradientOptions &gradient, ModuleOp module, const Options &options) {
  gradient.droppedState = options.droppedState.getValue();
  gradient.tiedGradients = options.tiedGradients.getValue();
  gradient.tiedDelay = options.tiedDelay.getValue();
  DeviceCount devices = countDevices(module, options);
  gradient.stages = devices.stages;
  gradient.partition = options.partition.getValue();
  gradient.schedule = options.schedule.getValue();
  gradient.devices = devices.ofReplica;
  gradient.replicas = devices.replicas;
  gradient.groups = options.reductionGroups.getValue();
  gradient.memoryLimit = int64_t(options.deviceMemory * bytesPerGibibyte);
  gradient.currentWeights = options.weights == "current";
  gradient.predictedWeights = options.weights == "predicted";
  gradient.recompute = options.recompute.getValue();
  gradient.profile = options.profile.getValue();
  gradient.lossScale = lossScaleOf(options);
  if (ModelAttr model = BinaryFacts::of(module).model) {
    gradient.microBatches = model.getMicroBatches();
    gradient.optimizer = stringifyOptimizer(model.getOptimizer()).str();
  }
}

static void addGradientAndNumericsPhase(PassManager &manager, ModuleOp module, const Options &options,
                                        const Target &target) {
  GradientOptions gradient;
  setGradientOptions(gradient, module, options);
  buildGradientPipeline(manager, gradient);
  NumericsOptions numerics;
  numerics.compute = options.compute.getValue();
  numerics.accumulate = options.accumulate.getValue();
  bool gains = target.gainsFromNarrowFactors();
  numerics.narrowWeights = options.narrowWeights.getNumOccurrences() ? options.narrowWeights.getValue() : gains;
  numerics.narrowResults = gains;
  numerics.state = stateOf(options);
  numerics.logAccumulation = options.logAccumulation.getValue();
  buildNumericsPipeline(manager, numerics);
}

static void setLoweringOptions(LoweringOptions &lowering, const Options &options) {
  lowering.kind = options.kind();
  lowering.processor = options.processor();
  lowering.tuneCache = options.tuneCache.getValue();
}

/// Measures what the cache lacks for the contractions of the model.
static LogicalResult tune(ModuleOp module, const Options &options, const Target &target) {
  llvm::Expected<Processor> processor = Processor::get(options.cpu);
  if (!processor)
    return failure(fail(llvm::toString(processor.takeError()), 2));
  llvm::Expected<TuneCache> cache = TuneCache::read(options.tuneCache, /*isMissingAllowed=*/true);
  if (!cache)
    return failure(fail(llvm::toString(cache.takeError()), 2));
  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager manager(module.getContext());
  manager.enableVerifier(options.verifyEach);
  addGradientAndNumericsPhase(manager, *copy, options, target);
  LoweringOptions lowering;
  setLoweringOptions(lowering, options);
  buildBufferPipeline(manager, lowering);
  buildCPUBlockPipeline(manager);
  if (failed(manager.run(*copy)))
    return failure();
  if (llvm::Error error = tuneContractions(*copy, *processor, *cache))
    return failure(fail(llvm::toString(std::move(error))));
  if (llvm::Error error = cache->write(options.tuneCache))
    return failure(fail(llvm::toString(std::move(error))));
  return success();
}

/// Lowers the graphs to what is wanted.
static LogicalResult runPhases(ModuleOp module, const Options &options, const Target &target, MemoryWarning &warning) {
  LoweringOptions lowering;
  setLoweringOptions(lowering, options);
  Emit emit = options.emit;
  PassManager toKernels(module.getContext()), toLLVM(module.getContext());
  // A third of the time of a deep model otherwise; what came in and what goes out is verified all the same.
  for (PassManager *manager : {&toKernels, &toLLVM})
    manager->enableVerifier(options.verifyEach);
  if (emit >= Emit::Gradient)
    addGradientAndNumericsPhase(toKernels, module, options, target);
  if (emit >= Emit::Kernels)
    buildKernelPipeline(toKernels, lowering);
  if (emit == Emit::Ptx)
    target.buildCodePipeline(toLLVM);
  else if (emit >= Emit::LLVM)
    buildLLVMPipeline(toLLVM, lowering);
  if (failed(verify(module)) || failed(toKernels.run(module)))
    return failure();
  // Between the two: memory is planned, and not yet in the table alone.
  if (emit >= Emit::Kernels && options.kind() == "cpu")
    warning.checkKernels(module);
  return success(succeeded(toLLVM.run(module)) && succeeded(verify(module)));
}

/// Prints the plan of the step. Differentiated functions and the places of slots are enough for it.
static LogicalResult explain(ModuleOp module, const Options &options, const Target &target) {
  PassManager toSlots(module.getContext());
  toSlots.enableVerifier(options.verifyEach);
  addGradientAndNumericsPhase(toSlots, module, options, target);
  toSlots.addPass(createPlanSlots());
  if (failed(verify(module)) || failed(toSlots.run(module)))
    return failure();
  ContractionReport report;
  if (options.explain != "svg")
    report = reportContractions(module);
  if (options.measure) {
    LoweringOptions lowering;
    setLoweringOptions(lowering, options);
    llvm::Expected<Processor> processor = Processor::get(options.cpu);
    llvm::Error error = processor ? measureContractions(report.kinds, lowering, *processor) : processor.takeError();
    if (error)
      return failure(fail(llvm::toString(std::move(error))));
  }
  FailureOr<std::string> plan = explainPlan(module, options.explain, report);
  if (succeeded(plan))
    llvm::outs() << *plan;
  return plan;
}

static llvm::Error writeBinary(ModuleOp module, const Options &options, const Target &target, llvm::StringRef output,
                               llvm::StringRef runtimeLibrary) {
  if (options.emit == Emit::Object)
    return target.writeObject(module, output);
  llvm::SmallString<128> object;
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("sluice", "o", object))
    return llvm::createStringError(error, "cannot make a temporary file");
  llvm::FileRemover remover(object);
  if (llvm::Error error = target.writeObject(module, object))
    return error;
  return linkExecutable(object, runtimeLibrary, output);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  MemoryWarning warning;
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  if (!parseCommandLine(argc, argv, fail, "Compiles the training step of a transformer\n"))
    return 2;
  if (std::string problem = checkUsage(options); !problem.empty())
    return fail(problem, 2);
  registerTargets();
  llvm::Expected<std::unique_ptr<Target>> target = createTarget(options.kind(), options.processor());
  if (!target)
    return fail(llvm::toString(target.takeError()) +
                    (options.target == "cpu" ? " (--cpu=" + options.cpu + ")" : " (--target=" + options.target + ")"),
                2);

  DialectRegistry registry;
  registerDialects(registry);
  registerPasses();
  registerTransformsPasses();
  MLIRContext context(registry);
  // An error is a line; what it is about can be a whole model.
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  DiagnosticPrinter printer(sources, &context);
  OwningOpRef<ModuleOp> module = load(options, sources, context);
  if (!module || failed(loadPlugins(options)) || failed(runGraphPhase(*module, options)))
    return 2;
  if (std::string problem = checkSchedule(*module, options); !problem.empty())
    return fail(problem, 2);
  warning.checkGraph(*module);
  // Stages or programs that the model does not have are a fault of the command or of the model.
  int failureCode = module->lookupSymbol<pipe::PipelineOp>("train.pipeline") ? 2 : 1;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    std::string message = diagnostic.str(), named = withStageFlag(message, options);
    if (named == message)
      return failure();
    failureCode = fail(named, 2);
    return success();
  });
  if (options.explain.getNumOccurrences())
    return failed(explain(*module, options, **target)) ? failureCode : finishOutput(fail);
  if (options.tune && failed(tune(*module, options, **target)))
    return failureCode;
  if (failed(runPhases(*module, options, **target, warning)))
    return failureCode;
  if (options.emit == Emit::Ptx) {
    if (llvm::Error error = writePtx(*module, options.outputPath()))
      return fail(llvm::toString(std::move(error)));
    return 0;
  }
  if (options.isText()) {
    if (llvm::Error error = writeText(*module, options.outputPath()))
      return fail(llvm::toString(std::move(error)));
    return 0;
  }
  llvm::SmallString<256> library(
      llvm::sys::path::parent_path(llvm::sys::fs::getMainExecutable(argv[0], reinterpret_cast<void *>(&main))));
  llvm::sys::path::append(library, "..", "lib", "libsluice-runtime.a");
  if (llvm::Error error = writeBinary(*module, options, **target, options.outputPath(), library))
    return fail(llvm::toString(std::move(error)));
  return 0;
}
