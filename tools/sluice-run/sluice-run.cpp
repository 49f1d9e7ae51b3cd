//===- sluice-run.cpp - Runs a function or a graph of a module in this process ------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/IR/Builders.h"
#include "mlir/Parser/Parser.h"
#include "passes/Import/DiagnosticPrinter.h"
#include "passes/Import/ImportModel.h"
#include "tools/CommandLine.h"
#include "tools/Register.h"
#include "tools/sluice-run/CardFunction.h"
#include "tools/sluice-run/F64Check.h"
#include "tools/sluice-run/GradientCheck.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace sluice;
namespace cl = llvm::cl;

namespace {
struct Options {
  cl::OptionCategory category{"sluice-run options"};
  cl::opt<std::string> input{cl::Positional,
                             cl::desc("FILE: .mlir or a model description (.json); - is standard input"), cl::init("-"),
                             cl::cat(category)};
  cl::opt<std::string> function{"function", cl::desc("Function or graph to run; its results are printed"),
                                cl::value_desc("NAME"), cl::cat(category)};
  cl::opt<std::string> target{
      "target",
      cl::desc("What functions run on: cpu, or cuda, the first card; cuda:sm_90 and the like for one from that "
               "on (default: cpu)"),
      cl::value_desc("KIND[:ARCHITECTURE]"), cl::init("cpu"), cl::cat(category)};
  cl::opt<bool> againstF64{
      "against-f64",
      cl::desc("Compare results of --function, or of every function, with what they are in f64 on this "
               "processor; functions on buffers may have ops of linalg"),
      cl::cat(category)};
  cl::opt<std::string> reference{
      "reference", cl::desc("Module whose functions are those in f64, where FILE was lowered (default: FILE)"),
      cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<std::string> save{
      "save",
      cl::desc("Folder for a file a function with its kernels for cards, its operands and what they become in "
               "f64, for sluice-check-kernels (default: none)"),
      cl::value_desc("FOLDER"), cl::cat(category)};
  cl::opt<bool> checkGradient{"check-gradient",
                              cl::desc("Compare the gradients of the graph 'train', in f64, with central differences"),
                              cl::cat(category)};
  cl::opt<double> tolerance{"tolerance",
                            cl::desc("Largest relative error of a gradient, or of a result against f64 over "
                                     "the root of its mean square; 'sluice.tolerance' of a function comes "
                                     "first (default: 1e-6)"),
                            cl::init(1e-6), cl::cat(category)};
  cl::opt<int64_t> samples{"samples", cl::desc("Elements of each parameter to check, 0: all (default: 0)"), cl::init(0),
                           cl::cat(category)};
  cl::opt<uint64_t> seed{"seed", cl::desc("Seed of values that the file does not give (default: 0)"), cl::init(0),
                         cl::cat(category)};
  cl::opt<unsigned> threads{"threads", cl::desc("Threads of parallel loops (default: 2)"), cl::init(2),
                            cl::cat(category)};
  cl::opt<std::string> cpu{"cpu", cl::desc("Processor to generate code for (default: native)"), cl::init("native"),
                           cl::cat(category)};
};
} // namespace

static constexpr ErrorPrinter fail = {"sluice-run"};

/// Values that the module gives for parameters and for inputs of graphs.
static GivenValues collectValues(ModuleOp module) {
  GivenValues given;
  for (auto parameter : module.getOps<ParameterOp>())
    if (Attribute values = parameter->getAttr(valuesAttrName))
      given[parameter.getSymName()] = values;
  for (auto graph : module.getOps<GraphOp>())
    for (unsigned index = 0; index < graph.getNumArguments(); ++index)
      if (Attribute values = graph.getArgAttr(index, valuesAttrName))
        given[(graph.getSymName() + "." + Twine(index)).str()] = values;
  return given;
}

/// A module written by hand says little of the whole; the table needs the rest.
static void completeFacts(ModuleOp module) {
  Builder builder(module.getContext());
  BinaryFacts facts = BinaryFacts::of(module);
  if (!facts.model)
    facts.model =
        ModelAttr::get(module.getContext(), builder.getStringAttr(""), builder.getStringAttr(""), /*batch=*/0,
                       /*sequence=*/0, /*vocabulary=*/0, /*micro_batches=*/1, Optimizer::AdamW,
                       /*grad_clip=*/builder.getF64FloatAttr(0), /*flops_per_token=*/builder.getF64FloatAttr(0));
  // Graphs may have been erased, or their types changed.
  SmallVector<Attribute> graphs;
  for (auto graph : module.getOps<GraphOp>())
    graphs.push_back(describeGraph(graph, "input"));
  facts.graphs = builder.getArrayAttr(graphs);
  facts.set(module);
  if (module->hasAttr(scalarsAttrName))
    return;
  const std::pair<StringRef, double> scalars[] = {
      {"learning_rate", 1e-3},    {"beta1", 0.9},      {"beta2", 0.999},  {"epsilon", 1e-8},
      {"weight_decay", 0},        {"momentum", 0.9},   {"clip_scale", 1}, {"bias_correction1", 0.1},
      {"bias_correction2", 1e-3}, {"loss_gradient", 1}};
  SmallVector<Attribute> entries;
  for (auto [name, value] : scalars)
    entries.push_back(builder.getDictionaryAttr({builder.getNamedAttr("name", builder.getStringAttr(name)),
                                                 builder.getNamedAttr("value", builder.getF64FloatAttr(value)),
                                                 builder.getNamedAttr("help", builder.getStringAttr(""))}));
  module->setAttr(scalarsAttrName, builder.getArrayAttr(entries));
}

/// Prints what the function returned, or all buffers if it works on those.
static int printResults(const Operands &operands) {
  for (size_t number = 0; number < operands.results().size(); ++number) {
    const Operands::Operand &result = operands.result(number);
    print(llvm::outs(), result.memory.data(), result.type);
    llvm::outs() << "\n";
  }
  return finishOutput(fail);
}

static int runModel(Jit &jit, MLIRContext *context, const GivenValues &given, const Options &options) {
  llvm::Expected<void *> table = jit.lookup("sluice_program");
  if (!table)
    return fail(llvm::toString(table.takeError()));
  const auto &binary = *static_cast<const sluice_binary *>(*table);
  if (binary.device_count > 1)
    return fail("expected a model of one stage, found " + Twine(binary.device_count) +
                " stages and replicas: compile it with sluicec");
  Model model(jit, binary, options.threads);
  const sluice_graph *graph = model.findGraph(options.checkGradient ? "train" : StringRef(options.function));
  if (!graph)
    return fail("the table has no graph '" + options.function + "'");
  if (!model.fillParameters(context, given, options.seed) || !model.fillInputs(context, *graph, given, options.seed))
    return fail(Twine("'") + valuesAttrName + "' of a parameter or an input do not fit its type");
  if (options.checkGradient)
    return checkGradients(model, {options.tolerance, options.samples}) ? finishOutput(fail) : 1;
  model.evaluate(*graph);
  print(llvm::outs(), model.frameAt(graph->result.offset), model.typeOf(context, graph->result));
  llvm::outs() << "\n";
  return finishOutput(fail);
}

static int runGraph(ModuleOp module, const Processor &processor, const Options &options) {
  if (options.checkGradient) {
    // Only the loss matters.
    for (auto graph : llvm::make_early_inc_range(module.getOps<GraphOp>()))
      if (graph.getSymName() != "train")
        graph.erase();
    promoteToF64(module);
  }
  GivenValues given = collectValues(module);
  completeFacts(module);
  if (failed(lowerForHost(module, /*onBuffers=*/false, /*fromLinalg=*/false, options.cpu)))
    return 1;
  llvm::Expected<std::unique_ptr<Jit>> jit = Jit::create(module, processor);
  if (!jit)
    return fail(llvm::toString(jit.takeError()));
  return runModel(**jit, module.getContext(), given, options);
}

static int runFunction(ModuleOp module, func::FuncOp function, bool onCard, llvm::StringRef architecture,
                       const Processor &processor, const Options &options) {
  bool hasGraphs = !module.getOps<GraphOp>().empty();
  // Others may be in another form.
  if (!hasGraphs && failed(isolateFunction(module, options.function)))
    return 1;
  if (onCard)
    addStep(function);
  Signature signature = Signature::take(function);
  function.setPublic();
  llvm::Expected<Operands> operands = Operands::create(signature, options.seed);
  if (!operands)
    return fail(llvm::toString(operands.takeError()));
  if (onCard) {
    llvm::Expected<KernelCase> launches = lowerForCard(module, options.function, signature, *operands, architecture);
    if (!launches)
      return fail(llvm::toString(launches.takeError()));
    if (llvm::Error error = runOnCard(*launches, *operands))
      return fail(llvm::toString(std::move(error)));
    return printResults(*operands);
  }
  if (hasGraphs)
    completeFacts(module);
  if (failed(lowerForHost(module, signature.onBuffers, /*fromLinalg=*/false, options.cpu)))
    return 1;
  if (llvm::Error error = runOnHost(module, options.function, signature, *operands, processor, options.threads))
    return fail(llvm::toString(std::move(error)));
  return printResults(*operands);
}

static OwningOpRef<ModuleOp> readModule(const std::string &path, MLIRContext *context) {
  if (llvm::StringRef(path).ends_with(".json"))
    return importModel(path, ImportOptions(), context);
  llvm::SourceMgr sources;
  DiagnosticPrinter printer(sources, context);
  return parseSourceFile<ModuleOp>(path, sources, context);
}

/// The functions of the options against f64.
static int checkFunctions(ModuleOp module, const F64CheckOptions &check, const Options &options) {
  OwningOpRef<ModuleOp> other;
  if (!options.reference.empty() && !(other = readModule(options.reference, module.getContext())))
    return 2;
  SmallVector<std::string> names;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal() && (options.function.empty() || function.getSymName() == options.function))
      names.push_back(function.getSymName().str());
  if (names.empty())
    return fail("the module has no function '" + options.function + "'", 2);
  bool areClose = true;
  for (const std::string &name : names) {
    llvm::Expected<bool> isClose = checkAgainstF64(module, other ? *other : module, name, check);
    if (!isClose)
      return fail(name + ": " + llvm::toString(isClose.takeError()));
    areClose &= *isClose;
  }
  return areClose ? finishOutput(fail) : 1;
}

/// What is wrong with the options together; empty where nothing is.
static std::string usageError(const Options &options, llvm::StringRef kind) {
  if (options.function.empty() && !options.checkGradient && !options.againstF64)
    return "expected --function, --check-gradient or --against-f64";
  if (options.checkGradient && (!options.function.empty() || options.againstF64 || kind != "cpu"))
    return "--check-gradient goes with neither --function nor --against-f64, nor a card";
  if (!options.reference.empty() && !options.againstF64)
    return "--reference needs --against-f64";
  if (!options.save.empty() && (!options.againstF64 || kind != "cuda"))
    return "--save needs --against-f64 and --target=cuda";
  return "";
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  // The options of LLVM's own libraries have names that are ours here.
  llvm::cl::ResetCommandLineParser();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  if (!parseCommandLine(argc, argv, fail, "Runs a function or a graph of a module in this process\n"))
    return 2;
  llvm::StringRef kind, architecture;
  std::tie(kind, architecture) = llvm::StringRef(options.target).split(':');
  if (architecture.empty())
    architecture = "native";
  if (std::string error = usageError(options, kind); !error.empty())
    return fail(error, 2);
  llvm::Expected<Processor> processor = Processor::get(options.cpu);
  if (!processor)
    return fail(llvm::toString(processor.takeError()), 2);

  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  if (llvm::Expected<std::unique_ptr<Target>> target = createTarget(kind, kind == "cpu" ? options.cpu : architecture);
      !target)
    return fail(llvm::toString(target.takeError()), 2);
  OwningOpRef<ModuleOp> module = readModule(options.input, &context);
  if (!module)
    return 2;
  if (options.againstF64)
    return checkFunctions(*module,
                          {options.tolerance, kind == "cuda", architecture.str(), options.save, *processor, options.cpu,
                           options.threads, options.seed},
                          options);

  Operation *target = options.checkGradient ? nullptr : module->lookupSymbol(options.function);
  if (auto function = dyn_cast_or_null<func::FuncOp>(target))
    return runFunction(*module, function, kind == "cuda", architecture, *processor, options);
  if (kind != "cpu")
    return fail("expected a function for --target=" + options.target + ", which runs no graphs", 2);
  if (!isa_and_nonnull<GraphOp>(target) && !options.checkGradient)
    return fail("the module has no function or graph '" + options.function + "'", 2);
  return runGraph(*module, *processor, options);
}
