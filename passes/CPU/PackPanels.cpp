//===- PackPanels.cpp - Copies blocks of a matrix to contiguous panels --------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/CPU/Contraction.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace sluice;

namespace {
/// Emits the copy of one panel; `row` and `sum` are where it starts in the matrix, `to` where it starts in the buffer.
struct PanelCopy {
  ImplicitLocOpBuilder &b;
  MatrixView matrix;
  Value buffer, row, sum, count, to;
  int64_t width, lanes;

  Type elementType() const { return cast<MemRefType>(buffer.getType()).getElementType(); }
  Value load(Value r, Value s, int64_t size) const {
    return vector::LoadOp::create(b, VectorType::get(size, elementType()), matrix.memref,
                                  matrix.indices(b, plus(b, row, r), plus(b, sum, s)));
  }
  void copyElement(Value r, Value s) const {
    Value value = memref::LoadOp::create(b, matrix.memref, matrix.indices(b, plus(b, row, r), plus(b, sum, s)));
    memref::StoreOp::create(b, value, buffer, ValueRange{plus(b, at(s), r)});
  }
  Value at(Value s) const { return plus(b, to, times(b, s, width)); }
  void store(Value value, Value index) const { vector::StoreOp::create(b, value, buffer, ValueRange{index}); }

  void copyRows() const;
  void transpose() const;
  void copyElements(Value rows, Value from) const;
  void zero() const;
};
} // namespace

/// Calls `body` with the offset and the size of each of the largest vectors that `width` elements divide into.
static void forPieces(int64_t width, int64_t lanes, function_ref<void(int64_t, int64_t)> body) {
  for (int64_t r = 0, size; r < width; r += size) {
    size = std::min<int64_t>(lanes, llvm::bit_floor(uint64_t(width - r)));
    body(r, size);
  }
}

/// The rows are contiguous: a piece of each column.
void PanelCopy::copyRows() const {
  loop(b, constantIndex(b, 0), count, 1, [&](Value s) {
    forPieces(width, lanes,
              [&](int64_t r, int64_t size) { store(load(constantIndex(b, r), s, size), plus(b, at(s), r)); });
  });
}

/// Swaps the blocks off the diagonal, from the largest to single elements: log2 steps, two shuffles for two vectors
/// each.
static void transposeVectors(ImplicitLocOpBuilder &b, MutableArrayRef<Value> v) {
  int64_t size = v.size();
  for (int64_t half = size / 2; half > 0; half /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < size; ++lane) {
      low.push_back(lane & half ? size + lane - half : lane);
      high.push_back(lane & half ? size + lane : lane + half);
    }
    for (int64_t i = 0; i < size; ++i)
      if (!(i & half)) {
        Value x = v[i], y = v[i + half];
        v[i] = vector::ShuffleOp::create(b, x, y, low);
        v[i + half] = vector::ShuffleOp::create(b, x, y, high);
      }
  }
}

/// The sums are contiguous: squares of vectors, transposed in registers. What is stored stays inside of the panel,
/// since another thread may pack the next one.
void PanelCopy::transpose() const {
  Value whole = b.createOrFold<arith::SubIOp>(count, b.createOrFold<arith::RemUIOp>(count, constantIndex(b, lanes)));
  loop(b, constantIndex(b, 0), whole, lanes, [&](Value s) {
    for (int64_t r = 0; r < width; r += lanes) {
      SmallVector<Value> rows;
      for (int64_t i = 0; i < lanes; ++i)
        rows.push_back(r + i < width ? load(constantIndex(b, r + i), s, lanes) : rows.back());
      transposeVectors(b, rows);
      for (int64_t i = 0; i < lanes; ++i) {
        Value to = plus(b, at(plus(b, s, i)), r);
        forPieces(std::min(width - r, lanes), lanes, [&](int64_t offset, int64_t size) {
          Value part = rows[i];
          if (size != lanes)
            part = vector::ExtractStridedSliceOp::create(b, part, ArrayRef<int64_t>{offset}, ArrayRef<int64_t>{size},
                                                         ArrayRef<int64_t>{1});
          store(part, plus(b, to, offset));
        });
      }
    }
  });
  copyElements(constantIndex(b, width), whole);
}

void PanelCopy::copyElements(Value rows, Value from) const {
  loop(b, from, count, 1, [&](Value s) { loop(b, constantIndex(b, 0), rows, 1, [&](Value r) { copyElement(r, s); }); });
}

void PanelCopy::zero() const {
  loop(b, constantIndex(b, 0), count, 1, [&](Value s) {
    forPieces(width, lanes, [&](int64_t r, int64_t size) {
      auto type = VectorType::get(size, elementType());
      store(arith::ConstantOp::create(b, b.getZeroAttr(type)), plus(b, at(s), r));
    });
  });
}

void sluice::packPanels(ImplicitLocOpBuilder &b, MatrixView matrix, SubRange rows, SubRange sums, Panels panels,
                        int64_t lanes) {
  Value zero = constantIndex(b, 0);
  int64_t width = panels.width;
  loop(b, zero, rows.count, width, [&](Value r) {
    Value to = plus(b, panels.base, times(b, r, panels.depth));
    PanelCopy copy{b, matrix, panels.buffer, plus(b, rows.start, r), sums.start, sums.count, to, width, lanes};
    auto whole = [&] {
      if (matrix.rowIsContiguous())
        copy.copyRows();
      else if (matrix.columnIsContiguous())
        copy.transpose();
      else
        copy.copyElements(constantIndex(b, width), zero);
    };
    if (rows.whole)
      return whole();
    Value left = arith::SubIOp::create(b, rows.count, r);
    Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, left, constantIndex(b, width));
    auto branch = scf::IfOp::create(b, isWhole, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    whole();
    b.setInsertionPointToStart(branch.elseBlock());
    copy.zero();
    copy.copyElements(left, zero);
  });
}
