//===- TableTensor.h - Texts and tensors of the exported table ------------------===//
#ifndef SLUICE_PASSES_TABLE_TABLETENSOR_H
#define SLUICE_PASSES_TABLE_TABLETENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Types.h"
#include "runtime/abi.h"
#include <optional>

namespace sluice {

/// The text of an attribute, which lives as long as the context and ends with a zero; "" for null.
const char *textOf(mlir::StringAttr text);

/// The ABI's element type, a `sluice_element`; nothing where it has none.
std::optional<uint32_t> abiElementOf(mlir::Type type);

/// What the table says of a tensor at `offset` bytes; nothing where the ABI has no such tensor.
std::optional<sluice_tensor> describe(mlir::StringAttr name, mlir::Type type, int64_t offset);

} // namespace sluice

#endif // SLUICE_PASSES_TABLE_TABLETENSOR_H
