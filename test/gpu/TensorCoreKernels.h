//===- TensorCoreKernels.h - Chains of single tensor-core instructions ---------------------===//
//
// A kernel multiplies tiles: block t takes `steps` instructions one after the other, D = A B + D from D = 0 on, with 32
// bytes of each row of A and of each column of B a step. Such chains are what the inner loops of contractions are made
// of, so that their results show in which order tensor cores add, and where they cut off.
//
// Operands lie as bytes A [tile][step][row][32] and B [tile][step][column][32], the result as f32 [tile][row][column].
// The layouts of registers and of shared memory are those of NVIDIA's "Parallel Thread Execution ISA" (mma, wgmma).
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_GPU_TENSORCOREKERNELS_H
#define SLUICE_TEST_GPU_TENSORCOREKERNELS_H

#include "dialects/Sluice/Accumulation.h"
#include <string>
#include <vector>

namespace sluice::gpu {

/// Bytes of a row of A, or of a column of B, that an instruction takes.
inline constexpr int bytesPerStep = 32;
inline constexpr int columnsPerTile = 8;
inline constexpr const char *kernelName = "multiply";

/// An instruction that adds to f32: mma.sync of a warp or wgmma of four.
struct Instruction {
  bool isWarpgroup;
  const char *type;              ///< of operands, as PTX names it
  precision::FloatFormat format; ///< of operands

  int rows() const { return isWarpgroup ? 64 : 16; }
  int threads() const { return isWarpgroup ? 128 : 32; }
  /// Bytes between operands: tf32 lies in the upper bits of 4.
  int operandBytes() const { return format.storageBits() > 16 ? 4 : format.storageBits() / 8; }
  /// Products of a sum that an instruction takes.
  int products() const { return bytesPerStep / operandBytes(); }
  /// mma.sync.m16n8k16.bf16 and the like.
  std::string name() const;
  /// The least compute capability, times ten. wgmma is Hopper's alone.
  int leastCapability() const;
  bool runsOn(int capability) const;
};

/// All that there are, of mma.sync first.
std::vector<Instruction> instructions();

/// The kernel, as PTX. Its parameters are the addresses of A, of B and of the result, and the count of steps.
std::string kernelOf(const Instruction &instruction);

} // namespace sluice::gpu

#endif // SLUICE_TEST_GPU_TENSORCOREKERNELS_H
