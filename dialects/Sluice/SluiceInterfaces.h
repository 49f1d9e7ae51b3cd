//===- SluiceInterfaces.h - What the passes ask of an op ---------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_SLUICEINTERFACES_H
#define SLUICE_DIALECTS_SLUICE_SLUICEINTERFACES_H

#include "dialects/Sluice/FloatFormat.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include <array>

namespace sluice {
/// Bytes of the ranked tensors of static shape among `types`; other types count nothing.
int64_t sumOfTensorBytes(mlir::TypeRange types);
/// The invariant of `ComputeTypeOpInterface`: only f32 is rounded. Fails with an error on the op.
mlir::LogicalResult verifyComputeType(mlir::Operation *op);
/// The invariants of `NormOpInterface` and of `NormBackwardOpInterface`: shapes, one element type, a positive epsilon.
/// Each fails with an error on the op.
mlir::LogicalResult verifyNorm(mlir::Operation *op);
mlir::LogicalResult verifyNormBackward(mlir::Operation *op);

/// What the table says of a launch (`sluice_launch` of abi.h). The op's own attributes are what it refers to.
struct LaunchFacts {
  mlir::StringAttr symbol, place;
  std::array<int64_t, 3> grid, block;
  int64_t sharedBytes;
  llvm::ArrayRef<int32_t> spaces;
  llvm::ArrayRef<int64_t> offsets;
  bool isGated;
  mlir::Attribute work; ///< `#sluice.kernel`, or null.
};
/// Spaces that operands of launches lie in, `sluice_space` of abi.h with one for each input.
inline constexpr int32_t spaceCount = 11;

/// Defined in Formula.h, which needs ops of other dialects.
struct Formula;
/// An activation at one scalar, of its type, and the derivative there.
struct ActivationFormula {
  mlir::Value value, derivative;
};

/// The traits of this name in SluiceInterfaces.td.
template <typename Op> class RepeatedInBackward : public mlir::OpTrait::TraitBase<Op, RepeatedInBackward> {};
template <typename Op> class OnlyRearranges : public mlir::OpTrait::TraitBase<Op, OnlyRearranges> {};
} // namespace sluice

#include "dialects/Sluice/SluiceAttrInterfaces.h.inc"
#include "dialects/Sluice/SluiceInterfaces.h.inc"

#endif // SLUICE_DIALECTS_SLUICE_SLUICEINTERFACES_H
