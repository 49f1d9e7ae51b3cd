//===- VectorizedNest.cpp - Loops around the vector body -----------------------===//
#include "passes/CPU/VectorizedNest.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/CPU/ParallelWork.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sluice;

/// Work of one index of a parallel loop: enough to hide a call, little enough to balance.
static constexpr int64_t workPerTask = 16 * 1024;
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
    if (reducesVector)
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
int64_t VectorizedNest::getStreamedColumns() { return std::max<int64_t>(lanes, 16); }

void VectorizedNest::emitParallelDims(function_ref<void(Values &, Part)> body) {
  int64_t work = getWorkPerElement();
  for (int64_t size : sizes)
    work *= size;
  if (work >= leastParallelOperations && mayRunInParallel())
    return emitThreads(parallelDims, body);
  Values indices(sizes.size());
  emitNest(parallelDims, indices, {}, [&](ValueRange) {
    emitPart(indices, {builder.getIndexAttr(0), builder.getIndexAttr(mainEnd)}, body);
    return Values();
  });
}

/// A part of the vector dimension, some columns at a time where another dimension is streamed.
void VectorizedNest::emitPart(Values &indices, Part part, function_ref<void(Values &, Part)> body) {
  int64_t columns = getStreamedColumns();
  if (!streamDim || mainEnd <= columns)
    return body(indices, part);
  emitLoop(part.begin, part.end, columns, {}, [&](Value begin, ValueRange) {
    Value end = arith::AddIOp::create(builder, loc, begin, index(columns));
    if (mainEnd % columns != 0)
      end = arith::MinSIOp::create(builder, loc, end, index(part.end));
    body(indices, {begin, end, /*hasTail=*/false});
    return Values();
  });
  if (tailSize && part.hasTail)
    body(indices, {part.end, part.end, /*hasTail=*/true, part.tail});
}

/// Spreads rows, or parts of rows where they are long, over the indices of an `scf.forall`.
void VectorizedNest::emitThreads(ArrayRef<unsigned> rowDims, function_ref<void(Values &, Part)> body) {
  int64_t rows = 1, sumLength = 1, step = std::max<int64_t>(lanes, 1), chunks = 1, chunk = mainEnd;
  for (unsigned dim : rowDims)
    rows *= sizes[dim];
  for (unsigned dim : reductionDims)
    sumLength *= sizes[dim];
  if (streamDim)
    sumLength = sizes[*streamDim];
  int64_t columnWork = getWorkPerElement() * sumLength, rowWork = columnWork * sizes[vectorDim];
  bool spreadsVector = iterators[vectorDim] == utils::IteratorType::parallel;
  if (spreadsVector && rowWork > workPerTask && mainEnd > 0) {
    // Sums across rows read whole cache lines in runs: at least 64 columns a part.
    chunk = llvm::alignTo(std::max<int64_t>(workPerTask / columnWork, sumLength > 1 ? 64 : 1), step);
    if (sumLength > 1)
      chunk = std::max(chunk, std::min<int64_t>(1024, llvm::alignTo(llvm::divideCeil(mainEnd, 32), 64)));
    chunks = llvm::divideCeil(mainEnd, chunk);
  }
  int64_t rowsPerTask = chunks > 1 ? 1 : std::clamp<int64_t>(llvm::divideCeil(workPerTask, rowWork), 1, rows);
  int64_t tasks = chunks > 1 ? rows * chunks : llvm::divideCeil(rows, rowsPerTask);

  auto atRow = [&](Value row, Part part) {
    Values indices(sizes.size());
    for (unsigned dim : llvm::reverse(rowDims)) {
      bool outermost = dim == rowDims.front();
      indices[dim] = outermost ? row : arith::RemUIOp::create(builder, loc, row, index(sizes[dim])).getResult();
      if (!outermost)
        row = arith::DivUIOp::create(builder, loc, row, index(sizes[dim]));
    }
    emitPart(indices, part, body);
  };
  Part whole{builder.getIndexAttr(0), builder.getIndexAttr(mainEnd)};
  auto inTask = [&](Value task) {
    if (chunks == 1) {
      Value begin = arith::MulIOp::create(builder, loc, task, index(rowsPerTask));
      Value end = arith::AddIOp::create(builder, loc, begin, index(rowsPerTask));
      if (rows % rowsPerTask != 0)
        end = arith::MinSIOp::create(builder, loc, end, index(rows));
      if (rowsPerTask == 1)
        return atRow(begin, whole);
      emitLoop(begin, end, 1, {}, [&](Value row, ValueRange) {
        atRow(row, whole);
        return Values();
      });
      return;
    }
    Value number = rows > 1 ? arith::RemUIOp::create(builder, loc, task, index(chunks)).getResult() : task;
    Value begin = arith::MulIOp::create(builder, loc, number, index(chunk));
    Value end = arith::AddIOp::create(builder, loc, begin, index(chunk));
    if (mainEnd % chunk != 0)
      end = arith::MinSIOp::create(builder, loc, end, index(mainEnd));
    Value last = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, number, index(chunks - 1));
    Value row = rows > 1 ? arith::DivUIOp::create(builder, loc, task, index(chunks)).getResult() : index(0);
    atRow(row, {begin, end, /*hasTail=*/true, last});
  };
  if (tasks == 1)
    return inTask(index(0));
  auto forall = scf::ForallOp::create(builder, loc, ArrayRef<OpFoldResult>{builder.getIndexAttr(tasks)}, ValueRange(),
                                      std::nullopt);
  if (Attribute kernel = op->getAttr(kernelAttrName))
    forall->setAttr(kernelAttrName, kernel);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(forall.getTerminator());
  inTask(forall.getInductionVar(0));
}

/// The vector dimension is parallel. Rows that are summed are taken several at a time: what is loaded of the
/// destination takes all of them in order.
void VectorizedNest::emitColumns(Values &indices, Part part) {
  if (reductionDims.empty())
    return emitRows(indices, part, std::nullopt, {}, 1);
  unsigned stepDim = reductionDims.back();
  int64_t size = sizes[stepDim],
          count = std::max<int64_t>(1, std::min({rowsPerPass, size, 3 * rowsPerPass / getWorkPerElement()}));
  if (!lanes)
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
      point[vectorDim] = position;
    emitRowBodies(points, uniform, stepDim, width);
  };
  emitLoop(part.begin, part.end, std::max<int64_t>(lanes, 1), {}, [&](Value position, ValueRange) {
    emitAt(position, lanes);
    return Values();
  });
  if (!tailSize || !part.hasTail)
    return;
  if (!part.tail)
    return emitAt(index(mainEnd), tailSize);
  auto branch = scf::IfOp::create(builder, loc, part.tail, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  emitAt(index(mainEnd), tailSize);
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
  int64_t count = std::clamp<int64_t>(mainEnd / lanes, 1, accumulatorsPerRow);
  Values initial;
  for (unsigned output = 0; output < outputs.size(); ++output)
    if (isAccumulator(output))
      initial.append(count, splatNeutral(output, lanes));
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
    indices[vectorDim] = position;
    Values contents(outputs.size());
    unsigned group = 0;
    for (unsigned output = 0; output < outputs.size(); ++output)
      if (isAccumulator(output))
        contents[output] = width == lanes ? sums[group++ * count + slot] : splatNeutral(output, width);
    Values yielded = emitBody(indices, uniform, width, contents);
    group = 0;
    for (auto [output, value] : llvm::enumerate(yielded)) {
      if (!isAccumulator(output)) {
        emitStore(outputs[output], indices, value, width);
        continue;
      }
      Value &sum = sums[group++ * count + slot];
      if (width == lanes) {
        sum = value;
        continue;
      }
      Value padded = vector::InsertStridedSliceOp::create(builder, loc, value, splatNeutral(output, lanes),
                                                          ArrayRef<int64_t>{0}, ArrayRef<int64_t>{1});
      sum = combine(output, sum, padded);
    }
  };
  int64_t step = count * lanes, unrolledEnd = mainEnd / step * step;
  Values sums = emitLoop(
      builder.getIndexAttr(0), builder.getIndexAttr(unrolledEnd), step, accumulators,
      [&](Value first, ValueRange carried) {
        Values next(carried);
        for (int64_t slot = 0; slot < count; ++slot)
          accumulate(slot ? arith::AddIOp::create(builder, loc, first, index(slot * lanes)).getResult() : first, lanes,
                     slot, next);
        return next;
      });
  for (int64_t slot = 0; unrolledEnd + slot * lanes < mainEnd; ++slot)
    accumulate(index(unrolledEnd + slot * lanes), lanes, slot, sums);
  if (tailSize)
    accumulate(index(mainEnd), tailSize, 0, sums);
  return sums;
}
