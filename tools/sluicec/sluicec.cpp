//===- sluicec.cpp - From a model description to a training program ------------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "mlir/Transforms/Passes.h"
#include "passes/CPU/Pipeline.h"
#include "passes/Import/DiagnosticPrinter.h"
#include "passes/Import/ImportModel.h"
#include "passes/Target/Executable.h"
#include "passes/Target/Target.h"
#include "tools/CommandLine.h"
#include "tools/Register.h"
#include "tools/sluicec/MemoryWarning.h"
#include "tools/sluicec/Output.h"
#include "tools/sluicec/Tune.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"
#include <cmath>

using namespace mlir;
using namespace sluice;
namespace cl = llvm::cl;

namespace {
enum class Emit { Graph, Gradient, Kernels, LLVM, Object, Executable };

struct Options {
  cl::OptionCategory category{"sluicec options"};
  cl::opt<std::string> model{
      cl::Positional, cl::desc("MODEL: a description (.json), a Hugging Face config.json or its folder, or .mlir"),
      cl::Required, cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("File to write (default: train; standard output for text)"),
                              cl::value_desc("OUT"), cl::cat(category)};
  cl::opt<int64_t> batch{"batch", cl::desc("Sequences per micro-batch (default: the description's)"), cl::init(0),
                         cl::cat(category)};
  cl::opt<int64_t> sequence{"seq", cl::desc("Tokens per sequence (default: the description's)"), cl::init(0),
                            cl::cat(category)};
  cl::opt<int64_t> microBatches{"microbatches",
                                cl::desc("Micro-batches per optimizer step (default: the description's)"), cl::init(0),
                                cl::cat(category)};
  cl::opt<std::string> optimizer{"optimizer", cl::desc("adamw, sgd or muon (default: the description's)"),
                                 cl::cat(category)};
  cl::opt<double> gradClip{
      "grad-clip",
      cl::desc("Global gradient norm above which gradients are scaled down, 0: none (default: the description's)"),
      cl::init(-1), cl::cat(category)};
  cl::opt<double> dropout{"dropout", cl::desc("Rate of every dropout, 0 removes them (default: the description's)"),
                          cl::init(-1), cl::cat(category)};
  cl::opt<std::string> standardizationLoss{
      "standardization-loss",
      cl::desc("A loss in place of normalization layers, with options of sluice-standardization-loss: "
               "lambda=1e-4,site=linear-output (default: none)"),
      cl::value_desc("OPTION=VALUE,..."), cl::ValueOptional, cl::cat(category)};
  cl::opt<std::string> clipScope{
      "clip-scope",
      cl::desc("Clip the gradient of the total loss, or of the task's alone and add the standardization loss's after "
               "that: total or task (default: total)"),
      cl::init("total"), cl::cat(category)};
  cl::opt<std::string> compute{
      "compute",
      cl::desc("Operand type of contractions: f32 or bf16; sums, weights and everything else stay f32 (default: f32)"),
      cl::init("f32"), cl::cat(category)};
  cl::opt<std::string> layerDrop{
      "layer-drop",
      cl::desc(
          "Drop layers at random, with options of sluice-insert-layer-drop: theta=0.5,gamma=0.001 (default: none)"),
      cl::value_desc("OPTION=VALUE,..."), cl::cat(category)};
  cl::list<std::string> techniques{
      "technique",
      cl::desc(
          "A pass on the forward graph with its options, or several with commas between them; can be repeated, and "
          "runs in the order given, before --layer-drop (default: none)"),
      cl::value_desc("PASS{OPTION=VALUE ...}"), cl::cat(category)};
  cl::list<std::string> plugins{"load-pass-plugin",
                                cl::desc("Shared library with passes for --technique; can be repeated (default: none)"),
                                cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<std::string> droppedState{
      "dropped-state",
      cl::desc(
          "Parameters of a layer that a step drops: move (by the moments of the optimizer) or skip (default: move)"),
      cl::init("move"), cl::cat(category)};
  cl::opt<std::string> cpu{
      "cpu", cl::desc("Processor: native, x86-64, x86-64-v3, x86-64-v4 or a name that LLVM knows (default: native)"),
      cl::init("native"), cl::cat(category)};
  cl::opt<std::string> tuneCache{
      "tune-cache", cl::desc("Strategies of contractions that --tune measured (default: none, the shapes decide)"),
      cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<bool> tune{"tune",
                     cl::desc("Measure on this machine what --tune-cache lacks for the model, and add it there; takes "
                              "some seconds a shape (default: off)"),
                     cl::init(false), cl::cat(category)};
  cl::opt<bool> verifyEach{"verify-each",
                           cl::desc("Verify the IR after every pass (default: before the first and after the last)"),
                           cl::init(false), cl::cat(category)};
  cl::opt<Emit> emit{"emit", cl::desc("What to write (default: exe)"), cl::init(Emit::Executable), cl::cat(category),
                     cl::values(clEnumValN(Emit::Graph, "graph", "the forward graphs, with techniques"),
                                clEnumValN(Emit::Gradient, "gradient", "differentiated functions and actions"),
                                clEnumValN(Emit::Kernels, "kernels", "vector code on planned memory"),
                                clEnumValN(Emit::LLVM, "llvm", "the LLVM dialect with the exported table"),
                                clEnumValN(Emit::Object, "obj", "an object file"),
                                clEnumValN(Emit::Executable, "exe", "the training program"))};

  bool isText() const { return emit < Emit::Object; }
  std::string outputPath() const { return !output.empty() ? output.getValue() : isText() ? "-" : "train"; }
};
} // namespace

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

static std::string numberText(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

/// Options that only an imported description can follow, or whose value is out of range.
static std::string checkUsage(const Options &options) {
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
  if (!llvm::is_contained({"f32", "bf16"}, options.compute))
    return "expected --compute f32 or bf16, found '" + options.compute + "'";
  if (options.clipScope.getNumOccurrences() && !options.standardizationLoss.getNumOccurrences())
    return "expected --clip-scope together with --standardization-loss";
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
  if (options.tune)
    if (std::string problem = checkOutput("--tune-cache", options.tuneCache, inputs, /*isText=*/false);
        !problem.empty())
      return problem;
  if (!options.tuneCache.empty())
    inputs.push_back(options.tuneCache);
  return checkOutput("-o", options.outputPath(), inputs, options.isText());
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

/// An error about an option of a technique, with the flag that gave the technique behind it.
static std::string withFlag(std::string message, const Options &options) {
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
    return message.str().empty() ? failure() : failure(fail(withFlag(message.str(), options)));
  };
  // LLVM's parser of values prints for itself, and knows the pass's option but not the flag.
  std::string printed = captureErrors([&] { isBuilt = buildGraphPipeline(manager, graph, complain); });
  if (!printed.empty())
    llvm::errs() << withFlag(llvm::StringRef(printed).trim().str(), options) << "\n";
  if (failed(isBuilt))
    return failure();
  // A value that its pass refuses is a fault of the flag, not of the model.
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diagnostic) {
    std::string message = diagnostic.str(), named = withFlag(message, options);
    if (named == message)
      return failure();
    fail(named);
    return success();
  });
  return manager.run(module);
}

static void addGradientAndNumericsPhase(PassManager &manager, ModuleOp module, const Options &options) {
  GradientOptions gradient;
  gradient.droppedState = options.droppedState.getValue();
  if (ModelAttr model = BinaryFacts::of(module).model) {
    gradient.microBatches = model.getMicroBatches();
    gradient.optimizer = stringifyOptimizer(model.getOptimizer()).str();
  }
  buildGradientPipeline(manager, gradient);
  NumericsOptions numerics;
  numerics.compute = options.compute.getValue();
  buildNumericsPipeline(manager, numerics);
}

static void setLoweringOptions(LoweringOptions &lowering, const Options &options) {
  lowering.processor = options.cpu.getValue();
  lowering.tuneCache = options.tuneCache.getValue();
}

/// Measures what the cache lacks for the contractions of the model.
static LogicalResult tune(ModuleOp module, const Options &options) {
  llvm::Expected<Processor> processor = Processor::get(options.cpu);
  if (!processor)
    return failure(fail(llvm::toString(processor.takeError()), 2));
  llvm::Expected<TuneCache> cache = TuneCache::read(options.tuneCache, /*isMissingAllowed=*/true);
  if (!cache)
    return failure(fail(llvm::toString(cache.takeError()), 2));
  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager manager(module.getContext());
  manager.enableVerifier(options.verifyEach);
  addGradientAndNumericsPhase(manager, *copy, options);
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
static LogicalResult runPhases(ModuleOp module, const Options &options, MemoryWarning &warning) {
  LoweringOptions lowering;
  setLoweringOptions(lowering, options);
  Emit emit = options.emit;
  PassManager toKernels(module.getContext()), toLLVM(module.getContext());
  // A third of the time of a deep model otherwise; what came in and what goes out is verified all the same.
  for (PassManager *manager : {&toKernels, &toLLVM})
    manager->enableVerifier(options.verifyEach);
  if (emit >= Emit::Gradient)
    addGradientAndNumericsPhase(toKernels, module, options);
  if (emit >= Emit::Kernels)
    buildKernelPipeline(toKernels, lowering);
  if (emit >= Emit::LLVM)
    buildLLVMPipeline(toLLVM, lowering);
  if (failed(verify(module)) || failed(toKernels.run(module)))
    return failure();
  // Between the two: memory is planned, and not yet in the table alone.
  if (emit >= Emit::Kernels)
    warning.checkKernels(module);
  return success(succeeded(toLLVM.run(module)) && succeeded(verify(module)));
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
  llvm::Expected<std::unique_ptr<Target>> target = createTarget("cpu", options.cpu.getValue());
  if (!target)
    return fail(llvm::toString(target.takeError()) + " (--cpu=" + options.cpu + ")", 2);

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
  warning.checkGraph(*module);
  if (options.tune && failed(tune(*module, options)))
    return 1;
  if (failed(runPhases(*module, options, warning)))
    return 1;
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
