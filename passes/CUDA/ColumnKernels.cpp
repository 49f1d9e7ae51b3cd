//===- ColumnKernels.cpp - Sums of columns to kernels ----------------------------------===//
//
// Warps of a block share rows, lanes columns, each some neighbours. Where rows are many, blocks share them too: their
// sums go to memory, and a second kernel adds them up. The order of a sum follows from the sizes alone.
//
//===----------------------------------------------------------------------------------===//
#include "dialects/CUDA/CUDADialect.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "passes/CUDA/Elements.h"
#include "passes/CUDA/KernelLaunch.h"
#include "passes/CUDA/LaneReduction.h"
#include "passes/CUDA/OpGroup.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_COLUMNKERNELS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

namespace {
/// Who sums what: by the sizes alone.
struct ColumnShape {
  explicit ColumnShape(const OpGroup &group) {
    ArrayRef<int64_t> sizes = group.sizes();
    rows = ShapedType::getNumElements(sizes.take_front(group.rowDims()));
    columns = ShapedType::getNumElements(sizes.drop_front(group.rowDims()));
    width = neighboursIn(sizes.back());
    blocks = llvm::divideCeil(columns / width, warpSize);
    parts = std::clamp<int64_t>(llvm::divideCeil(rows, rowsOfPart), 1, std::max<int64_t>(1, mostBlocks / blocks));
    rowsEach = llvm::divideCeil(rows, parts);
    parts = llvm::divideCeil(rows, rowsEach);
  }

  int64_t rows, columns;
  int64_t width;    ///< Neighbours of a lane.
  int64_t blocks;   ///< That share the columns.
  int64_t parts;    ///< Of the rows, a block each.
  int64_t rowsEach; ///< Of a part.

  static constexpr int64_t warps = 8; // of a block
  static constexpr int64_t rowsOfPart = 64;
  static constexpr int64_t mostBlocks = 256; // about two for each multiprocessor of a large card
};

/// A sum of the group.
struct Sum {
  linalg::LinalgOp op;
  unsigned output;
  Operation *combiner;
  Value parts; ///< Memory for the sums of blocks [parts, columns].

  Type type() const { return combiner->getResult(0).getType(); }
  Value neutral(ImplicitLocOpBuilder &b) const {
    return arith::ConstantOp::create(b, *arith::getNeutralElement(combiner));
  }
  Value combine(ImplicitLocOpBuilder &b, Value x, Value y) const { return Combiner(combiner)(b, x, y); }
};

class ColumnKernel {
public:
  ColumnKernel(OpBuilder &builder, const OpGroup &group) : builder(builder), group(group), shape(group) {
    for (const OpGroup::Member &member : group.ops()) {
      linalg::LinalgOp op = member.op;
      if (member.role != OpRole::ReduceColumn)
        continue;
      for (int64_t output = 0; output < op.getNumDpsInits(); ++output) {
        SmallVector<Operation *> combiners;
        matchReduction(op.getRegionOutputArgs(), output, combiners);
        sums.push_back({op, unsigned(output), combiners.front(), {}});
      }
    }
  }

  void write();

private:
  /// The loops of a row and of a run of columns.
  LoopPosition positionOf(ImplicitLocOpBuilder &b, Value row, Value run) const;
  SmallVector<Value> sumRows(KernelLaunch &launch, Value run, Value begin, Value end);
  SmallVector<Value> sumWarps(KernelLaunch &launch, ValueRange ofThread);
  void finish(ImplicitLocOpBuilder &b, Value run, function_ref<SmallVector<Value>(const Sum &, unsigned)> total);

  OpBuilder &builder;
  const OpGroup &group;
  ColumnShape shape;
  SmallVector<Sum> sums;
};
} // namespace

LoopPosition ColumnKernel::positionOf(ImplicitLocOpBuilder &b, Value row, Value run) const {
  IndexMath index{b};
  LoopPosition at;
  at.width = shape.width;
  ArrayRef<int64_t> sizes = group.sizes();
  if (row)
    at.indices = index.delinearize(row, sizes.take_front(group.rowDims()));
  SmallVector<int64_t> columns(sizes.drop_front(group.rowDims()));
  columns.back() /= shape.width;
  SmallVector<Value> ofRun = index.delinearize(run, columns);
  ofRun.back() = index.mul(ofRun.back(), shape.width);
  at.indices.append(ofRun);
  return at;
}

/// What a thread adds up: by sum and neighbour.
SmallVector<Value> ColumnKernel::sumRows(KernelLaunch &launch, Value run, Value begin, Value end) {
  ImplicitLocOpBuilder &b = launch.body();
  IndexMath index{b};
  SmallVector<Value> start;
  for (const Sum &sum : sums)
    start.append(shape.width, sum.neutral(b));
  auto loop =
      scf::ForOp::create(b, index.add(begin, launch.threadIndex(1)), end, index.constant(ColumnShape::warps), start);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  LoopPosition at = positionOf(b, loop.getInductionVar(), run);
  Registers registers;
  SmallVector<Value> next;
  for (size_t i = 0; i < sums.size(); i += sums[i].op.getNumDpsInits()) {
    linalg::LinalgOp op = sums[i].op;
    auto operands = readOperands(b, op, at, registers, /*readsOutputs=*/false);
    for (int64_t output = 0; output < op.getNumDpsInits(); ++output) {
      auto carried = ValueRange(loop.getRegionIterArgs()).slice((i + output) * shape.width, shape.width);
      operands[op.getDpsInitOperand(output)->getOperandNumber()].assign(carried.begin(), carried.end());
    }
    for (SmallVector<Value> &values : computeElements(b, op, at, operands))
      next.append(values);
  }
  scf::YieldOp::create(b, next);
  return SmallVector<Value>(loop.getResults());
}

/// The sums of all warps, in their order; only the first warp's threads have them.
SmallVector<Value> ColumnKernel::sumWarps(KernelLaunch &launch, ValueRange ofThread) {
  ImplicitLocOpBuilder &b = launch.body();
  IndexMath index{b};
  SmallVector<Value> shared;
  Value lane = launch.threadIndex(0), warp = launch.threadIndex(1);
  // Neighbours of a lane are apart, so that lanes use all banks.
  for (size_t i = 0; i < ofThread.size(); ++i) {
    shared.push_back(launch.shared({ColumnShape::warps, warpSize}, ofThread[i].getType()));
    memref::StoreOp::create(b, ofThread[i], shared.back(), ValueRange{warp, lane});
  }
  gpu::BarrierOp::create(b);
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, warp, index.constant(0));
  auto branch = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
  b.setInsertionPointToStart(branch.thenBlock());
  SmallVector<Value> totals(ofThread);
  for (size_t i = 0; i < ofThread.size(); ++i)
    for (int64_t other = 1; other < ColumnShape::warps; ++other)
      totals[i] = sums[i / shape.width].combine(
          b, totals[i], memref::LoadOp::create(b, shared[i], ValueRange{index.constant(other), lane}));
  return totals;
}

/// Writes what the members leave in memory for a run of columns.
void ColumnKernel::finish(ImplicitLocOpBuilder &b, Value run,
                          function_ref<SmallVector<Value>(const Sum &, unsigned)> total) {
  LoopPosition at = positionOf(b, /*row=*/{}, run);
  Registers registers;
  unsigned number = 0;
  for (const OpGroup::Member &member : group.ops()) {
    linalg::LinalgOp op = member.op;
    SmallVector<SmallVector<Value>> results;
    if (member.role == OpRole::Column)
      results = computeElements(b, op, at, readOperands(b, op, at, registers));
    AffineMap map = b.getMultiDimIdentityMap(group.sizes().size() - group.rowDims());
    for (auto [i, memory] : llvm::enumerate(op.getDpsInits())) {
      if (member.role == OpRole::ReduceColumn) {
        const Sum &sum = sums[number];
        SmallVector<Value> before = readElements(b, memory, map, at, registers);
        results.push_back(total(sum, number++));
        for (auto [value, initial] : llvm::zip_equal(results.back(), before))
          value = sum.combine(b, initial, value);
      }
      registers.set(memory, map, results[i]);
      if (group.isUsedOutside(memory) && !group.isOverwritten(memory, member))
        writeElements(b, memory, map, at, results[i]);
    }
  }
}

void ColumnKernel::write() {
  int64_t runs = shape.columns / shape.width;
  if (shape.parts > 1)
    for (Sum &sum : sums)
      sum.parts =
          WorkspaceOp::create(builder, sum.op.getLoc(), MemRefType::get({shape.parts, shape.columns}, sum.type()));
  KernelLaunch launch(builder, group.location(), {shape.blocks, shape.parts, 1}, {warpSize, ColumnShape::warps, 1},
                      group.work());
  ImplicitLocOpBuilder &b = launch.body();
  IndexMath index{b};
  Value run = index.add(index.mul(launch.blockIndex(), warpSize), launch.threadIndex());
  Value isInside;
  if (runs % warpSize != 0) {
    isInside = index.less(run, runs);
    run = arith::MinUIOp::create(b, run, index.constant(runs - 1));
  }
  Value begin = index.mul(launch.blockIndex(1), shape.rowsEach);
  Value end = arith::MinUIOp::create(b, index.add(begin, shape.rowsEach), index.constant(shape.rows));
  SmallVector<Value> totals = sumWarps(launch, sumRows(launch, run, begin, end));
  if (isInside) {
    auto branch = scf::IfOp::create(b, isInside, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
  }
  auto ofSum = [&](const Sum &, unsigned number) {
    return llvm::to_vector(ArrayRef(totals).slice(number * shape.width, shape.width));
  };
  if (shape.parts == 1)
    return finish(b, run, ofSum);
  for (auto [number, sum] : llvm::enumerate(sums)) {
    LoopPosition at;
    at.indices = {launch.blockIndex(1), index.mul(run, shape.width)};
    at.width = shape.width;
    writeElements(b, sum.parts, b.getMultiDimIdentityMap(2), at, ofSum(sum, number));
  }

  constexpr int64_t threadsOfLast = 128;
  PointLaunch last(builder, group.location(), runs, threadsOfLast, furtherKernelOf(group.work()));
  ImplicitLocOpBuilder &f = last.body();
  IndexMath math{f};
  Value mine = last.point();
  finish(f, mine, [&](const Sum &sum, unsigned) {
    auto loop = scf::ForOp::create(f, math.constant(0), math.constant(shape.parts), math.constant(1),
                                   SmallVector<Value>(shape.width, sum.neutral(f)));
    OpBuilder::InsertionGuard guard(f);
    f.setInsertionPointToStart(loop.getBody());
    LoopPosition at;
    at.indices = {loop.getInductionVar(), math.mul(mine, shape.width)};
    at.width = shape.width;
    Registers registers;
    SmallVector<Value> next;
    for (auto [before, part] : llvm::zip_equal(loop.getRegionIterArgs(),
                                               readElements(f, sum.parts, f.getMultiDimIdentityMap(2), at, registers)))
      next.push_back(sum.combine(f, before, part));
    scf::YieldOp::create(f, next);
    return SmallVector<Value>(loop.getResults());
  });
}

namespace {
struct ColumnKernels : sluice::impl::ColumnKernelsBase<ColumnKernels> {
  void runOnOperation() override {
    BufferAliases aliases;
    getOperation().walk([&](Block *block) {
      for (OpGroup &group : groupOps(*block, aliases)) {
        if (!group.has(OpRole::ReduceColumn))
          continue;
        OpBuilder builder(group.end());
        ColumnKernel(builder, group).write();
        group.erase();
      }
    });
  }
};
} // namespace
