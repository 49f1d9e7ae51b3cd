//===- VectorizedNest.cpp - Loops around the vector body -----------------------===//
#include "passes/CPU/VectorizedNest.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/CPU/ParallelWork.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sluice;

/// Vectors summed side by side along a row, to hide the latency of an addition.
static constexpr int64_t accumulatorsPerRow = 4;
/// Rows added to a destination row in one pass over it.
static constexpr int64_t rowsPerPass = 8;

Value VectorizedNest::index(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }
Value VectorizedNest::index(OpFoldResult value) { return getValueOrCreateConstantIndexOp(builder, loc, value); }

/// A loop with step `step`, or its body alone where it runs exactly once.
VectorizedNest::Values VectorizedNest::emitLoop(OpFoldResult begin, OpFoldResult end, int64_t step, ValueRange carried,
                                                LoopBody body) {
  std::optional<int64_t> first = getConstantIntValue(begin), last = getConstantIntValue(end);
  if (begin == end || (first && last && *first >= *last))
    return carried;
  if (first && last && *last - *first <= step)
    return body(index(begin), carried);
  auto loop = scf::ForOp::create(builder, loc, index(begin), index(end), index(step), carried,
                                 [&](OpBuilder &, Location, Value position, ValueRange arguments) {
                                   Values results = body(position, arguments);
                                   scf::YieldOp::create(builder, loc, results);
                                 });
  return Values(loop.getResults());
}

/// Loops over whole dimensions, the first outermost; `indices` is set inside.
VectorizedNest::Values VectorizedNest::emitNest(ArrayRef<unsigned> dims, Values &indices, ValueRange carried,
                                                function_ref<Values(ValueRange)> body) {
  if (dims.empty())
    return body(carried);
  return emitLoop(builder.getIndexAttr(0), builder.getIndexAttr(sizes[dims[0]]), 1, carried,
                  [&](Value position, ValueRange arguments) {
                    indices[dims[0]] = position;
                    return emitNest(dims.drop_front(), indices, arguments, body);
                  });
}

void VectorizedNest::emit() {
  if (sizes.empty()) {
    Values yielded = emitBody({}, IRMapping(), 0, Values(outputs.size()));
    for (auto [output, value] : llvm::zip_equal(outputs, yielded))
      emitStore(output, {}, value, 0);
    return;
  }
  emitParallelDims([&](Values &indices, Part part) {
    if (vectorized.isReduction)
      return emitRowReduction(indices);
    if (!streamDim)
      return emitColumns(indices, part);
    emitLoop(builder.getIndexAttr(0), builder.getIndexAttr(sizes[*streamDim]), 1, {}, [&](Value position, ValueRange) {
      indices[*streamDim] = position;
      emitColumns(indices, part);
      return Values();
    });
  });
}

/// Columns that are taken at a time around the stream dimension: those of a cache line.
int64_t VectorizedNest::getStreamedColumns() { return std::max<int64_t>(vectorized.lanes, 16); }

void VectorizedNest::emitParallelDims(function_ref<void(Values &, Part)> body) {
  int64_t work = getWorkPerElement();
  for (int64_t size : sizes)
    work *= size;
  if (work >= leastParallelOperations && mayRunInParallel())
    return emitThreads(parallelDims, body);
  Values indices(sizes.size());
  emitNest(parallelDims, indices, {}, [&](ValueRange) {
    emitPart(indices, {builder.getIndexAttr(0), builder.getIndexAttr(vectorized.mainEnd)}, body);
    return Values();
  });
}

/// A part of the vector dimension, some columns at a time where another dimension is streamed.
void VectorizedNest::emitPart(Values &indices, Part part, function_ref<void(Values &, Part)> body) {
  int64_t columns = getStreamedColumns();
  if (!streamDim || vectorized.mainEnd <= columns)
    return body(indices, part);
  emitLoop(part.begin, part.end, columns, {}, [&](Value begin, ValueRange) {
    Value end = arith::AddIOp::create(builder, loc, begin, index(columns));
    if (vectorized.mainEnd % columns != 0)
      end = arith::MinSIOp::create(builder, loc, end, index(part.end));
    body(indices, {begin, end, /*hasTail=*/false});
    return Values();
  });
  if (vectorized.tailSize && part.hasTail)
    body(indices, {part.end, part.end, /*hasTail=*/true, part.tail});
}

/// A part of a row that is counted over all of `rowDims`.
void VectorizedNest::emitRow(ArrayRef<unsigned> rowDims, Value row, Part part,
                             function_ref<void(Values &, Part)> body) {
  Values indices(sizes.size());
  for (unsigned dim : llvm::reverse(rowDims)) {
    bool outermost = dim == rowDims.front();
    indices[dim] = outermost ? row : arith::RemUIOp::create(builder, loc, row, index(sizes[dim])).getResult();
    if (!outermost)
      row = arith::DivUIOp::create(builder, loc, row, index(sizes[dim]));
  }
  emitPart(indices, part, body);
}

void VectorizedNest::emitTask(ArrayRef<unsigned> rowDims, const Tasks &tasks, Value task,
                              function_ref<void(Values &, Part)> body) {
  if (tasks.chunks == 1) {
    Part whole{builder.getIndexAttr(0), builder.getIndexAttr(vectorized.mainEnd)};
    Value begin = arith::MulIOp::create(builder, loc, task, index(tasks.rowsOfTask));
    Value end = arith::AddIOp::create(builder, loc, begin, index(tasks.rowsOfTask));
    if (tasks.rows % tasks.rowsOfTask != 0)
      end = arith::MinSIOp::create(builder, loc, end, index(tasks.rows));
    if (tasks.rowsOfTask == 1)
      return emitRow(rowDims, begin, whole, body);
    emitLoop(begin, end, 1, {}, [&](Value row, ValueRange) {
      emitRow(rowDims, row, whole, body);
      return Values();
    });
    return;
  }
  bool hasRows = tasks.rows > 1;
  Value number = hasRows ? arith::RemUIOp::create(builder, loc, task, index(tasks.chunks)).getResult() : task;
  Value begin = arith::MulIOp::create(builder, loc, number, index(tasks.chunk));
  Value end = arith::AddIOp::create(builder, loc, begin, index(tasks.chunk));
  if (vectorized.mainEnd % tasks.chunk != 0)
    end = arith::MinSIOp::create(builder, loc, end, index(vectorized.mainEnd));
  Value last = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, number, index(tasks.chunks - 1));
  Value row = hasRows ? arith::DivUIOp::create(builder, loc, task, index(tasks.chunks)).getResult() : index(0);
  emitRow(rowDims, row, {begin, end, /*hasTail=*/true, last}, body);
}

/// Spreads rows, or parts of rows where they are long, over the indices of an `scf.forall`.
void VectorizedNest::emitThreads(ArrayRef<unsigned> rowDims, function_ref<void(Values &, Part)> body) {
  Tasks tasks = planTasks(rowDims);
  if (tasks.count() == 1)
    return emitTask(rowDims, tasks, index(0), body);
  OpFoldResult bound = builder.getIndexAttr(tasks.count());
  auto forall = scf::ForallOp::create(builder, loc, ArrayRef(bound), ValueRange(), std::nullopt);
  if (Attribute kernel = op->getAttr(kernelAttrName))
    forall->setAttr(kernelAttrName, kernel);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(forall.getTerminator());
  emitTask(rowDims, tasks, forall.getInductionVar(0), body);
}

/// The vector dimension is parallel. Rows that are summed are taken several at a time: what is loaded of the
/// destination takes all of them in order.
void VectorizedNest::emitColumns(Values &indices, Part part) {
  if (reductionDims.empty())
    return emitRows(indices, part, std::nullopt, {}, 1);
  unsigned stepDim = reductionDims.back();
  int64_t size = sizes[stepDim],
          count = std::max<int64_t>(1, std::min({rowsPerPass, size, 3 * rowsPerPass / getWorkPerElement()}));
  if (!vectorized.lanes)
    count = 1;
  emitNest(ArrayRef(reductionDims).drop_back(), indices, {}, [&](ValueRange) {
    int64_t rest = size % count;
    emitLoop(builder.getIndexAttr(0), builder.getIndexAttr(size - rest), count, {}, [&](Value first, ValueRange) {
      emitRows(indices, part, stepDim, first, count);
      return Values();
    });
    if (rest)
      emitRows(indices, part, stepDim, index(size - rest), rest);
    return Values();
  });
}

/// The vector loop and its tail for `count` rows that follow each other along `stepDim`.
void VectorizedNest::emitRows(Values &indices, Part part, std::optional<unsigned> stepDim, Value first, int64_t count) {
  SmallVector<Values> points(count, indices);
  SmallVector<IRMapping> uniform;
  for (auto [number, point] : llvm::enumerate(points)) {
    if (stepDim)
      point[*stepDim] = number ? arith::AddIOp::create(builder, loc, first, index(number)).getResult() : first;
    uniform.push_back(emitUniform(point));
  }
  auto emitAt = [&](Value position, int64_t width) {
    for (Values &point : points)
      point[vectorized.dim] = position;
    emitRowBodies(points, uniform, stepDim, width);
  };
  emitLoop(part.begin, part.end, std::max<int64_t>(vectorized.lanes, 1), {}, [&](Value position, ValueRange) {
    emitAt(position, vectorized.lanes);
    return Values();
  });
  if (!vectorized.tailSize || !part.hasTail)
    return;
  if (!part.tail)
    return emitAt(index(vectorized.mainEnd), vectorized.tailSize);
  auto branch = scf::IfOp::create(builder, loc, part.tail, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  emitAt(index(vectorized.mainEnd), vectorized.tailSize);
}

/// The bodies of some rows at one position; outputs that the rows share stay in registers between them.
void VectorizedNest::emitRowBodies(ArrayRef<Values> points, ArrayRef<IRMapping> uniform,
                                   std::optional<unsigned> stepDim, int64_t width) {
  auto isShared = [&](const Access &output) { return stepDim && output.strides[*stepDim] == 0; };
  Values contents(outputs.size());
  for (auto [number, point] : llvm::enumerate(points)) {
    Values yielded = emitBody(point, uniform[number], width, contents);
    for (auto [output, value, content] : llvm::zip_equal(outputs, yielded, contents)) {
      if (isShared(output))
        content = value;
      if (!isShared(output) || number + 1 == points.size())
        emitStore(output, point, value, width);
    }
  }
}

/// The vector dimension is summed: accumulators in registers over all summed dimensions, then one combination into the
/// destination.
void VectorizedNest::emitRowReduction(Values &indices) {
  int64_t count = std::clamp<int64_t>(vectorized.mainEnd / vectorized.lanes, 1, accumulatorsPerRow);
  Values initial;
  for (unsigned output = 0; output < outputs.size(); ++output)
    if (isAccumulator(output))
      initial.append(count, splatNeutral(output, vectorized.lanes));
  Values sums = emitNest(reductionDims, indices, initial,
                         [&](ValueRange carried) { return emitReductionSteps(indices, carried); });

  ArrayRef<Value> rest = sums;
  for (unsigned output = 0; output < outputs.size(); ++output) {
    if (!isAccumulator(output))
      continue;
    Values partial(rest.take_front(count));
    rest = rest.drop_front(count);
    for (; partial.size() > 1; partial.resize(llvm::divideCeil(partial.size(), 2)))
      for (unsigned pair = 0; 2 * pair < partial.size(); ++pair)
        partial[pair] = 2 * pair + 1 < partial.size() ? combine(output, partial[2 * pair], partial[2 * pair + 1])
                                                      : partial[2 * pair];
    Value sum = reduceLanes(output, partial[0]);
    Value before = emitLoad(outputs[output], indices, 0);
    emitStore(outputs[output], indices, combine(output, before, sum), 0);
  }
}

/// One row of a sum: `accumulators` holds the same number of vectors for each collecting output. Returns the new ones.
VectorizedNest::Values VectorizedNest::emitReductionSteps(Values &indices, ValueRange accumulators) {
  auto collecting =
      llvm::count_if(llvm::seq<unsigned>(0, outputs.size()), [&](unsigned output) { return isAccumulator(output); });
  int64_t count = accumulators.size() / std::max<int64_t>(collecting, 1);
  IRMapping uniform = emitUniform(indices);

  // The body at one position, into the accumulators number `slot`.
  auto accumulate = [&](Value position, int64_t width, int64_t slot, Values &sums) {
    indices[vectorized.dim] = position;
    Values contents(outputs.size());
    unsigned group = 0;
    for (unsigned output = 0; output < outputs.size(); ++output)
      if (isAccumulator(output))
        contents[output] = width == vectorized.lanes ? sums[group++ * count + slot] : splatNeutral(output, width);
    Values yielded = emitBody(indices, uniform, width, contents);
    group = 0;
    for (auto [output, value] : llvm::enumerate(yielded)) {
      if (!isAccumulator(output)) {
        emitStore(outputs[output], indices, value, width);
        continue;
      }
      Value &sum = sums[group++ * count + slot];
      if (width == vectorized.lanes) {
        sum = value;
        continue;
      }
      Value padded = vector::InsertStridedSliceOp::create(builder, loc, value, splatNeutral(output, vectorized.lanes),
                                                          ArrayRef<int64_t>{0}, ArrayRef<int64_t>{1});
      sum = combine(output, sum, padded);
    }
  };
  int64_t step = count * vectorized.lanes, unrolledEnd = vectorized.mainEnd / step * step;
  Values sums = emitLoop(
      builder.getIndexAttr(0), builder.getIndexAttr(unrolledEnd), step, accumulators,
      [&](Value first, ValueRange carried) {
        Values next(carried);
        for (int64_t slot = 0; slot < count; ++slot)
          accumulate(slot ? arith::AddIOp::create(builder, loc, first, index(slot * vectorized.lanes)).getResult()
                          : first,
                     vectorized.lanes, slot, next);
        return next;
      });
  for (int64_t slot = 0; unrolledEnd + slot * vectorized.lanes < vectorized.mainEnd; ++slot)
    accumulate(index(unrolledEnd + slot * vectorized.lanes), vectorized.lanes, slot, sums);
  if (vectorized.tailSize)
    accumulate(index(vectorized.mainEnd), vectorized.tailSize, 0, sums);
  return sums;
}
