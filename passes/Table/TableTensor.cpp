//===- TableTensor.cpp - Texts and tensors of the exported table --------------------===//
#include "passes/Table/TableTensor.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace sluice;

const char *sluice::textOf(StringAttr text) { return text && !text.empty() ? text.getValue().data() : ""; }

std::optional<uint32_t> sluice::abiElementOf(Type type) {
  if (type.isF32())
    return SLUICE_F32;
  if (type.isF64())
    return SLUICE_F64;
  if (type.isInteger(32))
    return SLUICE_I32;
  if (type.isBF16())
    return SLUICE_BF16;
  if (type.isF16())
    return SLUICE_F16;
  return std::nullopt;
}

std::optional<sluice_tensor> sluice::describe(StringAttr name, Type type, int64_t offset) {
  auto shaped = dyn_cast<RankedTensorType>(type);
  std::optional<uint32_t> element = shaped ? abiElementOf(shaped.getElementType()) : std::nullopt;
  if (!element || !shaped.hasStaticShape() || shaped.getRank() > SLUICE_MAX_RANK)
    return std::nullopt;
  sluice_tensor tensor = {};
  tensor.name = textOf(name);
  tensor.element = *element;
  tensor.rank = shaped.getRank();
  llvm::copy(shaped.getShape(), tensor.shape);
  tensor.offset = offset;
  tensor.bytes = shaped.getNumElements() * shaped.getElementTypeBitWidth() / 8;
  return tensor;
}
