//===- CutStages.cpp - One action a stage, and messages between them ------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/Gradient/StageMessages.h"
#include "passes/Gradient/UsedValues.h"

namespace sluice {
#define GEN_PASS_DEF_CUTSTAGES
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// The stage that an op belongs to. One without a stage names a value, and is made anew wherever that is used.
static std::optional<int64_t> stageOf(Operation *op) {
  auto stage = op->getAttrOfType<IntegerAttr>(stageAttrName);
  return stage ? std::optional<int64_t>(stage.getInt()) : std::nullopt;
}

static StringRef graphOf(func::FuncOp action) {
  auto graph = action->getAttrOfType<StringAttr>(graphAttrName);
  return graph ? graph.getValue() : StringRef();
}

namespace {
/// What an op needs, looked for through ops without a stage.
struct Needs {
  explicit Needs(Operation *op) {
    for (Value value : valuesUsedBy(op))
      collect(value);
  }

  llvm::SetVector<Value> results;        // of ops that belong to a stage
  llvm::SetVector<Operation *> fetches;  // of slots
  llvm::SetVector<Operation *> readings; // of parameters

private:
  void collect(Value value) {
    Operation *definition = value.getDefiningOp();
    if (!definition)
      return;
    if (stageOf(definition))
      results.insert(value);
    else if (isa<FetchOp>(definition))
      fetches.insert(definition);
    else if (isa<ReadOp>(definition))
      readings.insert(definition);
    else
      for (Value operand : valuesUsedBy(definition))
        collect(operand);
  }
};

/// Cuts one action.
class ActionCutter {
public:
  ActionCutter(func::FuncOp action, SymbolTable &symbols, SlotBuilder &slots, StageMessages &messages)
      : action(action), symbols(symbols), slots(slots), messages(messages),
        way{action->getAttrOfType<ActionKindAttr>(actionAttrName).getValue(), graphOf(action)} {}

  /// Says of every slot that the action stores to which stage owns it. All actions do so before the first `connect`.
  LogicalResult placeStores();
  /// Gives values that leave a stage a slot. Fails with an error where a stage cannot have what it needs.
  LogicalResult connect();
  /// Makes the action of a stage, unless that has nothing to do.
  void cut(int64_t stage);

private:
  LogicalResult placeStore(StoreOp store);
  LogicalResult connectOp(Operation *op, int64_t stage);
  LogicalResult checkReaches(Operation *user, SlotOp slot, int64_t stage);
  SlotOp giveSlot(Value value);
  SlotOp slotOf(Value value);
  SlotOp lookup(FlatSymbolRefAttr name) { return symbols.lookup<SlotOp>(name.getValue()); }
  int64_t stageOfParameter(StringRef name) { return symbols.lookup<ParameterOp>(name).getStage().value_or(0); }
  std::optional<int64_t> stageOfWork(Operation *op);

  func::FuncOp action;
  SymbolTable &symbols;
  SlotBuilder &slots;
  StageMessages &messages;
  MessageWay way;
};

/// Makes the ops of one stage of an action.
class StageBuilder {
public:
  StageBuilder(func::FuncOp function, int64_t stage, StageMessages &messages, MessageWay way,
               llvm::function_ref<SlotOp(Value)> slotOf, SymbolTable &symbols)
      : builder(function.getBody().front().getTerminator()), stage(stage), messages(messages), way(way), slotOf(slotOf),
        symbols(symbols) {}

  void clone(Operation *op);

private:
  void prepare(Value value);

  OpBuilder builder;
  IRMapping mapping;
  int64_t stage;
  StageMessages &messages;
  MessageWay way;
  llvm::function_ref<SlotOp(Value)> slotOf;
  SymbolTable &symbols;
};
} // namespace

LogicalResult ActionCutter::placeStores() {
  for (auto store : action.getBody().front().getOps<StoreOp>())
    if (failed(placeStore(store)))
      return failure();
  return success();
}

LogicalResult ActionCutter::placeStore(StoreOp store) {
  SlotOp slot = lookup(store.getSymbolAttr());
  Operation *definition = store.getValue().getDefiningOp();
  // What every stage can name is stored on the first, unless the slot says otherwise.
  int64_t stage = slot.getStage().value_or(0);
  if (auto read = dyn_cast_if_present<ReadOp>(definition))
    stage = stageOfParameter(read.getSymbol());
  else if (auto computedOn = definition ? stageOf(definition) : std::nullopt)
    stage = *computedOn;
  messages.noteStore(slot, way.action);
  if (!slot.getStage())
    slot.setStage(stage);
  if (int64_t(*slot.getStage()) == stage)
    return success();
  InFlightDiagnostic diagnostic = store.emitOpError() << "expected a slot of stage " << stage << ", found '"
                                                      << slot.getSymName() << "' of stage " << *slot.getStage();
  diagnostic.attachNote(definition->getLoc()) << "the value is computed here";
  return diagnostic;
}

/// The slot of the frame that a value is stored to.
SlotOp ActionCutter::slotOf(Value value) {
  for (Operation *user : value.getUsers())
    if (auto store = dyn_cast<StoreOp>(user); store && lookup(store.getSymbolAttr()).isInFrame())
      return lookup(store.getSymbolAttr());
  return {};
}

/// The slot of a value that another stage uses, so that it can be sent.
SlotOp ActionCutter::giveSlot(Value value) {
  if (SlotOp slot = slotOf(value))
    return slot;
  SlotOp slot = slots.create(value.getLoc(), action.getSymName() + ".boundary", value.getType(), SlotKind::Boundary);
  slot.setStage(*stageOf(value.getDefiningOp()));
  symbols.insert(slot);
  messages.noteStore(slot, way.action);
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  store(builder, value, slot);
  return slot;
}

LogicalResult ActionCutter::connect() {
  for (Operation &op : llvm::make_early_inc_range(action.getBody().front()))
    if (std::optional<int64_t> stage = stageOfWork(&op); stage && failed(connectOp(&op, *stage)))
      return failure();
  return success();
}

LogicalResult ActionCutter::connectOp(Operation *op, int64_t stage) {
  Needs needs(op);
  for (Value value : needs.results)
    if (*stageOf(value.getDefiningOp()) != stage && failed(checkReaches(op, giveSlot(value), stage)))
      return failure();
  for (Operation *fetch : needs.fetches) {
    SlotOp slot = lookup(cast<FetchOp>(fetch).getSymbolAttr());
    if (!slot.getStage())
      return fetch->emitOpError() << "expected a slot that an action stores to, found '" << slot.getSymName() << "'";
    if (failed(checkReaches(fetch, slot, stage)))
      return failure();
  }
  for (Operation *read : needs.readings) {
    StringRef parameter = cast<ReadOp>(read).getSymbol();
    if (!symbols.lookup<ParameterOp>(parameter).isReadBy(stage))
      return read->emitOpError() << "expected a parameter of stage " << stage << ", or one that it reads, found '"
                                 << parameter << "' of stage " << stageOfParameter(parameter);
  }
  return success();
}

LogicalResult ActionCutter::checkReaches(Operation *user, SlotOp slot, int64_t stage) {
  if (messages.reaches(slot, stage, way.action))
    return success();
  InFlightDiagnostic diagnostic = user->emitOpError()
                                  << "expected a value of stage " << stage << ", or one that action '"
                                  << stringifyActionKind(way.action) << "' may have from another";
  diagnostic.attachNote(slot.getLoc()) << "'" << slot.getSymName() << "' is of kind '"
                                       << stringifySlotKind(slot.getKind()) << "' and stage " << *slot.getStage();
  return diagnostic;
}

/// The stage that an op does something for: computes, stores or writes.
std::optional<int64_t> ActionCutter::stageOfWork(Operation *op) {
  if (auto store = dyn_cast<StoreOp>(op))
    return *lookup(store.getSymbolAttr()).getStage();
  if (auto write = dyn_cast<WriteOp>(op))
    return stageOfParameter(write.getSymbol());
  return stageOf(op);
}

void ActionCutter::cut(int64_t stage) {
  OpBuilder builder(action);
  auto function = cast<func::FuncOp>(builder.cloneWithoutRegions(*action));
  function.setSymName((action.getSymName() + "." + Twine(stage)).str());
  setStage(function, stage);
  builder.setInsertionPointToStart(function.addEntryBlock());
  func::ReturnOp::create(builder, action.getLoc());
  auto slotOfValue = [&](Value value) { return slotOf(value); };
  StageBuilder ops(function, stage, messages, way, slotOfValue, symbols);
  for (Operation &op : action.getBody().front().without_terminator())
    if (stageOfWork(&op) == stage)
      ops.clone(&op);
  if (llvm::hasSingleElement(function.getBody().front()))
    function.erase();
  else
    symbols.insert(function);
}

/// Makes `value` known to the stage.
void StageBuilder::prepare(Value value) {
  Operation *definition = value.getDefiningOp();
  if (!definition || mapping.contains(value))
    return;
  if (stageOf(definition)) {
    mapping.map(value, fetch(builder, messages.find(slotOf(value), stage, way)));
  } else if (auto read = dyn_cast<FetchOp>(definition)) {
    mapping.map(value, fetch(builder, messages.find(symbols.lookup<SlotOp>(read.getSymbol()), stage, way)));
  } else {
    clone(definition);
  }
}

/// Makes an op for the stage, behind what it needs.
void StageBuilder::clone(Operation *op) {
  for (Value value : valuesUsedBy(op))
    prepare(value);
  builder.clone(*op, mapping)->removeAttr(stageAttrName);
}

/// How many stages parameters and ops of actions belong to.
static int64_t countStages(ModuleOp module, ArrayRef<func::FuncOp> actions) {
  int64_t stages = 1;
  for (auto parameter : module.getOps<ParameterOp>())
    stages = std::max<int64_t>(stages, parameter.getStage().value_or(0) + 1);
  for (func::FuncOp action : actions)
    for (Operation &op : action.getBody().front())
      stages = std::max(stages, stageOf(&op).value_or(0) + 1);
  return stages;
}

namespace {
struct CutStages : sluice::impl::CutStagesBase<CutStages> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<func::FuncOp> actions;
    for (auto function : module.getOps<func::FuncOp>())
      if (function->getAttrOfType<ActionKindAttr>(actionAttrName) && !function.isExternal())
        actions.push_back(function);
    int64_t stages = countStages(module, actions);
    if (stages == 1)
      return;
    SymbolTable symbols(module);
    SlotBuilder slots(module);
    StageMessages messages(symbols, slots);
    SmallVector<ActionCutter> cutters;
    for (func::FuncOp action : actions)
      cutters.emplace_back(action, symbols, slots, messages);
    for (ActionCutter &cutter : cutters)
      if (failed(cutter.placeStores()))
        return signalPassFailure();
    for (ActionCutter &cutter : cutters)
      if (failed(cutter.connect()))
        return signalPassFailure();
    for (ActionCutter &cutter : cutters)
      for (int64_t stage = 0; stage < stages; ++stage)
        cutter.cut(stage);
    for (func::FuncOp action : actions)
      symbols.erase(action);
    messages.create(module);
  }
};
} // namespace
