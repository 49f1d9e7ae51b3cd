//===- GroupLayers.cpp - Wraps the ops between layers in layers ------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Gradient/Passes.h"
#include "passes/Gradient/UsedValues.h"

namespace sluice {
#define GEN_PASS_DEF_GROUPLAYERS
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// The operand groups of sluice.layer, in its order.
enum Group { Activation, Parameter, Broadcast, Scalar };

Group groupOf(Value value) {
  Operation *definition = value.getDefiningOp();
  if (isa_and_nonnull<ReadOp>(definition))
    return Parameter;
  if (isa_and_nonnull<arith::ConstantOp, ScalarOp>(definition))
    return Scalar;
  auto type = cast<RankedTensorType>(value.getType());
  return isa<FloatType>(type.getElementType()) ? Activation : Broadcast;
}

/// What stays outside of layers: ops that only name a value.
bool namesValue(Operation &op) {
  return op.getNumOperands() == 0 && !isa<LayerOp, ZeroOp>(op) && !op.hasTrait<OpTrait::IsTerminator>();
}

void wrap(ArrayRef<Operation *> run, StringRef name) {
  llvm::SetVector<Value> groups[4];
  llvm::SetVector<Value> results;
  // Of the bodies of ops, from where folding has moved them: a layer takes tensors.
  llvm::SetVector<Operation *> constants;
  llvm::SmallPtrSet<Operation *, 16> members(run.begin(), run.end());
  Block *block = run.front()->getBlock();
  auto isMember = [&](Operation *user) { return members.contains(block->findAncestorOpInBlock(*user)); };
  for (Operation *op : run) {
    for (Value operand : valuesUsedBy(op)) {
      if (members.contains(operand.getDefiningOp()))
        continue;
      if (isa<TensorType>(operand.getType()))
        groups[groupOf(operand)].insert(operand);
      else
        constants.insert(operand.getDefiningOp());
    }
    for (Value result : op->getResults())
      if (!llvm::all_of(result.getUsers(), isMember))
        results.insert(result);
  }
  OpBuilder builder(run.back());
  builder.setInsertionPointAfter(run.back());
  Location location = run.back()->getLoc();
  auto types = llvm::map_to_vector(results, [](Value value) { return value.getType(); });
  auto layer = LayerOp::create(builder, location, types, groups[Activation].getArrayRef(),
                               groups[Parameter].getArrayRef(), groups[Broadcast].getArrayRef(),
                               groups[Scalar].getArrayRef(), name, IntegerAttr(), IntegerAttr());
  Block *body = builder.createBlock(&layer.getBody());
  IRMapping mapping;
  for (Value operand : layer->getOperands())
    mapping.map(operand, body->addArgument(operand.getType(), operand.getLoc()));
  for (Operation *constant : constants)
    builder.clone(*constant, mapping);
  for (Operation *op : run)
    builder.clone(*op, mapping);
  auto yielded = llvm::map_to_vector(results, [&](Value value) { return mapping.lookup(value); });
  YieldOp::create(builder, location, yielded);
  for (auto [index, inside] : llvm::enumerate(results.takeVector()))
    Value(inside).replaceAllUsesWith(layer.getResult(index));
  for (Operation *op : llvm::reverse(run))
    op->erase();
}

/// The ops between layers that depend on keys, scalars and constants alone, and the constants among what these use:
/// every stage can compute them for itself.
class StepOps {
public:
  explicit StepOps(Block &block) : block(block) {
    for (Operation &op : block.without_terminator())
      dependences[&op] = dependenceOf(op);
  }

  /// Moves them in front of `first`, in their order, and returns them. Of constants that others use as well they get
  /// copies, so that nobody waits for zeros.
  SmallVector<Operation *> gather(Operation *first);

private:
  /// What an op's results depend on; the last of what its operands depend on.
  enum class Dependence { Constants, Step, Model };

  Dependence dependenceOf(Operation &op) {
    if (isa<KeyOp, ScalarOp>(op))
      return Dependence::Step;
    if (isa<ReadOp, LayerOp>(op))
      return Dependence::Model;
    Dependence most = Dependence::Constants;
    for (Value value : valuesUsedBy(&op)) {
      Operation *definition = value.getDefiningOp();
      most = std::max(most, definition ? dependences.lookup(definition) : Dependence::Model);
    }
    return most;
  }

  Block &block;
  llvm::DenseMap<Operation *, Dependence> dependences;
};

SmallVector<Operation *> StepOps::gather(Operation *first) {
  llvm::SmallPtrSet<Operation *, 16> members;
  auto isMember = [&](Operation *user) { return members.contains(block.findAncestorOpInBlock(*user)); };
  SmallVector<Operation *> gathered;
  auto ops = llvm::map_to_vector(block.without_terminator(), [](Operation &op) { return &op; });
  for (Operation *op : llvm::reverse(ops)) {
    if (namesValue(*op) || dependences.lookup(op) == Dependence::Model)
      continue;
    Operation *member = op;
    if (dependences.lookup(op) == Dependence::Constants) {
      if (llvm::none_of(op->getUsers(), isMember))
        continue;
      if (!llvm::all_of(op->getUsers(), isMember)) {
        member = OpBuilder(op).clone(*op);
        op->replaceUsesWithIf(member->getResults(), [&](OpOperand &use) { return isMember(use.getOwner()); });
      }
    }
    members.insert(member);
    gathered.push_back(member);
  }
  for (Operation *op : gathered) {
    if (op != first)
      op->moveBefore(first);
    first = op;
  }
  std::reverse(gathered.begin(), gathered.end());
  return gathered;
}

struct GroupLayers : sluice::impl::GroupLayersBase<GroupLayers> {
  void runOnOperation() override {
    Block &block = getOperation().getBody().front();
    Operation *firstOther = nullptr;
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (!namesValue(op))
        firstOther = firstOther ? firstOther : &op;
      else if (firstOther)
        op.moveBefore(firstOther);
    }
    SmallVector<Operation *> stepOps = StepOps(block).gather(firstOther ? firstOther : block.getTerminator());
    SmallVector<SmallVector<Operation *>> runs(1);
    bool sawLayer = false, lastIsRun = false;
    for (Operation &op : block.without_terminator()) {
      if (namesValue(op) || llvm::is_contained(stepOps, &op))
        continue;
      lastIsRun = !isa<LayerOp>(op);
      if (lastIsRun) {
        runs.back().push_back(&op);
      } else if (sawLayer |= true; !runs.back().empty()) {
        runs.emplace_back();
      }
    }
    llvm::erase_if(runs, [](auto &run) { return run.empty(); });
    if (!stepOps.empty())
      wrap(stepOps, "step");
    for (auto [index, run] : llvm::enumerate(runs)) {
      bool last = index + 1 == runs.size();
      std::string name = !sawLayer           ? "model"
                         : last && lastIsRun ? "head"
                         : index == 0        ? "embeddings"
                                             : "between." + std::to_string(index);
      wrap(run, name);
    }
  }
};
} // namespace
