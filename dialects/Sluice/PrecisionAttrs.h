//===- PrecisionAttrs.h - What attributes of formats and sums are made of ------===//
#ifndef SLUICE_DIALECTS_SLUICE_PRECISIONATTRS_H
#define SLUICE_DIALECTS_SLUICE_PRECISIONATTRS_H

#include "dialects/Sluice/Accumulation.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/Hashing.h"

namespace sluice::precision {
inline llvm::hash_code hash_value(const FloatFormat &format) {
  return llvm::hash_combine(format.exponentBits, format.mantissaBits, format.bias, unsigned(format.specials));
}
inline llvm::hash_code hash_value(const Order &order) {
  return llvm::hash_combine(order.block, order.groups, order.fractionBits, order.outputBits);
}
inline llvm::hash_code hash_value(const Accumulation &a) {
  return llvm::hash_combine(a.sum, a.chunk, a.across, unsigned(a.rounding), a.order);
}
inline bool operator==(const Accumulation &left, const Accumulation &right) {
  return left.sum == right.sum && left.chunk == right.chunk && left.across == right.across &&
         left.rounding == right.rounding && left.order == right.order;
}
} // namespace sluice::precision

namespace sluice {
/// Parses the name of a format.
mlir::FailureOr<precision::FloatFormat> parseFloatFormat(mlir::AsmParser &parser);

/// What a `#sluice.accumulation` has between its brackets; what is as by default is not written.
std::string textOf(const precision::Accumulation &accumulation);
} // namespace sluice

#endif // SLUICE_DIALECTS_SLUICE_PRECISIONATTRS_H
