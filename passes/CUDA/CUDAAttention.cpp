//===- CUDAAttention.cpp - Attention to kernels ---------------------------------------===//
#include "passes/CUDA/AttentionBlock.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_CUDAATTENTION
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

// As many parts of the width as registers have sums for.
static constexpr int64_t mostWidth = 128;

/// What kernels can do; `query` is one of the inputs.
template <typename AttentionOp> static LogicalResult check(AttentionOp op, Value query) {
  auto type = cast<MemRefType>(query.getType());
  int64_t width = type.getDimSize(2) / op.getHeads();
  if (!getElementTypeOrSelf(op.getOutputs()[0]).isF32())
    return op.emitOpError("has results of ")
           << getElementTypeOrSelf(op.getOutputs()[0]) << "; CUDA computes attention in f32";
  if (width > mostWidth)
    return op.emitOpError("has heads of width ") << width << "; CUDA has kernels for at most " << mostWidth;
  return success();
}

namespace {
struct CUDAAttention : sluice::impl::CUDAAttentionBase<CUDAAttention> {
  void runOnOperation() override {
    SmallVector<Operation *> done;
    WalkResult result = getOperation().walk([&](Operation *op) {
      if (auto forward = dyn_cast<BlockedAttentionOp>(op)) {
        if (failed(check(forward, forward.getInputs()[0])))
          return WalkResult::interrupt();
        emitAttention(forward);
        done.push_back(op);
      } else if (auto backward = dyn_cast<BlockedAttentionBackwardOp>(op)) {
        if (failed(check(backward, backward.getInputs()[1])))
          return WalkResult::interrupt();
        emitAttentionBackward(backward);
        done.push_back(op);
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (Operation *op : done)
      op->erase();
  }
};
} // namespace
