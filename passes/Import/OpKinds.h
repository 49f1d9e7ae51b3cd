//===- OpKinds.h - Norms and activations that descriptions name -----------------===//
#ifndef SLUICE_PASSES_IMPORT_OPKINDS_H
#define SLUICE_PASSES_IMPORT_OPKINDS_H

#include "mlir/IR/Builders.h"

namespace sluice {

/// A norm over the width of the stream.
struct NormKind {
  llvm::StringLiteral name; ///< of the op, in descriptions
  bool mayHaveBias;
  /// Builds the op on a stream [batch, sequence, width]; `bias` is null where there is none.
  mlir::Value (*build)(mlir::OpBuilder &builder, mlir::Location location, mlir::Value stream, mlir::Value weight,
                       mlir::Value bias, mlir::FloatAttr epsilon);
};
/// All that there are, in the order of error messages. They live as long as the program.
llvm::ArrayRef<NormKind> getNormKinds();

/// An activation, or one form of one that has several. A new activation needs an entry here, its ops and its formula.
struct ActivationKind {
  llvm::StringLiteral name; ///< of the op, in descriptions
  llvm::StringLiteral form; ///< what the op's key `form` says, of which the first is the default; empty: no key
  mlir::Value (*build)(mlir::OpBuilder &builder, mlir::Location location, mlir::Value stream);
};
/// The same of activations.
llvm::ArrayRef<ActivationKind> getActivationKinds();

} // namespace sluice

#endif // SLUICE_PASSES_IMPORT_OPKINDS_H
