//===- FmaProduct.cpp - Products of tiles by FMA --------------------------------------===//
//
// An FMA of f32 wants as many elements of A and B from shared memory as a thread has rows and columns: with 8 x 8 of
// them, a load of 16 bytes brings as much as 16 FMAs need.
//
//===----------------------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
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
  Lines(TileView view, SmallVector<Value> quads, bool rounds) : view(view), quads(std::move(quads)), rounds(rounds) {}

  /// Loads the terms of a chunk of all lines.
  void load(ImplicitLocOpBuilder &b, Place place, Value chunkOfTerms) {
    loaded.clear();
    for (Value quad : quads)
      for (int64_t i = 0; i < SharedTile::chunk; ++i)
        loaded.push_back(rounded(
            b, loadLanes(b, place.flat, plus(b, place.index, placeOf(b, quad, i, chunkOfTerms)), SharedTile::chunk)));
  }
  /// Of the lines of a quad.
  Value term(ImplicitLocOpBuilder &b, int64_t quad, int64_t term) const {
    auto ofQuad = ArrayRef(loaded).slice(quad * SharedTile::chunk, SharedTile::chunk);
    if (view.isTurned || !view.tile.hasContiguousTerms)
      return ofQuad[term];
    auto elements =
        llvm::map_to_vector(ofQuad, [&](Value line) -> Value { return vector::ExtractOp::create(b, line, term); });
    return vector::FromElementsOp::create(b, cast<VectorType>(ofQuad[0].getType()), elements);
  }
  int64_t count() const { return quads.size(); }

private:
  Value rounded(ImplicitLocOpBuilder &b, Value vector) const {
    if (!rounds)
      return vector;
    auto type = cast<VectorType>(vector.getType());
    Value narrow = arith::TruncFOp::create(b, type.clone(b.getBF16Type()), vector);
    return arith::ExtFOp::create(b, type, narrow);
  }
  Value placeOf(ImplicitLocOpBuilder &b, Value quad, int64_t i, Value chunkOfTerms) const {
    if (view.isTurned)
      return view.tile.placeOfTerms(b, chunkOfTerms, i, quad);
    if (view.tile.hasContiguousTerms)
      return view.tile.placeOfTerms(b, quad, i, chunkOfTerms);
    return view.tile.placeOfLines(b, quad, plus(b, times(b, chunkOfTerms, SharedTile::chunk), i));
  }

  TileView view;
  SmallVector<Value> quads;
  bool rounds;
  SmallVector<Value> loaded; // of each quad four vectors: terms of a line each, or lines of a term each
};

class FmaProduct : public BlockProduct {
public:
  FmaProduct(ImplicitLocOpBuilder &b, BlockShape shape, TileView tileOfA, TileView tileOfB, Value thread, bool rounds)
      : shape(shape), tileOfA(tileOfA), tileOfB(tileOfB), rounds(rounds) {
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
    int64_t chunks = shape.terms / SharedTile::chunk;
    if (chunks <= chunksOfPass())
      return addChunks(b, a, bOf, constantIndex(b, 0), chunks, sums);
    auto loop =
        scf::ForOp::create(b, constantIndex(b, 0), constantIndex(b, chunks), constantIndex(b, chunksOfPass()), sums);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    scf::YieldOp::create(b, addChunks(b, a, bOf, loop.getInductionVar(), chunksOfPass(), loop.getRegionIterArgs()));
    return SmallVector<Value>(loop.getResults());
  }

private:
  /// Chunks of terms that are multiplied without a loop: more of them at a time would be more registers, of which
  /// rounding needs some.
  int64_t chunksOfPass() const { return rounds ? 2 : 4; }

  SmallVector<Value> addChunks(ImplicitLocOpBuilder &b, Place a, Place bOf, Value first, int64_t count,
                               ValueRange sums) const {
    SmallVector<Value> result(sums);
    Lines rows(tileOfA, rowQuads, rounds), columns(tileOfB, columnQuads, rounds);
    for (int64_t i = 0; i < count; ++i) {
      Value chunk = plus(b, first, i);
      rows.load(b, a, chunk);
      columns.load(b, bOf, chunk);
      for (int64_t term = 0; term < SharedTile::chunk; ++term)
        addTerm(b, rows, columns, term, result);
    }
    return result;
  }

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
  TileView tileOfA, tileOfB;
  bool rounds;
  SmallVector<Value> rowQuads, columnQuads;
  ThreadPart threadPart;
};
} // namespace

std::unique_ptr<BlockProduct> cuda::createFmaProduct(ImplicitLocOpBuilder &b, BlockShape shape, TileView tileOfA,
                                                     TileView tileOfB, Value thread, bool rounds) {
  return std::make_unique<FmaProduct>(b, shape, tileOfA, tileOfB, thread, rounds);
}
