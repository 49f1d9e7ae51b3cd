//===- ContractionsToLinalg.cpp - Products and sums as linalg ----------------------===//
#include "passes/Tensors/ContractionsToLinalg.h"
#include "dialects/Sluice/SluiceStateOps.h"
#include "passes/Build/Formula.h"
#include "passes/Build/RandomBits.h"

using namespace mlir;
using namespace sluice;

static const StringRef leadingLetters = "abcdefgh";

/// The format that a value was rounded to, f32 if it was not.
static FormatAttr formatOf(Value value) {
  if (auto quantize = value.getDefiningOp<QuantizeOp>())
    return quantize.getFormat();
  return FormatAttr::get(value.getContext(), {});
}

/// Gives a contraction the body that says what the roundings of its sums draw by.
static Value drawBy(LinalgBuilder &b, const SumKey &key, linalg::ContractOp op) {
  auto body = [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    return {RoundedSumOp::create(b, v[2], v[0], v[1], key.low, key.high, key.ordinal)};
  };
  Value sums = b.generic(op.getInputs(), op.getOutputs(), op.getNumLoops(), op.getIndexingMapsArray(),
                         op.getIteratorTypesArray(), body)
                   .front();
  op.erase();
  return sums;
}

/// A contraction whose sums are all its own, from zero on; it carries what its operands were rounded to.
template <typename Contraction>
static Value contractBy(LinalgBuilder &b, Contraction contraction, StringRef subscripts, Value lhs, Value rhs) {
  // Before the zeros, so that nothing stands between them and the sums.
  std::optional<SumKey> key;
  if (contraction.getKey())
    key = SumKey::read(b, contraction.getKey(), contraction.getId(), *contraction.getOrdinal());
  Value sums = b.contract(subscripts, lhs, rhs, b.filled(contraction.getType(), 0));
  if (key)
    sums = drawBy(b, *key, sums.getDefiningOp<linalg::ContractOp>());
  Operation *op = sums.getDefiningOp();
  op->setAttr(accumulationAttrName, contraction.getAccumulationAttr());
  op->setAttr(formatsAttrName, b.getArrayAttr({formatOf(lhs), formatOf(rhs)}));
  return sums;
}

static Value lowerLinear(LinalgBuilder &b, LinearOp op) {
  std::string leading = leadingLetters.take_front(typeOf(op.getInput()).getRank() - 1).str();
  std::string subscripts = leading + "i," + (op.getTransposed() ? "oi" : "io") + "->" + leading + "o";
  if (op.getAccumulationAttr()) {
    Value sums = contractBy(b, op, subscripts, op.getInput(), op.getWeight());
    return op.getBias() ? b.elementwise(op.getBias(), sums, addTo).front() : sums;
  }
  // The bias is where the sum starts.
  Value start =
      op.getBias() ? b.elementwise(op.getBias(), b.empty(op.getType()), copyOf).front() : b.filled(op.getType(), 0);
  return b.contract(subscripts, factorOf(op, op.getInput()), factorOf(op, op.getWeight()), start,
                    op.getComputeTypeAttr());
}

static Value lowerMatmul(LinalgBuilder &b, MatmulOp op) {
  std::string leading = leadingLetters.take_front(typeOf(op.getLhs()).getRank() - 2).str();
  std::string lhs = leading + (op.getTransposeLhs() ? "km" : "mk");
  std::string rhs = (typeOf(op.getRhs()).getRank() == 2 ? "" : leading) + (op.getTransposeRhs() ? "nk" : "kn");
  std::string subscripts = lhs + "," + rhs + "->" + (op.getReduceLeading() ? "" : leading) + "mn";
  if (op.getAccumulationAttr()) {
    Value sums = contractBy(b, op, subscripts, op.getLhs(), op.getRhs());
    AddOp add = accumulatingAdd(op.getResult());
    return add ? b.elementwise(sums, add.getLhs(), addTo).front() : sums;
  }
  return b.contract(subscripts, factorOf(op, op.getLhs()), factorOf(op, op.getRhs()), accumulatorOf(b, op.getResult()),
                    op.getComputeTypeAttr());
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
