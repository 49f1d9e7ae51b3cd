//===- DecomposeStandardizationLoss.cpp - Statistics of units over blocks of rows ------===//
//
// One pass over the activations: a block of rows stays in cache while its mean and then its squares around that mean
// are summed, and joins the rows before it by the formula of Chan, Golub and LeVeque ("Updating Formulae and a Pairwise
// Algorithm for Computing Sample Variances", 1979). Sums of squares around zero would lose every digit of a variance
// that is small beside the mean.
//
//===----------------------------------------------------------------------------------===//
#include "passes/Blocked/DecomposeStandardizationLoss.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Blocked/Blocks.h"
#include "passes/Build/Formula.h"
#include <limits>

using namespace mlir;
using namespace sluice;

/// output /= max(1, input)
static SmallVector<Value> divideByCount(ImplicitLocOpBuilder &b, ValueRange v) {
  Formula f{b, v[1].getType()};
  return {f.div(v[1], arith::MaximumFOp::create(b, v[0], f.c(1)))};
}

/// Computes `mean` and `variance` of the units in `columns`, from `rowsOfBlock` rows at a time.
static void computeStatistics(BlockBuilder &b, Value input, Value targets, Part columns, int64_t rowsOfBlock,
                              Value mean, Value variance) {
  auto type = cast<MemRefType>(input.getType());
  Type element = type.getElementType();
  mean = b.subview(mean, columns);
  variance = b.subview(variance, columns);
  Value count = b.temporary({}, element), blockCount = b.temporary({}, element);
  Value blockMean = b.temporary({columns.size}, element), blockSquares = b.temporary({columns.size}, element);
  b.fill(count, 0);
  b.fill(mean, 0);
  b.fill(variance, 0); // the sum of squares until all rows are in
  b.blocks(type.getDimSize(0), rowsOfBlock, [&](Part rows) {
    Value x = b.subview(input, {rows, columns}), target = b.subview(targets, rows);
    b.fill(blockCount, 0);
    b.reduceLeading(target, blockCount, countTarget);
    b.fill(blockMean, 0);
    b.reduceLeading({x, target}, blockMean,
                    [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                      Formula f{b, element};
                      return {f.add(v[2], f.ifCounted(v[1], v[0]))};
                    },
                    /*trailing=*/{1});
    b.elementwise(blockCount, blockMean, divideByCount);
    b.fill(blockSquares, 0);
    b.reduceLeading({x, target, blockMean}, blockSquares,
                    [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                      Formula f{b, element};
                      Value difference = f.ifCounted(v[1], f.sub(v[0], v[2]));
                      return {f.add(v[3], f.mul(difference, difference))};
                    },
                    /*trailing=*/{1});
    b.elementwise({count, blockCount, blockMean, blockSquares}, {mean, variance},
                  [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                    Formula f{b, element};
                    Value together = arith::MaximumFOp::create(b, f.add(v[0], v[1]), f.c(1));
                    Value share = f.div(v[1], together), delta = f.sub(v[2], v[4]);
                    Value between = f.mul(f.mul(delta, delta), f.mul(v[0], share));
                    return {f.add(v[4], f.mul(delta, share)), f.add(v[5], f.add(v[3], between))};
                  });
    b.elementwise(blockCount, count, addTo);
  });
  b.elementwise(count, variance, divideByCount);
}

void sluice::decomposeStandardizationLoss(BlockedStandardizationLossOp op) {
  BlockBuilder b(op.getLoc(), op);
  Value input = b.collapse(op.getInputs()[0]), targets = b.collapse(op.getInputs()[1], /*all=*/true);
  auto outputs = op.getOutputs();
  Value loss = outputs[0], mean = outputs[1], variance = outputs[2], range = outputs[3];
  auto type = cast<MemRefType>(mean.getType());
  int64_t units = type.getDimSize(0);
  Type element = type.getElementType();
  int64_t rowsOfBlock = (*op.getBlock())[0], columnsOfBlock = (*op.getBlock())[1];
  b.parallelBlocks(units, columnsOfBlock,
                   [&](Part columns) { computeStatistics(b, input, targets, columns, rowsOfBlock, mean, variance); });

  b.fill(loss, 0);
  b.reduceLeading({mean, variance}, loss, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    Formula f{b, element};
    Value logarithm = math::LogOp::create(b, f.add(v[1], f.c(op.getEpsilon().convertToDouble())));
    Value distance = f.sub(f.sub(f.add(f.mul(v[0], v[0]), v[1]), logarithm), f.c(1));
    return {f.add(v[2], distance)};
  });
  Value count = b.temporary({}, element);
  b.fill(count, 0);
  b.reduceLeading(targets, count, countTarget);
  b.elementwise(count, loss, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    Formula f{b, element};
    Value scaled = f.mul(v[1], f.c(op.getAveraged() ? 0.5 / units : 0.5));
    Value any = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, v[0], f.c(0));
    return {arith::SelectOp::create(b, any, scaled, f.c(0))};
  });
  for (int64_t index = 0; index < 4; ++index) {
    bool isLeast = index % 2 == 0;
    Value extreme = b.subview(range, Part{b.getIndexAttr(index), 1}, /*dropped=*/0);
    b.fill(extreme, isLeast ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity());
    b.reduceLeading(index < 2 ? mean : variance, extreme, isLeast ? minimumWith : maximumWith);
  }
}
