//===- ContractionsToLinalg.cpp - Sums and products as linalg ----------------------===//
#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/Lowering/Formula.h"
#include "passes/Lowering/SluiceToLinalg.h"

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
  return b.contract(leading + "i," + weight + "->" + leading + "o", op.getInput(), op.getWeight(), start);
}

Value ToLinalg::matmul(MatmulOp op) {
  std::string leading = leadingLetters.take_front(typeOf(op.getLhs()).getRank() - 2).str();
  std::string lhs = leading + (op.getTransposeLhs() ? "km" : "mk");
  std::string rhs = (typeOf(op.getRhs()).getRank() == 2 ? "" : leading) + (op.getTransposeRhs() ? "nk" : "kn");
  std::string result = (op.getReduceLeading() ? "" : leading) + "mn";
  return b.contract(lhs + "," + rhs + "->" + result, op.getLhs(), op.getRhs(), accumulatorOf(op.getResult()));
}

SmallVector<Value> ToLinalg::layerNorm(LayerNormOp op) {
  Type statistics = op.getMean().getType();
  Type element = typeOf(op.getInput()).getElementType();
  double width = typeOf(op.getInput()).getShape().back();
  auto scaled = [&](Value sums, BodyBuilder body) { return b.elementwise(sums, b.empty(statistics), body).front(); };
  Value sum = b.reduceLast(op.getInput(), b.filled(statistics, 0), addTo);
  Value mean = scaled(sum, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    Formula f{b, element};
    return {f.mul(v[0], f.c(1 / width))};
  });
  // The second pass over the row: one pass loses all digits where the mean is large.
  Value squares = b.reduceLast({op.getInput(), mean}, b.filled(statistics, 0),
                               [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                                 Formula f{b, v[0].getType()};
                                 Value difference = f.sub(v[0], v[1]);
                                 return {f.add(v[2], f.mul(difference, difference))};
                               },
                               /*trailing=*/{1});
  Value rstd = scaled(squares, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    Formula f{b, element};
    Value variance = f.mul(v[0], f.c(1 / width));
    Value root = math::SqrtOp::create(b, f.add(variance, f.c(op.getEpsilon().convertToDouble())));
    return {f.div(f.c(1), root)};
  });
  SmallVector<Value> inputs = {op.getInput(), mean, rstd, op.getWeight()};
  if (op.getBias())
    inputs.push_back(op.getBias());
  Value result = b.elementwise(inputs, b.empty(op.getInput().getType()),
                               [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                                 Formula f{b, v[0].getType()};
                                 Value scaled = f.mul(f.mul(f.sub(v[0], v[1]), v[2]), v[3]);
                                 return {v.size() > 5 ? f.add(scaled, v[4]) : scaled};
                               },
                               /*trailing=*/{1, 2})
                     .front();
  return {result, mean, rstd};
}

SmallVector<Value> ToLinalg::layerNormBackward(LayerNormBackwardOp op) {
  Type statistics = op.getMean().getType();
  Type element = typeOf(op.getInput()).getElementType();
  double width = typeOf(op.getInput()).getShape().back();
  Value dy = op.getGradient(), x = op.getInput(), mean = op.getMean(), rstd = op.getRstd(), weight = op.getWeight();
  auto normal = [](ImplicitLocOpBuilder &b, Value x, Value mean, Value rstd) -> Value {
    Formula f{b, x.getType()};
    return f.mul(f.sub(x, mean), rstd);
  };
  // Sums over a row of dy w and of dy w n, with n the normalized input.
  Value first = b.reduceLast({dy, weight}, b.filled(statistics, 0),
                             [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                               Formula f{b, v[0].getType()};
                               return {f.add(v[2], f.mul(v[0], v[1]))};
                             });
  Value second = b.reduceLast({dy, weight, x, mean, rstd}, b.filled(statistics, 0),
                              [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                                Formula f{b, v[0].getType()};
                                return {f.add(v[5], f.mul(f.mul(v[0], v[1]), normal(b, v[2], v[3], v[4])))};
                              },
                              /*trailing=*/{3, 4});
  // dx = rstd (dy w - mean(dy w) - n mean(dy w n))
  Value dx = b.elementwise({dy, weight, x, mean, rstd, first, second}, b.empty(x.getType()),
                           [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                             Formula f{b, element};
                             Value inverse = f.c(1 / width), n = normal(b, v[2], v[3], v[4]);
                             Value centred = f.sub(f.mul(v[0], v[1]), f.mul(v[5], inverse));
                             Value along = f.mul(n, f.mul(v[6], inverse));
                             return {f.mul(f.sub(centred, along), v[4])};
                           },
                           /*trailing=*/{3, 4, 5, 6})
                 .front();
  Value dweight = b.reduceLeading({dy, x, mean, rstd}, accumulatorOf(op.getDweight()),
                                  [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                                    Formula f{b, v[0].getType()};
                                    return {f.add(v[4], f.mul(v[0], normal(b, v[1], v[2], v[3])))};
                                  },
                                  /*trailing=*/{2, 3});
  Value dbias = b.reduceLeading(dy, accumulatorOf(op.getDbias()), addTo);
  return {dx, dweight, dbias};
}

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
