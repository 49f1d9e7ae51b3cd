//===- SluiceDialect.cpp - Registration, attributes ---------------------------===//
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace sluice;

#include "dialects/Sluice/SluiceDialect.cpp.inc"
#include "dialects/Sluice/SluiceEnums.cpp.inc"
#include "dialects/Sluice/SluiceInterfaces.cpp.inc"
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

void sluice::setBinaryFact(ModuleOp module, StringRef name, Attribute value) {
  NamedAttrList facts;
  if (auto old = module->getAttrOfType<DictionaryAttr>(binaryAttrName))
    facts = old;
  facts.set(name, value);
  module->setAttr(binaryAttrName, facts.getDictionary(module.getContext()));
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

LogicalResult StrategyAttr::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> registerBlock,
                                   ArrayRef<int64_t> cacheBlock, int64_t vectorSize, bool packsA, bool packsB,
                                   int64_t vnni, int64_t tile, int64_t panels) {
  if (registerBlock.size() != 2 || cacheBlock.size() != 3)
    return emitError() << "expected 2 register and 3 cache block sizes, found " << registerBlock.size() << " and "
                       << cacheBlock.size();
  auto positive = [](int64_t size) { return size > 0; };
  if (vectorSize <= 0 || !llvm::all_of(registerBlock, positive) || !llvm::all_of(cacheBlock, positive))
    return emitError() << "expected positive block sizes";
  if (registerBlock[1] % vectorSize != 0)
    return emitError() << "expected register columns that are a multiple of the vector size " << vectorSize
                       << ", found " << registerBlock[1];
  if (cacheBlock[0] % registerBlock[0] != 0 || cacheBlock[1] % registerBlock[1] != 0)
    return emitError() << "expected cache blocks that are multiples of the register block, found " << cacheBlock[0]
                       << " x " << cacheBlock[1] << " for " << registerBlock[0] << " x " << registerBlock[1];
  if (vnni != 1 && vnni != 2)
    return emitError() << "expected 1 or 2 terms that lie together, found " << vnni;
  if (vnni == 2 && (!packsA || !packsB || cacheBlock[2] % vnni != 0))
    return emitError() << "expected packed operands and blocks of an even number of terms where two lie together";
  if (tile != 0 && tile != 32)
    return emitError() << "expected tiles of 32 terms or none (0), found " << tile;
  if (tile != 0 && (vnni != 2 || registerBlock[0] % 16 != 0 || registerBlock[1] % 16 != 0 || cacheBlock[2] % tile != 0))
    return emitError()
           << "expected tiles of pairs, a register block of 16 x 16 tiles and blocks of whole tiles of terms, "
              "found "
           << registerBlock[0] << " x " << registerBlock[1] << " and " << cacheBlock[2] << " terms, " << vnni
           << " together";
  if (panels < 1 || (panels > 1 && tile == 0))
    return emitError() << "expected 1 panel at a time, or more of tiles, found " << panels;
  return success();
}
