//===- SluiceStateOps.cpp - What is rounded stochastically --------------------===//
#include "dialects/Sluice/SluiceStateOps.h"
#include "dialects/Sluice/Shapes.h"

using namespace mlir;
using namespace sluice;

#define GET_OP_CLASSES
#include "dialects/Sluice/SluiceStateOps.cpp.inc"

template <typename Update> static LogicalResult verifyRounded(Update op, size_t scalars) {
  if (op.getScalars().size() != scalars)
    return op.emitOpError() << "expected " << scalars << " scalars, found " << op.getScalars().size();
  if (failed(expectShape(op, "key", op.getKey(), {4})) || failed(expectShape(op, "id", op.getId(), {2})))
    return failure();
  auto type = cast<RankedTensorType>(op.getParameter().getType());
  if (!type.getElementType().isF32())
    return op.emitOpError() << "expected elements of f32 to round, found " << type.getElementType();
  if (type.getNumElements() >= int64_t(1) << 32)
    return op.emitOpError() << "expected fewer than 2^32 elements to draw for, found " << type.getNumElements();
  if (precision::FloatFormat format = op.getFormat().getValue(); !format.hasInfinity() || format.mantissaBits > 21)
    return op.emitOpError() << "expected a format with infinities and at most 21 mantissa bits, found "
                            << format.name();
  return success();
}
LogicalResult RoundedAdamWOp::verify() { return verifyRounded(*this, 8); }
LogicalResult RoundedSgdOp::verify() { return verifyRounded(*this, 4); }

LogicalResult RoundedSumOp::verify() { return expectOrdinal(*this, getOrdinal()); }
