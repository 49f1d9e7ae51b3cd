//===- ContractionStrategy.cpp - How contractions become kernels ----------------------===//
#include "passes/CUDA/ContractionStrategy.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

namespace {
/// Blocks of C, of a warp's part of them, and of the sum.
struct Row {
  int64_t block[3], warp[2], stages;
};
} // namespace

// From the fewest loads a product to the most blocks. All stages of a row have at most 48 KiB.
static constexpr Row ofFma[] = {
    {{128, 128, 16}, {32, 64}, 3}, // 256 threads of 8 x 8
    {{64, 64, 16}, {32, 32}, 4},   // 128 threads of 8 x 4
    {{32, 32, 16}, {16, 32}, 4},   // 64 threads of 4 x 4
};

static constexpr Row ofMma[] = {
    {{128, 128, 32}, {64, 32}, 3}, // 256 threads
    {{64, 64, 32}, {32, 32}, 4},   // 128 threads
    {{32, 32, 32}, {16, 32}, 4},   // 64 threads
};

static constexpr Row ofTf32[] = {
    {{128, 128, 16}, {64, 32}, 3}, // 256 threads
    {{64, 64, 16}, {32, 32}, 4},   // 128 threads
    {{32, 32, 32}, {16, 32}, 4},   // 64 threads
};

// Blocks that keep a large GPU busy.
static constexpr int64_t blocksWanted = 128;
// A part of a sum, in tiles: fewer would be spent on filling the stages.
static constexpr int64_t leastTilesOfPart = 16;
// Parts that the second kernel adds.
static constexpr int64_t mostParts = 16;
// Rows of blocks of C that are neighbours in time.
static constexpr int64_t group = 8;

static int64_t blocksOf(const Contraction &contraction, const Row &row) {
  return llvm::divideCeil(contraction.size(contraction.m), row.block[0]) *
         llvm::divideCeil(contraction.size(contraction.n), row.block[1]) * contraction.product(contraction.outer);
}

/// Parts of the sum that make enough blocks.
static int64_t partsOf(const Contraction &contraction, const Row &row) {
  int64_t tiles =
      contraction.product(contraction.outerSums) * llvm::divideCeil(contraction.size(contraction.k), row.block[2]);
  int64_t wanted = llvm::divideCeil(blocksWanted, blocksOf(contraction, row));
  return std::clamp<int64_t>(tiles / leastTilesOfPart, 1, std::min(wanted, mostParts));
}

StrategyAttr cuda::suggestStrategy(const Contraction &contraction) {
  bool usesMma = contraction.computeType != nullptr;
  ArrayRef<Row> rows = !usesMma                           ? ArrayRef(ofFma)
                       : contraction.computeType.isTF32() ? ArrayRef(ofTf32)
                                                          : ArrayRef(ofMma);
  const Row *chosen = nullptr;
  // The smallest blocks that are needed to keep the GPU busy, once the sum is in as many parts as pay.
  for (const Row &row : rows) {
    chosen = &row;
    if (blocksOf(contraction, row) * partsOf(contraction, row) >= blocksWanted)
      break;
  }
  return StrategyAttr::get(contraction.op->getContext(), usesMma ? Instruction::Mma : Instruction::Fma, chosen->block,
                           chosen->warp, chosen->stages, group, partsOf(contraction, *chosen));
}
