//===- LinalgBuilder.h - Short ways to linalg, on tensors and on memrefs ---------===//
#ifndef SLUICE_PASSES_BUILD_LINALGBUILDER_H
#define SLUICE_PASSES_BUILD_LINALGBUILDER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace sluice {

/// Builds the body of a generic: values of the inputs, then of the outputs, to the values yielded.
using BodyBuilder = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ImplicitLocOpBuilder &, mlir::ValueRange)>;

/// Builds linalg ops at one place. On tensors the ops have results; on memrefs they write to their outputs and results
/// are empty.
class LinalgBuilder : public mlir::ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  /// An element-by-element op over the shape of the first output. An operand of lower rank is broadcast over the
  /// leading dimensions, or over the trailing ones where `trailing` names its index (inputs, then outputs).
  llvm::SmallVector<mlir::Value> elementwise(mlir::ValueRange inputs, mlir::ValueRange outputs, BodyBuilder body,
                                             llvm::ArrayRef<unsigned> trailing = {});

  /// Reduces the last dimension of `inputs.front()` (`leading`: the leading dimensions) into `output`, which holds the
  /// initial value; the last argument of the body is the running value. Operands of lower rank are broadcast as in
  /// `elementwise`.
  mlir::Value reduceLast(mlir::ValueRange inputs, mlir::Value output, BodyBuilder body,
                         llvm::ArrayRef<unsigned> trailing = {});
  /// The same over the leading dimensions.
  mlir::Value reduceLeading(mlir::ValueRange inputs, mlir::Value output, BodyBuilder body,
                            llvm::ArrayRef<unsigned> trailing = {});

  /// C += A B with the subscripts of each operand, as in "bti,io->bto", and A and B rounded to `computeType` if it is
  /// given. Of two subscripts in `triangle`, points whose second exceeds the first need not be computed.
  mlir::Value contract(llvm::StringRef subscripts, mlir::Value a, mlir::Value b, mlir::Value c,
                       mlir::TypeAttr computeType = {}, llvm::StringRef triangle = {});

  /// A generic over `rank` loops; `maps` has one map an operand, inputs first.
  llvm::SmallVector<mlir::Value> generic(mlir::ValueRange inputs, mlir::ValueRange outputs, int64_t rank,
                                         llvm::ArrayRef<mlir::AffineMap> maps,
                                         llvm::ArrayRef<mlir::utils::IteratorType> iterators, BodyBuilder body);

  /// A tensor of undefined contents, or of one number everywhere.
  mlir::Value empty(mlir::Type type);
  mlir::Value filled(mlir::Type type, double number);
  /// Fills a memref.
  void fill(mlir::Value memref, double number);

  /// A constant of the type `element`.
  mlir::Value number(mlir::Type element, double value);

private:
  /// Over the last dimension, or over the leading ones.
  mlir::Value reduce(mlir::ValueRange inputs, mlir::Value output, BodyBuilder body, llvm::ArrayRef<unsigned> trailing,
                     bool last);
};

} // namespace sluice

#endif // SLUICE_PASSES_BUILD_LINALGBUILDER_H
