//===- ContractionsToLinalg.cpp - Sums and products as linalg ----------------------===//
#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/Build/Formula.h"
#include "passes/Tensors/SluiceToLinalg.h"

using namespace mlir;
using namespace sluice;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }
static const StringRef leadingLetters = "abcdefgh";

Value ToLinalg::linear(LinearOp op) {
  // The bias is where the sum starts.
  Value start =
      op.getBias() ? b.elementwise(op.getBias(), b.empty(op.getType()), copyOf).front() : b.filled(op.getType(), 0);
  std::string leading = leadingLetters.take_front(typeOf(op.getInput()).getRank() - 1).str();
  std::string weight = op.getTransposed() ? "oi" : "io";
  return b.contract(leading + "i," + weight + "->" + leading + "o", factor(op, op.getInput()),
                    factor(op, op.getWeight()), start, op.getComputeTypeAttr());
}

Value ToLinalg::matmul(MatmulOp op) {
  std::string leading = leadingLetters.take_front(typeOf(op.getLhs()).getRank() - 2).str();
  std::string lhs = leading + (op.getTransposeLhs() ? "km" : "mk");
  std::string rhs = (typeOf(op.getRhs()).getRank() == 2 ? "" : leading) + (op.getTransposeRhs() ? "nk" : "kn");
  std::string result = (op.getReduceLeading() ? "" : leading) + "mn";
  return b.contract(lhs + "," + rhs + "->" + result, factor(op, op.getLhs()), factor(op, op.getRhs()),
                    accumulatorOf(op.getResult()), op.getComputeTypeAttr());
}

//===-- Norms ---------------------------------------------------------------------===//

static double widthOf(Value value) { return typeOf(value).getShape().back(); }

/// What a norm knows of a row: rstd, then the mean if it has one.
static SmallVector<Value> statisticsOf(Value rstd, Value mean) {
  return mean ? SmallVector<Value>{rstd, mean} : SmallVector<Value>{rstd};
}
static Value normalize(Formula f, Value x, ValueRange statistics) {
  return f.mul(statistics.size() > 1 ? f.sub(x, statistics[1]) : x, statistics[0]);
}

SmallVector<Value> ToLinalg::norm(NormOpInterface op) {
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

SmallVector<Value> ToLinalg::normBackward(NormBackwardOpInterface op) {
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
  Value dweight = b.reduceLeading(factors, accumulatorOf(op.getDweight()),
                                  [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                                    Formula f{b, element};
                                    return {f.add(v.back(), f.mul(v[0], normalize(f, v[1], v.slice(2, rows.size()))))};
                                  },
                                  /*trailing=*/{2, 3});
  SmallVector<Value> results = {dx, dweight};
  if (Value dbias = op.getDbias())
    results.push_back(b.reduceLeading(dy, accumulatorOf(dbias), addTo));
  return results;
}

// With N positions: gradient (mean + (1 - 1/(variance + epsilon)) (x - mean)) / N, 0 where a position does not count.
Value ToLinalg::standardizationLossBackward(StandardizationLossBackwardOp op) {
  Type unitType = op.getMean().getType();
  Value count = b.reduceLeading(op.getTargets(), b.filled(op.getGradient().getType(), 0), countTarget);
  // Two results of one op do not fuse into their user: the divisions are made once a unit, not once an element.
  auto units =
      b.elementwise({op.getGradient(), count, op.getMean(), op.getVariance()}, {b.empty(unitType), b.empty(unitType)},
                    [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                      Formula f{b, v[0].getType()};
                      double number = op.getAveraged() ? typeOf(op.getMean()).getNumElements() : 1;
                      Value positions = arith::MaximumFOp::create(b, v[1], f.c(1));
                      Value share = f.div(v[0], f.mul(positions, f.c(number)));
                      Value raised = f.add(v[3], f.c(op.getEpsilon().convertToDouble()));
                      return {f.mul(share, v[2]), f.mul(share, f.sub(f.c(1), f.div(f.c(1), raised)))};
                    });
  return b
      .elementwise({op.getInput(), op.getTargets(), op.getMean(), units[0], units[1]}, b.empty(op.getType()),
                   [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                     Formula f{b, v[0].getType()};
                     return {f.ifCounted(v[1], f.add(v[3], f.mul(v[4], f.sub(v[0], v[2]))))};
                   },
                   /*trailing=*/{1})
      .front();
}

//===-- Sums ----------------------------------------------------------------------===//

Value ToLinalg::sumOfSquares(SumOfSquaresOp op) {
  RankedTensorType type = typeOf(op.getInput());
  Value values = op.getInput();
  // Rows first, then the rows' sums: the large part runs in parallel, in an order that no thread count changes.
  auto square = [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    Value wide = v[0].getType().isF64() ? v[0] : Value(arith::ExtFOp::create(b, b.getF64Type(), v[0]));
    return {arith::AddFOp::create(b, v[1], arith::MulFOp::create(b, wide, wide))};
  };
  if (type.getRank() == 0)
    return b.elementwise(values, b.filled(op.getType(), 0), square).front();
  auto rows = RankedTensorType::get(type.getShape().drop_back(), b.getF64Type());
  Value sums = b.reduceLast(values, b.filled(rows, 0), square);
  return type.getRank() == 1 ? sums : b.reduceLeading(sums, b.filled(op.getType(), 0), addTo);
}
