//===- VectorizedNestBody.cpp - The body of a linalg op on vectors -------------===//
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/VectorBody.h"
#include "passes/CPU/VectorizedNest.h"

using namespace mlir;
using namespace sluice;

Value VectorizedNest::broadcast(Value value, int64_t width) {
  return width ? broadcastToLanes(builder, loc, value, width) : value;
}

VectorizedNest::Values VectorizedNest::emitSubscripts(const Access &access, const Values &indices) {
  Values subscripts;
  for (AffineExpr subscript : access.map.getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(subscript))
      subscripts.push_back(indices[dim.getPosition()]);
    else
      subscripts.push_back(affine::expandAffineExpr(builder, loc, subscript, indices, {}));
  return subscripts;
}

Value VectorizedNest::emitLoad(const Access &access, const Values &indices, int64_t width) {
  if (access.isScalar())
    return access.operand->get();
  Value memref = access.operand->get();
  if (!width || access.strides[vectorized.dim] == 0)
    return memref::LoadOp::create(builder, loc, memref, emitSubscripts(access, indices));
  auto type = VectorType::get({width}, cast<MemRefType>(memref.getType()).getElementType());
  if (isContiguousAlong(access, vectorized.dim))
    return vector::LoadOp::create(builder, loc, type, memref, emitSubscripts(access, indices));
  Values elements, lane = indices;
  for (int64_t number = 0; number < width; ++number) {
    lane[vectorized.dim] = arith::AddIOp::create(builder, loc, indices[vectorized.dim], index(number));
    elements.push_back(memref::LoadOp::create(builder, loc, memref, emitSubscripts(access, lane)));
  }
  return vector::FromElementsOp::create(builder, loc, type, elements);
}

void VectorizedNest::emitStore(const Access &access, const Values &indices, Value value, int64_t width) {
  Value memref = access.operand->get();
  if (!width) {
    memref::StoreOp::create(builder, loc, value, memref, emitSubscripts(access, indices));
    return;
  }
  if (isContiguousAlong(access, vectorized.dim)) {
    vector::StoreOp::create(builder, loc, value, memref, emitSubscripts(access, indices));
    return;
  }
  Values lane = indices;
  for (int64_t number = 0; number < width; ++number) {
    lane[vectorized.dim] = arith::AddIOp::create(builder, loc, indices[vectorized.dim], index(number));
    Value element = vector::ExtractOp::create(builder, loc, value, number);
    memref::StoreOp::create(builder, loc, element, memref, emitSubscripts(access, lane));
  }
}

/// Scalar code for what is the same along the vector dimension; it goes before the loop over that dimension.
IRMapping VectorizedNest::emitUniform(const Values &indices) {
  IRMapping uniform;
  for (auto [access, argument] : llvm::zip_equal(inputs, op.getRegionInputArgs()))
    if (uniformValues.contains(argument) && !argument.use_empty())
      uniform.map(argument, emitLoad(access, indices, 0));
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (inner.getNumResults() == 0 || !uniformValues.contains(inner.getResult(0)))
      continue;
    if (auto position = dyn_cast<linalg::IndexOp>(inner))
      uniform.map(position.getResult(), indices[position.getDim()]);
    else
      builder.clone(inner, uniform);
  }
  return uniform;
}

/// One op of the body, on vectors: element-wise ops take vectors as they are, others run lane by lane.
void VectorizedNest::emitVectorOp(Operation &inner, IRMapping &vectors, const IRMapping &uniform, int64_t width) {
  auto lookup = [&](Value value) {
    return vectors.contains(value) ? vectors.lookup(value) : uniform.lookupOrDefault(value);
  };
  if (OpTrait::hasElementwiseMappableTraits(&inner)) {
    Values operands;
    for (Value operand : inner.getOperands())
      operands.push_back(lookup(operand));
    vectors.map(inner.getResults(), cloneOnLanes(builder, loc, inner, operands, width)->getResults());
    return;
  }
  SmallVector<Values> results(inner.getNumResults());
  for (int64_t number = 0; number < width; ++number) {
    IRMapping lane;
    for (Value operand : inner.getOperands()) {
      Value value = lookup(operand);
      bool isVector = vectors.contains(operand);
      lane.map(operand, isVector ? vector::ExtractOp::create(builder, loc, value, number).getResult() : value);
    }
    Operation *clone = builder.clone(inner, lane);
    for (auto [collected, result] : llvm::zip_equal(results, clone->getResults()))
      collected.push_back(result);
  }
  for (auto [result, elements] : llvm::zip_equal(inner.getResults(), results))
    vectors.map(result,
                vector::FromElementsOp::create(builder, loc, VectorType::get({width}, result.getType()), elements));
}

/// The yielded values at one point, `width` of them along the vector dimension (0: scalars). `outputs` holds what the
/// outputs contain so far, with null for those that are to be loaded.
VectorizedNest::Values VectorizedNest::emitBody(const Values &indices, const IRMapping &uniform, int64_t width,
                                                const Values &contents) {
  IRMapping values;
  for (auto [access, argument] : llvm::zip_equal(inputs, op.getRegionInputArgs()))
    if (!argument.use_empty() && !uniformValues.contains(argument))
      values.map(argument, emitLoad(access, indices, width));
  for (auto [access, argument, content] : llvm::zip_equal(outputs, op.getRegionOutputArgs(), contents))
    if (!argument.use_empty())
      values.map(argument, content ? content : emitLoad(access, indices, width));

  for (Operation &inner : op.getBody()->without_terminator()) {
    if (inner.getNumResults() > 0 && uniformValues.contains(inner.getResult(0)))
      continue;
    if (auto position = dyn_cast<linalg::IndexOp>(inner)) {
      Value value = indices[position.getDim()];
      if (width) {
        Value steps = vector::StepOp::create(builder, loc, VectorType::get({width}, builder.getIndexType()));
        value = arith::AddIOp::create(builder, loc, broadcast(value, width), steps);
      }
      values.map(position.getResult(), value);
    } else if (width) {
      emitVectorOp(inner, values, uniform, width);
    } else {
      builder.clone(inner, values);
    }
  }
  Values yielded;
  for (Value value : op.getBody()->getTerminator()->getOperands()) {
    Value result = values.contains(value) ? values.lookup(value) : uniform.lookupOrDefault(value);
    yielded.push_back(broadcast(result, width));
  }
  return yielded;
}

/// The combiner of an accumulator, on scalars or vectors of any length.
Value VectorizedNest::combine(unsigned output, Value accumulator, Value value) {
  Operation *combiner = getCombiner(output);
  Values operands = {accumulator, value};
  if (combiner->getOperand(0) != op.getRegionOutputArgs()[output])
    std::swap(operands[0], operands[1]);
  return builder
      .create(loc, combiner->getName().getIdentifier(), operands, {accumulator.getType()}, combiner->getAttrs())
      ->getResult(0);
}

Value VectorizedNest::splatNeutral(unsigned output, int64_t width) {
  TypedAttr neutral = *arith::getNeutralElement(getCombiner(output));
  auto type = VectorType::get({width}, neutral.getType());
  return arith::ConstantOp::create(builder, loc, type, DenseElementsAttr::get(type, Attribute(neutral)));
}

/// Combines the lower half of the lanes with the upper half until one is left.
Value VectorizedNest::reduceLanes(unsigned output, Value vector) {
  for (int64_t half = vectorized.lanes / 2; half > 0; half /= 2) {
    SmallVector<int64_t> lower(half), upper(half);
    std::iota(lower.begin(), lower.end(), 0);
    std::iota(upper.begin(), upper.end(), half);
    Value low = vector::ShuffleOp::create(builder, loc, vector, vector, lower);
    Value high = vector::ShuffleOp::create(builder, loc, vector, vector, upper);
    vector = combine(output, low, high);
  }
  return vector::ExtractOp::create(builder, loc, vector, 0);
}
