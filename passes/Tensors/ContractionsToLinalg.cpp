//===- ContractionsToLinalg.cpp - Products and sums as linalg ----------------------===//
#include "passes/Tensors/ContractionsToLinalg.h"
#include "passes/Build/Formula.h"

using namespace mlir;
using namespace sluice;

static const StringRef leadingLetters = "abcdefgh";

static Value lowerLinear(LinalgBuilder &b, LinearOp op) {
  // The bias is where the sum starts.
  Value start =
      op.getBias() ? b.elementwise(op.getBias(), b.empty(op.getType()), copyOf).front() : b.filled(op.getType(), 0);
  std::string leading = leadingLetters.take_front(typeOf(op.getInput()).getRank() - 1).str();
  std::string weight = op.getTransposed() ? "oi" : "io";
  return b.contract(leading + "i," + weight + "->" + leading + "o", factorOf(op, op.getInput()),
                    factorOf(op, op.getWeight()), start, op.getComputeTypeAttr());
}

static Value lowerMatmul(LinalgBuilder &b, MatmulOp op) {
  std::string leading = leadingLetters.take_front(typeOf(op.getLhs()).getRank() - 2).str();
  std::string lhs = leading + (op.getTransposeLhs() ? "km" : "mk");
  std::string rhs = (typeOf(op.getRhs()).getRank() == 2 ? "" : leading) + (op.getTransposeRhs() ? "nk" : "kn");
  std::string result = (op.getReduceLeading() ? "" : leading) + "mn";
  return b.contract(lhs + "," + rhs + "->" + result, factorOf(op, op.getLhs()), factorOf(op, op.getRhs()),
                    accumulatorOf(b, op.getResult()), op.getComputeTypeAttr());
}

static Value lowerSumLeading(LinalgBuilder &b, SumLeadingOp op) {
  return b.reduceLeading(op.getInput(), accumulatorOf(b, op.getResult()), addTo);
}

static Value lowerSumOfSquares(LinalgBuilder &b, SumOfSquaresOp op) {
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

void sluice::addContractionLowerings(LinalgLowerings &lowerings) {
  lowerings.add(lowerLinear, lowerMatmul, lowerSumLeading, lowerSumOfSquares);
}
