//===- ReferenceSums.h - Sums of products, one product at a time ---------------------------===//
//
// The scalar reference of what Accumulation.h declares: what emulations are compared with bit for bit.
//
// The sums of tensor cores follow MMA-Sim (Xie et al., arXiv 2511.10909) and Khattak and Mikaitis, "Accurate Models of
// NVIDIA Tensor Cores" (arXiv 2512.07004), which agree with each other and were found equal to hardware. An
// instruction of Hopper takes 32 products of 8-bit, 16 of 16-bit or 8 of tf32 operands and the accumulator at once;
// Ada's of 8-bit and Ampere's of 16-bit operands take them in two halves, the second of which starts from what the
// first left. test/gpu compares them with a card: README.md there says which, and when. Padding a contraction with
// zeros to a whole block changes nothing: terms that are zero take no part.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_NUMERICS_REFERENCESUMS_H
#define SLUICE_PASSES_NUMERICS_REFERENCESUMS_H

#include "dialects/Sluice/Accumulation.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace sluice::precision {

/// The formats of a contraction's operands.
struct OperandFormats {
  FloatFormat left, right;
};

/// Which rounding a random word is for.
enum class Addition : uint8_t {
  Within, ///< p + a b of product k
  Across  ///< S + p of the chunk whose last product is k
};

/// The random word of a rounding: a function of product k and of the addition alone.
using RandomWord = llvm::function_ref<uint32_t(int64_t k, Addition addition)>;

/// The sum of left[k] * right[k] as the accumulation declares, which must be possible. Operands are values of their
/// formats. Without `random`, stochastic rounding draws zeros, and is toward zero.
double sumOfProducts(llvm::ArrayRef<float> left, llvm::ArrayRef<float> right, const OperandFormats &formats,
                     const Accumulation &accumulation, RandomWord random = nullptr);

/// The same of products that are there already, each exact in double and within 2^-298 and 2^256, or 0. The exponent of
/// a product is its own: orders by blocks see a product of a power of two and a normal number.
double sumOf(llvm::ArrayRef<double> products, const Accumulation &accumulation, RandomWord random = nullptr);

} // namespace sluice::precision

#endif // SLUICE_PASSES_NUMERICS_REFERENCESUMS_H
