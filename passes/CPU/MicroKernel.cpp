//===- MicroKernel.cpp - A block of C in registers ---------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "passes/CPU/Contraction.h"

using namespace mlir;
using namespace sluice;

/// The sums of one register block: row by row, one vector after the other.
SmallVector<Value> MicroKernel::multiply(ImplicitLocOpBuilder &b, Value i, Value j, Value sums) const {
  auto type = VectorType::get(lanes, cast<MemRefType>(panelsA.getType()).getElementType());
  // Processors without wider vectors than these have no fused multiply-add either.
  bool fused = type.getElementTypeBitWidth() * lanes > 128;
  Value fromA = times(b, i, depth), fromB = times(b, j, depth);
  int64_t vectors = columns / lanes;
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  auto k =
      scf::ForOp::create(b, constantIndex(b, 0), sums, constantIndex(b, 1), SmallVector<Value>(rows * vectors, zero));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(k.getBody());
  Value atA = plus(b, fromA, times(b, k.getInductionVar(), rows));
  Value atB = plus(b, fromB, times(b, k.getInductionVar(), columns));
  SmallVector<Value> row, sum(k.getRegionIterArgs());
  for (int64_t v = 0; v < vectors; ++v)
    row.push_back(vector::LoadOp::create(b, type, panelsB, ValueRange{plus(b, atB, v * lanes)}));
  for (int64_t r = 0; r < rows; ++r) {
    Value element = memref::LoadOp::create(b, panelsA, ValueRange{plus(b, atA, r)});
    Value splat = vector::BroadcastOp::create(b, type, element);
    for (int64_t v = 0; v < vectors; ++v) {
      Value &s = sum[r * vectors + v];
      s = fused ? Value(vector::FMAOp::create(b, splat, row[v], s))
                : Value(arith::AddFOp::create(b, arith::MulFOp::create(b, splat, row[v]), s));
    }
  }
  scf::YieldOp::create(b, sum);
  return SmallVector<Value>(k.getResults());
}

void MicroKernel::store(ImplicitLocOpBuilder &b, MatrixView to, Value i, Value j, ValueRange values, bool add) const {
  int64_t vectors = columns / lanes;
  for (auto [index, value] : llvm::enumerate(values)) {
    SmallVector<Value> at = to.indices(b, plus(b, i, index / vectors), plus(b, j, index % vectors * lanes));
    Value sum = value;
    if (add)
      sum = arith::AddFOp::create(b, vector::LoadOp::create(b, cast<VectorType>(value.getType()), to.memref, at), sum);
    vector::StoreOp::create(b, sum, to.memref, at);
  }
}

void MicroKernel::storeEdge(ImplicitLocOpBuilder &b, Value i, Value j, Value rowCount, Value columnCount,
                            bool add) const {
  Value zero = constantIndex(b, 0);
  loop(b, zero, rowCount, 1, [&](Value r) {
    loop(b, zero, columnCount, 1, [&](Value s) {
      SmallVector<Value> at = c.indices(b, plus(b, i, r), plus(b, j, s));
      Value sum = memref::LoadOp::create(b, tile, ValueRange{r, s});
      if (add)
        sum = arith::AddFOp::create(b, memref::LoadOp::create(b, c.memref, at), sum);
      memref::StoreOp::create(b, sum, c.memref, at);
    });
  });
}

void MicroKernel::emit(ImplicitLocOpBuilder &b, SubRange m, SubRange n, Value sums) const {
  Value zero = constantIndex(b, 0);
  auto either = [&](Value condition, function_ref<void()> yes, function_ref<void()> no) {
    auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    yes();
    b.setInsertionPointToStart(branch.elseBlock());
    no();
  };
  auto storeOrAdd = [&](function_ref<void(bool)> emitStore) {
    if (!first)
      return emitStore(/*add=*/true);
    if (matchPattern(first, m_One()))
      return emitStore(/*add=*/false);
    either(first, [&] { emitStore(false); }, [&] { emitStore(true); });
  };
  // A panel of B stays in the first-level cache while those of A pass by.
  loop(b, zero, n.count, columns, [&](Value j) {
    loop(b, zero, m.count, rows, [&](Value i) {
      SmallVector<Value> values = multiply(b, i, j, sums);
      Value atI = plus(b, m.start, i), atJ = plus(b, n.start, j);
      auto inPlace = [&] { storeOrAdd([&](bool add) { store(b, c, atI, atJ, values, add); }); };
      if (m.whole && n.whole && c.columnIsContiguous())
        return inPlace();
      Value rowsLeft = b.createOrFold<arith::MinUIOp>(arith::SubIOp::create(b, m.count, i), constantIndex(b, rows));
      Value columnsLeft =
          b.createOrFold<arith::MinUIOp>(arith::SubIOp::create(b, n.count, j), constantIndex(b, columns));
      auto throughTile = [&] {
        store(b, MatrixView{tile, 0, 1}, zero, zero, values, /*add=*/false);
        storeOrAdd([&](bool add) { storeEdge(b, atI, atJ, rowsLeft, columnsLeft, add); });
      };
      if (!c.columnIsContiguous())
        return throughTile();
      auto equals = [&](Value x, int64_t y) {
        return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, constantIndex(b, y));
      };
      Value isWhole = arith::AndIOp::create(b, equals(rowsLeft, rows), equals(columnsLeft, columns));
      either(isWhole, inPlace, throughTile);
    });
  });
}
