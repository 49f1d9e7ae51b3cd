//===- PrecisionPolicy.h - What contractions compute in, by name -------------------===//
#ifndef SLUICE_PASSES_NUMERICS_PRECISIONPOLICY_H
#define SLUICE_PASSES_NUMERICS_PRECISIONPOLICY_H

#include "dialects/Sluice/SluiceDialect.h"

namespace sluice {

/// What elements of an operand share a scale: none has one, all of a tensor, or a group of 128 terms of the sum, which
/// of a weight in forward and in its input's gradient is 128 x 128 elements (DeepSeek-V3).
enum class Scaling { None, Tensor, Blocks };

/// What the contractions of a model compute in. Those of the layers' matrices are what a policy is about; scores of the
/// vocabulary and attention are exceptions, of 16 bits where those are of 8.
struct PrecisionPolicy {
  /// What a contraction's operands are rounded to by the target's own conversion, in all contractions, or where the
  /// policy has exceptions in those alone; null: nothing.
  mlir::Type native;
  /// What weights and activations, and what gradients of the loss are rounded to; nothing: they are taken as they are.
  std::optional<precision::FloatFormat> values, errors;
  Scaling scaling = Scaling::None;
  /// How products are summed; null: in f32.
  AccumulationAttr accumulation;
  /// What the loss is multiplied by where nobody says otherwise, "none" or a number.
  llvm::StringRef lossScale;
  /// What weights and the first moment of the optimizer are values of where nobody says otherwise, the name of a
  /// format.
  llvm::StringRef state;
};

/// The policy of `NAME[,scale=none|tensor|blocks]`, with other sums where `accumulate` is not empty: what
/// `#sluice.accumulation` has between its brackets, in which orders may have hyphens. Where one of them is none,
/// `error` says in a line what was expected.
std::optional<PrecisionPolicy> findPrecisionPolicy(mlir::MLIRContext *context, llvm::StringRef compute,
                                                   llvm::StringRef accumulate, std::string &error);

/// A format that weights and moments can be rounded to at random: one with infinities and at most 21 mantissa bits.
/// Where the name is of none, `error` says in a line what was expected.
std::optional<precision::FloatFormat> findStateFormat(llvm::StringRef name, std::string &error);

} // namespace sluice

#endif // SLUICE_PASSES_NUMERICS_PRECISIONPOLICY_H
