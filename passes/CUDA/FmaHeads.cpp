//===- FmaHeads.cpp - The products of attention by FMA --------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/Build/Loops.h"
#include "passes/CUDA/HeadProducts.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

namespace {
/// Lines of a head in shared memory.
struct HeadTile {
  SharedTile shape;
  int64_t place; // in the shared memory of the block
};

class FmaHeads : public HeadProducts {
public:
  FmaHeads(HeadPlace place, HeadOperands operands)
      : b(place.b), place(place), sizes(place.sizes), operands(std::move(operands)) {
    for (size_t i = 0; i < this->operands.rows.size(); ++i)
      rows.push_back(addTile(sizes.rows, sizes.widthOfTile));
    for (size_t i = 0; i < this->operands.columns.size(); ++i)
      columns.push_back(addTile(sizes.columns, sizes.widthOfTile));
    scoresTile = addTile(sizes.rows, sizes.columns);
    constexpr int64_t warpRows = AttentionSizes::warpRows;
    SharedTile left{sizes.rows, sizes.widthOfTile, true}, right{sizes.columns, sizes.widthOfTile, true};
    BlockShape ofScores{sizes.rows, sizes.columns, sizes.widthOfTile, warpRows, sizes.columns};
    BlockShape ofOutputs{sizes.rows, sizes.widthOfTile, sizes.columns, warpRows, sizes.widthOfTile};
    scoresProduct = createFmaProduct(b, ofScores, left, right, place.thread, /*rounds=*/false);
    outputsProduct =
        createFmaProduct(b, ofOutputs, scoresTile.shape, TileView::turned(right), place.thread, /*rounds=*/false);
  }

  ThreadPart scoresPart() const override { return scoresProduct->part(); }
  ThreadPart outputsPart() const override { return outputsProduct->part(); }
  int64_t lanesOfRow() const override { return 8; }
  SmallVector<Value> zeroOutputs() const override { return outputsProduct->zeros(b); }

  void copyRows() override {
    if (isOneTile())
      copyRows(0);
  }

  void forColumns(Value first, Value end, SmallVector<Value> &carried, function_ref<void(Value)> body) override {
    auto loop = scf::ForOp::create(b, first, end, constantIndex(b, 1), carried);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      carried.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
      firstColumn = times(b, loop.getInductionVar(), sizes.columns);
      body(loop.getInductionVar());
      scf::YieldOp::create(b, carried);
    }
    carried.assign(loop.getResults().begin(), loop.getResults().end());
  }

  SmallVector<Scores> scores() override {
    size_t count = rows.size();
    SmallVector<Scores> result(count, scoresProduct->zeros(b));
    for (int64_t tile = 0; tile < sizes.tiles(); ++tile) {
      gpu::BarrierOp::create(b);
      if (!isOneTile())
        copyRows(tile);
      for (size_t i = 0; i < count; ++i)
        copyColumns(i, startOfTile(tile));
      commitCopies(b);
      bool hasOthers = tile == 0 && count < columns.size();
      for (size_t i = count; hasOthers && i < columns.size(); ++i)
        copyColumns(i, place.firstOutput);
      if (hasOthers)
        commitCopies(b);
      // Others may come later.
      finishCopies(/*pending=*/hasOthers ? 1 : 0);
      for (size_t i = 0; i < count; ++i)
        result[i] = scoresProduct->add(b, placeOf(rows[i]), placeOf(columns[i]), result[i]);
    }
    return result;
  }

  void addOutputs(SmallVector<Value> &outputs, ValueRange scores, size_t number) override {
    storeScores(scores);
    // Of those of scores another tile may be there.
    bool isThere = number >= rows.size() || isOneTile();
    if (!isThere) {
      gpu::BarrierOp::create(b);
      copyColumns(number, place.firstOutput);
      commitCopies(b);
    }
    if (!isThere || number >= rows.size())
      finishCopies();
    outputs = outputsProduct->add(b, placeOf(scoresTile), placeOf(columns[number]), outputs);
  }

private:
  bool isOneTile() const { return sizes.tiles() == 1; }
  Value startOfTile(int64_t number) { return constantIndex(b, number * sizes.widthOfTile); }
  Place placeOf(const HeadTile &tile) { return {place.shared, constantIndex(b, tile.place)}; }

  HeadTile addTile(int64_t lines, int64_t width) {
    HeadTile tile{{lines, width, true}, used};
    used += tile.shape.elements();
    return tile;
  }

  /// Starts to copy lines, a tile of their width from `firstOfWidth` on.
  void copy(const HeadTile &tile, Value memref, Value firstLine, Value firstOfWidth) {
    OperandTiles(place.linesOf(memref), tile.shape, sizes.threads())
        .copy(b, place.thread, place.startOf(cast<MemRefType>(memref.getType())), firstLine, firstOfWidth,
              placeOf(tile));
  }
  void copyRows(int64_t tile) {
    for (auto [to, from] : llvm::zip_equal(rows, operands.rows))
      copy(to, from, place.firstRow, startOfTile(tile));
  }
  void copyColumns(size_t number, Value firstOfWidth) {
    copy(columns[number], operands.columns[number], firstColumn, firstOfWidth);
  }
  /// What all threads have copied is there for all.
  void finishCopies(int64_t pending = 0) {
    waitForCopies(b, pending);
    gpu::BarrierOp::create(b);
  }

  /// Stores scores to their tile, for this warp.
  void storeScores(ValueRange scores) {
    auto sync = [&] { NVVM::SyncWarpOp::create(b, arith::ConstantOp::create(b, b.getI32IntegerAttr(-1))); };
    // What was there has been read.
    sync();
    ThreadPart part = scoresPart();
    Value chunk = constantIndex(b, SharedTile::chunk);
    for (size_t i = 0; i < part.rows.size(); ++i)
      for (size_t j = 0; j < part.columns.size(); ++j) {
        Value quad = b.createOrFold<arith::DivUIOp>(part.rows[i / SharedTile::chunk * SharedTile::chunk], chunk);
        Value column = b.createOrFold<arith::DivUIOp>(part.columns[j], chunk);
        Value to = scoresTile.shape.placeOfTerms(b, quad, i % SharedTile::chunk, column);
        storeLanes(b, scores[i * part.columns.size() + j], place.shared, plus(b, to, scoresTile.place));
      }
    sync();
  }

  ImplicitLocOpBuilder &b;
  HeadPlace place;
  AttentionSizes sizes;
  HeadOperands operands;
  int64_t used = 0; // elements of shared memory
  SmallVector<HeadTile> rows, columns;
  HeadTile scoresTile;
  std::unique_ptr<BlockProduct> scoresProduct, outputsProduct;
  Value firstColumn; // of the columns in the loop
};
} // namespace

std::unique_ptr<HeadProducts> cuda::createFmaHeads(HeadPlace place, HeadOperands operands) {
  return std::make_unique<FmaHeads>(place, std::move(operands));
}

int64_t cuda::sharedElementsOfFma(const AttentionSizes &sizes, int64_t rows, int64_t columns) {
  return (rows * sizes.rows + columns * sizes.columns) * sizes.widthOfTile + sizes.rows * sizes.columns;
}
