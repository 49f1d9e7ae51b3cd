//===- StoreSums.cpp - The sums of a block of registers go to C -------------------===//
#include "passes/CPU/StoreSums.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace sluice;

void SumsTarget::ifLast(ImplicitLocOpBuilder &b, function_ref<void()> body) const {
  if (!epilogue)
    return;
  if (matchPattern(epilogue->isLast, m_One()))
    return body();
  emitIf(b, epilogue->isLast, body);
}

Value SumsTarget::combined(ImplicitLocOpBuilder &b, Value old, Value sum, Value row, Value column) const {
  if (narrow)
    return narrow->addChunk(b, old, sum,
                            [&] { return draws->wordOfChunk(b, draws->elementsAt(b, row, column, sum.getType())); });
  return old ? Value(arith::AddFOp::create(b, old, sum)) : sum;
}

namespace {
/// A place of a register block.
struct Place {
  MatrixView matrix;
  Value row, column;

  SmallVector<Value> indices(ImplicitLocOpBuilder &b, int64_t r, int64_t offset) const {
    return matrix.indices(b, plus(b, row, r), plus(b, column, offset));
  }
};

/// Emits the stores of one register block.
struct BlockStore {
  ImplicitLocOpBuilder &b;
  const SumsTarget &target;
  const KernelShape &shape;
  RegisterBlockStart start;
  ValueRange sums;

  VectorType vectorType() const { return VectorType::get(shape.lanes, target.c.elementType()); }
  Value sumsAt(int64_t r, int64_t column) const;
  void storeOrAdd(function_ref<void(bool)> emitStore) const;
  void fromPlaceToPlace(function_ref<void(Place, Place)> emitStore) const;
  void storeWhole(Place from, Place to, bool adds) const;
  void storePart(Place from, Place to, Value rowCount, Value columnCount, bool adds) const;
  void storeElements(Value rowCount, Value columnCount, bool adds) const;
};
} // namespace

/// The sums of row `r` of the block, from `column` on.
Value BlockStore::sumsAt(int64_t r, int64_t column) const {
  if (!sums.empty())
    return sums[r * shape.vectors() + column / shape.lanes];
  SmallVector<Value> at = {constantIndex(b, r), constantIndex(b, column)};
  return vector::LoadOp::create(b, vectorType(), target.tile, at);
}

/// Calls `emitStore` with whether it adds, once where that is known.
void BlockStore::storeOrAdd(function_ref<void(bool)> emitStore) const {
  if (!target.isFirst)
    return emitStore(/*adds=*/true);
  if (matchPattern(target.isFirst, m_One()))
    return emitStore(/*adds=*/false);
  emitIf(b, target.isFirst, [&] { emitStore(false); }, [&] { emitStore(true); });
}

/// Calls `emitStore` with where the sums so far are and where they go.
void BlockStore::fromPlaceToPlace(function_ref<void(Place, Place)> emitStore) const {
  Place inC{target.c, start.row, start.column};
  if (!target.kept)
    return emitStore(inC, inC);
  Place inBlock{target.kept->block, start.i, start.j};
  emitIf(b, target.kept->isLast, [&] { emitStore(inBlock, inC); }, [&] { emitStore(inBlock, inBlock); });
}

void BlockStore::storeWhole(Place from, Place to, bool adds) const {
  auto load = [&](Value memref, ValueRange at) { return vector::LoadOp::create(b, vectorType(), memref, at); };
  for (int64_t r = 0; r < shape.rows; ++r)
    for (int64_t offset = 0; offset < shape.columns; offset += shape.lanes) {
      Value sum = sumsAt(r, offset);
      sum = target.combined(b, adds ? load(from.matrix.memref, from.indices(b, r, offset)) : Value(), sum,
                            plus(b, start.row, r), plus(b, start.column, offset));
      if (!adds && target.initialRow)
        sum = arith::AddFOp::create(b, load(target.initialRow, plus(b, start.column, offset)), sum);
      vector::StoreOp::create(b, sum, to.matrix.memref, to.indices(b, r, offset));
    }
}

/// A block of which only the first rows and columns are inside C: masked, as the sums themselves are never.
void BlockStore::storePart(Place from, Place to, Value rowCount, Value columnCount, bool adds) const {
  VectorType type = vectorType();
  SmallVector<Value> masks;
  for (int64_t v = 0; v < shape.vectors(); ++v) {
    Value left = b.createOrFold<arith::SubIOp>(columnCount, constantIndex(b, v * shape.lanes));
    masks.push_back(vector::CreateMaskOp::create(b, type.clone(b.getI1Type()), left));
  }
  for (int64_t r = 0; r < shape.rows; ++r) {
    Value isInside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, constantIndex(b, r), rowCount);
    emitIf(b, isInside, [&] {
      for (int64_t v = 0; v < shape.vectors(); ++v) {
        Value sum = sumsAt(r, v * shape.lanes);
        auto load = [&](Value memref, ValueRange position) -> Value {
          Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
          return vector::MaskedLoadOp::create(b, type, memref, position, masks[v], zeros);
        };
        sum = target.combined(b, adds ? load(from.matrix.memref, from.indices(b, r, v * shape.lanes)) : Value(), sum,
                              plus(b, start.row, r), plus(b, start.column, v * shape.lanes));
        if (!adds && target.initialRow)
          sum = arith::AddFOp::create(b, load(target.initialRow, plus(b, start.column, v * shape.lanes)), sum);
        vector::MaskedStoreOp::create(b, to.matrix.memref, to.indices(b, r, v * shape.lanes), masks[v], sum);
      }
    });
  }
}

/// The same for columns that are not contiguous: element by element, by way of a tile.
void BlockStore::storeElements(Value rowCount, Value columnCount, bool adds) const {
  Value zero = constantIndex(b, 0);
  for (auto [index, value] : llvm::enumerate(sums))
    vector::StoreOp::create(
        b, value, target.tile,
        ValueRange{constantIndex(b, index / shape.vectors()), constantIndex(b, index % shape.vectors() * shape.lanes)});
  loop(b, zero, rowCount, 1, [&](Value r) {
    loop(b, zero, columnCount, 1, [&](Value s) {
      Value row = plus(b, start.row, r), column = plus(b, start.column, s);
      SmallVector<Value> at = target.c.indices(b, row, column);
      Value sum = memref::LoadOp::create(b, target.tile, ValueRange{r, s});
      sum =
          target.combined(b, adds ? Value(memref::LoadOp::create(b, target.c.memref, at)) : Value(), sum, row, column);
      if (!adds && target.initialRow)
        sum = arith::AddFOp::create(b, memref::LoadOp::create(b, target.initialRow, column), sum);
      memref::StoreOp::create(b, sum, target.c.memref, at);
    });
  });
}

void sluice::storeSums(ImplicitLocOpBuilder &b, const SumsTarget &target, const KernelShape &shape, SubRange m,
                       SubRange n, RegisterBlockStart start, ValueRange sums) {
  BlockStore store{b, target, shape, start, sums};
  bool isContiguous = target.c.columnIsContiguous();
  auto storeWhole = [&] {
    store.storeOrAdd(
        [&](bool adds) { store.fromPlaceToPlace([&](Place from, Place to) { store.storeWhole(from, to, adds); }); });
    target.ifLast(
        b, [&] { target.epilogue->emit(b, start.row, start.column, constantIndex(b, shape.rows), shape.columns, {}); });
  };
  if (m.isWhole && n.isWhole && isContiguous)
    return storeWhole();
  auto left = [&](SubRange range, Value at, int64_t width) {
    return b.createOrFold<arith::MinUIOp>(arith::SubIOp::create(b, range.count, at), constantIndex(b, width));
  };
  Value rowsLeft = left(m, start.i, shape.rows), columnsLeft = left(n, start.j, shape.columns);
  if (!isContiguous)
    return store.storeOrAdd([&](bool adds) { store.storeElements(rowsLeft, columnsLeft, adds); });
  auto equals = [&](Value value, int64_t constant) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, value, constantIndex(b, constant));
  };
  Value isWhole = arith::AndIOp::create(b, equals(rowsLeft, shape.rows), equals(columnsLeft, shape.columns));
  emitIf(b, isWhole, storeWhole, [&] {
    store.storeOrAdd([&](bool adds) {
      store.fromPlaceToPlace([&](Place from, Place to) { store.storePart(from, to, rowsLeft, columnsLeft, adds); });
    });
    target.ifLast(b, [&] { target.epilogue->emit(b, start.row, start.column, rowsLeft, shape.columns, columnsLeft); });
  });
}
