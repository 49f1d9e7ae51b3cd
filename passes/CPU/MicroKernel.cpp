//===- MicroKernel.cpp - A block of C in registers ---------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/IR/Matchers.h"
#include "passes/CPU/Epilogue.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sluice;

/// Stretches of a sum, at most. Before each of them something is fetched: where that is goes through arithmetic that
/// competes with multiplications, so that it is not done in every pass of the innermost loop.
constexpr int64_t mostStretches = 8;

ElementOfA sluice::packedElement(Panels panels) {
  return [=](ImplicitLocOpBuilder &builder, Value i, Value k, int64_t r) -> Value {
    Value panel = plus(builder, panels.base, times(builder, i, panels.depth));
    Value at = plus(builder, plus(builder, panel, times(builder, k, panels.width)), r * panels.vnni);
    if (panels.vnni == 1)
      return memref::LoadOp::create(builder, panels.buffer, ValueRange{at});
    auto type = VectorType::get(panels.vnni, cast<MemRefType>(panels.buffer.getType()).getElementType());
    Value terms = vector::LoadOp::create(builder, type, panels.buffer, ValueRange{at});
    return vector::ExtractOp::create(
        builder, vector::BitCastOp::create(builder, VectorType::get(1, builder.getI32Type()), terms), 0);
  };
}

ElementOfA sluice::elementInPlace(MatrixView matrix, SubRange rows, SubRange sums) {
  return [=](ImplicitLocOpBuilder &builder, Value i, Value k, int64_t r) -> Value {
    Value row = plus(builder, i, r);
    if (!rows.whole)
      row = builder.createOrFold<arith::MinUIOp>(row, plus(builder, rows.count, -1));
    return memref::LoadOp::create(
        builder, matrix.memref, matrix.indices(builder, plus(builder, rows.start, row), plus(builder, sums.start, k)));
  };
}

VectorOfB sluice::packedVector(Panels panel, int64_t lanes) {
  return [=](ImplicitLocOpBuilder &builder, Value k, int64_t column) -> Value {
    auto type = VectorType::get(lanes * panel.vnni, cast<MemRefType>(panel.buffer.getType()).getElementType());
    Value at = plus(builder, plus(builder, panel.base, times(builder, k, panel.width)), column * panel.vnni);
    return vector::LoadOp::create(builder, type, panel.buffer, ValueRange{at});
  };
}

VectorOfB sluice::vectorInPlace(MatrixView matrix, Value column, SubRange sums, int64_t lanes) {
  return [=](ImplicitLocOpBuilder &builder, Value k, int64_t offset) -> Value {
    auto type = VectorType::get(lanes, cast<MemRefType>(matrix.memref.getType()).getElementType());
    SmallVector<Value> at = matrix.indices(builder, plus(builder, column, offset), plus(builder, sums.start, k));
    return vector::LoadOp::create(builder, type, matrix.memref, at);
  };
}

int64_t MicroKernel::termsOfPass() const { return tiles ? tiles->a.vnni : unrolledSums * vnni; }
int64_t MicroKernel::termsOfStretch() const {
  return llvm::alignTo(llvm::divideCeil(depth, mostStretches), termsOfPass());
}
int64_t MicroKernel::stretches() const { return llvm::divideCeil(depth, termsOfStretch()); }

VectorType MicroKernel::vectorType() const {
  return VectorType::get(lanes, cast<MemRefType>(c.memref.getType()).getElementType());
}

/// A vector like those of B that has the element of A, or its terms that lie together, everywhere.
Value MicroKernel::repeat(ImplicitLocOpBuilder &builder, Value element, Type like) const {
  Value vector = vector::BroadcastOp::create(builder, VectorType::get(lanes, element.getType()), element);
  return vnni == 1 ? vector : vector::BitCastOp::create(builder, cast<VectorType>(like), vector).getResult();
}

Value MicroKernel::addProduct(ImplicitLocOpBuilder &builder, Value x, Value y, Value sum) const {
  if (vnni == 2)
    return x86vector::DotBF16Op::create(builder, sum.getType(), sum, x, y);
  // Processors without wider vectors than these have no fused multiply-add either.
  if (vectorType().getElementTypeBitWidth() * lanes > 128)
    return vector::FMAOp::create(builder, x, y, sum);
  return arith::AddFOp::create(builder, arith::MulFOp::create(builder, x, y), sum);
}

/// Whether that is known.
static bool isMultiple(Value value, int64_t size) {
  std::optional<int64_t> constant = getConstantIntValue(value);
  return constant && *constant % size == 0;
}

/// The sums of one register block: row by row, one vector after the other; none where they are in tiles, which go to
/// `tile`.
SmallVector<Value> MicroKernel::multiply(ImplicitLocOpBuilder &builder, Value i, Value j, Value sums,
                                         function_ref<void(Value)> emitBeside) const {
  VectorType type = vectorType();
  auto addTerm = [&](Value k, MutableArrayRef<Value> sum) {
    SmallVector<Value> row;
    for (int64_t v = 0; v < vectors(); ++v)
      row.push_back(b(builder, k, v * lanes));
    for (int64_t r = 0; r < rows; ++r) {
      Value splat = repeat(builder, a(builder, i, k, r), row.front().getType());
      for (int64_t v = 0; v < vectors(); ++v) {
        Value &s = sum[r * vectors() + v];
        s = addProduct(builder, splat, row[v], s);
      }
    }
  };
  auto sumLoop = [&](Value from, Value to, int64_t step, ValueRange start,
                     function_ref<void(Value, SmallVector<Value> &)> body) -> ValueRange {
    auto k = scf::ForOp::create(builder, from, to, constantIndex(builder, step), start);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(k.getBody());
    SmallVector<Value> sum(k.getRegionIterArgs());
    body(k.getInductionVar(), sum);
    scf::YieldOp::create(builder, sum);
    return k.getResults();
  };
  auto addTerms = [&](Value from, Value to, int64_t step, ValueRange start) {
    return sumLoop(from, to, step, start, [&](Value k, SmallVector<Value> &sum) {
      for (int64_t term = 0; term < step; term += vnni)
        addTerm(plus(builder, k, term), sum);
    });
  };

  int64_t unrolled = termsOfPass();
  Value whole = roundDown(builder, sums, unrolled);
  Value from = constantIndex(builder, 0), to = whole;
  if (triangle && triangle->row == Triangle::K)
    from = roundDown(builder, triangle->column == Triangle::M ? i : j, unrolled);
  if (triangle && triangle->column == Triangle::K) {
    Value end = triangle->row == Triangle::M ? plus(builder, i, rows) : plus(builder, j, columns);
    to = builder.createOrFold<arith::MinUIOp>(roundDown(builder, plus(builder, end, unrolled - 1), unrolled), whole);
  }
  if (tiles) {
    multiplyTiles(builder, i, from, to, emitBeside);
    return {};
  }
  SmallVector<Value> zeros(rows * vectors(), arith::ConstantOp::create(builder, builder.getZeroAttr(type)));
  ValueRange result = sumLoop(from, to, termsOfStretch(), zeros, [&](Value k, SmallVector<Value> &sum) {
    Value since = builder.createOrFold<arith::SubIOp>(k, from);
    emitBeside(builder.createOrFold<arith::DivUIOp>(since, constantIndex(builder, termsOfStretch())));
    Value end = plus(builder, k, termsOfStretch());
    if (!isMultiple(to, termsOfStretch()) || !isMultiple(from, termsOfStretch()))
      end = builder.createOrFold<arith::MinUIOp>(end, to);
    sum = llvm::to_vector(addTerms(k, end, unrolled, sum));
  });
  Value rest = builder.createOrFold<arith::SubIOp>(sums, whole);
  if (!matchPattern(rest, m_Zero()))
    result = addTerms(whole, sums, vnni, result);
  return SmallVector<Value>(result);
}

void PanelFetch::forLines(ImplicitLocOpBuilder &builder, Value number, int64_t stretches,
                          function_ref<void(Value, Value)> body) const {
  bool alongRows = matrix.rowIsContiguous();
  int64_t lineElements = matrix.lineElements();
  int64_t linesOfRun = llvm::divideCeil(alongRows ? rows : sums, lineElements), runs = alongRows ? sums : rows;
  int64_t linesOfStretch = llvm::divideCeil(linesOfRun * runs, parts * stretches);
  // Neighbours in one run, so that their place is found once.
  int64_t together = std::min(linesOfStretch, linesOfRun);
  while (linesOfRun % together != 0)
    ++together;
  int64_t groupsOfRun = linesOfRun / together, groupsOfStretch = llvm::divideCeil(linesOfStretch, together);
  Value first = times(builder, number, groupsOfStretch);
  for (int64_t i = 0; i < groupsOfStretch; ++i) {
    Value group =
        builder.createOrFold<arith::MinUIOp>(plus(builder, first, i), constantIndex(builder, runs * groupsOfRun - 1));
    Value run = builder.createOrFold<arith::DivUIOp>(group, constantIndex(builder, groupsOfRun));
    Value inRun = builder.createOrFold<arith::RemUIOp>(group, constantIndex(builder, groupsOfRun));
    for (int64_t line = 0; line < together; ++line) {
      Value inside = plus(builder, times(builder, inRun, together * lineElements), line * lineElements);
      alongRows ? body(inside, run) : body(run, inside);
    }
  }
}

void PanelFetch::pack(ImplicitLocOpBuilder &builder, Value number, int64_t stretches, int64_t lanes) const {
  auto type = VectorType::get(lanes, cast<MemRefType>(matrix.memref.getType()).getElementType());
  forLines(builder, number, stretches, [&](Value r, Value s) {
    for (int64_t offset = 0; offset < matrix.lineElements(); offset += lanes) {
      Value from = plus(builder, r, offset);
      Value vector = vector::LoadOp::create(builder, type, matrix.memref,
                                            matrix.indices(builder, plus(builder, row, from), plus(builder, sum, s)));
      Value at = plus(builder, plus(builder, to->base, times(builder, s, to->width)), from);
      vector::StoreOp::create(builder, vector, to->buffer, ValueRange{at});
    }
  });
}

void PanelFetch::emit(ImplicitLocOpBuilder &builder, Value part, Value stretch, int64_t stretches,
                      int64_t lanes) const {
  Value number = plus(builder, times(builder, part, stretches), stretch);
  forLines(builder, number, stretches, [&](Value r, Value s) {
    SmallVector<Value> at = matrix.indices(builder, plus(builder, row, r), plus(builder, sum, s));
    memref::PrefetchOp::create(builder, matrix.memref, at, /*isWrite=*/false, /*localityHint=*/to ? 3 : 2,
                               /*isDataCache=*/true);
  });
  if (!to)
    return;
  Value between = constantIndex(builder, stretchesBetween);
  Value hasCome = arith::CmpIOp::create(builder, arith::CmpIPredicate::uge, number, between);
  emitIf(builder, hasCome, [&] { pack(builder, arith::SubIOp::create(builder, number, between), stretches, lanes); });
}

void PanelFetch::finish(ImplicitLocOpBuilder &builder, int64_t stretches, int64_t lanes) const {
  int64_t end = parts * stretches;
  loop(builder, constantIndex(builder, end - stretchesBetween), constantIndex(builder, end), 1,
       [&](Value number) { pack(builder, number, stretches, lanes); });
}

/// The sums of row `r` of the block, from `column` on.
Value MicroKernel::sumsAt(ImplicitLocOpBuilder &builder, ValueRange values, int64_t r, int64_t column) const {
  if (!tiles)
    return values[r * vectors() + column / lanes];
  SmallVector<Value> at = {constantIndex(builder, r), constantIndex(builder, column)};
  return vector::LoadOp::create(builder, vectorType(), tile, at);
}

void MicroKernel::store(ImplicitLocOpBuilder &builder, Place from, Place to, Value columnOfStart, ValueRange values,
                        bool add) const {
  auto load = [&](Value memref, ValueRange at) { return vector::LoadOp::create(builder, vectorType(), memref, at); };
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t offset = 0; offset < columns; offset += lanes) {
      Value sum = sumsAt(builder, values, r, offset);
      if (add)
        sum = arith::AddFOp::create(builder, load(from.matrix.memref, from.indices(builder, r, offset)), sum);
      else if (start)
        sum = arith::AddFOp::create(builder, load(start, plus(builder, columnOfStart, offset)), sum);
      vector::StoreOp::create(builder, sum, to.matrix.memref, to.indices(builder, r, offset));
    }
}

/// A block of which only the first rows and columns are inside C: masked, as the sums themselves are never.
void MicroKernel::storePart(ImplicitLocOpBuilder &builder, Place from, Place to, Value columnOfStart, ValueRange values,
                            Value rowCount, Value columnCount, bool add) const {
  VectorType type = vectorType();
  SmallVector<Value> masks;
  for (int64_t v = 0; v < vectors(); ++v) {
    Value left = builder.createOrFold<arith::SubIOp>(columnCount, constantIndex(builder, v * lanes));
    masks.push_back(vector::CreateMaskOp::create(builder, type.clone(builder.getI1Type()), left));
  }
  for (int64_t r = 0; r < rows; ++r) {
    Value isInside = arith::CmpIOp::create(builder, arith::CmpIPredicate::ult, constantIndex(builder, r), rowCount);
    emitIf(builder, isInside, [&] {
      for (int64_t v = 0; v < vectors(); ++v) {
        Value sum = sumsAt(builder, values, r, v * lanes);
        auto addTo = [&](Value memref, ValueRange position) {
          Value zeros = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
          Value old = vector::MaskedLoadOp::create(builder, type, memref, position, masks[v], zeros);
          sum = arith::AddFOp::create(builder, old, sum);
        };
        if (add)
          addTo(from.matrix.memref, from.indices(builder, r, v * lanes));
        else if (start)
          addTo(start, plus(builder, columnOfStart, v * lanes));
        vector::MaskedStoreOp::create(builder, to.matrix.memref, to.indices(builder, r, v * lanes), masks[v], sum);
      }
    });
  }
}

/// The same for columns that are not contiguous: element by element, by way of a tile.
void MicroKernel::storeElements(ImplicitLocOpBuilder &builder, Value i, Value j, ValueRange values, Value rowCount,
                                Value columnCount, bool add) const {
  Value zero = constantIndex(builder, 0);
  for (auto [index, value] : llvm::enumerate(values))
    vector::StoreOp::create(
        builder, value, tile,
        ValueRange{constantIndex(builder, index / vectors()), constantIndex(builder, index % vectors() * lanes)});
  loop(builder, zero, rowCount, 1, [&](Value r) {
    loop(builder, zero, columnCount, 1, [&](Value s) {
      SmallVector<Value> at = c.indices(builder, plus(builder, i, r), plus(builder, j, s));
      Value sum = memref::LoadOp::create(builder, tile, ValueRange{r, s});
      if (add)
        sum = arith::AddFOp::create(builder, memref::LoadOp::create(builder, c.memref, at), sum);
      else if (start)
        sum = arith::AddFOp::create(builder, memref::LoadOp::create(builder, start, plus(builder, j, s)), sum);
      memref::StoreOp::create(builder, sum, c.memref, at);
    });
  });
}

void MicroKernel::emit(ImplicitLocOpBuilder &builder, SubRange m, SubRange n, Value j, Value sums) const {
  auto storeOrAdd = [&](function_ref<void(bool)> emitStore) {
    if (!first)
      return emitStore(/*add=*/true);
    if (matchPattern(first, m_One()))
      return emitStore(/*add=*/false);
    emitIf(builder, first, [&] { emitStore(false); }, [&] { emitStore(true); });
  };
  auto ifLast = [&](function_ref<void()> emitLast) {
    if (!epilogue)
      return;
    if (matchPattern(epilogue->last, m_One()))
      return emitLast();
    emitIf(builder, epilogue->last, emitLast);
  };
  bool isContiguous = c.columnIsContiguous();
  // The panel of B stays in the first-level cache while those of A pass by.
  Value from = constantIndex(builder, 0), to = m.count;
  if (triangle && triangle->row == Triangle::M && triangle->column == Triangle::N)
    from = roundDown(builder, j, rows);
  if (triangle && triangle->row == Triangle::N && triangle->column == Triangle::M)
    to = builder.createOrFold<arith::MinUIOp>(plus(builder, j, columns), to);
  loop(builder, from, to, rows, [&](Value i) {
    Value atI = plus(builder, m.start, i), atJ = plus(builder, n.start, j);
    // What is needed next comes while the sums are computed, some of it with each stretch of them: all at once would
    // wait for each other.
    auto prefetch = [&](Value stretch) {
      if (fetch) {
        Value block = builder.createOrFold<arith::DivUIOp>(i, constantIndex(builder, rows));
        fetch->emit(builder, plus(builder, fetch->firstPart, block), stretch, stretches(), lanes);
      }
      if (!isContiguous)
        return;
      int64_t rowsOfStretch = llvm::divideCeil(rows, stretches());
      Value row = times(builder, stretch, rowsOfStretch);
      if (rows % stretches() != 0)
        row = builder.createOrFold<arith::MinUIOp>(row, constantIndex(builder, rows - rowsOfStretch));
      row = plus(builder, atI, row);
      auto fetchC = [&](bool isWrite) { c.prefetchBlock(builder, row, atJ, rowsOfStretch, columns, isWrite); };
      if (kept)
        emitIf(builder, kept->last, [&] { fetchC(/*isWrite=*/true); });
      else if (fetchesC)
        fetchC(/*isWrite=*/false);
      ifLast([&] { epilogue->prefetch(builder, c, row, atJ, rowsOfStretch, columns); });
    };
    SmallVector<Value> values = multiply(builder, i, j, sums, prefetch);
    // Calls `emitStore` with where the sums so far are and where they go.
    auto place = [&](function_ref<void(Place, Place)> emitStore) {
      Place inC{c, atI, atJ};
      if (!kept)
        return emitStore(inC, inC);
      Place inBlock{kept->block, i, j};
      emitIf(builder, kept->last, [&] { emitStore(inBlock, inC); }, [&] { emitStore(inBlock, inBlock); });
    };
    auto whole = [&] {
      storeOrAdd([&](bool add) { place([&](Place from, Place to) { store(builder, from, to, atJ, values, add); }); });
      ifLast([&] { epilogue->emit(builder, atI, atJ, constantIndex(builder, rows), columns, {}); });
    };
    if (m.whole && n.whole && isContiguous)
      return whole();
    auto left = [&](SubRange range, Value at, int64_t width) {
      return builder.createOrFold<arith::MinUIOp>(arith::SubIOp::create(builder, range.count, at),
                                                  constantIndex(builder, width));
    };
    Value rowsLeft = left(m, i, rows), columnsLeft = left(n, j, columns);
    if (!isContiguous)
      return storeOrAdd([&](bool add) { storeElements(builder, atI, atJ, values, rowsLeft, columnsLeft, add); });
    auto equals = [&](Value x, int64_t y) {
      return arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, x, constantIndex(builder, y));
    };
    Value isWhole = arith::AndIOp::create(builder, equals(rowsLeft, rows), equals(columnsLeft, columns));
    emitIf(builder, isWhole, whole, [&] {
      storeOrAdd([&](bool add) {
        place([&](Place from, Place to) { storePart(builder, from, to, atJ, values, rowsLeft, columnsLeft, add); });
      });
      ifLast([&] { epilogue->emit(builder, atI, atJ, rowsLeft, columns, columnsLeft); });
    });
  });
}
