//===- CutStages.cpp - One action a stage, and messages between them ------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/Gradient/Actions.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include <map>

namespace sluice {
#define GEN_PASS_DEF_CUTSTAGES
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

static int64_t stageOf(Operation *op) {
  auto stage = op->getAttrOfType<IntegerAttr>(stageAttrName);
  return stage ? stage.getInt() : 0;
}

/// Whether an op belongs to a stage; the others name values, and are made anew wherever these are used.
static bool isStaged(Operation *op) { return op->hasAttr(stageAttrName); }

namespace {
/// What an op of a stage needs that others may have made.
struct Needs {
  explicit Needs(Operation *op) {
    llvm::SetVector<Value> used(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), used);
    for (Value value : used)
      collect(value);
  }

  llvm::SetVector<Value> results; // of ops that belong to a stage
  llvm::SetVector<Operation *> fetches;

private:
  void collect(Value value) {
    Operation *definition = value.getDefiningOp();
    if (!definition)
      return;
    if (isStaged(definition))
      results.insert(value);
    else if (isa<FetchOp>(definition))
      fetches.insert(definition);
    else
      for (Value operand : definition->getOperands())
        collect(operand);
  }
};
} // namespace

namespace {
/// A slot, on the stage that owns it and on all that it is sent to.
class Travels {
public:
  /// The way of messages: behind actions of this kind of a graph.
  struct Way {
    ActionKind action;
    StringRef graph;
    bool operator<(const Way &other) const { return std::tie(action, graph) < std::tie(other.action, other.graph); }
  };

  Travels(SymbolTable &symbols, SlotBuilder &slots) : symbols(symbols), slots(slots) {}

  /// The slot in which `stage` finds what `slot` holds. It is sent there, from stage to stage unless gradients are
  /// exchanged.
  SlotOp find(SlotOp slot, int64_t stage, Way way);

  /// Makes one message for each pair of stages and way.
  void createMessages(ModuleOp module);

private:
  using Pair = std::pair<int64_t, int64_t>; // of stages: from, to
  SlotOp receive(SlotOp slot, SlotOp sent, int64_t stage, Way way);

  SymbolTable &symbols;
  SlotBuilder &slots;
  std::map<std::pair<Operation *, int64_t>, SlotOp> places; // by slot and stage
  std::map<std::pair<Way, Pair>, SmallVector<std::pair<SlotOp, SlotOp>>> messages;
};

/// Cuts one action.
class ActionCutter {
public:
  ActionCutter(func::FuncOp action, SymbolTable &symbols, SlotBuilder &slots, Travels &travels)
      : action(action), symbols(symbols), slots(slots), travels(travels),
        way{action->getAttrOfType<ActionKindAttr>(actionAttrName).getValue(),
            action->getAttrOfType<StringAttr>(graphAttrName).getValue()} {}

  /// Says of every slot that the action writes which stage owns it, and gives values that leave a stage a slot.
  LogicalResult place();
  /// Makes the action of a stage, unless that has nothing to do.
  void cut(int64_t stage);

private:
  LogicalResult placeStore(StoreOp store);
  LogicalResult checkFetch(FetchOp fetch, int64_t stage);
  void giveSlot(Value value);
  SlotOp slotOf(Value value);
  SlotOp lookup(FlatSymbolRefAttr name) { return symbols.lookup<SlotOp>(name.getValue()); }
  std::optional<int64_t> stageOfWrite(Operation *op);

  func::FuncOp action;
  SymbolTable &symbols;
  SlotBuilder &slots;
  Travels &travels;
  Travels::Way way;
};

/// Makes the ops of one stage.
class StageBuilder {
public:
  StageBuilder(func::FuncOp function, int64_t stage, Travels &travels, Travels::Way way,
               llvm::function_ref<SlotOp(Value)> slotOf, SymbolTable &symbols)
      : builder(function.getBody().front().getTerminator()), stage(stage), travels(travels), way(way), slotOf(slotOf),
        symbols(symbols) {}

  void clone(Operation *op);

private:
  void prepare(Value value);

  OpBuilder builder;
  IRMapping mapping;
  int64_t stage;
  Travels &travels;
  Travels::Way way;
  llvm::function_ref<SlotOp(Value)> slotOf;
  SymbolTable &symbols;
};
} // namespace

//===-- Slots on other stages --------------------------------------------------------===//

SlotOp Travels::receive(SlotOp slot, SlotOp sent, int64_t stage, Way way) {
  SlotOp &place = places[{slot, stage}];
  if (place)
    return place;
  bool isExchanged = way.action == ActionKind::Tied;
  place = slots.create(slot.getLoc(),
                       isExchanged ? "exchange." + slot.getSymName() : slot.getSymName() + ".stage." + Twine(stage),
                       slot.getType(), isExchanged ? SlotKind::Exchange : SlotKind::Boundary);
  place.setStage(stage);
  symbols.insert(place);
  messages[{way, {*sent.getStage(), stage}}].push_back({sent, place});
  return place;
}

SlotOp Travels::find(SlotOp slot, int64_t stage, Way way) {
  int64_t home = *slot.getStage();
  if (home == stage)
    return slot;
  if (way.action == ActionKind::Tied)
    return receive(slot, slot, stage, way);
  int64_t direction = stage > home ? 1 : -1;
  // What backward needs of forward was sent behind forward.
  if (way.action == ActionKind::Backward && direction > 0)
    way.action = ActionKind::Forward;
  SlotOp at = slot;
  for (int64_t next = home + direction; next != stage + direction; next += direction)
    at = receive(slot, at, next, way);
  return at;
}

void Travels::createMessages(ModuleOp module) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  for (auto &[key, bundle] : messages) {
    auto [way, stages] = key;
    SmallVector<Attribute> sends, receives;
    for (auto [sent, received] : bundle) {
      sends.push_back(FlatSymbolRefAttr::get(sent.getSymNameAttr()));
      receives.push_back(FlatSymbolRefAttr::get(received.getSymNameAttr()));
    }
    std::string name =
        (way.graph + "." + stringifyActionKind(way.action) + "." + Twine(stages.first) + "." + Twine(stages.second))
            .str();
    MessageOp::create(builder, module.getLoc(), name, way.action, way.graph, stages.first, stages.second,
                      builder.getArrayAttr(sends), builder.getArrayAttr(receives));
  }
}

//===-- Actions -----------------------------------------------------------------------===//

LogicalResult ActionCutter::placeStore(StoreOp store) {
  SlotOp slot = lookup(store.getSymbolAttr());
  Operation *definition = store.getValue().getDefiningOp();
  int64_t stage = isStaged(definition) ? stageOf(definition) : int64_t(slot.getStage().value_or(0));
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

LogicalResult ActionCutter::checkFetch(FetchOp fetch, int64_t stage) {
  SlotOp slot = lookup(fetch.getSymbolAttr());
  if (!slot.getStage())
    return fetch.emitOpError() << "expected a slot that an action in front stores to, found '" << slot.getSymName()
                               << "'";
  bool isSent = way.action == ActionKind::Tied ? slot.getKind() == SlotKind::Gradient : slot.isInFrame();
  if (isSent || int64_t(*slot.getStage()) == stage)
    return success();
  InFlightDiagnostic diagnostic = fetch.emitOpError()
                                  << "expected a slot of stage " << stage << ", or one that action '"
                                  << stringifyActionKind(way.action) << "' may have from another";
  diagnostic.attachNote(slot.getLoc()) << "'" << slot.getSymName() << "' is of kind '"
                                       << stringifySlotKind(slot.getKind()) << "' and stage " << *slot.getStage();
  return diagnostic;
}

/// Stores a value that another stage uses, so that it can be sent.
void ActionCutter::giveSlot(Value value) {
  if (slotOf(value))
    return;
  SlotOp slot = slots.create(value.getLoc(), action.getSymName() + ".boundary", value.getType(), SlotKind::Boundary);
  slot.setStage(stageOf(value.getDefiningOp()));
  symbols.insert(slot);
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  store(builder, value, slot);
}

LogicalResult ActionCutter::place() {
  Block &block = action.getBody().front();
  for (auto store : block.getOps<StoreOp>())
    if (failed(placeStore(store)))
      return failure();
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (!isStaged(&op))
      continue;
    Needs needs(&op);
    for (Value value : needs.results)
      if (stageOf(value.getDefiningOp()) != stageOf(&op))
        giveSlot(value);
    for (Operation *fetch : needs.fetches)
      if (failed(checkFetch(cast<FetchOp>(fetch), stageOf(&op))))
        return failure();
  }
  return success();
}

std::optional<int64_t> ActionCutter::stageOfWrite(Operation *op) {
  if (auto store = dyn_cast<StoreOp>(op))
    return *lookup(store.getSymbolAttr()).getStage();
  if (auto write = dyn_cast<WriteOp>(op))
    return symbols.lookup<ParameterOp>(write.getSymbol()).getStage().value_or(0);
  return std::nullopt;
}

void ActionCutter::cut(int64_t stage) {
  OpBuilder builder(action);
  auto function = cast<func::FuncOp>(builder.cloneWithoutRegions(*action));
  function.setSymName((action.getSymName() + "." + Twine(stage)).str());
  setStage(function, stage);
  builder.setInsertionPointToStart(function.addEntryBlock());
  func::ReturnOp::create(builder, action.getLoc());
  auto slotOfValue = [&](Value value) { return slotOf(value); };
  StageBuilder ops(function, stage, travels, way, slotOfValue, symbols);
  for (Operation &op : action.getBody().front().without_terminator())
    if (isStaged(&op) ? stageOf(&op) == stage : stageOfWrite(&op) == stage)
      ops.clone(&op);
  if (llvm::hasSingleElement(function.getBody().front()))
    function.erase();
}

/// Makes `value` known to the stage.
void StageBuilder::prepare(Value value) {
  Operation *definition = value.getDefiningOp();
  if (!definition || mapping.contains(value))
    return;
  if (isStaged(definition)) {
    mapping.map(value, fetch(builder, travels.find(slotOf(value), stage, way)));
  } else if (auto read = dyn_cast<FetchOp>(definition)) {
    mapping.map(value, fetch(builder, travels.find(symbols.lookup<SlotOp>(read.getSymbol()), stage, way)));
  } else {
    for (Value operand : definition->getOperands())
      prepare(operand);
    builder.clone(*definition, mapping);
  }
}

void StageBuilder::clone(Operation *op) {
  llvm::SetVector<Value> used(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), used);
  for (Value value : used)
    prepare(value);
  builder.clone(*op, mapping)->removeAttr(stageAttrName);
}

namespace {
struct CutStages : sluice::impl::CutStagesBase<CutStages> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    int64_t stages = 1;
    for (auto parameter : module.getOps<ParameterOp>())
      stages = std::max<int64_t>(stages, parameter.getStage().value_or(0) + 1);
    SmallVector<func::FuncOp> actions;
    for (auto function : module.getOps<func::FuncOp>())
      if (function->hasAttr(actionAttrName)) {
        actions.push_back(function);
        for (Operation &op : function.getBody().front())
          stages = std::max(stages, stageOf(&op) + 1);
      }
    if (stages == 1)
      return;
    SymbolTable symbols(module);
    SlotBuilder slots(module);
    Travels travels(symbols, slots);
    SmallVector<ActionCutter> cutters;
    for (func::FuncOp action : actions) {
      cutters.emplace_back(action, symbols, slots, travels);
      if (failed(cutters.back().place()))
        return signalPassFailure();
    }
    for (ActionCutter &cutter : cutters)
      for (int64_t stage = 0; stage < stages; ++stage)
        cutter.cut(stage);
    for (func::FuncOp action : actions)
      action.erase();
    travels.createMessages(module);
  }
};
} // namespace
