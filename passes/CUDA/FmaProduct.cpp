//===- FmaProduct.cpp - Products of tiles by FMA --------------------------------------===//
//
// An FMA of f32 wants as many elements of A and B from shared memory as a thread has rows and columns: with 8 x 8 of
// them, a load of 16 bytes brings as much as 16 FMAs need.
//
//===----------------------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/Loops.h"
#include "passes/CUDA/BlockProduct.h"
#include "passes/CUDA/Launch.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

// The lanes of a warp.
static constexpr int64_t laneRows = 4, laneColumns = 8;

SmallVector<Value> BlockProduct::zeros(ImplicitLocOpBuilder &b) const {
  ThreadPart part = this->part();
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get(part.lanes, b.getF32Type())));
  return SmallVector<Value>(part.rows.size() * part.columns.size(), zero);
}

namespace {
/// The lines of a tile that a thread reads: quads of neighbours.
class Lines {
public:
  Lines(SharedTile tile, SmallVector<Value> quads) : tile(tile), quads(std::move(quads)) {}

  /// Loads the terms of a chunk of all lines.
  void load(ImplicitLocOpBuilder &b, Place place, int64_t chunkOfTerms) {
    loaded.clear();
    for (Value quad : quads)
      for (int64_t i = 0; i < SharedTile::chunk; ++i) {
        Value at = tile.hasContiguousTerms
                       ? tile.placeOfTerms(b, quad, i, constantIndex(b, chunkOfTerms))
                       : tile.placeOfLines(b, quad, constantIndex(b, chunkOfTerms * SharedTile::chunk + i));
        loaded.push_back(loadLanes(b, place.flat, plus(b, place.index, at), SharedTile::chunk));
      }
  }
  /// Of the lines of a quad.
  Value term(ImplicitLocOpBuilder &b, int64_t quad, int64_t term) const {
    auto ofQuad = ArrayRef(loaded).slice(quad * SharedTile::chunk, SharedTile::chunk);
    if (!tile.hasContiguousTerms)
      return ofQuad[term];
    auto elements =
        llvm::map_to_vector(ofQuad, [&](Value line) -> Value { return vector::ExtractOp::create(b, line, term); });
    return vector::FromElementsOp::create(b, cast<VectorType>(ofQuad[0].getType()), elements);
  }
  int64_t count() const { return quads.size(); }

private:
  SharedTile tile;
  SmallVector<Value> quads;
  SmallVector<Value> loaded; // of each quad four vectors: terms of a line each, or lines of a term each
};

class FmaProduct : public BlockProduct {
public:
  FmaProduct(ImplicitLocOpBuilder &b, BlockShape shape, SharedTile tileOfA, SharedTile tileOfB, Value thread)
      : shape(shape), tileOfA(tileOfA), tileOfB(tileOfB) {
    Value warp = thread, lane = takeIndex(b, warp, warpSize);
    Value laneRow = lane, laneColumn = takeIndex(b, laneRow, laneColumns);
    Value warpRow = warp, warpColumn = takeIndex(b, warpRow, shape.columns / shape.warpColumns);
    auto quads = [&](Value warp, int64_t ofWarp, Value lane, int64_t lanes) {
      SmallVector<Value> result;
      for (int64_t first = 0; first < ofWarp; first += lanes * SharedTile::chunk)
        result.push_back(plus(b, plus(b, times(b, warp, ofWarp / SharedTile::chunk), lane), first / SharedTile::chunk));
      return result;
    };
    rowQuads = quads(warpRow, shape.warpRows, laneRow, laneRows);
    columnQuads = quads(warpColumn, shape.warpColumns, laneColumn, laneColumns);
    threadPart.lanes = SharedTile::chunk;
    for (Value quad : rowQuads)
      for (int64_t i = 0; i < SharedTile::chunk; ++i)
        threadPart.rows.push_back(plus(b, times(b, quad, SharedTile::chunk), i));
    for (Value quad : columnQuads)
      threadPart.columns.push_back(times(b, quad, SharedTile::chunk));
  }

  ThreadPart part() const override { return threadPart; }

  SmallVector<Value> add(ImplicitLocOpBuilder &b, Place a, Place bOf, ValueRange sums) const override {
    SmallVector<Value> result(sums);
    Lines rows(tileOfA, rowQuads), columns(tileOfB, columnQuads);
    for (int64_t chunk = 0; chunk < shape.terms / SharedTile::chunk; ++chunk) {
      rows.load(b, a, chunk);
      columns.load(b, bOf, chunk);
      for (int64_t term = 0; term < SharedTile::chunk; ++term)
        addTerm(b, rows, columns, term, result);
    }
    return result;
  }

private:
  static void addTerm(ImplicitLocOpBuilder &b, const Lines &rows, const Lines &columns, int64_t term,
                      SmallVector<Value> &sums) {
    SmallVector<Value> ofColumns;
    for (int64_t quad = 0; quad < columns.count(); ++quad)
      ofColumns.push_back(columns.term(b, quad, term));
    auto *sum = sums.begin();
    for (int64_t quad = 0; quad < rows.count(); ++quad) {
      Value ofRows = rows.term(b, quad, term);
      for (int64_t i = 0; i < SharedTile::chunk; ++i) {
        Value element = vector::ExtractOp::create(b, ofRows, i);
        Value everywhere = vector::BroadcastOp::create(b, ofRows.getType(), element);
        for (Value ofColumn : ofColumns) {
          *sum = vector::FMAOp::create(b, everywhere, ofColumn, *sum);
          ++sum;
        }
      }
    }
  }

  BlockShape shape;
  SharedTile tileOfA, tileOfB;
  SmallVector<Value> rowQuads, columnQuads;
  ThreadPart threadPart;
};
} // namespace

std::unique_ptr<BlockProduct> cuda::createFmaProduct(ImplicitLocOpBuilder &b, BlockShape shape, SharedTile tileOfA,
                                                     SharedTile tileOfB, Value thread) {
  return std::make_unique<FmaProduct>(b, shape, tileOfA, tileOfB, thread);
}
