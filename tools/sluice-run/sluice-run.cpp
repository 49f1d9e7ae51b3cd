//===- sluice-run.cpp - Runs a function or a graph of a module in this process ------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/IR/Builders.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "passes/Buffers/Scratch.h"
#include "passes/Import/DiagnosticPrinter.h"
#include "passes/Import/ImportModel.h"
#include "tools/CommandLine.h"
#include "tools/Register.h"
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
  cl::opt<bool> checkGradient{"check-gradient",
                              cl::desc("Compare the gradients of the graph 'train', in f64, with central differences"),
                              cl::cat(category)};
  cl::opt<double> tolerance{"tolerance", cl::desc("Largest relative error of a gradient (default: 1e-6)"),
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

/// What a function takes and gives, noted before it is lowered.
struct Signature {
  SmallVector<Type> inputs, results;
  SmallVector<Attribute> values; // of the inputs, null where random
  SmallVector<int64_t> updated;  // for each result, the input that it updates, or -1
  bool onBuffers = false;        // destinations are inputs already
};
} // namespace

static constexpr ErrorPrinter fail = {"sluice-run"};

/// Takes the values out of the function: LLVM would not know them.
static Signature takeSignature(FunctionOpInterface function) {
  Signature signature;
  signature.inputs = llvm::to_vector(function.getArgumentTypes());
  signature.results = llvm::to_vector(function.getResultTypes());
  signature.updated.assign(signature.results.size(), -1);
  for (unsigned index = 0; index < signature.inputs.size(); ++index) {
    signature.values.push_back(function.removeArgAttr(index, valuesAttrName));
    signature.onBuffers |= isa<MemRefType>(signature.inputs[index]);
    if (auto result = function.getArgAttrOfType<IntegerAttr>(index, updatesAttrName))
      signature.updated[result.getInt()] = index;
  }
  return signature;
}

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

static LogicalResult lower(ModuleOp module, bool onBuffers, llvm::StringRef cpu) {
  PassManager manager(module.getContext());
  LoweringOptions lowering;
  lowering.processor = cpu.str();
  if (onBuffers) {
    manager.addPass(createOutlineParallel());
    manager.addPass(createPlanScratch());
    manager.addPass(createApproximateMath());
    buildLLVMPipeline(manager, lowering);
  } else {
    if (!module.getOps<GraphOp>().empty()) {
      GradientOptions gradient;
      if (ModelAttr model = BinaryFacts::of(module).model)
        gradient.optimizer = stringifyOptimizer(model.getOptimizer()).str();
      buildGradientPipeline(manager, gradient);
      // For programs that were written by hand.
      manager.addPass(createSplitBackward());
    }
    buildLoweringPipeline(manager, lowering);
  }
  return manager.run(module);
}

/// Fills the arguments, calls the function, prints its results: what it returned, or all buffers if it works on those.
static int runFunction(JitFunction &function, const Signature &signature, const Options &options) {
  function.startPool(options.threads);
  std::vector<runtime::Memory> memory;
  SmallVector<void *> arguments;
  bool hasStep = !signature.onBuffers || isStepType(signature.inputs[0]);
  auto add = [&](Type type) {
    memory.emplace_back(bytesOf(cast<ShapedType>(type)));
    arguments.push_back(memory.back().data());
    return memory.back().data();
  };
  unsigned firstInput = signature.onBuffers && hasStep ? 1 : 0;
  SmallVector<std::pair<char *, Type>> results;
  SmallVector<char *> inputs;
  for (unsigned index = firstInput; index < signature.inputs.size(); ++index) {
    auto type = dyn_cast<ShapedType>(signature.inputs[index]);
    if (!type || !type.hasStaticShape())
      return fail("argument " + Twine(index) + " is no tensor or buffer of static shape");
    inputs.push_back(add(type));
    if (!fill(inputs.back(), type, signature.values[index], {options.seed, index}))
      return fail("argument " + Twine(index) + ": its '" + valuesAttrName + "' do not fit its type");
    if (signature.onBuffers)
      results.push_back({inputs.back(), type});
  }
  for (auto [type, updated] : llvm::zip_equal(signature.results, signature.updated))
    results.push_back({updated < 0 ? add(type) : inputs[updated], type});
  if (llvm::Error error = function.call(arguments, hasStep))
    return fail(llvm::toString(std::move(error)));
  for (auto [data, type] : results) {
    print(llvm::outs(), data, cast<ShapedType>(type));
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

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  // The options of LLVM's own libraries have names that are ours here.
  llvm::cl::ResetCommandLineParser();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  if (!parseCommandLine(argc, argv, fail, "Runs a function or a graph of a module in this process\n"))
    return 2;
  if (options.function.empty() != options.checkGradient.getValue())
    return fail("expected either --function or --check-gradient", 2);
  llvm::Expected<Processor> processor = Processor::get(options.cpu);
  if (!processor)
    return fail(llvm::toString(processor.takeError()), 2);

  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  llvm::SourceMgr sources;
  DiagnosticPrinter printer(sources, &context);
  OwningOpRef<ModuleOp> module = StringRef(options.input).ends_with(".json")
                                     ? importModel(options.input, ImportOptions(), &context)
                                     : parseSourceFile<ModuleOp>(options.input, sources, &context);
  if (!module)
    return 2;

  Operation *target = options.checkGradient ? nullptr : module->lookupSymbol(options.function);
  auto function = dyn_cast_or_null<func::FuncOp>(target);
  if (!function && !isa_and_nonnull<GraphOp>(target) && !options.checkGradient)
    return fail("the module has no function or graph '" + options.function + "'", 2);
  Signature signature;
  if (function) {
    signature = takeSignature(function);
    function.setPublic();
  }
  if (options.checkGradient) {
    // Only the loss matters.
    for (auto graph : llvm::make_early_inc_range(module->getOps<GraphOp>()))
      if (graph.getSymName() != "train")
        graph.erase();
    promoteToF64(*module);
  }
  GivenValues given = collectValues(*module);
  if (!module->getOps<GraphOp>().empty())
    completeFacts(*module);

  if (failed(lower(*module, signature.onBuffers, options.cpu)))
    return 1;
  if (function) {
    llvm::Expected<JitFunction> compiled = JitFunction::create(*module, options.function, *processor);
    if (!compiled)
      return fail(llvm::toString(compiled.takeError()));
    return runFunction(*compiled, signature, options);
  }
  llvm::Expected<std::unique_ptr<Jit>> jit = Jit::create(*module, *processor);
  if (!jit)
    return fail(llvm::toString(jit.takeError()));
  return runModel(**jit, &context, given, options);
}
