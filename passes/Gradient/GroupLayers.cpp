//===- GroupLayers.cpp - Wraps the ops between layers in layers ------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/Gradient/Passes.h"
#include "llvm/ADT/SetVector.h"

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
    llvm::SetVector<Value> used(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), used);
    for (Value operand : used) {
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
    SmallVector<SmallVector<Operation *>> runs(1);
    bool sawLayer = false, lastIsRun = false;
    for (Operation &op : block.without_terminator()) {
      if (namesValue(op))
        continue;
      lastIsRun = !isa<LayerOp>(op);
      if (lastIsRun) {
        runs.back().push_back(&op);
      } else if (sawLayer |= true; !runs.back().empty()) {
        runs.emplace_back();
      }
    }
    llvm::erase_if(runs, [](auto &run) { return run.empty(); });
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
