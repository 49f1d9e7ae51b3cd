//===- NormsToLinalg.cpp - Normalization layers as linalg --------------------------===//
#include "passes/Tensors/NormsToLinalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/Build/Formula.h"

using namespace mlir;
using namespace sluice;

static double widthOf(Value value) { return typeOf(value).getShape().back(); }

/// What a norm knows of a row: rstd, then the mean if it has one.
static SmallVector<Value> statisticsOf(Value rstd, Value mean) {
  return mean ? SmallVector<Value>{rstd, mean} : SmallVector<Value>{rstd};
}
static Value normalize(Formula f, Value x, ValueRange statistics) {
  return f.mul(statistics.size() > 1 ? f.sub(x, statistics[1]) : x, statistics[0]);
}

static SmallVector<Value> lowerNorm(LinalgBuilder &b, NormOpInterface op) {
  Value input = op.getInput(), bias = op.getBias(), mean;
  Type element = typeOf(input).getElementType(), statistics = op.getRstd().getType();
  if (op.getMean()) {
    Value sum = b.reduceLast(input, b.filled(statistics, 0), addTo);
    mean = b.elementwise(sum, b.empty(statistics), [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
              Formula f{b, element};
              return {f.mul(v[0], f.c(1 / widthOf(input)))};
            }).front();
  }
  // The second pass over the row: one pass loses all digits where the mean is large.
  SmallVector<Value> centred = {input};
  if (mean)
    centred.push_back(mean);
  Value squares = b.reduceLast(centred, b.filled(statistics, 0),
                               [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                                 Formula f{b, element};
                                 Value difference = mean ? f.sub(v[0], v[1]) : v[0];
                                 return {f.add(v.back(), f.mul(difference, difference))};
                               },
                               /*trailing=*/{1});
  Value rstd =
      b.elementwise(squares, b.empty(statistics), [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
         Formula f{b, element};
         Value meanSquare = f.mul(v[0], f.c(1 / widthOf(input)));
         return {f.div(f.c(1), math::SqrtOp::create(b, f.add(meanSquare, f.c(op.getEpsilon().convertToDouble()))))};
       }).front();
  SmallVector<Value> rows = statisticsOf(rstd, mean), inputs = {input};
  llvm::append_range(inputs, rows);
  inputs.push_back(op.getWeight());
  if (bias)
    inputs.push_back(bias);
  Value result = b.elementwise(
                      inputs, b.empty(input.getType()),
                      [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                        Formula f{b, element};
                        ValueRange parameters = v.drop_front(1 + rows.size());
                        Value scaled = f.mul(normalize(f, v[0], v.slice(1, rows.size())), parameters[0]);
                        return {bias ? f.add(scaled, parameters[1]) : scaled};
                      },
                      /*trailing=*/mean ? ArrayRef<unsigned>{1, 2} : ArrayRef<unsigned>{1})
                     .front();
  return mean ? SmallVector<Value>{result, mean, rstd} : SmallVector<Value>{result, rstd};
}

static SmallVector<Value> lowerNormBackward(LinalgBuilder &b, NormBackwardOpInterface op) {
  Value dy = op.getGradient(), x = op.getInput(), weight = op.getWeight(), mean = op.getMean(), rstd = op.getRstd();
  Type element = typeOf(x).getElementType();
  auto sums = [&](ValueRange inputs, BodyBuilder body) {
    return b.reduceLast(inputs, b.filled(rstd.getType(), 0), body, /*trailing=*/{3, 4});
  };
  SmallVector<Value> rows = statisticsOf(rstd, mean), inputs = {dy, weight, x};
  llvm::append_range(inputs, rows);
  // Sums over a row of dy w n, with n the normalized input, and, where it was centred, of dy w.
  Value along = sums(inputs, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    Formula f{b, element};
    return {f.add(v.back(), f.mul(f.mul(v[0], v[1]), normalize(f, v[2], v.slice(3, rows.size()))))};
  });
  inputs.push_back(along);
  if (mean)
    inputs.push_back(sums({dy, weight}, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
      Formula f{b, element};
      return {f.add(v.back(), f.mul(v[0], v[1]))};
    }));
  // dx = rstd (dy w - mean(dy w) - n mean(dy w n))
  Value dx = b.elementwise(inputs, b.empty(x.getType()),
                           [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                             Formula f{b, element};
                             ValueRange means = v.drop_front(3 + rows.size());
                             Value inverse = f.c(1 / widthOf(x)), n = normalize(f, v[2], v.slice(3, rows.size()));
                             Value centred = f.mul(v[0], v[1]);
                             if (mean)
                               centred = f.sub(centred, f.mul(means[1], inverse));
                             return {f.mul(f.sub(centred, f.mul(n, f.mul(means[0], inverse))), v[3])};
                           },
                           /*trailing=*/{3, 4, 5, 6})
                 .front();
  SmallVector<Value> factors = {dy, x};
  llvm::append_range(factors, rows);
  Value dweight = b.reduceLeading(factors, accumulatorOf(b, op.getDweight()),
                                  [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                                    Formula f{b, element};
                                    return {f.add(v.back(), f.mul(v[0], normalize(f, v[1], v.slice(2, rows.size()))))};
                                  },
                                  /*trailing=*/{2, 3});
  SmallVector<Value> results = {dx, dweight};
  if (Value dbias = op.getDbias())
    results.push_back(b.reduceLeading(dy, accumulatorOf(b, dbias), addTo));
  return results;
}

void sluice::addNormLowerings(LinalgLowerings &lowerings) { lowerings.add(lowerNorm, lowerNormBackward); }
