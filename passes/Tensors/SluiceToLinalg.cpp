//===- SluiceToLinalg.cpp - The tensor ops as linalg -------------------------------===//
#include "dialects/Sluice/SluiceStateOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Tensors/ActivationsToLinalg.h"
#include "passes/Tensors/ContractionsToLinalg.h"
#include "passes/Tensors/ElementwiseToLinalg.h"
#include "passes/Tensors/KernelsToLinalg.h"
#include "passes/Tensors/NormsToLinalg.h"
#include "passes/Tensors/OptimizersToLinalg.h"
#include "passes/Tensors/Passes.h"
#include "passes/Tensors/QuantizeToLinalg.h"
#include "passes/Tensors/RoundedStateToLinalg.h"
#include "passes/Tensors/ShapesToLinalg.h"
#include "passes/Tensors/StatisticsToLinalg.h"
#include <memory>

namespace sluice {
#define GEN_PASS_DEF_SLUICETOLINALG
#include "passes/Tensors/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// What an op's result is added to, in place. A lowering that adds to it itself uses it; behind others the sum stays.
struct Accumulator {
  explicit Accumulator(Value result) : add(accumulatingAdd(result)), uses(countUses()) {}

  bool isTaken() { return add && countUses() > uses; }

  AddOp add;

private:
  int64_t countUses() { return add ? llvm::range_size(add.getLhs().getUses()) : 0; }

  int64_t uses;
};

struct SluiceToLinalg : sluice::impl::SluiceToLinalgBase<SluiceToLinalg> {
  LogicalResult initialize(MLIRContext *) override {
    auto all = std::make_shared<LinalgLowerings>();
    addActivationLowerings(*all);
    addContractionLowerings(*all);
    addElementwiseLowerings(*all);
    addKernelLowerings(*all);
    addNormLowerings(*all);
    addOptimizerLowerings(*all);
    addQuantizeLowerings(*all);
    addRoundedStateLowerings(*all);
    addShapeLowerings(*all);
    addStatisticsLowerings(*all);
    lowerings = std::move(all);
    return success();
  }

  void runOnOperation() override {
    SmallVector<Operation *> ops, widened;
    getOperation().walk([&](Operation *op) {
      if (isa<arith::TruncFOp>(op) && isa<RankedTensorType>(op->getResult(0).getType()))
        ops.push_back(op);
      if ((isa<arith::ExtFOp>(op) && isa<RankedTensorType>(op->getResult(0).getType())) || isa<QuantizeOp>(op)) {
        widened.push_back(op);
        return;
      }
      if (op->getDialect() && op->getDialect()->getNamespace() == "sluice" && op->getNumResults() > 0 &&
          !isa<DestinationStyleOpInterface, FetchOp, ReadOp, InputOp, KeyOp, RoundedSumOp, ScalarOp>(op))
        ops.push_back(op);
    });
    // Last, when ops that take what is narrow, or ask what it was rounded to, have done so.
    llvm::append_range(ops, widened);
    llvm::SmallPtrSet<Operation *, 8> erased;
    for (Operation *op : ops) {
      if (erased.contains(op))
        continue;
      if (isa<arith::ExtFOp>(op) && op->use_empty()) {
        op->erase();
        continue;
      }
      auto sums = llvm::map_to_vector(op->getResults(), [](Value result) { return Accumulator(result); });
      SmallVector<Value> values = lowerings->lower(op);
      if (values.empty()) {
        op->emitOpError() << "has no lowering to linalg";
        return signalPassFailure();
      }
      for (auto [result, value, sum] : llvm::zip_equal(op->getResults(), values, sums)) {
        if (sum.isTaken()) {
          sum.add.getResult().replaceAllUsesWith(value);
          erased.insert(sum.add);
          sum.add.erase();
        }
        result.replaceAllUsesWith(value);
      }
      op->erase();
    }
  }

private:
  std::shared_ptr<const LinalgLowerings> lowerings; // of all copies of the pass
};
} // namespace
