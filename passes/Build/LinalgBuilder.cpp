//===- LinalgBuilder.cpp - Short ways to linalg, on tensors and on memrefs ---------===//
#include "passes/Build/LinalgBuilder.h"
#include "dialects/Sluice/Shapes.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace sluice;

/// The map of an operand of rank `operandRank` in a loop nest of rank `rank`: its dimensions are the last or, for
/// `leading`, the first.
static AffineMap operandMap(MLIRContext *context, int64_t rank, int64_t operandRank, bool leading) {
  SmallVector<AffineExpr> dimensions;
  for (int64_t i = 0; i < operandRank; ++i)
    dimensions.push_back(getAffineDimExpr(leading ? i : rank - operandRank + i, context));
  return AffineMap::get(rank, 0, dimensions, context);
}

SmallVector<Value> LinalgBuilder::generic(ValueRange inputs, ValueRange outputs, int64_t rank, ArrayRef<AffineMap> maps,
                                          ArrayRef<utils::IteratorType> iterators, BodyBuilder body) {
  SmallVector<Type> results;
  for (Value output : outputs)
    if (isa<RankedTensorType>(output.getType()))
      results.push_back(output.getType());
  auto op = linalg::GenericOp::create(*this, getLoc(), results, inputs, outputs, maps, iterators,
                                      [&](OpBuilder &inner, Location loc, ValueRange values) {
                                        ImplicitLocOpBuilder bodyBuilder(loc, inner);
                                        linalg::YieldOp::create(inner, loc, body(bodyBuilder, values));
                                      });
  return SmallVector<Value>(op.getResults());
}

SmallVector<Value> LinalgBuilder::elementwise(ValueRange inputs, ValueRange outputs, BodyBuilder body,
                                              ArrayRef<unsigned> trailing) {
  int64_t rank = rankOf(outputs.front());
  SmallVector<AffineMap> maps;
  unsigned index = 0;
  for (ValueRange group : {inputs, outputs})
    for (Value operand : group)
      maps.push_back(operandMap(getContext(), rank, rankOf(operand), llvm::is_contained(trailing, index++)));
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  return generic(inputs, outputs, rank, maps, iterators, body);
}

Value LinalgBuilder::reduce(ValueRange inputs, Value output, BodyBuilder body, ArrayRef<unsigned> trailing, bool last) {
  int64_t rank = rankOf(inputs.front()), kept = rankOf(output);
  SmallVector<AffineMap> maps;
  for (auto [index, input] : llvm::enumerate(inputs))
    maps.push_back(operandMap(getContext(), rank, rankOf(input), llvm::is_contained(trailing, index)));
  maps.push_back(operandMap(getContext(), rank, kept, last));
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::reduction);
  for (int64_t i = 0; i < kept; ++i)
    iterators[last ? i : rank - kept + i] = utils::IteratorType::parallel;
  SmallVector<Value> results = generic(inputs, output, rank, maps, iterators, body);
  return results.empty() ? Value() : results.front();
}

Value LinalgBuilder::reduceLast(ValueRange inputs, Value output, BodyBuilder body, ArrayRef<unsigned> trailing) {
  return reduce(inputs, output, body, trailing, /*last=*/true);
}
Value LinalgBuilder::reduceLeading(ValueRange inputs, Value output, BodyBuilder body, ArrayRef<unsigned> trailing) {
  return reduce(inputs, output, body, trailing, /*last=*/false);
}

Value LinalgBuilder::contract(StringRef subscripts, Value a, Value b, Value c, TypeAttr computeType,
                              StringRef triangle) {
  auto [operands, result] = subscripts.split("->");
  auto [first, second] = operands.split(",");
  // Loops in the order of the result, then the summed ones.
  std::string loops = result.str();
  for (char subscript : (first + second).str())
    if (!StringRef(loops).contains(subscript))
      loops += subscript;
  auto mapOf = [&](StringRef letters) {
    SmallVector<AffineExpr> dimensions;
    for (char letter : letters)
      dimensions.push_back(::mlir::getAffineDimExpr(loops.find(letter), getContext()));
    return AffineMap::get(loops.size(), 0, dimensions, getContext());
  };
  ArrayAttr maps = getAffineMapArrayAttr({mapOf(first), mapOf(second), mapOf(result)});
  SmallVector<Type> results;
  if (isa<RankedTensorType>(c.getType()))
    results.push_back(c.getType());
  auto op = linalg::ContractOp::create(*this, results, ValueRange{a, b}, ValueRange{c}, maps);
  if (computeType)
    op->setAttr(computeTypeAttrName, computeType);
  if (!triangle.empty())
    op->setAttr(triangleAttrName,
                getDenseI64ArrayAttr({int64_t(loops.find(triangle[0])), int64_t(loops.find(triangle[1]))}));
  return op->getNumResults() ? op->getResult(0) : Value();
}

Value LinalgBuilder::empty(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor::EmptyOp::create(*this, getLoc(), tensor.getShape(), tensor.getElementType());
}

Value LinalgBuilder::number(Type element, double value) {
  TypedAttr attribute = isa<FloatType>(element) ? TypedAttr(getFloatAttr(element, value))
                                                : TypedAttr(getIntegerAttr(element, int64_t(value)));
  return arith::ConstantOp::create(*this, attribute);
}

Value LinalgBuilder::filled(Type type, double value) {
  Value element = number(cast<RankedTensorType>(type).getElementType(), value);
  return linalg::FillOp::create(*this, element, empty(type)).getResult(0);
}

void LinalgBuilder::fill(Value memref, double value) {
  linalg::FillOp::create(*this, number(cast<MemRefType>(memref.getType()).getElementType(), value), memref);
}
