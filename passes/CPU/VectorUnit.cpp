//===- VectorUnit.cpp - What a processor's vectors allow ------------------------------===//
#include "passes/CPU/VectorUnit.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace sluice;

/// 32 registers. A register block of 512-bit vectors loads little for its work: its panel may fill the first-level
/// cache, which saves passes over C.
static constexpr VectorUnit avx512() {
  VectorUnit unit;
  unit.feature = "avx512vl";
  unit.vectorBits = 512;
  unit.blocks[0] = {8, 48};
  unit.blocks[1] = {12, 32};
  unit.slower = 6;
  unit.panelBytes = 48 * 1024;
  unit.depthBytes = 256 * 4;
  unit.wholeBytes = 384 * 4;
  unit.mostColumns = 3072;
  return unit;
}

/// AVX-512 that adds two products of bf16 at a time.
static constexpr VectorUnit avx512WithBF16() {
  VectorUnit unit = avx512();
  unit.feature = "avx512_bf16";
  unit.bf16Terms = 2;
  return unit;
}

/// AVX-512 beside a matrix unit.
static constexpr VectorUnit avx512WithTiles() {
  VectorUnit unit = avx512WithBF16();
  unit.feature = "amx_bf16";
  unit.tileTerms = 32;
  return unit;
}

/// 16 registers. A panel of B shares a first-level cache with one of A, which streams past it.
static constexpr VectorUnit avx2() {
  VectorUnit unit;
  unit.feature = "fma";
  unit.vectorBits = 256;
  unit.blocks[0] = {4, 24};
  unit.blocks[1] = {6, 16};
  unit.panelBytes = 24 * 1024;
  unit.depthBytes = 256 * 4;
  unit.wholeBytes = 256 * 4;
  unit.mostColumns = 384;
  unit.tasksOfThread = 8;
  return unit;
}

/// What every x86-64 processor has: narrower vectors, 16 registers.
static constexpr VectorUnit sse2() {
  VectorUnit unit = avx2();
  unit.feature = "";
  unit.vectorBits = 128;
  unit.blocks[0] = unit.blocks[1] = {4, 8};
  return unit;
}

/// The best first; the last is every processor's.
static constexpr VectorUnit units[] = {avx512WithTiles(), avx512WithBF16(), avx512(), avx2(), sse2()};

const VectorUnit &VectorUnit::find(llvm::StringRef features) {
  const VectorUnit *found = llvm::find_if(
      units, [&](const VectorUnit &unit) { return llvm::is_contained(llvm::split(features, ','), unit.feature); });
  return found == std::end(units) ? found[-1] : *found;
}
