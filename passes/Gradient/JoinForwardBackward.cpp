//===- JoinForwardBackward.cpp - An op and its gradient in one ------------------------===//
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "passes/Gradient/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_JOINFORWARDBACKWARD
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Whether one of the operands of `op` is computed from a result of `source`.
static bool dependsOn(Operation *op, Operation *source) {
  SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.filter = [&](Operation *inside) { return inside->getBlock() == op->getBlock(); };
  (void)getBackwardSlice(op, &slice, options);
  return slice.contains(source);
}

/// The only op that uses a value, if it is of the given kind.
template <typename Op> static Op onlyUser(Value value) {
  return value.hasOneUse() ? dyn_cast<Op>(*value.user_begin()) : Op();
}

static bool join(RewriterBase &rewriter, LinearCrossEntropyOp forward) {
  auto backward = onlyUser<LinearCrossEntropyBackwardOp>(forward.getLogsumexp());
  if (!backward || backward->getBlock() != forward->getBlock() || backward.getInput() != forward.getInput() ||
      backward.getWeight() != forward.getWeight() || backward.getTargets() != forward.getTargets())
    return false;
  // The gradient of the loss is given before the loss is known, unless a function of the loss is differentiated.
  if (llvm::any_of(forward.getLoss().getUsers(),
                   [&](Operation *user) { return user == backward || dependsOn(backward, user); }))
    return false;
  rewriter.setInsertionPoint(backward);
  auto joined = LinearCrossEntropyWithGradientOp::create(
      rewriter, forward.getLoc(), forward.getLoss().getType(), forward.getInput().getType(),
      forward.getWeight().getType(), backward.getGradient(), forward.getInput(), forward.getWeight(),
      forward.getTargets(), forward.getComputeTypeAttr());
  rewriter.replaceOp(backward, {joined.getDinput(), joined.getDweight()});
  rewriter.replaceOp(forward, {joined.getLoss(), Value()});
  return true;
}

static bool join(RewriterBase &rewriter, GeluOp forward) {
  for (Operation *user : forward.getInput().getUsers()) {
    auto backward = dyn_cast<GeluBackwardOp>(user);
    if (!backward || backward.getInput() != forward.getInput() || backward.getForm() != forward.getForm() ||
        backward->getBlock() != forward->getBlock() || dependsOn(backward, forward))
      continue;
    rewriter.setInsertionPoint(backward);
    auto joined = GeluWithGradientOp::create(rewriter, forward.getLoc(), forward.getType(), forward.getType(),
                                             backward.getGradient(), forward.getInput(), forward.getForm());
    rewriter.replaceOp(backward, joined.getDinput());
    rewriter.replaceOp(forward, joined.getResult());
    return true;
  }
  return false;
}

namespace {
struct JoinForwardBackward : sluice::impl::JoinForwardBackwardBase<JoinForwardBackward> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<Operation *> forward;
    getOperation().walk([&](Operation *op) {
      if (isa<LinearCrossEntropyOp, GeluOp>(op))
        forward.push_back(op);
    });
    SetVector<Block *> changed;
    for (Operation *op : forward) {
      Block *block = op->getBlock();
      auto loss = dyn_cast<LinearCrossEntropyOp>(op);
      auto gelu = dyn_cast<GeluOp>(op);
      if ((loss && join(rewriter, loss)) || (gelu && join(rewriter, gelu)))
        changed.insert(block);
    }
    // What used a result stood behind forward and may stand before backward.
    for (Block *block : changed)
      sortTopologically(block);
  }
};
} // namespace
