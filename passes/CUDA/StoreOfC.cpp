//===- StoreOfC.cpp - What happens to complete sums of a contraction ------------------===//
#include "passes/CUDA/StoreOfC.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Build/Loops.h"
#include "passes/Build/VectorBody.h"
#include <numeric>

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

int64_t cuda::strideOf(const Contraction::Operand &operand, std::optional<unsigned> dim) {
  const auto *it = dim ? llvm::find(operand.dims, *dim) : operand.dims.end();
  return it == operand.dims.end() ? 0 : operand.type.getStridesAndOffset().first[it - operand.dims.begin()];
}

int64_t cuda::alignmentOf(const Contraction::Operand &operand) {
  auto [strides, offset] = operand.type.getStridesAndOffset();
  int64_t result = std::gcd(offset, bytesOfAccess);
  for (auto [stride, size] : llvm::zip_equal(strides, operand.type.getShape()))
    if (stride != 1 && size != 1)
      result = std::gcd(result, stride);
  return result;
}

MatrixInMemory MatrixInMemory::at(ImplicitLocOpBuilder &b, const Contraction &contraction,
                                  const Contraction::Operand &operand, const Position &position,
                                  std::optional<unsigned> row, std::optional<unsigned> column) {
  Value start = constantIndex(b, 0);
  for (auto [dim, index] : position)
    if (int64_t stride = strideOf(operand, dim))
      start = plus(b, start, times(b, index, stride));
  return {flatten(b, operand.value), start, strideOf(operand, row), strideOf(operand, column)};
}

Value MatrixInMemory::index(ImplicitLocOpBuilder &b, Value row, Value column) const {
  Value result = start;
  if (strideOfRow)
    result = plus(b, result, times(b, row, strideOfRow));
  return strideOfColumn ? plus(b, result, times(b, column, strideOfColumn)) : result;
}

/// Emits `body` where the index is below the end; without a branch where each multiple of `block`, with all that
/// follow it up to the next one, is.
static void emitBelow(ImplicitLocOpBuilder &b, Value index, int64_t end, int64_t block, function_ref<void()> body) {
  if (end % block == 0)
    return body();
  emitIf(b, arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, constantIndex(b, end)), body);
}

void cuda::forPart(ImplicitLocOpBuilder &b, const ThreadPart &part, ValueRange sums, BlockShape block,
                   std::pair<Value, Value> first, std::pair<int64_t, int64_t> sizes, int64_t lanes,
                   function_ref<void(Value)> beginColumn, ElementBuilder body) {
  size_t columns = part.columns.size(), rows = part.rows.size();
  auto emitColumn = [&](size_t j, int64_t lane, Value column) {
    beginColumn(column);
    for (size_t i = 0; i < rows; ++i) {
      Value row = plus(b, first.first, part.rows[i]), ofRow = sums[i * columns + j];
      if (lanes != part.lanes)
        ofRow = vector::ExtractOp::create(b, ofRow, lane);
      emitBelow(b, row, sizes.first, block.rows, [&] { body(ofRow, row, column); });
    }
  };
  for (size_t j = 0; j < columns; ++j)
    for (int64_t lane = 0; lane < part.lanes; lane += lanes) {
      Value column = plus(b, plus(b, first.second, part.columns[j]), lane);
      emitBelow(b, column, sizes.second, block.columns, [&] { emitColumn(j, lane, column); });
    }
}

StoreOfC::StoreOfC(ImplicitLocOpBuilder &b, const FusedContraction &fused, const Position &position)
    : b(b), fused(fused) {
  const Contraction &contraction = fused.contraction;
  auto at = [&](const Contraction::Operand &operand) {
    return MatrixInMemory::at(b, contraction, operand, position, contraction.m, contraction.n);
  };
  c = at(contraction.c);
  if (Value row = fused.initialization.row)
    initialRow = flatten(b, row);
  for (const Contraction::Operand &operand : fused.epilogue.operands)
    operands.push_back(at(operand));
}

int64_t StoreOfC::lanes(const FusedContraction &fused, int64_t most) {
  const Contraction &contraction = fused.contraction;
  int64_t alignment = std::gcd(alignmentOf(contraction.c), contraction.size(contraction.n));
  if (!contraction.isContiguous(contraction.c, contraction.n))
    return 1;
  for (const Contraction::Operand &operand : fused.epilogue.operands)
    if (strideOf(operand, contraction.n))
      alignment = std::gcd(alignment, alignmentOf(operand));
  if (Value row = fused.initialization.row)
    alignment = std::gcd(alignment, cast<MemRefType>(row.getType()).getStridesAndOffset().second);
  return alignment % most == 0 ? most : 1;
}

Value StoreOfC::load(const MatrixInMemory &matrix, Value row, Value column) const {
  Value index = matrix.index(b, row, column);
  return loadLanes(b, matrix.flat, index, matrix.strideOfColumn ? lanesOfColumn : 1);
}

void StoreOfC::beginColumn(Value column, int64_t count) {
  lanesOfColumn = count;
  if (initialRow)
    initialLanes = loadLanes(b, initialRow, column, count);
  ofColumn.assign(operands.size(), Value());
  linalg::GenericOp op = fused.epilogue.op;
  for (auto [index, operand] : llvm::enumerate(operands))
    if (operand.strideOfRow == 0 && op.isDpsInput(&op->getOpOperand(index)) &&
        op.payloadUsesValueFromOperand(&op->getOpOperand(index)) && fused.contraction.size(fused.contraction.m) > 1)
      ofColumn[index] = load(operand, /*row=*/{}, column);
}

Value StoreOfC::initialized(Value sums, Value row, Value column) const {
  if (initialLanes)
    return arith::AddFOp::create(b, initialLanes, sums);
  if (fused.initialization.op)
    return sums;
  return arith::AddFOp::create(b, load(c, row, column), sums);
}

void StoreOfC::store(Value sums, Value row, Value column) {
  Value value = initialized(sums, row, column);
  linalg::GenericOp op = fused.epilogue.op;
  if (fused.keepsC && !(op && llvm::is_contained(op.getOutputs(), fused.contraction.c.value)))
    storeLanes(b, value, c.flat, c.index(b, row, column));
  if (op)
    runEpilogue(value, row, column);
}

void StoreOfC::runEpilogue(Value ofC, Value row, Value column) const {
  linalg::GenericOp op = fused.epilogue.op;
  IRMapping values;
  for (auto [index, argument] : llvm::enumerate(op.getBody()->getArguments())) {
    if (argument.use_empty())
      continue;
    if (op->getOperand(index) == fused.contraction.c.value)
      values.map(argument, ofC);
    else
      values.map(argument, ofColumn[index] ? ofColumn[index] : load(operands[index], row, column));
  }
  auto lookup = [&](Value value) -> Value {
    if (Value known = values.lookupOrNull(value))
      return known;
    // Constants of the function: a kernel has its own.
    Value copy = b.clone(*value.getDefiningOp())->getResult(0);
    values.map(value, copy);
    return copy;
  };
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (inner.hasTrait<OpTrait::ConstantLike>()) {
      b.clone(inner, values);
      continue;
    }
    auto arguments = llvm::map_to_vector(inner.getOperands(), lookup);
    if (lanesOfColumn > 1) {
      values.map(inner.getResults(), cloneOnLanes(b, b.getLoc(), inner, arguments, lanesOfColumn)->getResults());
      continue;
    }
    Operation *copy = b.clone(inner, values);
    values.map(inner.getResults(), copy->getResults());
  }
  auto outputs = ArrayRef(operands).take_back(op.getNumDpsInits());
  for (auto [output, yielded] : llvm::zip_equal(outputs, op.getBody()->getTerminator()->getOperands())) {
    Value value = lookup(yielded);
    if (lanesOfColumn > 1)
      value = broadcastToLanes(b, b.getLoc(), value, lanesOfColumn);
    storeLanes(b, value, output.flat, output.index(b, row, column));
  }
}
