//===- ExportTable.cpp - The table through which the runtime sees the model --------===//
#include "dialects/Pipe/PipeDialect.h"
#include "dialects/Sluice/BinaryFacts.h"
#include "passes/Table/FunctionTable.h"
#include "passes/Table/LaunchTable.h"
#include "passes/Table/LayerTable.h"
#include "passes/Table/ParameterTable.h"
#include "passes/Table/Passes.h"
#include "passes/Table/ProgramTable.h"
#include "passes/Table/TableTensor.h"
#include <cmath>

namespace sluice {
#define GEN_PASS_DEF_EXPORTTABLE
#include "passes/Table/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

static LogicalResult collectFacts(ModuleOp module, const BinaryFacts &facts, sluice_binary &binary) {
  const std::pair<Attribute, StringRef> parts[] = {
      {facts.model, "model"}, {facts.memory, "memory"}, {facts.graphs, "graphs"}};
  for (auto [part, name] : parts)
    if (!part)
      return complain(module) << "'" << binaryAttrName << "' has no '" << name << "'";
  auto textFor = [&](const Twine &text) { return textOf(StringAttr::get(module.getContext(), text)); };
  ModelAttr model = facts.model;
  binary.version = SLUICE_ABI_VERSION;
  binary.model = textOf(model.getName());
  binary.description = textOf(model.getDescription());
  binary.optimizer = textFor(stringifyOptimizer(model.getOptimizer()));
  binary.compute = textFor(facts.compute ? facts.compute.getValue() : "f32");
  binary.accumulation = textFor(facts.accumulation ? facts.accumulation.getValue() : "f32");
  auto target = dyn_cast_or_null<TargetAttrInterface>(module->getAttr(targetAttrName));
  binary.target = textFor(target ? target.getKindName() : "cpu");
  binary.processor = textFor(target ? target.getProcessorName() : "");
  binary.features = textFor(target ? target.getRequiredFeatures() : "");
  binary.batch = model.getBatch();
  binary.sequence = model.getSequence();
  binary.vocabulary = model.getVocabulary();
  binary.micro_batches = model.getMicroBatches();
  binary.flops_per_token = model.getFlopsPerToken().getValueAsDouble();
  binary.grad_clip = model.getGradClip().getValueAsDouble();
  MemoryAttr memory = facts.memory;
  binary.parameter_bytes = memory.getParameterBytes();
  binary.persistent_bytes = memory.getPersistentBytes();
  binary.gradient_offset = memory.getGradientOffset();
  binary.gradient_bytes = memory.getGradientBytes();
  binary.norms_offset = memory.getNormsOffset();
  binary.unclipped_norms_offset = memory.getUnclippedNormsOffset();
  return success();
}

/// A run-time scalar; nothing after an error where the entry lacks something.
static FailureOr<sluice_scalar> describeScalar(ModuleOp module, DictionaryAttr entry) {
  auto name = entry.getAs<StringAttr>("name"), help = entry.getAs<StringAttr>("help");
  auto value = entry.getAs<FloatAttr>("value");
  const std::pair<Attribute, StringRef> parts[] = {{name, "name"}, {help, "help"}, {value, "value"}};
  for (auto [part, key] : parts)
    if (!part)
      return complain(module) << "an entry of '" << scalarsAttrName << "' has no '" << key << "'";
  sluice_scalar scalar = {textOf(name), value.getValueAsDouble(), textOf(help), -HUGE_VAL, HUGE_VAL, 0};
  auto readBound = [&](StringRef key, double &bound, uint32_t open) {
    if (auto given = entry.getAs<FloatAttr>(key)) {
      bound = given.getValueAsDouble();
      scalar.open |= open;
    }
  };
  readBound("least", scalar.least, 0);
  readBound("above", scalar.least, SLUICE_LEAST_IS_OPEN);
  readBound("most", scalar.most, 0);
  readBound("below", scalar.most, SLUICE_MOST_IS_OPEN);
  return scalar;
}

static LogicalResult collectScalars(ModuleOp module, Table &table) {
  auto entries = module->getAttrOfType<ArrayAttr>(scalarsAttrName);
  if (!entries)
    return success();
  if (entries.size() > SLUICE_MAX_SCALARS)
    return complain(module) << entries.size() << " run-time scalars, the ABI has at most " << SLUICE_MAX_SCALARS;
  for (auto entry : entries.getAsRange<DictionaryAttr>()) {
    FailureOr<sluice_scalar> scalar = describeScalar(module, entry);
    if (failed(scalar))
      return failure();
    table.scalars.push_back(*scalar);
  }
  return success();
}

static void collectKernelsAndTechniques(ModuleOp module, const BinaryFacts &facts, Table &table) {
  if (auto entries = module->getAttrOfType<ArrayAttr>(kernelsAttrName))
    for (auto kernel : entries.getAsRange<KernelAttr>())
      table.kernels.push_back({textOf(kernel.getName()), kernel.getFlops(), kernel.getBytes()});
  if (facts.techniques)
    for (auto technique : facts.techniques.getAsRange<StringAttr>())
      table.techniques.push_back(textOf(technique));
}

static LogicalResult collectTable(ModuleOp module, Table &table, AbiWriter &writer) {
  BinaryFacts facts = BinaryFacts::of(module);
  if (failed(collectFacts(module, facts, table.binary)))
    return failure();
  auto parameters = collectParameters(module, facts.memory);
  FunctionIndex index;
  if (failed(parameters) || failed(collectScalars(module, table)) || failed(index.collect(module, table, writer)))
    return failure();
  auto graphs = collectGraphs(module, index, facts.graphs);
  if (failed(graphs) || failed(collectLayers(module, facts, table)))
    return failure();
  table.parameters = std::move(*parameters);
  table.graphs = std::move(*graphs);
  if (failed(collectPrograms(module, facts, index, table)))
    return failure();
  collectKernelsAndTechniques(module, facts, table);
  collectImages(module, table);
  return success();
}

/// Removes what the table says from now on.
static void removeFacts(ModuleOp module) {
  for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
    if (isa<ParameterOp, SlotOp, MessageOp, pipe::PipelineOp>(op))
      op.erase();
  for (auto function : module.getOps<FunctionOpInterface>()) {
    function->removeAttr(actionAttrName);
    function->removeAttr(graphAttrName);
    function->removeAttr(stageAttrName);
  }
  for (StringRef name :
       {binaryAttrName, scalarsAttrName, kernelsAttrName, imagesAttrName, targetAttrName, stageCostsAttrName})
    module->removeAttr(name);
}

namespace {
struct ExportTable : sluice::impl::ExportTableBase<ExportTable> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto isAction = [](FunctionOpInterface function) { return function->hasAttr(actionAttrName); };
    if (!module->hasAttr(binaryAttrName) || llvm::none_of(module.getOps<FunctionOpInterface>(), isAction))
      return; // functions without a model
    AbiWriter writer(module);
    Table table;
    if (failed(collectTable(module, table, writer)))
      return signalPassFailure();
    writeTable(table, writer);
    removeFacts(module);
  }
};
} // namespace
