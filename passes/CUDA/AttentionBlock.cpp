//===- AttentionBlock.cpp - What the kernels of attention share -----------------------===//
#include "passes/CUDA/AttentionBlock.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/Loops.h"
#include "passes/CUDA/StoreOfC.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

//===-- Where ---------------------------------------------------------------------===//

AttentionSizes::AttentionSizes(MemRefType query, int64_t heads, bool isBackward, FloatType factors)
    : batch(query.getDimSize(0)), heads(heads), sequence(query.getDimSize(1)), width(query.getDimSize(2) / heads),
      factors(factors) {
  // What fits 48 KiB of shared memory.
  if (factors) {
    widthOfTile = llvm::alignTo(width, 16);
    rows = 64;
    // With 64, threads that draw for dropout have too few registers for gradients of keys.
    columns = widthOfTile > 64 && isBackward ? 16 : 32;
    return;
  }
  widthOfTile = std::min<int64_t>(llvm::alignTo(width, 32), 64);
  bool isNarrow = widthOfTile == 32;
  rows = isNarrow || !isBackward ? 64 : 32;
  columns = isNarrow ? 64 : 32;
}

int64_t AttentionSizes::threads() const { return rows / warpRows * warpSize; }

Value HeadPlace::startOf(MemRefType type) const {
  auto [strides, offset] = type.getStridesAndOffset();
  return plus(b, times(b, sample, strides[0]), times(b, head, sizes.width * strides[2]));
}

int64_t HeadPlace::alignmentOf(MemRefType type) const {
  auto [strides, offset] = type.getStridesAndOffset();
  return strides[2] != 1 ? 1 : std::gcd(std::gcd(strides[0], strides[1]), std::gcd(offset, sizes.width));
}

GlobalMatrix HeadPlace::linesOf(Value memref) const {
  auto type = cast<MemRefType>(memref.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  return {flatten(b, memref), sizes.sequence, sizes.width, strides[1], strides[2], alignmentOf(type)};
}

static HeadPlace placeOf(ImplicitLocOpBuilder &b, const KernelBody &body, const AttentionSizes &sizes) {
  Value sample = body.blockY, head = takeIndex(b, sample, sizes.heads);
  Value firstOutput = sizes.tiles() == 1 ? constantIndex(b, 0) : times(b, body.blockZ, sizes.widthOfTile);
  return {b, sizes, body.thread, body.shared.front(), sample, head, times(b, body.blockX, sizes.rows), firstOutput};
}

AttentionBlock::AttentionBlock(ImplicitLocOpBuilder &b, const KernelBody &body, const AttentionSizes &sizes,
                               HeadOperands operands)
    : b(b), sizes(sizes), place(placeOf(b, body, sizes)) {
  products = sizes.factors ? createMmaHeads(place, std::move(operands)) : createFmaHeads(place, std::move(operands));
  scoresPart = products->scoresPart();
  outputsPart = products->outputsPart();
}

void AttentionBlock::forColumns(Value first, Value end, SmallVector<Value> &carried, function_ref<void()> body) {
  products->forColumns(first, end, carried, [&](Value number) {
    firstColumn = times(b, number, sizes.columns);
    body();
  });
}

Value AttentionBlock::endOfKeys(bool causal) {
  Value all = constantIndex(b, llvm::divideCeil(sizes.sequence, sizes.columns));
  if (!causal)
    return all;
  Value behind = plus(b, place.firstRow, sizes.rows + sizes.columns - 1);
  return arith::MinUIOp::create(b, arith::DivUIOp::create(b, behind, constantIndex(b, sizes.columns)), all);
}

Value AttentionBlock::row(int64_t i) const { return plus(b, place.firstRow, scoresPart.rows[i]); }

Value AttentionBlock::column(int64_t j) const { return plus(b, firstColumn, scoresPart.columns[j]); }

Value AttentionBlock::reduce(Value value, function_ref<Value(Value, Value)> combine) {
  for (int64_t distance = 1; distance < products->lanesOfRow(); distance *= 2) {
    auto other = gpu::ShuffleOp::create(b, value, distance, warpSize, gpu::ShuffleMode::XOR);
    value = combine(value, other.getShuffleResult());
  }
  return value;
}

Value AttentionBlock::isFirstOfRow() {
  auto isZero = [&](Value index) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index, constantIndex(b, 0));
  };
  Value isFirst = isZero(arith::RemUIOp::create(b, place.thread, constantIndex(b, products->lanesOfRow())));
  return sizes.tiles() == 1 ? isFirst : arith::AndIOp::create(b, isFirst, isZero(place.firstOutput)).getResult();
}

Value AttentionBlock::statisticsIndex(Value line) {
  Value last = constantIndex(b, sizes.sequence - 1);
  Value start = times(b, plus(b, times(b, place.sample, sizes.heads), place.head), sizes.sequence);
  return plus(b, start, arith::MinUIOp::create(b, line, last));
}

Value AttentionBlock::statisticsOfColumns(Value flat, int64_t j) {
  if (sizes.sequence % sizes.columns == 0) {
    Value start = times(b, plus(b, times(b, place.sample, sizes.heads), place.head), sizes.sequence);
    return loadLanes(b, flat, plus(b, start, column(j)), lanes());
  }
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < lanes(); ++lane)
    elements.push_back(loadLanes(b, flat, statisticsIndex(plus(b, column(j), lane)), 1));
  return vector::FromElementsOp::create(b, VectorType::get(lanes(), b.getF32Type()), elements);
}

//===-- Scores --------------------------------------------------------------------===//

Value AttentionBlock::splat(Value scalar) {
  return vector::BroadcastOp::create(b, VectorType::get(lanes(), scalar.getType()), scalar);
}

Value AttentionBlock::splat(double number) {
  auto type = VectorType::get(lanes(), b.getF32Type());
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, b.getF32FloatAttr(number)));
}

Value AttentionBlock::whereSeen(Value scores, int64_t i, int64_t j, bool rowsAreQueries, bool causal) {
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
  if (sizes.sequence % sizes.columns != 0 && !(causal && rowsAreQueries)) {
    Value isInside = compare(arith::CmpIPredicate::ult, constantIndex(b, sizes.sequence));
    isSeen = isSeen ? arith::AndIOp::create(b, isSeen, isInside).getResult() : isInside;
  }
  return arith::SelectOp::create(b, isSeen, scores, splat(masked));
}

void AttentionBlock::mask(Scores &scores, bool rowsAreQueries, bool causal) {
  auto exceeds = [&](Value index, Value other) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ugt, index, other);
  };
  Value behind = plus(b, firstColumn, sizes.columns), isCut;
  // Of most blocks all rows see all columns.
  if (causal)
    isCut = rowsAreQueries ? exceeds(behind, plus(b, place.firstRow, 1))
                           : exceeds(plus(b, place.firstRow, sizes.rows), plus(b, firstColumn, 1));
  if (sizes.sequence % sizes.columns != 0 && !(causal && rowsAreQueries)) {
    Value isLast = exceeds(behind, constantIndex(b, sizes.sequence));
    isCut = isCut ? arith::OrIOp::create(b, isCut, isLast).getResult() : isLast;
  }
  if (!isCut)
    return;
  auto branch = scf::IfOp::create(b, TypeRange(ValueRange(scores)), isCut, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, scores);
  b.setInsertionPointToStart(branch.thenBlock());
  for (int64_t i = 0; i < rowsOfThread(); ++i)
    for (int64_t j = 0; j < vectorsOfRow(); ++j) {
      Value &score = scores[i * vectorsOfRow() + j];
      score = whereSeen(score, i, j, rowsAreQueries, causal);
    }
  scf::YieldOp::create(b, scores);
  scores.assign(branch.getResults().begin(), branch.getResults().end());
}

Value AttentionBlock::dropoutFactors(const DropoutMask &mask, int64_t i, int64_t j, bool rowsAreQueries) {
  auto toWord = [&](Value index) -> Value { return arith::IndexCastOp::create(b, b.getI32Type(), index); };
  SmallVector<Value> factors;
  for (int64_t lane = 0; lane < lanes(); ++lane) {
    Value ofRow = row(i), ofColumn = plus(b, column(j), lane);
    Value query = rowsAreQueries ? ofRow : ofColumn, key = rowsAreQueries ? ofColumn : ofRow;
    Value line = plus(b, times(b, place.head, sizes.sequence), query);
    Value element = plus(b, times(b, line, sizes.sequence), key);
    factors.push_back(dropoutFactor(b, mask, toWord(element), toWord(place.sample)));
  }
  return vector::FromElementsOp::create(b, VectorType::get(lanes(), b.getF32Type()), factors);
}

Value AttentionBlock::power(Value x) {
  if (!sizes.factors)
    return math::ExpOp::create(b, x);
  auto ofScalar = [&](Value scalar) -> Value {
    StringAttr name = b.getStringAttr("llvm.nvvm.ex2.approx.ftz.f32");
    return LLVM::CallIntrinsicOp::create(b, b.getF32Type(), name, scalar).getResults();
  };
  auto type = dyn_cast<VectorType>(x.getType());
  if (!type)
    return ofScalar(x);
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < type.getNumElements(); ++lane)
    elements.push_back(ofScalar(vector::ExtractOp::create(b, x, lane)));
  return vector::FromElementsOp::create(b, type, elements);
}

double AttentionBlock::exponentOfE() const { return sizes.factors ? 1 / std::log(2.0) : 1; }

//===-- Outputs -------------------------------------------------------------------===//

void AttentionBlock::storeOutputs(Value memref, ValueRange outputs) {
  auto type = cast<MemRefType>(memref.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  int64_t strideOfRow = strides[1], strideOfColumn = strides[2];
  Value flat = flatten(b, memref), start = place.startOf(type);
  int64_t count = place.alignmentOf(type) % outputsPart.lanes == 0 ? outputsPart.lanes : 1;
  BlockShape block{sizes.rows, sizes.widthOfTile, 0, 0, 0};
  forPart(
      b, outputsPart, outputs, block, {place.firstRow, place.firstOutput}, {sizes.sequence, sizes.width}, count,
      [](Value) {},
      [&](Value value, Value row, Value column) {
        Value index = plus(b, times(b, row, strideOfRow), times(b, column, strideOfColumn));
        storeLanes(b, value, flat, plus(b, start, index));
      });
}

Value AttentionBlock::loadOutputs(Value memref, int64_t row, int64_t column, int64_t tile) {
  auto type = cast<MemRefType>(memref.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  Value flat = flatten(b, memref), start = place.startOf(type);
  Value last = constantIndex(b, sizes.sequence - 1);
  Value line = arith::MinUIOp::create(b, plus(b, place.firstRow, outputsPart.rows[row]), last);
  Value ofLine = plus(b, start, times(b, line, strides[1]));
  int64_t count = place.alignmentOf(type) % outputsPart.lanes == 0 ? outputsPart.lanes : 1;
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

//===-- Launches ------------------------------------------------------------------===//

void cuda::emitAttentionLaunch(ImplicitLocOpBuilder &b, const AttentionSizes &sizes, KernelAttr kernel,
                               const HeadOperands &operands, function_ref<void(AttentionBlock &)> body) {
  int64_t blocks = llvm::divideCeil(sizes.sequence, sizes.rows), rows = operands.rows.size();
  int64_t columns = operands.columns.size();
  std::pair<int64_t, Type> shared = sizes.factors
                                        ? std::pair(sharedElementsOfMma(sizes, rows, columns), Type(sizes.factors))
                                        : std::pair(sharedElementsOfFma(sizes, rows, columns), Type(b.getF32Type()));
  emitLaunch(b, {blocks, sizes.batch * sizes.heads, sizes.tiles()}, sizes.threads(), kernel, shared,
             [&](const KernelBody &inner) {
               AttentionBlock block(b, inner, sizes, operands);
               body(block);
             });
}
