//===- SharedTile.cpp - A block of an operand in shared memory ------------------------===//
#include "passes/CUDA/SharedTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "passes/Build/Indices.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

// Chunks of 16 bytes that all banks hold together.
static constexpr int64_t chunksOfBanks = 8;

Value SharedTile::placeOfTerms(ImplicitLocOpBuilder &b, Value quad, int64_t part, Value chunkOfTerms) const {
  // The quarters begin at multiples of 8 lines, so that the swizzle is that of `quad`.
  int64_t chunks = chunksOfRow(), linesOfBanks = std::max<int64_t>(chunksOfBanks / chunks, 1);
  Value inBanks = b.createOrFold<arith::DivUIOp>(quad, constantIndex(b, linesOfBanks));
  Value swizzle = b.createOrFold<arith::RemUIOp>(inBanks, constantIndex(b, std::min(chunks, chunksOfBanks)));
  Value place = times(b, b.createOrFold<arith::XOrIOp>(chunkOfTerms, swizzle), chunk);
  return plus(b, plus(b, times(b, quad, terms), place), part * (lines / chunk) * terms);
}

Value SharedTile::placeOfLines(ImplicitLocOpBuilder &b, Value quad, Value term) const {
  return plus(b, times(b, term, lines), times(b, quad, chunk));
}
