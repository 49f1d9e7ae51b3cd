//===- PackPanels.cpp - Copies blocks of a matrix to contiguous panels --------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "passes/Build/BFloat16.h"
#include "passes/CPU/Contraction.h"
#include "passes/CPU/VectorBody.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace sluice;

namespace {
/// Emits the copy of one panel; `row` and `sum` are where it starts in the matrix, `to` where it starts in the buffer.
struct PanelCopy {
  ImplicitLocOpBuilder &b;
  MatrixView matrix;
  Value buffer, row, sum, count, to;
  int64_t width, lanes, vnni, unit;
  FloatType computeType;
  Value rows = {}; // that there are of a panel's; null: all

  Type typeInPanel() const { return cast<MemRefType>(buffer.getType()).getElementType(); }
  Type typeInMatrix() const { return cast<MemRefType>(matrix.memref.getType()).getElementType(); }
  Value load(Value r, Value s, int64_t size) const {
    return round(vector::LoadOp::create(b, VectorType::get(size, typeInMatrix()), matrix.memref,
                                        matrix.indices(b, plus(b, row, r), plus(b, sum, s))));
  }
  /// Where the panel's column of term `s` begins, of terms that lie together the first.
  Value at(Value s) const { return plus(b, to, times(b, s, width)); }
  void store(Value value, Value index) const { vector::StoreOp::create(b, value, buffer, ValueRange{index}); }

  Value round(Value value) const;
  Value loadColumn(int64_t r, Value s, int64_t size) const;
  Value columns(int64_t r, Value s, int64_t size, bool isWhole) const;
  void forTerms(Value from, function_ref<void(Value, bool)> body) const;
  void copyRows(int64_t panels, int64_t depth) const;
  void transpose() const;
  void copyElements(Value rows, Value from) const;
  void copyTermsOfRow(Value r) const;
  void transposePairs() const;
  void zero(Value from, Value to) const;
};
} // namespace

/// Calls `body` with the offset and the size of each of the largest vectors that `width` elements divide into.
static void forPieces(int64_t width, int64_t lanes, function_ref<void(int64_t, int64_t)> body) {
  for (int64_t r = 0, size; r < width; r += size) {
    size = std::min<int64_t>(lanes, llvm::bit_floor(uint64_t(width - r)));
    body(r, size);
  }
}

/// The value as it is in the panel. Processors that multiply bf16 have an instruction that rounds to it.
Value PanelCopy::round(Value value) const {
  if (!computeType || typeInMatrix() == computeType)
    return typeInPanel() == typeInMatrix() ? value : widenBF16(b, value);
  if (typeInPanel() == typeInMatrix())
    return roundToBF16(b, value);
  Type type = typeInPanel();
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    type = vector.clone(type);
  return arith::TruncFOp::create(b, type, value);
}

/// A piece of the column of a term; zeros in place of rows that there are not.
Value PanelCopy::loadColumn(int64_t r, Value s, int64_t size) const {
  Value first = constantIndex(b, r);
  if (!rows)
    return load(first, s, size);
  auto type = VectorType::get(size, typeInMatrix());
  Value left = b.createOrFold<arith::SubIOp>(rows, first);
  Value mask = vector::CreateMaskOp::create(b, type.clone(b.getI1Type()), left);
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
  SmallVector<Value> from = matrix.indices(b, plus(b, row, r), plus(b, sum, s));
  return round(vector::MaskedLoadOp::create(b, type, matrix.memref, from, mask, zeros));
}

/// A piece of the column of a term, or of two that lie together, where `isWhole` says whether there is a second one.
Value PanelCopy::columns(int64_t r, Value s, int64_t size, bool isWhole) const {
  Value first = loadColumn(r, s, size);
  if (vnni == 1)
    return first;
  Value second = isWhole ? loadColumn(r, plus(b, s, 1), size)
                         : Value(arith::ConstantOp::create(b, b.getZeroAttr(first.getType())));
  return vector::InterleaveOp::create(b, first, second);
}

/// A loop over terms, or over those that lie together: the last ones by themselves where one of them is missing.
void PanelCopy::forTerms(Value from, function_ref<void(Value, bool)> body) const {
  Value whole = roundDown(b, count, vnni);
  Value rest = b.createOrFold<arith::SubIOp>(count, whole);
  loop(b, from, whole, vnni, [&](Value s) { body(s, true); });
  if (!matchPattern(rest, m_Zero()))
    loop(b, whole, count, vnni, [&](Value s) { body(s, false); });
}

/// The rows are contiguous: a piece of each column, of `panels` that lie `depth` terms apart.
void PanelCopy::copyRows(int64_t panels, int64_t depth) const {
  forTerms(constantIndex(b, 0), [&](Value s, bool isWhole) {
    for (int64_t panel = 0; panel < panels; ++panel)
      forPieces(width, lanes, [&](int64_t r, int64_t size) {
        store(columns(panel * width + r, s, size, isWhole), plus(b, at(s), panel * width * depth + r * vnni));
      });
  });
}

/// The sums are contiguous: squares of vectors, transposed in registers. What is stored stays inside of the panel,
/// since another thread may pack the next one. Terms that lie together are moved as one integer.
void PanelCopy::transpose() const {
  int64_t terms = lanes * vnni;
  Value whole = roundDown(b, count, terms);
  auto loadRow = [&](int64_t r, Value s) -> Value {
    Value at = constantIndex(b, r);
    Value row = load(rows ? b.createOrFold<arith::MinUIOp>(at, plus(b, rows, -1)) : at, s, terms);
    if (rows) {
      Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, at, rows);
      Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(row.getType()));
      row = arith::SelectOp::create(b, isThere, row, zeros);
    }
    return vnni == 1 ? row : vector::BitCastOp::create(b, VectorType::get(lanes, b.getI32Type()), row).getResult();
  };
  auto storePart = [&](Value part, Value to) {
    int64_t size = cast<VectorType>(part.getType()).getNumElements();
    if (vnni != 1)
      part = vector::BitCastOp::create(b, VectorType::get(size * vnni, typeInPanel()), part);
    store(part, to);
  };
  bool fillsVectors = width < lanes && llvm::isPowerOf2_64(width);
  loop(b, constantIndex(b, 0), whole, terms, [&](Value s) {
    if (fillsVectors) {
      SmallVector<Value> vectors;
      for (int64_t r = 0; r < width; ++r)
        vectors.push_back(loadRow(r, s));
      for (auto [i, vector] : llvm::enumerate(interleaveVectors(b, b.getLoc(), vectors)))
        storePart(vector, plus(b, at(s), i * terms));
      return;
    }
    for (int64_t r = 0; r < width; r += lanes) {
      SmallVector<Value> vectors;
      for (int64_t i = 0; i < lanes; ++i)
        vectors.push_back(r + i < width ? loadRow(r + i, s) : vectors.back());
      transposeVectors(b, b.getLoc(), vectors);
      for (int64_t i = 0; i < lanes; ++i) {
        Value to = plus(b, at(plus(b, s, i * vnni)), r * vnni);
        forPieces(std::min(width - r, lanes), lanes, [&](int64_t offset, int64_t size) {
          Value part = vectors[i];
          if (size != lanes)
            part = vector::ExtractStridedSliceOp::create(b, part, ArrayRef<int64_t>{offset}, ArrayRef<int64_t>{size},
                                                         ArrayRef<int64_t>{1});
          storePart(part, plus(b, to, offset * vnni));
        });
      }
    }
  });
  if (rows)
    zero(whole, count);
  copyElements(rows ? rows : constantIndex(b, width), whole);
}

/// Terms that lie together are zeros behind the last one.
void PanelCopy::copyElements(Value rows, Value from) const {
  if (vnni > 1) {
    Value last = roundDown(b, plus(b, count, vnni - 1), vnni);
    zero(b.createOrFold<arith::MaxUIOp>(from, b.createOrFold<arith::SubIOp>(last, constantIndex(b, vnni))), last);
  }
  loop(b, from, count, 1, [&](Value s) {
    Value term = b.createOrFold<arith::RemUIOp>(s, constantIndex(b, vnni));
    Value first = at(b.createOrFold<arith::SubIOp>(s, term));
    loop(b, constantIndex(b, 0), rows, 1, [&](Value r) {
      Value value = memref::LoadOp::create(b, matrix.memref, matrix.indices(b, plus(b, row, r), plus(b, sum, s)));
      memref::StoreOp::create(b, round(value), buffer, ValueRange{plus(b, plus(b, first, times(b, r, vnni)), term)});
    });
  });
}

/// All rows of the terms from `from`, which is the first of those that lie together, up to `to`.
void PanelCopy::zero(Value from, Value to) const {
  loop(b, from, to, vnni, [&](Value s) {
    forPieces(width, lanes, [&](int64_t r, int64_t size) {
      auto type = VectorType::get(size * vnni, typeInPanel());
      store(arith::ConstantOp::create(b, b.getZeroAttr(type)), plus(b, at(s), r * vnni));
    });
  });
}

/// The terms of a tile of a row lie together, and are neighbours in the matrix.
void PanelCopy::copyTermsOfRow(Value r) const {
  auto to = [&](Value s) { return plus(b, at(s), times(b, r, vnni)); };
  Value whole = roundDown(b, count, vnni);
  loop(b, constantIndex(b, 0), whole, vnni, [&](Value s) { store(load(r, s, vnni), to(s)); });
  Value left = b.createOrFold<arith::SubIOp>(count, whole);
  if (matchPattern(left, m_Zero()))
    return;
  loop(b, whole, count, vnni, [&](Value s) {
    auto type = VectorType::get(vnni, typeInMatrix());
    Value mask = vector::CreateMaskOp::create(b, type.clone(b.getI1Type()), left);
    Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
    SmallVector<Value> from = matrix.indices(b, plus(b, row, r), plus(b, sum, s));
    store(round(vector::MaskedLoadOp::create(b, type, matrix.memref, from, mask, zeros)), to(s));
  });
}

/// The terms of a tile of a row lie together, and rows are neighbours in the matrix: pairs of terms are transposed as
/// integers, squares of them at a time.
void PanelCopy::transposePairs() const {
  Value whole = roundDown(b, count, vnni);
  int64_t size = vnni / 2;
  loop(b, constantIndex(b, 0), whole, vnni, [&](Value s) {
    for (int64_t r = 0; r < width; r += size) {
      auto loadTerm = [&](int64_t term) { return load(constantIndex(b, r), plus(b, s, term), size); };
      SmallVector<Value> pairs;
      for (int64_t pair = 0; pair < size; ++pair)
        pairs.push_back(
            vector::BitCastOp::create(b, VectorType::get(size, b.getI32Type()),
                                      vector::InterleaveOp::create(b, loadTerm(2 * pair), loadTerm(2 * pair + 1))));
      transposeVectors(b, b.getLoc(), pairs);
      for (int64_t i = 0; i < size; ++i)
        store(vector::BitCastOp::create(b, VectorType::get(vnni, typeInPanel()), pairs[i]),
              plus(b, at(s), (r + i) * vnni));
    }
  });
  copyElements(constantIndex(b, width), whole);
}

void sluice::packPanels(ImplicitLocOpBuilder &b, MatrixView matrix, SubRange rows, SubRange sums, Panels panels,
                        int64_t lanes) {
  Value zero = constantIndex(b, 0), first = zero;
  int64_t width = panels.width, pairOfLines = 2 * matrix.lineElements();
  bool isTile = panels.vnni > 2;
  auto copyAt = [&](Value r) {
    Value to = plus(b, panels.base, times(b, r, panels.depth));
    return PanelCopy{b,     matrix,      panels.buffer, plus(b, rows.start, r), sums.start, sums.count, to, width,
                     lanes, panels.vnni, panels.unit,   panels.computeType};
  };
  auto fillUnit = [&](const PanelCopy &copy) {
    if (panels.unit != panels.vnni)
      copy.zero(roundDown(b, plus(b, sums.count, panels.vnni - 1), panels.vnni),
                roundDown(b, plus(b, sums.count, panels.unit - 1), panels.unit));
  };
  // Panels that share a line of the cache, or a pair that is fetched as one, are packed together: where rows lie far
  // apart, as by a power of two, the line is gone before the next panel is packed.
  int64_t together =
      std::max(panels.together, width < pairOfLines && pairOfLines % width == 0 ? pairOfLines / width : 1);
  if (!isTile && matrix.rowIsContiguous() && together > 1) {
    int64_t group = together * width;
    Value end = roundDown(b, rows.count, group);
    loop(b, zero, end, group, [&](Value r) {
      copyAt(r).copyRows(together, panels.depth);
      loop(b, r, plus(b, r, group), width, [&](Value panel) { fillUnit(copyAt(panel)); });
    });
    first = end;
  }
  loop(b, first, rows.count, width, [&](Value r) {
    PanelCopy copy = copyAt(r);
    auto copyTermsOfRows = [&](Value count) {
      loop(b, zero, count, 1, [&](Value inPanel) { copy.copyTermsOfRow(inPanel); });
    };
    auto copyVectors = [&] { matrix.rowIsContiguous() ? copy.copyRows(1, panels.depth) : copy.transpose(); };
    auto whole = [&] {
      if (isTile && matrix.rowIsContiguous())
        copy.transposePairs();
      else if (isTile && matrix.columnIsContiguous())
        copyTermsOfRows(constantIndex(b, width));
      else if (matrix.rowIsContiguous() || matrix.columnIsContiguous())
        copyVectors();
      else
        copy.copyElements(constantIndex(b, width), zero);
    };
    fillUnit(copy);
    if (rows.whole)
      return whole();
    Value left = arith::SubIOp::create(b, rows.count, r);
    Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, left, constantIndex(b, width));
    emitIf(b, isWhole, whole, [&] {
      // Processors without bf16 have no vectors of it that are masked.
      bool widens = copy.typeInMatrix().isBF16() && !copy.typeInPanel().isBF16();
      if (!isTile && !widens && (matrix.rowIsContiguous() || matrix.columnIsContiguous())) {
        copy.rows = left;
        return copyVectors();
      }
      copy.zero(zero, sums.count);
      if (isTile && matrix.columnIsContiguous())
        copyTermsOfRows(left);
      else
        copy.copyElements(left, zero);
    });
  });
}
