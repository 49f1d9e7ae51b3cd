//===- AttentionBlock.cpp - What the kernels of attention share -----------------------===//
#include "passes/CUDA/AttentionBlock.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/Loops.h"
#include "passes/CUDA/StoreOfC.h"
#include <numeric>

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

// Lanes of a warp that share rows.
static constexpr int64_t laneColumns = 8;

AttentionSizes::AttentionSizes(MemRefType query, int64_t heads, bool isBackward)
    : batch(query.getDimSize(0)), heads(heads), sequence(query.getDimSize(1)), width(query.getDimSize(2) / heads) {
  widthOfTile = std::min<int64_t>(llvm::alignTo(width, 32), 64);
  // What fits 48 KiB of shared memory.
  bool isNarrow = widthOfTile == 32;
  rows = isNarrow || !isBackward ? 64 : 32;
  columns = isNarrow ? 64 : 32;
}

AttentionBlock::AttentionBlock(ImplicitLocOpBuilder &b, const KernelBody &body, AttentionSizes sizes, bool rounds)
    : b(b), sizes(sizes), thread(body.thread), shared(body.shared.front()) {
  sample = body.blockY;
  head = takeIndex(b, sample, sizes.heads);
  firstRow = times(b, body.blockX, sizes.rows);
  firstOutput = sizes.tiles() == 1 ? constantIndex(b, 0) : times(b, body.blockZ, sizes.widthOfTile);
  SharedTile left{sizes.rows, sizes.widthOfTile, true}, right{sizes.columns, sizes.widthOfTile, true};
  BlockShape ofScores{sizes.rows, sizes.columns, sizes.widthOfTile, AttentionSizes::warpRows, sizes.columns};
  scoresProduct = createFmaProduct(b, ofScores, left, right, thread, rounds);
  SharedTile scores{sizes.rows, sizes.columns, true};
  BlockShape ofOutputs{sizes.rows, sizes.widthOfTile, sizes.columns, AttentionSizes::warpRows, sizes.widthOfTile};
  outputsProduct = createFmaProduct(b, ofOutputs, scores, TileView::turned(right), thread, rounds);
  scoresPart = scoresProduct->part();
  outputsPart = outputsProduct->part();
}

//===-- Shared memory -------------------------------------------------------------===//

HeadTile AttentionBlock::tile(int64_t lines) {
  HeadTile result{{lines, sizes.widthOfTile, true}, used};
  used += result.shape.elements();
  return result;
}

HeadTile AttentionBlock::scoresTile() {
  HeadTile result{{sizes.rows, sizes.columns, true}, used};
  used += result.shape.elements();
  return result;
}

int64_t AttentionBlock::sharedElements(const AttentionSizes &sizes, int64_t ofRows, int64_t ofColumns) {
  return (ofRows * sizes.rows + ofColumns * sizes.columns) * sizes.widthOfTile + sizes.rows * sizes.columns;
}

Place AttentionBlock::placeOf(const HeadTile &tile) { return {shared, constantIndex(b, tile.place)}; }

/// Where the head of the sample begins.
Value AttentionBlock::startOf(MemRefType type) {
  auto [strides, offset] = type.getStridesAndOffset();
  return plus(b, times(b, sample, strides[0]), times(b, head, sizes.width * strides[2]));
}

/// Of lines of heads.
static int64_t alignmentOfLines(MemRefType type, int64_t width) {
  auto [strides, offset] = type.getStridesAndOffset();
  return strides[2] != 1 ? 1 : std::gcd(std::gcd(strides[0], strides[1]), std::gcd(offset, width));
}

void AttentionBlock::copy(const HeadTile &tile, Value memref, Value firstLine, Value firstOfWidth) {
  auto type = cast<MemRefType>(memref.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  GlobalMatrix matrix{flatten(b, memref), sizes.sequence, sizes.width,
                      strides[1],         strides[2],     alignmentOfLines(type, sizes.width)};
  OperandTiles(matrix, tile.shape, sizes.threads())
      .copy(b, thread, startOf(type), firstLine, firstOfWidth, placeOf(tile));
}

void AttentionBlock::finishCopies(int64_t pending) {
  waitForCopies(b, pending);
  barrier();
}

void AttentionBlock::barrier() { gpu::BarrierOp::create(b); }

//===-- Products ------------------------------------------------------------------===//

Scores AttentionBlock::zeroScores() { return scoresProduct->zeros(b); }

void AttentionBlock::addScores(Scores &scores, const HeadTile &left, const HeadTile &right) {
  scores = scoresProduct->add(b, placeOf(left), placeOf(right), scores);
}

void AttentionBlock::storeScores(const HeadTile &tile, ValueRange scores) {
  auto sync = [&] { NVVM::SyncWarpOp::create(b, arith::ConstantOp::create(b, b.getI32IntegerAttr(-1))); };
  // What was there has been read.
  sync();
  Value chunk = constantIndex(b, SharedTile::chunk);
  for (int64_t i = 0; i < rowsOfThread(); ++i)
    for (int64_t j = 0; j < vectorsOfRow(); ++j) {
      Value quad = b.createOrFold<arith::DivUIOp>(scoresPart.rows[i / SharedTile::chunk * SharedTile::chunk], chunk);
      Value column = b.createOrFold<arith::DivUIOp>(scoresPart.columns[j], chunk);
      Value place = tile.shape.placeOfTerms(b, quad, i % SharedTile::chunk, column);
      storeLanes(b, scores[i * vectorsOfRow() + j], shared, plus(b, place, tile.place));
    }
  sync();
}

SmallVector<Value> AttentionBlock::zeroOutputs() { return outputsProduct->zeros(b); }

void AttentionBlock::addOutputs(SmallVector<Value> &outputs, const HeadTile &scores, const HeadTile &lines) {
  outputs = outputsProduct->add(b, placeOf(scores), placeOf(lines), outputs);
}

void AttentionBlock::storeOutputs(Value memref, ValueRange outputs) {
  auto type = cast<MemRefType>(memref.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  int64_t strideOfRow = strides[1], strideOfColumn = strides[2];
  Value flat = flatten(b, memref), start = startOf(type);
  int64_t count = alignmentOfLines(type, sizes.width) % outputsPart.lanes == 0 ? outputsPart.lanes : 1;
  BlockShape block{sizes.rows, sizes.widthOfTile, 0, 0, 0};
  forPart(
      b, outputsPart, outputs, block, {firstRow, firstOutput}, {sizes.sequence, sizes.width}, count, [](Value) {},
      [&](Value value, Value row, Value column) {
        Value index = plus(b, times(b, row, strideOfRow), times(b, column, strideOfColumn));
        storeLanes(b, value, flat, plus(b, start, index));
      });
}

Value AttentionBlock::loadOutputs(Value memref, int64_t row, int64_t column, int64_t tile) {
  auto type = cast<MemRefType>(memref.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  Value flat = flatten(b, memref), start = startOf(type);
  Value last = constantIndex(b, sizes.sequence - 1);
  Value line = arith::MinUIOp::create(b, plus(b, firstRow, outputsPart.rows[row]), last);
  Value ofLine = plus(b, start, times(b, line, strides[1]));
  int64_t count = alignmentOfLines(type, sizes.width) % outputsPart.lanes == 0 ? outputsPart.lanes : 1;
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < outputsPart.lanes; lane += count) {
    Value at = plus(b, outputsPart.columns[column], tile * sizes.widthOfTile + lane);
    Value isInside;
    if (sizes.width % sizes.widthOfTile != 0) {
      isInside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, at, constantIndex(b, sizes.width));
      at = arith::SelectOp::create(b, isInside, at, constantIndex(b, 0));
    }
    Value loaded = loadLanes(b, flat, plus(b, ofLine, times(b, at, strides[2])), count);
    if (isInside)
      loaded =
          arith::SelectOp::create(b, isInside, loaded, arith::ConstantOp::create(b, b.getZeroAttr(loaded.getType())));
    elements.push_back(loaded);
  }
  if (count > 1)
    return elements.front();
  return vector::FromElementsOp::create(b, VectorType::get(outputsPart.lanes, b.getF32Type()), elements);
}

//===-- Rows and columns ----------------------------------------------------------===//

Value AttentionBlock::row(int64_t i) const { return plus(b, firstRow, scoresPart.rows[i]); }

Value AttentionBlock::column(int64_t j) const { return plus(b, firstColumn, scoresPart.columns[j]); }

Value AttentionBlock::reduce(Value value, function_ref<Value(Value, Value)> combine) {
  for (int64_t distance = 1; distance < laneColumns; distance *= 2) {
    auto other = gpu::ShuffleOp::create(b, value, distance, warpSize, gpu::ShuffleMode::XOR);
    value = combine(value, other.getShuffleResult());
  }
  return value;
}

Value AttentionBlock::isFirstOfRow() {
  auto isZero = [&](Value index) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index, constantIndex(b, 0));
  };
  Value isFirst = isZero(arith::RemUIOp::create(b, thread, constantIndex(b, laneColumns)));
  return sizes.tiles() == 1 ? isFirst : arith::AndIOp::create(b, isFirst, isZero(firstOutput)).getResult();
}

Value AttentionBlock::statisticsIndex(Value line) {
  Value last = constantIndex(b, sizes.sequence - 1);
  Value start = times(b, plus(b, times(b, sample, sizes.heads), head), sizes.sequence);
  return plus(b, start, arith::MinUIOp::create(b, line, last));
}

Value AttentionBlock::splat(Value scalar) {
  return vector::BroadcastOp::create(b, VectorType::get(lanes(), scalar.getType()), scalar);
}

Value AttentionBlock::splat(double number) {
  auto type = VectorType::get(lanes(), b.getF32Type());
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, b.getF32FloatAttr(number)));
}

Value AttentionBlock::whereSeen(Value value, double other, int64_t i, int64_t j, bool rowsAreQueries, bool causal) {
  int64_t block = sizes.columns;
  if (!causal && sizes.sequence % block == 0)
    return value;
  auto ofLanes = VectorType::get(lanes(), b.getIndexType());
  auto numbers = llvm::to_vector(llvm::seq<int64_t>(0, lanes()));
  Value columns =
      arith::AddIOp::create(b, vector::BroadcastOp::create(b, ofLanes, column(j)),
                            arith::ConstantOp::create(b, DenseIntElementsAttr::get(ofLanes, ArrayRef(numbers))));
  auto compare = [&](arith::CmpIPredicate predicate, Value with) -> Value {
    return arith::CmpIOp::create(b, predicate, columns, vector::BroadcastOp::create(b, ofLanes, with));
  };
  Value isSeen;
  if (causal)
    isSeen = compare(rowsAreQueries ? arith::CmpIPredicate::ule : arith::CmpIPredicate::uge, row(i));
  // Queries of the sequence see none beyond it.
  if (sizes.sequence % block != 0 && !(causal && rowsAreQueries)) {
    Value isInside = compare(arith::CmpIPredicate::ult, constantIndex(b, sizes.sequence));
    isSeen = isSeen ? arith::AndIOp::create(b, isSeen, isInside).getResult() : isInside;
  }
  return arith::SelectOp::create(b, isSeen, value, splat(other));
}

Value AttentionBlock::dropoutFactors(const DropoutMask &mask, int64_t i, int64_t j, bool rowsAreQueries) {
  auto toWord = [&](Value index) -> Value { return arith::IndexCastOp::create(b, b.getI32Type(), index); };
  SmallVector<Value> factors;
  for (int64_t lane = 0; lane < lanes(); ++lane) {
    Value ofRow = row(i), ofColumn = plus(b, column(j), lane);
    Value query = rowsAreQueries ? ofRow : ofColumn, key = rowsAreQueries ? ofColumn : ofRow;
    Value line = plus(b, times(b, head, sizes.sequence), query);
    Value element = plus(b, times(b, line, sizes.sequence), key);
    factors.push_back(dropoutFactor(b, mask, toWord(element), toWord(sample)));
  }
  return vector::FromElementsOp::create(b, VectorType::get(lanes(), b.getF32Type()), factors);
}
