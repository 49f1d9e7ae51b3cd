//===- StatisticsToLinalg.cpp - What rounding and sums lose as linalg ---------------===//
#include "passes/Tensors/StatisticsToLinalg.h"
#include "dialects/Sluice/SluiceStatisticsOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Build/Formula.h"
#include "passes/Build/Rounding.h"
#include "passes/Tensors/ScaleGroups.h"

using namespace mlir;
using namespace sluice;
using Loop = utils::IteratorType;

/// Counts below this are exact in f32.
static constexpr int64_t exactInF32 = 1 << 24;

// Element-by-element ops here write what they do not read: fusion would repeat a read sum in each iteration of a loop
// that it puts it into.

static Value widen(ImplicitLocOpBuilder &b, Value value) {
  Type wide = b.getF64Type();
  return value.getType() == wide ? value : Value(arith::ExtFOp::create(b, wide, value));
}

/// The sum of all elements, as f64 of rank 0.
static Value sumOf(LinalgBuilder &b, Value values) {
  Type sum = RankedTensorType::get({}, b.getF64Type());
  if (typeOf(values).getRank() == 0)
    return b
        .elementwise(values, b.empty(sum),
                     [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> { return {widen(b, v[0])}; })
        .front();
  return b.reduceLeading(values, b.filled(sum, 0), [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    return {arith::AddFOp::create(b, v[1], widen(b, v[0]))};
  });
}

/// Two sums in one tensor, with what the result of the op is added to.
static Value joinSums(LinalgBuilder &b, Value result, Value first, Value second) {
  SmallVector<Value> inputs = {first, second};
  AddOp add = accumulatingAdd(result);
  if (add)
    inputs.push_back(add.getLhs());
  return b
      .elementwise(inputs, b.empty(result.getType()),
                   [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                     Value zero = arith::ConstantIndexOp::create(b, 0);
                     Value isFirst =
                         arith::CmpIOp::create(b, arith::CmpIPredicate::eq, linalg::IndexOp::create(b, 0), zero);
                     Value sum = arith::SelectOp::create(b, isFirst, v[0], v[1]);
                     return {add ? Value(arith::AddFOp::create(b, v[2], sum)) : sum};
                   })
      .front();
}

namespace {
/// Counts the elements of groups of a tensor.
struct RoundingCounter {
  LinalgBuilder &b;
  precision::FloatFormat format;
  Value saturated, underflowed; ///< totals so far, f64 of rank 0

  /// `loops` run over the elements, and then those of `groups` have `largest` each if there is one.
  void count(Value elements, Value largest, AffineMap all, AffineMap ofGroup, ArrayRef<Loop> loops);

private:
  SmallVector<Value> countElement(ImplicitLocOpBuilder &b, Value x, Value largest, Value saturated, Value underflowed);
};
} // namespace

/// The counts with an element of a group whose largest magnitude is `largest`, null where groups have no scales.
SmallVector<Value> RoundingCounter::countElement(ImplicitLocOpBuilder &b, Value x, Value largest, Value saturated,
                                                 Value underflowed) {
  Value divided = x;
  if (largest)
    divided = arith::MulFOp::create(b, x, inverseOfScale(b, scaleOfGroup(b, largest, format)));
  Value magnitude = math::AbsFOp::create(b, divided);
  auto compare = [&](arith::CmpFPredicate predicate, Value value, double bound) -> Value {
    return arith::CmpFOp::create(b, predicate, value, floatLike(b, value, bound));
  };
  auto increment = [&](Value count, Value condition) -> Value {
    Formula f{b, count.getType()};
    return f.add(count, arith::SelectOp::create(b, condition, f.c(1), f.c(0)));
  };
  Value exceeds = compare(arith::CmpFPredicate::OGT, magnitude, format.maxFinite());
  // Half of the least distance is a tie, which goes to zero.
  Value isSmall = compare(arith::CmpFPredicate::OLE, magnitude, format.quantum() / 2);
  Value isNotZero = compare(arith::CmpFPredicate::ONE, x, 0);
  return {increment(saturated, exceeds), increment(underflowed, arith::AndIOp::create(b, isSmall, isNotZero))};
}

void RoundingCounter::count(Value elements, Value largest, AffineMap all, AffineMap ofGroup, ArrayRef<Loop> loops) {
  ArrayRef<int64_t> shape = typeOf(elements).getShape();
  int64_t mostInGroup = 1;
  SmallVector<int64_t> groups;
  for (auto [size, loop] : llvm::zip_equal(shape, loops))
    if (loop == Loop::reduction)
      mostInGroup *= size;
    else
      groups.push_back(size);
  Type counts = mostInGroup < exactInF32 ? Type(b.getF32Type()) : b.getF64Type();
  Value none = b.filled(RankedTensorType::get(groups, counts), 0),
        noneEither = b.filled(RankedTensorType::get(groups, counts), 0);
  SmallVector<Value> inputs = {elements};
  SmallVector<AffineMap> maps = {all};
  if (largest) {
    inputs.push_back(largest);
    maps.push_back(ofGroup);
  }
  maps.append({ofGroup, ofGroup});
  SmallVector<Value> ofGroups =
      b.generic(inputs, {none, noneEither}, shape.size(), maps, loops, [&](ImplicitLocOpBuilder &b, ValueRange v) {
        return countElement(b, v.front(), largest ? v[1] : Value(), v[v.size() - 2], v.back());
      });
  auto addTotal = [&](Value &total, Value ofGroups) {
    Value sum = sumOf(b, ofGroups);
    total = total ? b.elementwise({total, sum}, b.empty(sum.getType()),
                                  [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                                    return {arith::AddFOp::create(b, v[0], v[1])};
                                  })
                        .front()
                  : sum;
  };
  addTotal(saturated, ofGroups[0]);
  addTotal(underflowed, ofGroups[1]);
}

static Value lowerCountRoundings(LinalgBuilder &b, CountRoundingsOp op) {
  int64_t rank = op.getInput().getType().getRank();
  RoundingCounter counter{b, op.getFormat().getValue(), {}, {}};
  std::optional<ArrayRef<int64_t>> scaled = op.getScaled();
  if (scaled && rank > 0) {
    forEachScaledPart(b, asMatrix(b, op.getInput()), *scaled, [&](const ScaledPart &part) {
      counter.count(part.elements, part.largest, part.all, part.ofGroup,
                    {Loop::parallel, Loop::reduction, Loop::parallel, Loop::reduction});
    });
  } else {
    // Rows by themselves: the large part runs in parallel.
    SmallVector<Loop> loops(rank, Loop::parallel);
    if (rank > 0)
      loops.back() = Loop::reduction;
    AffineMap all = b.getMultiDimIdentityMap(rank);
    counter.count(op.getInput(), Value(), all, rank > 0 ? all.dropResult(rank - 1) : all, loops);
  }
  return joinSums(b, op.getResult(), counter.saturated, counter.underflowed);
}

/// Rows of a matrix from the first on, `step` apart.
static Value takeRows(LinalgBuilder &b, Value tensor, int64_t rows, int64_t step) {
  Value matrix = asMatrix(b, tensor);
  auto index = [&](ArrayRef<int64_t> values) { return getAsIndexOpFoldResult(b.getContext(), values); };
  return tensor::ExtractSliceOp::create(b, matrix, index({0, 0}), index({rows, typeOf(matrix).getDimSize(1)}),
                                        index({step, 1}));
}

static Value lowerAccumulationError(LinalgBuilder &b, AccumulationErrorOp op) {
  int64_t rows = op.getRows(), columns = typeOf(op.getSums()).getShape().back();
  int64_t step = columns == 0 ? 1 : typeOf(op.getSums()).getNumElements() / columns / rows;
  Value input = takeRows(b, op.getInput(), rows, step), sums = takeRows(b, op.getSums(), rows, step);
  Type wide = b.getF64Type();
  // Loops over rows, the summed index and columns.
  AffineExpr r, k, n;
  bindDims(b.getContext(), r, k, n);
  auto map = [&](ArrayRef<AffineExpr> results) { return AffineMap::get(3, 0, results, b.getContext()); };
  AffineMap ofWeight = op.getTransposed() ? map({n, k}) : map({k, n});
  Value exact = b.generic({input, op.getWeight()}, b.filled(RankedTensorType::get({rows, columns}, wide), 0), 3,
                          {map({r, k}), ofWeight, map({r, n})}, {Loop::parallel, Loop::reduction, Loop::parallel},
                          [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                            Value product = arith::MulFOp::create(b, widen(b, v[0]), widen(b, v[1]));
                            return {arith::AddFOp::create(b, v[2], product)};
                          })
                    .front();
  Type ofRows = RankedTensorType::get({rows}, wide);
  Value errors = b.reduceLast({sums, exact}, b.filled(ofRows, 0),
                              [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                                Value error = arith::SubFOp::create(b, widen(b, v[0]), v[1]);
                                return {arith::AddFOp::create(b, v[2], arith::MulFOp::create(b, error, error))};
                              });
  Value squares =
      b.reduceLast(exact, b.filled(ofRows, 0), [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
        return {arith::AddFOp::create(b, v[1], arith::MulFOp::create(b, v[0], v[0]))};
      });
  return joinSums(b, op.getResult(), sumOf(b, errors), sumOf(b, squares));
}

void sluice::addStatisticsLowerings(LinalgLowerings &lowerings) {
  lowerings.add(lowerCountRoundings, lowerAccumulationError);
}
