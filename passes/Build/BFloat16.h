//===- BFloat16.h - f32 to narrower types and back ---------------------------------===//
//
// bf16 by integers, for processors without instructions for it, and loops that are not worth a choice. Values are
// scalars or vectors.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BUILD_BFLOAT16_H
#define SLUICE_PASSES_BUILD_BFLOAT16_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

namespace sluice {

/// `element` in the shape of `value`: the type itself beside a scalar, a vector of it beside a vector.
inline mlir::Type typeLike(mlir::Value value, mlir::Type element) {
  auto vector = mlir::dyn_cast<mlir::VectorType>(value.getType());
  return vector ? mlir::Type(vector.clone(element)) : element;
}

/// An integer in the shape of `value`.
inline mlir::Value integerLike(mlir::ImplicitLocOpBuilder &b, mlir::Value value, int32_t number) {
  mlir::TypedAttr attribute = b.getI32IntegerAttr(number);
  mlir::Type type = typeLike(value, b.getI32Type());
  if (auto vector = mlir::dyn_cast<mlir::VectorType>(type))
    attribute = mlir::DenseElementsAttr::get(vector, mlir::Attribute(attribute));
  return mlir::arith::ConstantOp::create(b, attribute);
}

/// The bits of the nearest bf16, of two that are as near the even one, as f32: half of the last place that stays is
/// added, and what is behind it cut off. The sum could be no NaN where `x` is one: its quiet bit is set instead.
inline mlir::Value roundedBits(mlir::ImplicitLocOpBuilder &b, mlir::Value x) {
  using namespace mlir::arith;
  auto integer = [&](int32_t number) { return integerLike(b, x, number); };
  mlir::Value bits = BitcastOp::create(b, typeLike(x, b.getI32Type()), x);
  mlir::Value isOdd = AndIOp::create(b, ShRUIOp::create(b, bits, integer(16)), integer(1));
  mlir::Value sum = AddIOp::create(b, AddIOp::create(b, bits, integer(0x7fff)), isOdd);
  mlir::Value isNaN = CmpFOp::create(b, CmpFPredicate::UNO, x, x);
  mlir::Value quiet = OrIOp::create(b, bits, integer(0x400000));
  return AndIOp::create(b, SelectOp::create(b, isNaN, quiet, sum), integer(-0x10000));
}

/// The nearest bf16 as f32: what a product of rounded operands takes where it is computed in f32.
inline mlir::Value roundToBF16(mlir::ImplicitLocOpBuilder &b, mlir::Value x) {
  return mlir::arith::BitcastOp::create(b, x.getType(), roundedBits(b, x));
}

/// The nearest bf16.
inline mlir::Value narrowToBF16(mlir::ImplicitLocOpBuilder &b, mlir::Value x) {
  using namespace mlir::arith;
  mlir::Value upper = ShRUIOp::create(b, roundedBits(b, x), integerLike(b, x, 16));
  mlir::Value half = TruncIOp::create(b, typeLike(x, b.getI16Type()), upper);
  return BitcastOp::create(b, typeLike(x, b.getBF16Type()), half);
}

/// A bf16 as f32, exactly: it is the upper half of the bits.
inline mlir::Value widenBF16(mlir::ImplicitLocOpBuilder &b, mlir::Value x) {
  using namespace mlir::arith;
  mlir::Value half = BitcastOp::create(b, typeLike(x, b.getI16Type()), x);
  mlir::Value bits = ExtUIOp::create(b, typeLike(x, b.getI32Type()), half);
  mlir::Value upper = ShLIOp::create(b, bits, integerLike(b, x, 16));
  return BitcastOp::create(b, typeLike(x, b.getF32Type()), upper);
}

/// A bf16 or an f16 as f32. Most processors have an instruction for f16.
inline mlir::Value widen(mlir::ImplicitLocOpBuilder &b, mlir::Value x) {
  if (mlir::getElementTypeOrSelf(x).isBF16())
    return widenBF16(b, x);
  return mlir::arith::ExtFOp::create(b, typeLike(x, b.getF32Type()), x);
}

/// The f32 that a factor of the compute type has the value of: the nearest of bf16 and f16, of tf32 the one without the
/// bits that an instruction does not see.
inline mlir::Value roundTo(mlir::ImplicitLocOpBuilder &b, mlir::Value x, mlir::FloatType computeType) {
  using namespace mlir::arith;
  if (computeType.isBF16())
    return roundToBF16(b, x);
  if (computeType.isF16())
    return widen(b, TruncFOp::create(b, typeLike(x, computeType), x));
  mlir::Value bits = BitcastOp::create(b, typeLike(x, b.getI32Type()), x);
  return BitcastOp::create(b, x.getType(), AndIOp::create(b, bits, integerLike(b, x, -0x2000)));
}

/// Body of one input and one output: output = input, of which one may be bf16 or f16 and the other f32.
inline llvm::SmallVector<mlir::Value> convertOf(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange v) {
  mlir::Type from = v[0].getType(), to = v[1].getType();
  if (from == to)
    return {v[0]};
  if (to.isF16())
    return {mlir::arith::TruncFOp::create(b, to, v[0])};
  return {to.isBF16() ? narrowToBF16(b, v[0]) : widen(b, v[0])};
}

} // namespace sluice

#endif // SLUICE_PASSES_BUILD_BFLOAT16_H
