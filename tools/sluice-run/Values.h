//===- Values.h - Tensors as the tool fills and prints them --------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_RUN_VALUES_H
#define SLUICE_TOOLS_SLUICE_RUN_VALUES_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdint>

namespace sluice {

/// Attribute of an argument or a parameter: its value, a dense attribute.
inline constexpr llvm::StringLiteral valuesAttrName = "sluice.values";

/// How values that nobody gives are drawn.
struct RandomValues {
  uint64_t seed = 0;
  uint64_t stream = 0;  ///< which tensor
  int64_t integers = 2; ///< integers lie in [0, integers)
};

/// Bytes of a tensor or buffer of static shape.
int64_t bytesOf(mlir::ShapedType type);

/// Fills the memory from the attribute, or with random numbers (floats from a standard normal) if there is none. False
/// if the attribute does not fit or the element type is none that the tool knows.
bool fill(char *memory, mlir::ShapedType type, mlir::Attribute values, const RandomValues &random);

/// Prints nested lists: `[[1, 2], [3, 4]]`.
void print(llvm::raw_ostream &stream, const char *memory, mlir::ShapedType type);

/// Draw `index` of a standard normal.
double drawNormal(const RandomValues &random, uint64_t index);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICE_RUN_VALUES_H
