//===- BackwardHalves.cpp - A backward function cut in two ----------------------------===//
#include "passes/Gradient/BackwardHalves.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "passes/Gradient/UsedValues.h"
#include "llvm/ADT/BitVector.h"

using namespace mlir;
using namespace sluice;

namespace {
using Ops = llvm::SmallPtrSet<Operation *, 16>;

/// Decides which ops of a function belong to which half.
class HalvesPlan {
public:
  HalvesPlan(Block &block, const llvm::BitVector &isWeight)
      : results(block.getTerminator()->getOperands()), isWeight(isWeight), inWeight(results.size()) {
    for (auto [index, value] : llvm::enumerate(results))
      if (!isWeight[index])
        addSlice(value, inputOps, nullptr);
    addContracted();
    addOthers();
  }

  /// What the weight half has from the other, in the order of the function.
  SmallVector<Value> keptInOrder(Block &block) const {
    SmallVector<Value> inOrder;
    for (Operation &op : block)
      llvm::copy_if(op.getResults(), std::back_inserter(inOrder), [&](Value value) { return kept.contains(value); });
    return inOrder;
  }

  OperandRange results;
  const llvm::BitVector &isWeight; // gradients of parameters
  llvm::BitVector inWeight;        // results of the weight half
  Ops inputOps, weightOps;         // an op is in both where it is repeated

private:
  llvm::SetVector<Value> kept;

  static void addSlice(Value value, Ops &ops, const Ops *without);
  Ops ownOpsOf(unsigned result) const;
  void addContracted();
  void addOthers();
  void addToWeight(unsigned result, const Ops &own);
  void collectNeeds(const Ops &ops, llvm::SetVector<Value> &needed, Ops &repeated) const;
};
} // namespace

/// Adds what computes the value, but for what `without` has.
void HalvesPlan::addSlice(Value value, Ops &ops, const Ops *without) {
  SmallVector<Value> open = {value};
  while (!open.empty()) {
    Operation *definition = open.pop_back_val().getDefiningOp();
    if (definition && !(without && without->contains(definition)) && ops.insert(definition).second)
      llvm::append_range(open, valuesUsedBy(definition));
  }
}

/// What computes the result and is not in the input half anyway.
Ops HalvesPlan::ownOpsOf(unsigned result) const {
  Ops own;
  addSlice(results[result], own, &inputOps);
  return own;
}

/// Whether the op is as cheap to repeat as to keep, and needs nothing but arguments.
static bool isRepeatable(Operation *op) {
  if (!op->hasTrait<RepeatedInBackward>() && !matchPattern(op, m_Constant()))
    return false;
  return llvm::all_of(valuesUsedBy(op), [](Value value) {
    Operation *definition = value.getDefiningOp();
    return !definition || isRepeatable(definition);
  });
}

/// What ops use that are no part of the half yet: what they repeat, and what has to be kept for them.
void HalvesPlan::collectNeeds(const Ops &ops, llvm::SetVector<Value> &needed, Ops &repeated) const {
  for (Operation *op : ops)
    for (Value value : valuesUsedBy(op)) {
      Operation *definition = value.getDefiningOp();
      if (!definition || ops.contains(definition) || weightOps.contains(definition))
        continue;
      if (isRepeatable(definition))
        addSlice(value, repeated, nullptr);
      else
        needed.insert(value);
    }
}

void HalvesPlan::addToWeight(unsigned result, const Ops &own) {
  Ops repeated;
  collectNeeds(own, kept, repeated);
  weightOps.insert(own.begin(), own.end());
  weightOps.insert(repeated.begin(), repeated.end());
  inWeight.set(result);
}

void HalvesPlan::addContracted() {
  for (unsigned result : isWeight.set_bits())
    if (Ops own = ownOpsOf(result); llvm::any_of(own, [](Operation *op) { return isa<ContractionOpInterface>(op); }))
      addToWeight(result, own);
}

/// Small gradients, of biases and norms, stay where what they need is. They go along where that is kept anyway.
void HalvesPlan::addOthers() {
  if (inWeight.none())
    return;
  for (unsigned result : isWeight.set_bits()) {
    if (inWeight[result])
      continue;
    Ops own = ownOpsOf(result), repeated;
    // The first half has it as it is.
    if (own.empty())
      continue;
    llvm::SetVector<Value> needed;
    collectNeeds(own, needed, repeated);
    bool isShared = llvm::any_of(own, [&](Operation *op) { return weightOps.contains(op); });
    if (isShared || llvm::all_of(needed, [&](Value value) { return kept.contains(value); }))
      addToWeight(result, own);
    else
      inputOps.insert(own.begin(), own.end());
  }
}

/// A function of some ops of `from`, which takes `kept` behind the arguments that it uses.
static func::FuncOp buildHalf(func::FuncOp from, StringRef name, const Ops &ops, ArrayRef<unsigned> results,
                              ArrayRef<Value> returned, ArrayRef<Value> kept, SmallVector<unsigned> &arguments) {
  Block &block = from.getBody().front();
  SmallVector<Value> taken(block.getArguments());
  llvm::append_range(taken, kept);
  OpBuilder builder(from.getContext());
  auto type = builder.getFunctionType(ValueRange(taken).getTypes(), ValueRange(returned).getTypes());
  auto half = func::FuncOp::create(builder, from.getLoc(), name, type);
  half.setPrivate();
  Block &body = *half.addEntryBlock();
  IRMapping mapping;
  mapping.map(ValueRange(taken), body.getArguments());
  builder.setInsertionPointToEnd(&body);
  for (Operation &op : block.without_terminator())
    if (ops.contains(&op))
      builder.clone(op, mapping);
  func::ReturnOp::create(builder, from.getLoc(),
                         llvm::map_to_vector(returned, [&](Value value) { return mapping.lookup(value); }));
  llvm::BitVector unused(taken.size());
  for (unsigned index = 0; index < block.getNumArguments(); ++index) {
    if (body.getArgument(index).use_empty()) {
      unused.set(index);
      continue;
    }
    arguments.push_back(index);
    auto updates = from.getArgAttrOfType<IntegerAttr>(index, updatesAttrName);
    const unsigned *place = updates ? llvm::find(results, updates.getInt()) : results.end();
    if (place != results.end())
      half.setArgAttr(index, updatesAttrName, builder.getI64IntegerAttr(place - results.begin()));
  }
  (void)half.eraseArguments(unused);
  return half;
}

/// Puts two ops in the place of one that computes an activation and its gradient: the halves share them.
static void takeApart(func::FuncOp function) {
  function.walk([](ActivationOpInterface op) {
    OpBuilder builder(op);
    if (SmallVector<Value> apart = op.buildApart(builder); !apart.empty()) {
      op->replaceAllUsesWith(apart);
      op->erase();
    }
  });
}

int64_t sluice::flopsOf(func::FuncOp function) {
  int64_t flops = 0;
  function.walk([&](CostOpInterface op) { flops += op.getFlops(); });
  return flops;
}

/// Makes both halves of a function of its own, which is planned.
static BackwardHalves buildHalves(func::FuncOp function, const HalvesPlan &plan) {
  Block &block = function.getBody().front();
  BackwardHalves halves;
  SmallVector<Value> ofInput, ofWeight;
  for (auto [index, value] : llvm::enumerate(plan.results)) {
    (plan.inWeight[index] ? halves.weightResults : halves.inputResults).push_back(index);
    (plan.inWeight[index] ? ofWeight : ofInput).push_back(value);
  }
  SmallVector<Value> kept = plan.keptInOrder(block);
  for (Value value : kept) {
    halves.kept.push_back(llvm::find(ofInput, value) - ofInput.begin());
    if (halves.kept.back() == ofInput.size())
      ofInput.push_back(value);
  }
  std::string name = function.getSymName().str();
  halves.input =
      buildHalf(function, name + "_input", plan.inputOps, halves.inputResults, ofInput, {}, halves.inputArguments);
  halves.weight = buildHalf(function, name + "_weight", plan.weightOps, halves.weightResults, ofWeight, kept,
                            halves.weightArguments);
  return halves;
}

std::optional<BackwardHalves> sluice::cutBackward(func::FuncOp function, const llvm::BitVector &isWeight) {
  if (isWeight.none() || isWeight.all())
    return std::nullopt;
  OwningOpRef<func::FuncOp> apart(function.clone());
  takeApart(*apart);
  HalvesPlan plan(apart->getBody().front(), isWeight);
  if (plan.inWeight.none())
    return std::nullopt;
  BackwardHalves halves = buildHalves(*apart, plan);
  OpBuilder builder(function);
  builder.insert(halves.input);
  builder.insert(halves.weight);
  halves.repeatedFlops = flopsOf(halves.input) + flopsOf(halves.weight) - flopsOf(function);
  return halves;
}
