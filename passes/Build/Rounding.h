//===- Rounding.h - Rounding to formats in generated code --------------------------===//
//
// Values are f32 scalars or vectors. A value of a format is an f32 that the format has.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BUILD_ROUNDING_H
#define SLUICE_PASSES_BUILD_ROUNDING_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace sluice {

/// A constant in the shape of `like`.
mlir::Value floatLike(mlir::ImplicitLocOpBuilder &b, mlir::Value like, double number);

/// The nearest value of the format, of two that are as near the even one. What exceeds its largest finite value becomes
/// that value, infinity too. A NaN stays one, and a zero keeps its sign.
mlir::Value roundOperand(mlir::ImplicitLocOpBuilder &b, mlir::Value x, const precision::FloatFormat &format);

/// The power of two by which values of up to `largest` are divided, as f32, so that they do not exceed the format: the
/// least one, and at least 2^-126, at most 2^126.
mlir::Value scaleOfGroup(mlir::ImplicitLocOpBuilder &b, mlir::Value largest, const precision::FloatFormat &format);
/// 1 / scale, for such a power of two.
mlir::Value inverseOfScale(mlir::ImplicitLocOpBuilder &b, mlir::Value scale);

/// An exact sum: `value` is the nearest f32, and `rest`, of less than its last place, what is left over. Only whether
/// `rest` is zero and its sign count.
struct ExactSum {
  mlir::Value value, rest;

  /// x + y (Knuth's TwoSum).
  static ExactSum of(mlir::ImplicitLocOpBuilder &b, mlir::Value x, mlir::Value y);
  /// x + left right, by a fused multiplication. `isExact` says that the product is an f32.
  static ExactSum ofProduct(mlir::ImplicitLocOpBuilder &b, mlir::Value left, mlir::Value right, mlir::Value x,
                            bool isExact);
};

/// The sum in the format, rounded once. Beyond the largest finite value it is infinity, but toward zero that value.
/// `random`, i32 in the shape of the sum, is for stochastic rounding alone: of r = 23 - mantissa bits low bits u, the
/// sum rounds away from zero where floor(f 2^r) + u >= 2^r for the part f of a last place that does not fit. That is
/// unbiased but for what is behind those r bits, less than 2^-r of a last place. The format has at most 21 mantissa
/// bits, or is f32.
mlir::Value roundSum(mlir::ImplicitLocOpBuilder &b, ExactSum sum, const precision::FloatFormat &format,
                     precision::Rounding rounding, mlir::Value random = {});

/// The low bits of an f32 sum that is rounded to nearest: `bits` are i32, as is the result. Carries into the exponent.
mlir::Value roundBitsToNearest(mlir::ImplicitLocOpBuilder &b, mlir::Value bits, int mantissaBits);

} // namespace sluice

#endif // SLUICE_PASSES_BUILD_ROUNDING_H
