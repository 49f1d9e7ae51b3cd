//===- TensorCore.h - The sums of tensor cores --------------------------------------------===//
//
// D = A B + C of one mma.sync. A sum takes its products in groups; a group with what came before it is added so:
//
//   e = the largest exponent of the terms that are not 0; a product's is the sum of those of its operands, that of a
//       subnormal is the smallest normal number's
//   D = the exact sum of all terms cut off, toward zero, behind 2^(e - fractionBits), cut off to f32
//
// This is the order by blocks of dialects/Sluice/Accumulation.h, where the papers are named, restated for speed and
// without LLVM: eight columns at once, in integers. Infinities and NaN go a slow way.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_CODE_TENSORCORE_H
#define SLUICE_TEST_CUDAEMULATOR_CODE_TENSORCORE_H

#include "test/cuda-emulator/code/Numbers.h"

namespace sluice::emulator {

/// How an architecture adds the products of an instruction.
struct SumModel {
  int groupSize;    ///< products that are added at once
  int fractionBits; ///< that stay of a term
};

/// Of 16-bit operands (16 products an instruction of k16), and of tf32 (8 of k8; Hopper was measured, of Ampere no
/// publication gives it: it is taken as its 16-bit sums, with groups of half as many products).
SumModel sumModel(int capability, bool isTF32);

enum class OperandType : u8 { F16, BF16, TF32 };

/// The largest k of an instruction.
inline constexpr int mostProducts = 16;

/// Operands of one instruction: the bits of a[row][k] and b[k][column], and c and d [row][column].
struct MatrixTile {
  u32 a[16][mostProducts];
  u32 b[mostProducts][8];
  f32 c[16][8];
  f32 d[16][8];
};

/// d = a b + c with `products` products each.
void multiply(MatrixTile &tile, OperandType type, int products, const SumModel &model);

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_CODE_TENSORCORE_H
