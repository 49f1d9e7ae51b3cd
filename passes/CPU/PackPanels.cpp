//===- PackPanels.cpp - Copies blocks of a matrix to contiguous panels --------------===//
#include "passes/CPU/PackPanels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "passes/Build/BFloat16.h"
#include "passes/Build/Rounding.h"
#include "passes/Build/VectorBody.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace sluice;

namespace {
/// Emits the copy of one panel.
struct PanelCopy {
  ImplicitLocOpBuilder &b;
  const MatrixView &matrix;
  const Panels &panels;
  Value row, sum, count; // where the panel starts in the matrix, and how many terms it has
  Value to;              // where it starts in the buffer
  int64_t lanes;
  int64_t width = panels.shape.width, interleaved = panels.shape.interleavedTerms;
  Value rows = {}; // that there are of a panel's; null: all

  Type typeInPanel() const { return cast<MemRefType>(panels.buffer.getType()).getElementType(); }
  Type typeInMatrix() const { return matrix.elementType(); }
  Value load(Value r, Value s, int64_t size) const {
    return round(vector::LoadOp::create(b, VectorType::get(size, typeInMatrix()), matrix.memref,
                                        matrix.indices(b, plus(b, row, r), plus(b, sum, s))));
  }
  /// Where the panel's column of term `s` begins, of terms that lie together the first.
  Value at(Value s) const { return plus(b, to, times(b, s, width)); }
  void store(Value value, Value index) const { vector::StoreOp::create(b, value, panels.buffer, ValueRange{index}); }

  Value round(Value value) const;
  Value loadColumn(int64_t r, Value s, int64_t size) const;
  Value loadColumns(int64_t r, Value s, int64_t size, bool isWhole) const;
  void forTerms(Value from, function_ref<void(Value, bool)> body) const;
  void copyRows(int64_t panelCount = 1) const;
  void transpose() const;
  void transposeSquare(Value s) const;
  void interleaveRows(Value s) const;
  Value loadRow(int64_t r, Value s) const;
  void storePart(Value part, Value to) const;
  void copyElements(Value rows, Value from) const;
  void copyTermsOfRow(Value r) const;
  void copyTermsOfRows(Value count) const;
  void transposePairs() const;
  void zero(Value from, Value to) const;
  void fillTerms() const;
  void copyWhole() const;
  void copyPart(Value left);
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
  if (panels.factor != 1)
    return arith::MulFOp::create(b, value, floatLike(b, value, panels.factor));
  if (!panels.computeType || typeInMatrix() == panels.computeType)
    return typeInPanel() == typeInMatrix() ? value : widen(b, value);
  if (typeInPanel() == typeInMatrix())
    return roundTo(b, value, panels.computeType);
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
Value PanelCopy::loadColumns(int64_t r, Value s, int64_t size, bool isWhole) const {
  Value first = loadColumn(r, s, size);
  if (interleaved == 1)
    return first;
  Value second = isWhole ? loadColumn(r, plus(b, s, 1), size)
                         : Value(arith::ConstantOp::create(b, b.getZeroAttr(first.getType())));
  return vector::InterleaveOp::create(b, first, second);
}

/// A loop over terms, or over those that lie together: the last ones by themselves where one of them is missing.
void PanelCopy::forTerms(Value from, function_ref<void(Value, bool)> body) const {
  Value whole = roundDown(b, count, interleaved);
  Value rest = b.createOrFold<arith::SubIOp>(count, whole);
  loop(b, from, whole, interleaved, [&](Value s) { body(s, true); });
  if (!matchPattern(rest, m_Zero()))
    loop(b, whole, count, interleaved, [&](Value s) { body(s, false); });
}

/// The rows are contiguous: a piece of each column, of as many panels.
void PanelCopy::copyRows(int64_t panelCount) const {
  int64_t distance = width * panels.shape.depth;
  forTerms(constantIndex(b, 0), [&](Value s, bool isWhole) {
    for (int64_t panel = 0; panel < panelCount; ++panel)
      forPieces(width, lanes, [&](int64_t r, int64_t size) {
        store(loadColumns(panel * width + r, s, size, isWhole), plus(b, at(s), panel * distance + r * interleaved));
      });
  });
}

/// A vector of a row's terms, those that lie together as one integer. In place of a row that there is not the last one
/// is read, and zeros taken.
Value PanelCopy::loadRow(int64_t r, Value s) const {
  Value at = constantIndex(b, r);
  Value terms = load(rows ? b.createOrFold<arith::MinUIOp>(at, plus(b, rows, -1)) : at, s, lanes * interleaved);
  if (rows) {
    Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, at, rows);
    Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(terms.getType()));
    terms = arith::SelectOp::create(b, isThere, terms, zeros);
  }
  if (interleaved == 1)
    return terms;
  return vector::BitCastOp::create(b, VectorType::get(lanes, b.getI32Type()), terms);
}

/// Stores what is left of a vector of `loadRow`, in the type of the panel.
void PanelCopy::storePart(Value part, Value to) const {
  int64_t size = cast<VectorType>(part.getType()).getNumElements();
  if (interleaved != 1)
    part = vector::BitCastOp::create(b, VectorType::get(size * interleaved, typeInPanel()), part);
  store(part, to);
}

/// All rows of the panel fill vectors: they are merged, two sequences at a time.
void PanelCopy::interleaveRows(Value s) const {
  SmallVector<Value> vectors;
  for (int64_t r = 0; r < width; ++r)
    vectors.push_back(loadRow(r, s));
  for (auto [i, vector] : llvm::enumerate(interleaveVectors(b, b.getLoc(), vectors)))
    storePart(vector, plus(b, at(s), i * lanes * interleaved));
}

/// A square of as many rows as vectors have elements after the other. The last one repeats its last row, and stores of
/// each column the part that is a panel's.
void PanelCopy::transposeSquare(Value s) const {
  for (int64_t r = 0; r < width; r += lanes) {
    SmallVector<Value> vectors;
    for (int64_t i = 0; i < lanes; ++i)
      vectors.push_back(r + i < width ? loadRow(r + i, s) : vectors.back());
    transposeVectors(b, b.getLoc(), vectors);
    for (int64_t i = 0; i < lanes; ++i) {
      Value to = plus(b, at(plus(b, s, i * interleaved)), r * interleaved);
      forPieces(std::min(width - r, lanes), lanes, [&](int64_t offset, int64_t size) {
        Value part = vectors[i];
        if (size != lanes)
          part = vector::ExtractStridedSliceOp::create(b, part, ArrayRef<int64_t>{offset}, ArrayRef<int64_t>{size},
                                                       ArrayRef<int64_t>{1});
        storePart(part, plus(b, to, offset * interleaved));
      });
    }
  }
}

/// The sums are contiguous: squares of vectors, transposed in registers. What is stored stays inside of the panel,
/// since another thread may pack the next one. Terms that lie together are moved as one integer.
void PanelCopy::transpose() const {
  int64_t terms = lanes * interleaved;
  Value whole = roundDown(b, count, terms);
  bool fillsVectors = width < lanes && llvm::isPowerOf2_64(width);
  loop(b, constantIndex(b, 0), whole, terms, [&](Value s) { fillsVectors ? interleaveRows(s) : transposeSquare(s); });
  if (rows)
    zero(whole, count);
  copyElements(rows ? rows : constantIndex(b, width), whole);
}

/// Terms that lie together are zeros behind the last one.
void PanelCopy::copyElements(Value rows, Value from) const {
  if (interleaved > 1) {
    Value last = roundDown(b, plus(b, count, interleaved - 1), interleaved);
    zero(b.createOrFold<arith::MaxUIOp>(from, b.createOrFold<arith::SubIOp>(last, constantIndex(b, interleaved))),
         last);
  }
  loop(b, from, count, 1, [&](Value s) {
    Value term = b.createOrFold<arith::RemUIOp>(s, constantIndex(b, interleaved));
    Value first = at(b.createOrFold<arith::SubIOp>(s, term));
    loop(b, constantIndex(b, 0), rows, 1, [&](Value r) {
      Value value = memref::LoadOp::create(b, matrix.memref, matrix.indices(b, plus(b, row, r), plus(b, sum, s)));
      memref::StoreOp::create(b, round(value), panels.buffer,
                              ValueRange{plus(b, plus(b, first, times(b, r, interleaved)), term)});
    });
  });
}

/// All rows of the terms from `from`, which is the first of those that lie together, up to `to`.
void PanelCopy::zero(Value from, Value to) const {
  loop(b, from, to, interleaved, [&](Value s) {
    forPieces(width, lanes, [&](int64_t r, int64_t size) {
      auto type = VectorType::get(size * interleaved, typeInPanel());
      store(arith::ConstantOp::create(b, b.getZeroAttr(type)), plus(b, at(s), r * interleaved));
    });
  });
}

/// The terms of a tile of a row lie together, and are neighbours in the matrix.
void PanelCopy::copyTermsOfRow(Value r) const {
  auto to = [&](Value s) { return plus(b, at(s), times(b, r, interleaved)); };
  Value whole = roundDown(b, count, interleaved);
  loop(b, constantIndex(b, 0), whole, interleaved, [&](Value s) { store(load(r, s, interleaved), to(s)); });
  Value left = b.createOrFold<arith::SubIOp>(count, whole);
  if (matchPattern(left, m_Zero()))
    return;
  loop(b, whole, count, interleaved, [&](Value s) {
    auto type = VectorType::get(interleaved, typeInMatrix());
    Value mask = vector::CreateMaskOp::create(b, type.clone(b.getI1Type()), left);
    Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
    SmallVector<Value> from = matrix.indices(b, plus(b, row, r), plus(b, sum, s));
    store(round(vector::MaskedLoadOp::create(b, type, matrix.memref, from, mask, zeros)), to(s));
  });
}

/// The terms of a tile of a row lie together, and rows are neighbours in the matrix: pairs of terms are transposed as
/// integers, squares of them at a time.
void PanelCopy::transposePairs() const {
  Value whole = roundDown(b, count, interleaved);
  int64_t size = interleaved / 2;
  loop(b, constantIndex(b, 0), whole, interleaved, [&](Value s) {
    for (int64_t r = 0; r < width; r += size) {
      auto loadTerm = [&](int64_t term) { return load(constantIndex(b, r), plus(b, s, term), size); };
      SmallVector<Value> pairs;
      for (int64_t pair = 0; pair < size; ++pair)
        pairs.push_back(
            vector::BitCastOp::create(b, VectorType::get(size, b.getI32Type()),
                                      vector::InterleaveOp::create(b, loadTerm(2 * pair), loadTerm(2 * pair + 1))));
      transposeVectors(b, b.getLoc(), pairs);
      for (int64_t i = 0; i < size; ++i)
        store(vector::BitCastOp::create(b, VectorType::get(interleaved, typeInPanel()), pairs[i]),
              plus(b, at(s), (r + i) * interleaved));
    }
  });
  copyElements(constantIndex(b, width), whole);
}

/// Copies some rows term by term: their first ones, of each the whole tiles and what is left.
void PanelCopy::copyTermsOfRows(Value count) const {
  loop(b, constantIndex(b, 0), count, 1, [&](Value r) { copyTermsOfRow(r); });
}

/// Zeros behind the last terms that lie together, up to the end of a tile.
void PanelCopy::fillTerms() const {
  int64_t multiple = panels.shape.multipleOfTerms;
  if (multiple != interleaved)
    zero(roundDown(b, plus(b, count, interleaved - 1), interleaved),
         roundDown(b, plus(b, count, multiple - 1), multiple));
}

/// A panel whose rows are all there.
void PanelCopy::copyWhole() const {
  bool isTile = panels.shape.isTile();
  if (isTile && matrix.rowIsContiguous())
    transposePairs();
  else if (isTile && matrix.columnIsContiguous())
    copyTermsOfRows(constantIndex(b, width));
  else if (matrix.rowIsContiguous())
    copyRows();
  else if (matrix.columnIsContiguous())
    transpose();
  else
    copyElements(constantIndex(b, width), constantIndex(b, 0));
}

/// A panel of which `left` rows are there: zeros in place of the others.
void PanelCopy::copyPart(Value left) {
  bool isTile = panels.shape.isTile();
  // Processors that do not multiply what has 16 bits have no vectors of it that are masked.
  bool widens = typeInMatrix().getIntOrFloatBitWidth() < typeInPanel().getIntOrFloatBitWidth();
  if (!isTile && !widens && (matrix.rowIsContiguous() || matrix.columnIsContiguous())) {
    rows = left;
    return copyWhole();
  }
  zero(constantIndex(b, 0), count);
  if (isTile && matrix.columnIsContiguous())
    copyTermsOfRows(left);
  else
    copyElements(left, constantIndex(b, 0));
}

/// How many whole panels are filled row by row. Panels that share a line of the cache, or a pair that is fetched as
/// one, are packed at once: where rows lie far apart, as by a power of two, the line is gone before the next panel is
/// packed.
static int64_t panelsAtOnce(const MatrixView &matrix, const PanelShape &shape) {
  if (shape.isTile() || !matrix.rowIsContiguous())
    return 1;
  int64_t pairOfLines = 2 * matrix.lineElements();
  bool sharesLines = shape.width < pairOfLines && pairOfLines % shape.width == 0;
  return std::max(shape.packedAtOnce, sharesLines ? pairOfLines / shape.width : 1);
}

void sluice::packPanels(ImplicitLocOpBuilder &b, MatrixView matrix, SubRange rows, SubRange sums, Panels panels,
                        int64_t lanes) {
  Value zero = constantIndex(b, 0), first = zero;
  int64_t width = panels.shape.width;
  auto copyAt = [&](Value r) {
    Value to = plus(b, panels.base, times(b, r, panels.shape.depth));
    return PanelCopy{b, matrix, panels, plus(b, rows.start, r), sums.start, sums.count, to, lanes};
  };
  if (int64_t atOnce = panelsAtOnce(matrix, panels.shape); atOnce > 1) {
    int64_t group = atOnce * width;
    Value end = roundDown(b, rows.count, group);
    loop(b, zero, end, group, [&](Value r) {
      copyAt(r).copyRows(atOnce);
      loop(b, r, plus(b, r, group), width, [&](Value panel) { copyAt(panel).fillTerms(); });
    });
    first = end;
  }
  loop(b, first, rows.count, width, [&](Value r) {
    PanelCopy copy = copyAt(r);
    copy.fillTerms();
    if (rows.isWhole)
      return copy.copyWhole();
    Value left = arith::SubIOp::create(b, rows.count, r);
    Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, left, constantIndex(b, width));
    emitIf(b, isWhole, [&] { copy.copyWhole(); }, [&] { copy.copyPart(left); });
  });
}
