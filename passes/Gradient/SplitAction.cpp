//===- SplitAction.cpp - A backward action as two ------------------------------------===//
#include "passes/Gradient/SplitAction.h"
#include "dialects/Sluice/ActionStage.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/Gradient/UsedValues.h"

using namespace mlir;
using namespace sluice;

namespace {
class ActionSplitter {
public:
  ActionSplitter(func::FuncOp action, const llvm::SmallPtrSetImpl<Operation *> &ofInput, SymbolTable &symbols,
                 SlotBuilder &slots)
      : action(action), symbols(symbols), slots(slots) {
    for (Operation &op : action.getBody().front().without_terminator())
      if (auto store = dyn_cast<StoreOp>(op); ofInput.contains(&op) || (store && slotOf(store).isInFrame()))
        addSlice(&op);
  }

  /// Returns the bytes of a frame that are kept more.
  int64_t run() {
    // What the second needs is known once it is there, and stored by the first.
    func::FuncOp weight = build(ActionKind::BackwardWeight, action);
    func::FuncOp input = build(ActionKind::BackwardInput, weight);
    symbols.erase(action);
    for (func::FuncOp half : {input, weight})
      if (llvm::hasSingleElement(half.getBody().front()))
        half.erase();
      else
        symbols.insert(half);
    return keptBytes;
  }

private:
  SlotOp slotOf(StoreOp store) { return symbols.lookup<SlotOp>(store.getSymbol()); }
  void addSlice(Operation *op);
  bool isOfInput(Operation *op);
  SlotOp keep(Value value);
  func::FuncOp build(ActionKind kind, Operation *before);
  void clone(Operation *op, OpBuilder &builder, IRMapping &mapping);

  func::FuncOp action;
  SymbolTable &symbols;
  SlotBuilder &slots;
  llvm::SmallPtrSet<Operation *, 32> inputOps;
  llvm::DenseMap<Value, SlotOp> keptSlots; // of what the second action needs of the first
  int64_t keptBytes = 0;
};
} // namespace

/// Whether an op computes something. The others name values, and are made anew wherever these are used.
static bool computes(Operation *op) { return isa<func::CallOp>(op) || op->getNumRegions() > 0; }

/// The function that an op of an action calls, by itself or in its first branch.
static StringRef calleeOf(Operation *op) {
  StringRef callee;
  op->walk([&](func::CallOp call) {
    callee = call.getCallee();
    return WalkResult::interrupt();
  });
  return callee;
}

void ActionSplitter::addSlice(Operation *op) {
  if (!inputOps.insert(op).second)
    return;
  for (Value value : valuesUsedBy(op))
    if (Operation *definition = value.getDefiningOp())
      addSlice(definition);
}

/// Gradients are stored by whoever computes them.
bool ActionSplitter::isOfInput(Operation *op) {
  if (inputOps.contains(op))
    return true;
  auto store = dyn_cast<StoreOp>(op);
  Operation *definition = store ? store.getValue().getDefiningOp() : nullptr;
  return definition && computes(definition) && inputOps.contains(definition);
}

/// The slot in which the second action finds what the first computes.
SlotOp ActionSplitter::keep(Value value) {
  SlotOp &slot = keptSlots[value];
  if (slot)
    return slot;
  for (Operation *user : value.getUsers())
    if (auto store = dyn_cast<StoreOp>(user); store && slotOf(store).isInFrame())
      return slot = slotOf(store);
  auto result = cast<OpResult>(value);
  slot = slots.create(value.getLoc(), calleeOf(result.getOwner()) + ".kept." + Twine(result.getResultNumber()),
                      value.getType(), SlotKind::Kept);
  if (action->hasAttr(stageAttrName))
    slot.setStage(stageOfAction(action));
  symbols.insert(slot);
  keptBytes += sumOfTensorBytes(value.getType());
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  store(builder, value, slot);
  inputOps.insert(&*std::prev(builder.getInsertionPoint()));
  return slot;
}

/// Makes an op for the half that is built, behind what it needs.
void ActionSplitter::clone(Operation *op, OpBuilder &builder, IRMapping &mapping) {
  for (Value value : valuesUsedBy(op)) {
    Operation *definition = value.getDefiningOp();
    if (!definition || mapping.contains(value))
      continue;
    if (computes(definition))
      mapping.map(value, fetch(builder, keep(value)));
    else
      clone(definition, builder, mapping);
  }
  builder.clone(*op, mapping);
}

func::FuncOp ActionSplitter::build(ActionKind kind, Operation *before) {
  // "train.backward.0" becomes "train.backward_input.0".
  StringRef backward = stringifyActionKind(ActionKind::Backward);
  auto [front, behind] = action.getSymName().rsplit(backward);
  OpBuilder builder(before);
  auto half = cast<func::FuncOp>(builder.cloneWithoutRegions(*action));
  half.setSymName((front + stringifyActionKind(kind) + behind).str());
  half->setAttr(actionAttrName, ActionKindAttr::get(action.getContext(), kind));
  builder.setInsertionPointToStart(half.addEntryBlock());
  IRMapping mapping;
  for (Operation &op : action.getBody().front().without_terminator())
    if ((computes(&op) || isa<StoreOp>(op)) && isOfInput(&op) == (kind == ActionKind::BackwardInput))
      clone(&op, builder, mapping);
  func::ReturnOp::create(builder, action.getLoc());
  return half;
}

int64_t sluice::splitAction(func::FuncOp action, const llvm::SmallPtrSetImpl<Operation *> &ofInput,
                            SymbolTable &symbols, SlotBuilder &slots) {
  return ActionSplitter(action, ofInput, symbols, slots).run();
}
