//===- NarrowResults.cpp - Computes in the compute type what is rounded to it anyway -----===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Remarks.h"
#include "passes/Numerics/Narrow.h"
#include "passes/Numerics/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_NARROWRESULTS
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Whether a loop, or the epilogue of a contraction, computes results element by element in the end: rounding joins it.
/// Attention, blocks of logits and rows of tables have loops of other kinds.
static bool endsElementwise(Operation *op) {
  return isa<NormOpInterface, ActivationOpInterface, LinearOp, MatmulOp, AddOp, MulOp, ScaleOp, DropoutOp>(op);
}

namespace {
struct NarrowResults : sluice::impl::NarrowResultsBase<NarrowResults> {
  using NarrowResultsBase::NarrowResultsBase;

  void runOnOperation() override {
    int64_t count = 0, bytes = 0;
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (all ? endsElementwise(op) : isa<NormOpInterface>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      for (Value result : op->getResults()) {
        Type type = typeRoundedTo(result);
        if (!type || !getElementTypeOrSelf(result).isF32())
          continue;
        Operation *rounded = createRounded(result, type);
        replaceByNarrow(result, rounded->getResult(0), /*other=*/rounded);
        ++count;
        bytes += sumOfTensorBytes(result.getType()) - sumOfTensorBytes(rounded->getResult(0).getType());
      }
    remark::analysis(getOperation().getLoc(), remark::RemarkOpts::name("NarrowResults").category("numerics"))
        << remark::metric("results", count) << remark::metric("bytes", bytes);
  }
};
} // namespace
