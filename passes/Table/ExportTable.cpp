//===- ExportTable.cpp - The table through which the runtime sees the model --------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "passes/Buffers/Scratch.h"
#include "passes/Table/AbiLayout.h"
#include "passes/Table/Passes.h"
#include <cmath>
#include <map>

namespace sluice {
#define GEN_PASS_DEF_EXPORTTABLE
#include "passes/Table/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// The text of an attribute, which lives as long as the context and ends with a zero.
static const char *textOf(StringAttr text) { return text && !text.empty() ? text.getValue().data() : ""; }

static std::optional<uint32_t> elementOf(Type type) {
  if (type.isF32())
    return SLUICE_F32;
  if (type.isF64())
    return SLUICE_F64;
  if (type.isInteger(32))
    return SLUICE_I32;
  if (type.isBF16())
    return SLUICE_BF16;
  if (type.isF16())
    return SLUICE_F16;
  return std::nullopt;
}

/// What the table says of a tensor, or nothing where the ABI has no such tensor.
static std::optional<sluice_tensor> describe(StringAttr name, Type type, int64_t offset) {
  auto shaped = dyn_cast<RankedTensorType>(type);
  std::optional<uint32_t> element = shaped ? elementOf(shaped.getElementType()) : std::nullopt;
  if (!element || !shaped.hasStaticShape() || shaped.getRank() > SLUICE_MAX_RANK)
    return std::nullopt;
  sluice_tensor tensor = {};
  tensor.name = textOf(name);
  tensor.element = *element;
  tensor.rank = shaped.getRank();
  llvm::copy(shaped.getShape(), tensor.shape);
  tensor.offset = offset;
  tensor.bytes = shaped.getNumElements() * shaped.getElementTypeBitWidth() / 8;
  return tensor;
}

namespace {
struct ExportTable : sluice::impl::ExportTableBase<ExportTable> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    facts = BinaryFacts::of(module);
    auto isAction = [](LLVM::LLVMFuncOp function) { return function->hasAttr(actionAttrName); };
    if (!module->hasAttr(binaryAttrName) || llvm::none_of(module.getOps<LLVM::LLVMFuncOp>(), isAction))
      return; // functions without a model
    AbiWriter tableWriter(module);
    writer = &tableWriter;
    binary = {};
    parameters.clear(), scalars.clear(), functions.clear(), actions.clear(), graphs.clear(), functionIndex.clear();
    layers.clear(), gates.clear(), gateAttributes.clear(), metrics.clear(), kernels.clear();
    if (failed(collectFacts()) || failed(collectParameters()) || failed(collectScalars()) ||
        failed(collectFunctions()) || failed(collectActions()) || failed(collectGraphs()) || failed(collectLayers()) ||
        failed(collectMetrics()))
      return signalPassFailure();
    collectKernels();
    write();
    writeTechniques();
    for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
      if (isa<ParameterOp, SlotOp>(op))
        op.erase();
    for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
      function->removeAttr(actionAttrName);
      function->removeAttr(graphAttrName);
    }
    module->removeAttr(binaryAttrName);
    module->removeAttr(scalarsAttrName);
    module->removeAttr(kernelsAttrName);
    module->removeAttr(targetAttrName);
  }

private:
  InFlightDiagnostic complain() { return getOperation()->emitError() << "cannot export the model: "; }

  template <typename AttrType> AttrType fact(DictionaryAttr dictionary, StringRef name) {
    auto value = dictionary.getAs<AttrType>(name);
    if (!value && !missing)
      missing = name;
    return value;
  }

  LogicalResult collectFacts() {
    const std::pair<Attribute, StringRef> parts[] = {
        {facts.model, "model"}, {facts.memory, "memory"}, {facts.graphs, "graphs"}};
    for (auto [part, name] : parts)
      if (!part)
        return complain() << "'" << binaryAttrName << "' has no '" << name << "'";
    auto textFor = [&](const Twine &text) { return textOf(StringAttr::get(&getContext(), text)); };
    ModelAttr model = facts.model;
    binary.version = SLUICE_ABI_VERSION;
    binary.model = textOf(model.getName());
    binary.description = textOf(model.getDescription());
    binary.optimizer = textFor(stringifyOptimizer(model.getOptimizer()));
    binary.compute = textFor(facts.compute && facts.compute.isBF16() ? "bf16" : "f32");
    auto target = dyn_cast_or_null<TargetAttrInterface>(getOperation()->getAttr(targetAttrName));
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
    binary.slot_bytes = memory.getSlotBytes();
    binary.gradient_offset = memory.getGradientOffset();
    binary.gradient_bytes = memory.getGradientBytes();
    binary.norms_offset = memory.getNormsOffset();
    binary.unclipped_norms_offset = memory.getUnclippedNormsOffset();
    return success();
  }

  LogicalResult collectParameters() {
    llvm::StringMap<size_t> index;
    for (auto parameter : getOperation().getOps<ParameterOp>()) {
      if (!parameter.getOffset())
        return parameter.emitOpError() << "expected an offset: run sluice-plan-slots";
      std::optional<sluice_tensor> tensor =
          describe(parameter.getSymNameAttr(), parameter.getType(), *parameter.getOffset());
      if (!tensor)
        return parameter.emitOpError() << "the ABI has no tensor of type " << parameter.getType();
      sluice_parameter entry = {};
      entry.tensor = *tensor;
      entry.decays = parameter.getDecays();
      entry.gradient = -1;
      if (auto normal = dyn_cast<NormalAttr>(parameter.getInit())) {
        entry.initializer = SLUICE_INIT_NORMAL;
        entry.init_a = normal.getDeviation().getValueAsDouble();
      } else {
        entry.initializer = SLUICE_INIT_CONSTANT;
        entry.init_a = cast<ConstantAttr>(parameter.getInit()).getValue().getValueAsDouble();
      }
      index[parameter.getSymName()] = parameters.size();
      parameters.push_back(entry);
    }
    for (auto slot : getOperation().getOps<SlotOp>()) {
      if (!slot.getOffset())
        return slot.emitOpError() << "expected an offset: run sluice-plan-slots";
      if (slot.getKind() == SlotKind::Norm && slot.getRole()) {
        auto position = index.find(*slot.getRole());
        int64_t first = slot->hasAttr(unclippedAttrName) ? binary.unclipped_norms_offset : binary.norms_offset;
        if (position == index.end() || int64_t(*slot.getOffset()) != first + int64_t(sizeof(double) * position->second))
          return slot.emitOpError() << "expected at the position of its parameter, from byte " << first;
      }
      auto position = slot.getParameter() ? index.find(*slot.getParameter()) : index.end();
      if (position == index.end())
        continue;
      sluice_parameter &entry = parameters[position->second];
      // The slots of further uses are added to the first.
      if (slot.getKind() == SlotKind::Gradient && !slot->hasAttr(unclippedAttrName) && entry.gradient < 0)
        entry.gradient = *slot.getOffset();
      if (slot.getKind() == SlotKind::State) {
        if (entry.states == SLUICE_MAX_STATES)
          return slot.emitOpError() << "the ABI has at most " << SLUICE_MAX_STATES << " state tensors a parameter";
        entry.state_names[entry.states] = textOf(slot.getRoleAttr());
        entry.state_offsets[entry.states++] = *slot.getOffset();
      }
    }
    return success();
  }

  LogicalResult collectScalars() {
    auto entries = getOperation()->getAttrOfType<ArrayAttr>(scalarsAttrName);
    if (!entries)
      return success();
    if (entries.size() > SLUICE_MAX_SCALARS)
      return complain() << entries.size() << " run-time scalars, the ABI has at most " << SLUICE_MAX_SCALARS;
    missing.reset();
    for (Attribute attribute : entries) {
      auto entry = cast<DictionaryAttr>(attribute);
      sluice_scalar scalar = {
          textOf(fact<StringAttr>(entry, "name")), 0, textOf(fact<StringAttr>(entry, "help")), -HUGE_VAL, HUGE_VAL, 0};
      if (auto value = fact<FloatAttr>(entry, "value"))
        scalar.value = value.getValueAsDouble();
      auto readBound = [&](StringRef name, double &bound, uint32_t open) {
        if (auto value = entry.getAs<FloatAttr>(name)) {
          bound = value.getValueAsDouble();
          scalar.open |= open;
        }
      };
      readBound("least", scalar.least, 0);
      readBound("above", scalar.least, SLUICE_LEAST_IS_OPEN);
      readBound("most", scalar.most, 0);
      readBound("below", scalar.most, SLUICE_MOST_IS_OPEN);
      scalars.push_back(scalar);
    }
    if (missing)
      return complain() << "an entry of '" << scalarsAttrName << "' has no '" << *missing << "'";
    return success();
  }

  LogicalResult collectFunctions() {
    Builder builder(&getContext());
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      auto action = function->getAttrOfType<ActionKindAttr>(actionAttrName);
      if (!action)
        continue;
      auto bytes = function->getAttrOfType<IntegerAttr>(scratchBytesAttrName);
      auto threadBytes = function->getAttrOfType<IntegerAttr>(threadScratchBytesAttrName);
      if (!bytes || !threadBytes)
        return function.emitOpError() << "expected '" << scratchBytesAttrName << "' and '" << threadScratchBytesAttrName
                                      << "': run sluice-plan-scratch";
      auto graph = function->getAttrOfType<StringAttr>(graphAttrName);
      auto key = std::make_pair(action.getValue(), graph ? graph.getValue() : StringRef());
      if (!functionIndex.try_emplace(key, functions.size()).second)
        return function.emitOpError() << "is a second action '" << stringifyActionKind(action.getValue())
                                      << "' of the graph '" << key.second << "'";
      // The address of the op stands for the function's.
      const void *mark = function.getOperation();
      writer->registerSymbol(mark, function.getSymName());
      functions.push_back({textOf(function.getSymNameAttr()), reinterpret_cast<sluice_entry>(const_cast<void *>(mark)),
                           bytes.getInt(), threadBytes.getInt()});
      function.setLinkage(LLVM::Linkage::Internal);
    }
    return success();
  }

  std::optional<int32_t> lookup(ActionKind kind, StringRef graph) {
    auto found = functionIndex.find({kind, graph});
    return found == functionIndex.end() ? std::nullopt : std::optional<int32_t>(found->second);
  }

  /// The sequential schedule of one device.
  LogicalResult collectActions() {
    auto add = [&](uint32_t kind, int32_t microBatch, int32_t function) {
      actions.push_back({kind, microBatch, function});
    };
    std::optional<int32_t> forward = lookup(ActionKind::Forward, "train"),
                           backward = lookup(ActionKind::Backward, "train");
    if (!forward || !backward)
      return complain() << "the graph 'train' has no action '" << (forward ? "backward" : "forward") << "'";
    if (binary.micro_batches > 1)
      add(SLUICE_ACTION_ZERO, -1, -1);
    for (int32_t microBatch = 0; microBatch < binary.micro_batches; ++microBatch) {
      add(SLUICE_ACTION_LOAD, microBatch, -1);
      add(SLUICE_ACTION_FORWARD, microBatch, *forward);
      add(SLUICE_ACTION_BACKWARD, microBatch, *backward);
    }
    if (std::optional<int32_t> tied = lookup(ActionKind::Tied, "train"))
      add(SLUICE_ACTION_TIED, -1, *tied);
    if (std::optional<int32_t> norm = lookup(ActionKind::Norm, "train"))
      add(SLUICE_ACTION_NORM, -1, *norm);
    if (std::optional<int32_t> update = lookup(ActionKind::Update, "train"))
      add(SLUICE_ACTION_UPDATE, -1, *update);
    return success();
  }

  LogicalResult collectGraphs() {
    llvm::StringMap<SlotOp> results;
    for (auto slot : getOperation().getOps<SlotOp>())
      if (auto graph = slot->getAttrOfType<StringAttr>(graphAttrName); graph && slot.getKind() == SlotKind::Result)
        results[graph.getValue()] = slot;
    for (auto entry : facts.graphs.getAsRange<GraphAttr>()) {
      StringAttr name = entry.getName();
      ArrayAttr inputs = entry.getInputs();
      if (!inputs)
        return complain() << "an entry of 'graphs' has no 'inputs'";
      sluice_graph graph = {};
      graph.name = textOf(name);
      bool isTrain = name.getValue() == "train";
      std::optional<int32_t> function = lookup(isTrain ? ActionKind::Forward : ActionKind::Evaluate, name.getValue());
      if (!function)
        return complain() << "the graph '" << name.getValue() << "' has no function";
      graph.function = *function;
      if (inputs.size() > SLUICE_MAX_INPUTS)
        return complain() << "the graph '" << name.getValue() << "' has more than " << SLUICE_MAX_INPUTS << " inputs";
      for (auto input : inputs.getAsRange<InputAttr>()) {
        std::optional<sluice_tensor> tensor = describe(input.getName(), input.getType(), 0);
        if (!tensor)
          return complain() << "the graph '" << name.getValue() << "' has an input that is no tensor of the ABI";
        graph.input[graph.inputs++] = *tensor;
      }
      SlotOp result = results.lookup(name.getValue());
      if (!result)
        return complain() << "the graph '" << name.getValue() << "' has no slot for its result";
      graph.result = *describe(result.getSymNameAttr(), result.getType(), *result.getOffset());
      // The runtime expects `train` first.
      graphs.insert(isTrain ? graphs.begin() : graphs.end(), graph);
    }
    return success();
  }

  LogicalResult collectLayers() {
    if (facts.layers)
      for (auto name : facts.layers.getAsRange<StringAttr>())
        layers.push_back({textOf(name)});
    if (!facts.gates)
      return success();
    for (auto entry : facts.gates.getAsRange<LayerGateAttr>()) {
      GateAttr gate = entry.getGate();
      auto slot = SymbolTable::lookupNearestSymbolFrom<SlotOp>(getOperation(), gate.getSlot());
      if (!slot)
        return complain() << "there is no slot '" << gate.getSlot().getValue() << "' for a gate";
      Type element = cast<RankedTensorType>(slot.getType()).getElementType();
      int64_t offset = int64_t(*slot.getOffset()) + gate.getIndex() * (element.getIntOrFloatBitWidth() / 8);
      gateAttributes.push_back(gate);
      gates.push_back({int32_t(entry.getLayer()), elementOf(element).value_or(SLUICE_F32), offset,
                       entry.getFlops().getValueAsDouble()});
    }
    return success();
  }

  LogicalResult collectMetrics() {
    for (auto slot : getOperation().getOps<SlotOp>()) {
      auto name = slot->getAttrOfType<StringAttr>(metricAttrName);
      if (!name)
        continue;
      sluice_metric metric = {textOf(name), /*layer=*/-1, /*gate=*/-1,
                              *describe(slot.getSymNameAttr(), slot.getType(), *slot.getOffset())};
      if (auto through = slot.getGatesAttr())
        metric.gate = llvm::find(gateAttributes, through[0]) - gateAttributes.begin();
      if (auto layer = slot->getAttrOfType<StringAttr>(layerAttrName)) {
        auto found = llvm::find_if(layers, [&](const sluice_layer &candidate) { return layer == candidate.name; });
        if (found == layers.end())
          return slot.emitOpError() << "expected the name of a layer of the stack, found '" << layer.getValue() << "'";
        metric.layer = found - layers.begin();
      }
      metrics.push_back(metric);
    }
    return success();
  }

  void collectKernels() {
    if (auto entries = getOperation()->getAttrOfType<ArrayAttr>(kernelsAttrName))
      for (auto kernel : entries.getAsRange<KernelAttr>())
        kernels.push_back({textOf(kernel.getName()), kernel.getFlops(), kernel.getBytes()});
  }

  void write() {
    binary.parameter_count = parameters.size();
    binary.scalar_count = scalars.size();
    binary.function_count = functions.size();
    binary.action_count = actions.size();
    binary.graph_count = graphs.size();
    binary.metric_count = metrics.size();
    binary.layer_count = layers.size();
    binary.gate_count = gates.size();
    binary.kernel_count = kernels.size();
    binary.parameters = writer->writeArray<sluice_parameter>("sluice_parameters", parameters);
    binary.scalars = writer->writeArray<sluice_scalar>("sluice_scalars", scalars);
    binary.functions = writer->writeArray<sluice_function>("sluice_functions", functions);
    binary.actions = writer->writeArray<sluice_action>("sluice_actions", actions);
    binary.graphs = writer->writeArray<sluice_graph>("sluice_graphs", graphs);
    binary.metrics = writer->writeArray<sluice_metric>("sluice_metrics", metrics);
    binary.layers = writer->writeArray<sluice_layer>("sluice_layers", layers);
    binary.gates = writer->writeArray<sluice_gate>("sluice_gates", gates);
    binary.kernels = writer->writeArray<sluice_kernel>("sluice_kernels", kernels);
    writer->writeObject("sluice_program", binary);
  }

  /// A symbol of its own: a program without techniques has none.
  void writeTechniques() {
    if (!facts.techniques || facts.techniques.empty())
      return;
    auto texts = llvm::map_to_vector(facts.techniques.getAsRange<StringAttr>(), textOf);
    texts.push_back(nullptr);
    writer->writeArray<const char *>("sluice_techniques", texts, LLVM::Linkage::External);
  }

  BinaryFacts facts;
  std::optional<StringRef> missing;
  AbiWriter *writer = nullptr;
  sluice_binary binary;
  SmallVector<sluice_parameter> parameters;
  SmallVector<sluice_scalar> scalars;
  SmallVector<sluice_function> functions;
  SmallVector<sluice_action> actions;
  SmallVector<sluice_graph, 0> graphs;
  SmallVector<sluice_layer> layers;
  SmallVector<sluice_gate> gates;
  SmallVector<Attribute> gateAttributes; // by which slots name them
  SmallVector<sluice_metric, 0> metrics;
  SmallVector<sluice_kernel> kernels;
  std::map<std::pair<ActionKind, StringRef>, int32_t> functionIndex;
};
} // namespace
