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

/// Whether one op can stand for both: it needs all that backward needs, of which nothing may come from its own results,
/// but for those that are there for backward alone.
static bool canJoin(JoinsWithBackwardOpInterface forward, Operation *backward) {
  Block *block = forward->getBlock();
  if (backward->getBlock() != block)
    return false;
  return llvm::all_of(forward->getResults().drop_back(forward.getNumResultsForBackward()), [&](Value result) {
    return llvm::none_of(result.getUsers(), [&](Operation *user) {
      Operation *inBlock = block->findAncestorOpInBlock(*user);
      return inBlock == backward || dependsOn(backward, inBlock);
    });
  });
}

/// Whether there was a backward to join.
static bool join(RewriterBase &rewriter, JoinsWithBackwardOpInterface forward) {
  SmallVector<Operation *> candidates = forward.findBackwards();
  auto found = llvm::find_if(candidates, [&](Operation *backward) { return canJoin(forward, backward); });
  if (found == candidates.end())
    return false;
  rewriter.setInsertionPoint(*found);
  SmallVector<Value> joined = forward.buildJoined(rewriter, *found);
  unsigned numKept = forward->getNumResults() - forward.getNumResultsForBackward();
  rewriter.replaceOp(*found, ArrayRef(joined).drop_front(numKept));
  joined.truncate(numKept);
  joined.resize(forward->getNumResults());
  rewriter.replaceOp(forward, joined);
  return true;
}

namespace {
struct JoinForwardBackward : sluice::impl::JoinForwardBackwardBase<JoinForwardBackward> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<JoinsWithBackwardOpInterface> forward;
    getOperation().walk([&](JoinsWithBackwardOpInterface op) { forward.push_back(op); });
    SetVector<Block *> changed;
    for (JoinsWithBackwardOpInterface op : forward) {
      Block *block = op->getBlock();
      if (join(rewriter, op))
        changed.insert(block);
    }
    // What used a result stood behind forward and may stand before backward.
    for (Block *block : changed)
      sortTopologically(block);
  }
};
} // namespace
