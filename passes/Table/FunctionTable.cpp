//===- FunctionTable.cpp - The exported table's functions, step and graphs ------------===//
#include "passes/Table/FunctionTable.h"
#include "dialects/Sluice/ActionStage.h"
#include "passes/Buffers/Scratch.h"
#include "passes/Table/LaunchTable.h"
#include "passes/Table/TableTensor.h"

using namespace mlir;
using namespace sluice;

// Kinds of actions that call functions of a step have the numbers of the ABI.
static_assert(static_cast<uint32_t>(ActionKind::Forward) == SLUICE_ACTION_FORWARD);
static_assert(static_cast<uint32_t>(ActionKind::Backward) == SLUICE_ACTION_BACKWARD);
static_assert(static_cast<uint32_t>(ActionKind::Tied) == SLUICE_ACTION_TIED);
static_assert(static_cast<uint32_t>(ActionKind::Norm) == SLUICE_ACTION_NORM);
static_assert(static_cast<uint32_t>(ActionKind::Update) == SLUICE_ACTION_UPDATE);
static_assert(static_cast<uint32_t>(ActionKind::Evaluate) == SLUICE_ACTION_EVALUATE);
static_assert(static_cast<uint32_t>(ActionKind::BackwardInput) == SLUICE_ACTION_BACKWARD_INPUT);
static_assert(static_cast<uint32_t>(ActionKind::BackwardWeight) == SLUICE_ACTION_BACKWARD_WEIGHT);

LogicalResult FunctionIndex::collect(ModuleOp module, Table &table, AbiWriter &writer) {
  for (auto function : module.getOps<FunctionOpInterface>()) {
    auto action = function->getAttrOfType<ActionKindAttr>(actionAttrName);
    if (!action)
      continue;
    auto bytes = function->getAttrOfType<IntegerAttr>(scratchBytesAttrName);
    auto threadBytes = function->getAttrOfType<IntegerAttr>(threadScratchBytesAttrName);
    if (!bytes || !threadBytes)
      return function->emitOpError() << "expected '" << scratchBytesAttrName << "' and '" << threadScratchBytesAttrName
                                     << "': run sluice-plan-scratch";
    auto graph = function->getAttrOfType<StringAttr>(graphAttrName);
    int64_t stage = stageOfAction(function);
    stageCount = std::max(stageCount, stage + 1);
    auto key = std::make_tuple(action.getValue(), graph ? graph.getValue() : StringRef(), stage);
    if (!positions.try_emplace(key, table.functions.size()).second)
      return function->emitOpError() << "is a second action '" << stringifyActionKind(action.getValue())
                                     << "' of the graph '" << std::get<StringRef>(key) << "' in stage " << stage;
    sluice_function entry = {};
    entry.name = textOf(SymbolTable::getSymbolName(function));
    entry.scratch_bytes = bytes.getInt();
    entry.thread_scratch_bytes = threadBytes.getInt();
    entry.stage = int32_t(stage);
    if (auto code = dyn_cast<LLVM::LLVMFuncOp>(*function)) {
      // The address of the op stands for the function's.
      const void *mark = code.getOperation();
      writer.registerSymbol(mark, code.getSymName());
      entry.entry = reinterpret_cast<sluice_entry>(const_cast<void *>(mark));
      code.setLinkage(LLVM::Linkage::Internal);
    } else {
      collectLaunches(function, table, entry);
    }
    table.functions.push_back(entry);
  }
  return success();
}

std::optional<int32_t> FunctionIndex::lookup(ActionKind kind, StringRef graph, int64_t stage) const {
  auto found = positions.find({kind, graph, stage});
  return found == positions.end() ? std::nullopt : std::optional<int32_t>(found->second);
}

bool FunctionIndex::has(ActionKind kind, StringRef graph) const {
  auto first = positions.lower_bound({kind, graph, 0});
  return first != positions.end() && std::get<ActionKind>(first->first) == kind &&
         std::get<StringRef>(first->first) == graph;
}

/// The tensors that the runtime loads.
static LogicalResult addInputs(ModuleOp module, GraphAttr entry, sluice_graph &graph) {
  StringRef name = entry.getName().getValue();
  ArrayAttr inputs = entry.getInputs();
  if (!inputs)
    return complain(module) << "an entry of 'graphs' has no 'inputs'";
  if (inputs.size() > SLUICE_MAX_INPUTS)
    return complain(module) << "the graph '" << name << "' has more than " << SLUICE_MAX_INPUTS << " inputs";
  for (auto input : inputs.getAsRange<InputAttr>()) {
    std::optional<sluice_tensor> tensor = describe(input.getName(), input.getType(), 0);
    if (!tensor)
      return complain(module) << "the graph '" << name << "' has an input that is no tensor of the ABI";
    graph.input[graph.inputs++] = *tensor;
  }
  return success();
}

FailureOr<SmallVector<sluice_graph, 0>> sluice::collectGraphs(ModuleOp module, const FunctionIndex &functions,
                                                              ArrayAttr entries) {
  llvm::StringMap<SlotOp> results;
  for (auto slot : module.getOps<SlotOp>())
    if (auto graph = slot->getAttrOfType<StringAttr>(graphAttrName); graph && slot.getKind() == SlotKind::Result)
      results[graph.getValue()] = slot;
  SmallVector<sluice_graph, 0> graphs;
  for (auto entry : entries.getAsRange<GraphAttr>()) {
    StringRef name = entry.getName().getValue();
    bool isTrain = name == "train";
    sluice_graph graph = {};
    graph.name = textOf(entry.getName());
    SmallVector<ActionKind, 2> kinds = {ActionKind::Evaluate};
    if (isTrain)
      kinds = {ActionKind::Forward,
               functions.has(ActionKind::BackwardInput, name) ? ActionKind::BackwardInput : ActionKind::Backward};
    for (ActionKind kind : kinds)
      if (!functions.has(kind, name))
        return complain(module) << "the graph '" << name << "' has no action '" << stringifyActionKind(kind) << "'";
    if (failed(addInputs(module, entry, graph)))
      return failure();
    SlotOp result = results.lookup(name);
    if (!result)
      return complain(module) << "the graph '" << name << "' has no slot for its result";
    graph.stage = result.getStage().value_or(0);
    graph.result = *describe(result.getSymNameAttr(), result.getType(), *result.getOffset());
    // The runtime expects `train` first.
    graphs.insert(isTrain ? graphs.begin() : graphs.end(), graph);
  }
  return graphs;
}
