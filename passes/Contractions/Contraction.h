//===- Contraction.h - The matrix product inside a contraction -------------------===//
#ifndef SLUICE_PASSES_CONTRACTIONS_CONTRACTION_H
#define SLUICE_PASSES_CONTRACTIONS_CONTRACTION_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "passes/Contractions/NarrowSums.h"
#include <optional>

namespace sluice {

/// C[m, n] += A[m, k] B[k, n] with loops around it. Iteration dimensions that lie next to each other in every operand
/// are one; of what remains, one dimension each is m, n and k, and the others are loops. A and B change places where
/// that makes n the contiguous dimension of C.
struct Contraction {
  /// How an operand is seen after its dimensions were collapsed.
  struct Operand {
    mlir::Value value;
    mlir::MemRefType type; // collapsed
    llvm::SmallVector<mlir::ReassociationIndices> reassociation;
    llvm::SmallVector<unsigned> dims; // the merged dimension behind each dimension of `type`
  };

  mlir::linalg::LinalgOp op;
  llvm::SmallVector<int64_t> sizes; // of the merged dimensions
  Operand a, b, c;
  std::optional<unsigned> m, n, k;       // merged dimensions; without one the size is 1
  llvm::SmallVector<unsigned> outer;     // parallel dimensions around the product
  llvm::SmallVector<unsigned> outerSums; // reduction dimensions around the product
  mlir::FloatType computeType;           // what the elements of A and B are rounded to; null: nothing
  std::optional<NarrowSums> narrow;      // how it sums; nothing: in f32
  /// Merged dimensions: points whose second index exceeds the first need not be computed.
  std::optional<std::pair<unsigned, unsigned>> triangle;

  int64_t size(std::optional<unsigned> dim) const { return dim ? sizes[*dim] : 1; }
  int64_t product(llvm::ArrayRef<unsigned> dims) const;
  /// The dimensions around the product that A has.
  llvm::SmallVector<unsigned> dimsAroundA() const;
  /// Whether the dimension is there and its neighbours are neighbours in the operand's memory.
  bool isContiguous(const Operand &operand, std::optional<unsigned> dim) const;
  /// Bytes from the first to the last element of an operand's matrix; nothing where a stride is dynamic.
  std::optional<int64_t> bytesOfMatrix(const Operand &operand) const;
  /// From an element to its neighbour along a dimension; nothing where there is none, or that is dynamic.
  std::optional<int64_t> bytesBetween(const Operand &operand, std::optional<unsigned> dim) const;
  static int64_t bytesOfElement(const Operand &operand) { return operand.type.getElementTypeBitWidth() / 8; }
  /// Of C; that of A and B where they are not in the compute type already.
  mlir::FloatType elementType() const { return llvm::cast<mlir::FloatType>(c.type.getElementType()); }
};

/// Whether the op is a sum of products of f32 or f64 memrefs that is worth a micro-kernel: a contraction by name, or a
/// generic that has dimensions of all three kinds, or whose body is `sluice.rounded_sum`. What is rounded may be of the
/// compute type in memory.
bool isContraction(mlir::Operation *op);

/// Finds the matrix product. Emits an error and fails where shapes are dynamic, a dimension is in one operand only, or
/// the attributes of its type or its triangle are none of its kind.
mlir::FailureOr<Contraction> analyzeContraction(mlir::linalg::LinalgOp op);

} // namespace sluice

#endif // SLUICE_PASSES_CONTRACTIONS_CONTRACTION_H
