//===- SluiceDialect.cpp - Registration, attributes ---------------------------===//
#include "dialects/Sluice/SluiceDialect.h"
#include "dialects/Sluice/SluiceStateOps.h"
#include "dialects/Sluice/SluiceStatisticsOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace sluice;

#include "dialects/Sluice/SluiceAttrInterfaces.cpp.inc"
#include "dialects/Sluice/SluiceDialect.cpp.inc"
#include "dialects/Sluice/SluiceEnums.cpp.inc"
#include "dialects/Sluice/SluiceInterfaces.cpp.inc"
#include "dialects/Sluice/SluiceSumInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Sluice/SluiceAttributes.cpp.inc"

void SluiceDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Sluice/SluiceAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Sluice/SluiceOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Sluice/SluiceStateOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Sluice/SluiceStatisticsOps.cpp.inc"
      >();
}

int64_t sluice::sumOfTensorBytes(TypeRange types) {
  int64_t bytes = 0;
  for (Type type : types)
    if (auto tensor = dyn_cast<RankedTensorType>(type); tensor && tensor.hasStaticShape())
      bytes += tensor.getNumElements() * ((tensor.getElementTypeBitWidth() + 7) / 8);
  return bytes;
}

LogicalResult sluice::verifyComputeType(Operation *op) {
  TypeAttr type = cast<ComputeTypeOpInterface>(op).getComputeTypeAttr();
  if (!type)
    return success();
  auto kernel = dyn_cast<DestinationStyleOpInterface>(op);
  Type element = getElementTypeOrSelf(kernel ? kernel.getDpsInits().front() : op->getOperand(0));
  if (!element.isF32())
    return op->emitOpError() << "expected operands of f32 to round to " << type.getValue() << ", found " << element;
  return success();
}

LogicalResult SluiceDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name != binaryAttrName && name != stageCostsAttrName)
    return success();
  if (!isa<ModuleOp>(op))
    return op->emitError() << "expected '" << name << "' of a module, found it of '" << op->getName() << "'";
  bool isBinary = name == binaryAttrName;
  if (isBinary ? !isa<BinaryAttr>(attribute.getValue()) : !isa<StageCostsAttr>(attribute.getValue()))
    return op->emitError() << "expected '" << name << "' to be a "
                           << (isBinary ? "#sluice.binary" : "#sluice.stage_costs") << ", found "
                           << attribute.getValue();
  return success();
}

LogicalResult NormalAttr::verify(function_ref<InFlightDiagnostic()> emitError, FloatAttr deviation) {
  if (!(deviation.getValueAsDouble() > 0))
    return emitError() << "expected a positive standard deviation, found " << deviation;
  return success();
}

LogicalResult KernelAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringAttr, int64_t flops,
                                 int64_t bytes) {
  if (flops < 0 || bytes < 0)
    return emitError() << "expected no negative numbers, found " << flops << " operations and " << bytes << " bytes";
  return success();
}
