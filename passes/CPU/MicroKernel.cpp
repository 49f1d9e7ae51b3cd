//===- MicroKernel.cpp - A block of C in registers ---------------------------------===//
#include "passes/CPU/MicroKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/IR/Matchers.h"
#include "passes/CPU/TensorCoreSums.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sluice;

VectorType MicroKernel::vectorType() const { return VectorType::get(shape.lanes, target.c.elementType()); }

/// A vector like those of B that has the element of A, or its terms that lie together, everywhere.
Value MicroKernel::repeat(ImplicitLocOpBuilder &b, Value element, Type like) const {
  Value vector = vector::BroadcastOp::create(b, VectorType::get(shape.lanes, element.getType()), element);
  return shape.interleavedTerms == 1 ? vector
                                     : vector::BitCastOp::create(b, cast<VectorType>(like), vector).getResult();
}

Value MicroKernel::addProduct(ImplicitLocOpBuilder &b, Value left, Value right, Value sum) const {
  if (shape.interleavedTerms == 2)
    return x86vector::DotBF16Op::create(b, sum.getType(), sum, left, right);
  if (target.narrow)
    return target.narrow->addProduct(b, left, right, sum);
  // Processors without wider vectors than these have no fused multiply-add either.
  if (vectorType().getElementTypeBitWidth() * shape.lanes > 128)
    return vector::FMAOp::create(b, left, right, sum);
  return arith::AddFOp::create(b, arith::MulFOp::create(b, left, right), sum);
}

/// Adds term `k`, or those that lie together from it on, to all sums of the register block that begins at row `i`.
void MicroKernel::addTerm(ImplicitLocOpBuilder &b, Value i, Value k, MutableArrayRef<Value> sums) const {
  SmallVector<Value> row;
  for (int64_t v = 0; v < shape.vectors(); ++v)
    row.push_back(vectorOfB(b, k, v * shape.lanes));
  for (int64_t r = 0; r < shape.rows; ++r) {
    Value splat = repeat(b, elementOfA(b, i, k, r), row.front().getType());
    for (int64_t v = 0; v < shape.vectors(); ++v) {
      Value &sum = sums[r * shape.vectors() + v];
      sum = addProduct(b, splat, row[v], sum);
    }
  }
}

/// Sum by sum, as four of its terms share what is drawn.
void MicroKernel::addDrawnTerms(ImplicitLocOpBuilder &b, RegisterBlockStart start, Value k, int64_t count,
                                MutableArrayRef<Value> sums) const {
  const SumDraws &draws = *target.draws;
  for (auto [index, sum] : llvm::enumerate(sums)) {
    int64_t r = int64_t(index) / shape.vectors(), column = int64_t(index) % shape.vectors() * shape.lanes;
    Value elements = draws.elementsAt(b, plus(b, start.row, r), plus(b, start.column, column), vectorType());
    std::array<Value, 4> words;
    bool areShared = draws.startsQuarter && count == int64_t(words.size());
    if (areShared)
      words = draws.quarter(b, elements, k);
    for (int64_t term = 0; term < count; ++term) {
      Value at = plus(b, k, term), left = repeat(b, elementOfA(b, start.i, at, r), vectorType());
      Value random = areShared ? words[term] : draws.word(b, elements, at, precision::Addition::Within);
      sum = target.narrow->addProduct(b, left, vectorOfB(b, at, column), sum, random);
    }
  }
}

/// A loop over terms that carries sums, which `body` replaces.
static ValueRange loopOverSums(ImplicitLocOpBuilder &b, Value from, Value to, int64_t step, ValueRange initial,
                               function_ref<void(Value, SmallVector<Value> &)> body) {
  auto k = scf::ForOp::create(b, from, to, constantIndex(b, step), initial);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(k.getBody());
  SmallVector<Value> sums(k.getRegionIterArgs());
  body(k.getInductionVar(), sums);
  scf::YieldOp::create(b, sums);
  return k.getResults();
}

/// The innermost loop, `step` terms in a pass.
ValueRange MicroKernel::addTerms(ImplicitLocOpBuilder &b, RegisterBlockStart start, Terms terms, int64_t step,
                                 ValueRange sums) const {
  return loopOverSums(b, terms.from, terms.to, step, sums, [&](Value k, SmallVector<Value> &carried) {
    if (target.draws)
      return addDrawnTerms(b, start, k, step, carried);
    for (int64_t term = 0; term < step; term += shape.interleavedTerms)
      addTerm(b, start.i, plus(b, k, term), carried);
  });
}

/// Of the `whole` terms those that are not zeros of a triangle for all of the register block.
MicroKernel::Terms MicroKernel::termsThatCount(ImplicitLocOpBuilder &b, RegisterBlockStart start, Value whole) const {
  int64_t pass = shape.termsOfPass();
  Terms terms{constantIndex(b, 0), whole};
  if (triangle && triangle->row == Triangle::K)
    terms.from = roundDown(b, triangle->column == Triangle::M ? start.i : start.j, pass);
  if (triangle && triangle->column == Triangle::K) {
    Value end = triangle->row == Triangle::M ? plus(b, start.i, shape.rows) : plus(b, start.j, shape.columns);
    terms.to = b.createOrFold<arith::MinUIOp>(roundDown(b, plus(b, end, pass - 1), pass), whole);
  }
  return terms;
}

/// Whether the value is known to be one.
static bool isMultiple(Value value, int64_t factor) {
  std::optional<int64_t> constant = getConstantIntValue(value);
  return constant && *constant % factor == 0;
}

/// The sums of one register block: row by row, one vector after the other; none where they are in tiles, which go to
/// the target's tile. `emitBeside` is called with the number of each stretch of the sum.
SmallVector<Value> MicroKernel::multiply(ImplicitLocOpBuilder &b, RegisterBlockStart start, Value sums,
                                         function_ref<void(Value)> emitBeside) const {
  int64_t pass = shape.termsOfPass(), stretch = shape.termsOfStretch();
  Value whole = roundDown(b, sums, pass);
  Terms terms = termsThatCount(b, start, whole);
  if (tiles) {
    multiplyTiles(b, shape, *tiles, target.tile, start.i, terms.from, terms.to, emitBeside);
    return {};
  }
  if (target.narrow && !target.narrow->accumulation.order.sequential())
    return addByTensorCore(b, shape, *target.narrow, elementOfA, vectorOfB, start.i, sums);
  SmallVector<Value> zeros(shape.rows * shape.vectors(), arith::ConstantOp::create(b, b.getZeroAttr(vectorType())));
  ValueRange result = loopOverSums(b, terms.from, terms.to, stretch, zeros, [&](Value k, SmallVector<Value> &carried) {
    Value since = b.createOrFold<arith::SubIOp>(k, terms.from);
    emitBeside(b.createOrFold<arith::DivUIOp>(since, constantIndex(b, stretch)));
    Value end = plus(b, k, stretch);
    if (!isMultiple(terms.to, stretch) || !isMultiple(terms.from, stretch))
      end = b.createOrFold<arith::MinUIOp>(end, terms.to);
    carried = llvm::to_vector(addTerms(b, start, {k, end}, pass, carried));
  });
  Value rest = b.createOrFold<arith::SubIOp>(sums, whole);
  if (!matchPattern(rest, m_Zero()))
    result = addTerms(b, start, {whole, sums}, shape.interleavedTerms, result);
  return SmallVector<Value>(result);
}

/// What is needed next comes while the sums are computed, some of it with each stretch of them: all at once would wait
/// for each other.
void MicroKernel::prefetchNext(ImplicitLocOpBuilder &b, RegisterBlockStart start, Value stretch) const {
  if (prefetch) {
    Value block = b.createOrFold<arith::DivUIOp>(start.i, constantIndex(b, shape.rows));
    prefetch->emit(b, plus(b, prefetch->firstPart, block), stretch, shape.stretches(), shape.lanes);
  }
  if (!target.c.columnIsContiguous())
    return;
  int64_t rowsOfStretch = llvm::divideCeil(shape.rows, shape.stretches());
  Value row = times(b, stretch, rowsOfStretch);
  if (shape.rows % shape.stretches() != 0)
    row = b.createOrFold<arith::MinUIOp>(row, constantIndex(b, shape.rows - rowsOfStretch));
  row = plus(b, start.row, row);
  auto prefetchC = [&](bool isWrite) {
    target.c.prefetchBlock(b, row, start.column, rowsOfStretch, shape.columns, isWrite);
  };
  if (target.kept)
    emitIf(b, target.kept->isLast, [&] { prefetchC(/*isWrite=*/true); });
  else if (prefetchesC)
    prefetchC(/*isWrite=*/false);
  target.ifLast(b, [&] { target.epilogue->prefetch(b, target.c, row, start.column, rowsOfStretch, shape.columns); });
}

void MicroKernel::emit(ImplicitLocOpBuilder &b, SubRange m, SubRange n, Value j, Value sums) const {
  Value from = constantIndex(b, 0), to = m.count;
  if (triangle && triangle->row == Triangle::M && triangle->column == Triangle::N)
    from = roundDown(b, j, shape.rows);
  if (triangle && triangle->row == Triangle::N && triangle->column == Triangle::M)
    to = b.createOrFold<arith::MinUIOp>(plus(b, j, shape.columns), to);
  loop(b, from, to, shape.rows, [&](Value i) {
    RegisterBlockStart start{i, j, plus(b, m.start, i), plus(b, n.start, j)};
    SmallVector<Value> values = multiply(b, start, sums, [&](Value stretch) { prefetchNext(b, start, stretch); });
    storeSums(b, target, shape, m, n, start, values);
  });
}
