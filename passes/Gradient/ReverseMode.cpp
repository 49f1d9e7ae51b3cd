//===- ReverseMode.cpp - The forward and the backward function of a layer -----===//
#include "passes/Gradient/ReverseMode.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace sluice;

static func::FuncOp createFunction(LayerOp layer, StringRef name, TypeRange arguments) {
  auto module = layer->getParentOfType<ModuleOp>();
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto function = func::FuncOp::create(builder, layer.getLoc(), name, builder.getFunctionType(arguments, TypeRange()));
  function.setPrivate();
  function.addEntryBlock();
  return function;
}

static void setResults(func::FuncOp function, ArrayRef<Value> results) {
  OpBuilder builder = OpBuilder::atBlockEnd(&function.getBody().front());
  func::ReturnOp::create(builder, function.getLoc(), results);
  function.setFunctionType(
      builder.getFunctionType(function.getBody().getArgumentTypes(), ValueRange(results).getTypes()));
}

/// Clones the layer's body into `function`, whose first arguments are the layer's operands; returns what it yields.
static SmallVector<Value> cloneBody(LayerOp layer, func::FuncOp function, IRMapping &mapping) {
  Block &body = layer.getBody().front(), &entry = function.getBody().front();
  for (auto [from, to] : llvm::zip(body.getArguments(), entry.getArguments()))
    mapping.map(from, to);
  OpBuilder builder = OpBuilder::atBlockEnd(&entry);
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
  return llvm::map_to_vector(body.getTerminator()->getOperands(), [&](Value value) { return mapping.lookup(value); });
}

func::FuncOp sluice::outlineForward(LayerOp layer, StringRef name) {
  func::FuncOp function = createFunction(layer, name, layer.getInputs().getTypes());
  IRMapping mapping;
  setResults(function, cloneBody(layer, function, mapping));
  return function;
}

void sluice::addDependents(Block &block, llvm::DenseSet<Value> &values) {
  // What a region of an op captures counts as its operand.
  auto depends = [&](Operation *inside) -> WalkResult {
    return llvm::any_of(inside->getOperands(), [&](Value operand) { return values.contains(operand); })
               ? WalkResult::interrupt()
               : WalkResult::advance();
  };
  for (Operation &op : block)
    if (op.walk(depends).wasInterrupted())
      values.insert(op.result_begin(), op.result_end());
}

namespace {
/// Builds the backward function: first with all of forward in front of it, then without what it does not need.
class BackwardBuilder {
public:
  BackwardBuilder(LayerOp layer, func::FuncOp function, ArrayRef<bool> resultHasGradient)
      : entry(function.getBody().front()) {
    yielded = cloneBody(layer, function, mapping);
    unsigned argument = layer.getInputs().size();
    for (auto [value, has] : llvm::zip_equal(yielded, resultHasGradient))
      if (has)
        add(value, entry.getArgument(argument++));
    forwardEnd = entry.empty() ? nullptr : &entry.back();
  }

  LogicalResult run(ArrayRef<bool> operandNeedsGradient) {
    SmallVector<Operation *> forward = llvm::map_to_vector(entry, [](Operation &op) { return &op; });
    llvm::DenseSet<Value> active;
    for (auto [index, needs] : llvm::enumerate(operandNeedsGradient))
      if (needs)
        active.insert(entry.getArgument(index));
    addDependents(entry, active);
    for (Operation *op : llvm::reverse(forward))
      if (failed(visit(op, active)))
        return failure();
    return success();
  }

  Value gradientOf(Value value) const { return gradients.lookup(value); }

  /// Values of forward that backward uses and that are not arguments, in forward's order.
  SmallVector<Value> takeKept() {
    // From the last to the first: repeating an op makes its operands needed.
    llvm::SetVector<Value> kept;
    SmallVector<Operation *> forward;
    for (Operation &op : entry) {
      if (!forwardEnd)
        break;
      forward.push_back(&op);
      if (&op == forwardEnd)
        break;
    }
    llvm::SmallPtrSet<Operation *, 32> members(forward.begin(), forward.end());
    auto isBackward = [&](Operation *user) { return !members.contains(entry.findAncestorOpInBlock(*user)); };
    for (Operation *op : llvm::reverse(forward)) {
      bool used = llvm::any_of(op->getUsers(), isBackward);
      if (used && op->hasTrait<RepeatedInBackward>()) {
        members.erase(op);
        repeated.push_back(op);
        continue;
      }
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUsers(), isBackward))
          kept.insert(result);
    }
    SmallVector<Value> inOrder;
    for (Operation *op : forward)
      for (Value result : op->getResults())
        if (kept.contains(result))
          inOrder.push_back(result);
    erased.assign(forward.begin(), forward.end());
    llvm::erase_if(erased, [&](Operation *op) { return !members.contains(op); });
    return inOrder;
  }

  /// Gradients that an op built although nothing needs them.
  void eraseUnusedGradients() {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(entry))) {
      if (&op == forwardEnd)
        return;
      if (isOpTriviallyDead(&op))
        op.erase();
    }
  }

  /// What is repeated moves to where it is needed first.
  void eraseForward() {
    for (Operation *op : llvm::reverse(erased))
      op->erase();
    for (Operation *op : repeated) {
      Operation *first = nullptr;
      for (Operation *user : op->getUsers()) {
        Operation *inBlock = entry.findAncestorOpInBlock(*user);
        if (!first || inBlock->isBeforeInBlock(first))
          first = inBlock;
      }
      op->moveBefore(first);
    }
  }

  IRMapping mapping;
  SmallVector<Value> yielded;
  Block &entry;

private:
  LogicalResult visit(Operation *op, const llvm::DenseSet<Value> &active) {
    SmallVector<Value> results = llvm::map_to_vector(op->getResults(), [&](Value v) { return gradientOf(v); });
    bool hasGradient = llvm::any_of(results, [](Value value) { return bool(value); });
    if (!hasGradient || llvm::none_of(op->getResults(), [&](Value result) { return active.contains(result); }))
      return success();
    auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
    if (!differentiable)
      return op->emitOpError() << "has no gradient, but the loss depends on a parameter through it";
    OpBuilder builder = OpBuilder::atBlockEnd(&entry);
    SmallVector<Value> operands(op->getNumOperands());
    // A null value among the gradients cannot be in a ValueRange of results, so the list is passed as it is.
    if (failed(differentiable.buildBackward(builder, results, operands)))
      return failure();
    for (auto [operand, gradient] : llvm::zip_equal(op->getOperands(), operands))
      if (gradient && active.contains(operand))
        add(operand, gradient);
    return success();
  }

  void add(Value value, Value gradient) {
    Value &slot = gradients[value];
    if (slot) {
      OpBuilder builder = OpBuilder::atBlockEnd(&entry);
      gradient = AddOp::create(builder, value.getLoc(), slot, gradient);
    }
    slot = gradient;
  }

  Operation *forwardEnd = nullptr;
  llvm::DenseMap<Value, Value> gradients;
  SmallVector<Operation *> erased, repeated; // of forward; those repeated from the last to the first
};
} // namespace

/// Takes forward out of backward and makes it a function. Kept values become arguments of backward and results of
/// forward; a yielded value is a result already. Returns where those arguments come from.
static SmallVector<LayerFunctions::Argument> splitForward(LayerOp layer, StringRef name, BackwardBuilder &builder,
                                                          LayerFunctions &functions) {
  SmallVector<LayerFunctions::Argument> keptArguments;
  SmallVector<Value> kept = builder.takeKept();
  functions.forward = createFunction(layer, (name + ".forward").str(), layer.getInputs().getTypes());
  IRMapping mapping;
  SmallVector<Value> forwardResults = cloneBody(layer, functions.forward, mapping);
  IRMapping backwardToLayer;
  for (auto [from, to] : builder.mapping.getValueMap())
    backwardToLayer.map(to, from);
  for (Value value : kept) {
    auto yielded = llvm::find(builder.yielded, value);
    if (yielded != builder.yielded.end()) {
      keptArguments.push_back({LayerFunctions::Source::Result, unsigned(yielded - builder.yielded.begin())});
    } else {
      keptArguments.push_back({LayerFunctions::Source::Kept, functions.keptCount++});
      forwardResults.push_back(mapping.lookup(backwardToLayer.lookup(value)));
    }
    value.replaceAllUsesWith(builder.entry.addArgument(value.getType(), value.getLoc()));
  }
  builder.eraseForward();
  setResults(functions.forward, forwardResults);
  return keptArguments;
}

FailureOr<LayerFunctions> sluice::differentiateLayer(LayerOp layer, StringRef name, ArrayRef<bool> resultHasGradient,
                                                     ArrayRef<bool> operandNeedsGradient,
                                                     ArrayRef<bool> operandAccumulates, bool join) {
  LayerFunctions functions;
  unsigned operandCount = layer.getInputs().size();
  SmallVector<Type> types(layer.getInputs().getTypes());
  for (auto [type, has] : llvm::zip_equal(layer.getResultTypes(), resultHasGradient))
    if (has)
      types.push_back(type);
  func::FuncOp backward = createFunction(layer, (name + ".backward").str(), types);
  Block &entry = backward.getBody().front();
  BackwardBuilder builder(layer, backward, resultHasGradient);
  if (failed(builder.run(operandNeedsGradient)))
    return failure();

  // What backward returns, in the order of the operands.
  OpBuilder b = OpBuilder::atBlockEnd(&entry);
  SmallVector<Value> results;
  if (join)
    results = builder.yielded;
  SmallVector<std::pair<BlockArgument, unsigned>> accumulators; // and the operand whose gradient is added
  for (unsigned operand = 0; operand < operandCount; ++operand) {
    Value gradient = builder.gradientOf(entry.getArgument(operand));
    if (!operandNeedsGradient[operand] || !gradient)
      continue;
    if (operandAccumulates[operand]) {
      BlockArgument old = entry.addArgument(gradient.getType(), layer.getLoc());
      accumulators.emplace_back(old, operand);
      gradient = AddOp::create(b, layer.getLoc(), old, gradient);
    }
    results.push_back(gradient);
    functions.backwardResults.push_back(operand);
  }
  if (functions.backwardResults.empty()) {
    backward.erase();
    functions.forward = outlineForward(layer, (name + ".forward").str());
    return functions;
  }
  func::ReturnOp::create(b, layer.getLoc(), results);
  builder.eraseUnusedGradients();

  SmallVector<LayerFunctions::Argument> keptArguments;
  if (!join)
    keptArguments = splitForward(layer, name, builder, functions);

  // Drop the operands that backward does not use and say where the others come from.
  using Source = LayerFunctions::Source;
  SmallVector<LayerFunctions::Argument> sources;
  for (unsigned operand = 0; operand < operandCount; ++operand)
    sources.push_back({Source::Operand, operand});
  for (auto [index, has] : llvm::enumerate(resultHasGradient))
    if (has)
      sources.push_back({Source::ResultGradient, unsigned(index)});
  for (auto [argument, operand] : accumulators)
    sources.push_back({Source::Accumulator, operand});
  llvm::append_range(sources, keptArguments);
  llvm::BitVector unused(entry.getNumArguments());
  for (auto [index, argument] : llvm::enumerate(entry.getArguments()))
    if (argument.use_empty())
      unused.set(index);
    else
      functions.backwardArguments.push_back(sources[index]);
  entry.eraseArguments(unused);
  backward.setFunctionType(b.getFunctionType(entry.getArgumentTypes(), ValueRange(results).getTypes()));
  int64_t firstGradient = results.size() - functions.backwardResults.size();
  for (auto [index, argument] : llvm::enumerate(functions.backwardArguments))
    if (argument.source == Source::Accumulator) {
      int64_t gradient = llvm::find(functions.backwardResults, argument.index) - functions.backwardResults.begin();
      backward.setArgAttr(index, updatesAttrName, b.getI64IntegerAttr(firstGradient + gradient));
    }
  functions.backward = backward;
  return functions;
}
