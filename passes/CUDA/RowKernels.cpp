//===- RowKernels.cpp - Groups of ops on rows to kernels -------------------------------===//
//
// A warp, or a block, has a row. Its threads share the columns: each has runs of neighbours, which are as far apart as
// all threads together take at a time. Where the runs of a thread are few they stay in registers from one op to the
// next, so that memory is read and written once.
//
//===----------------------------------------------------------------------------------===//
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "passes/CUDA/Elements.h"
#include "passes/CUDA/KernelLaunch.h"
#include "passes/CUDA/LaneReduction.h"
#include "passes/CUDA/OpGroup.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_ROWKERNELS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// How the threads of a block share rows: by the sizes alone, so that sums have one order.
struct RowShape {
  explicit RowShape(const OpGroup &group);

  int64_t rows, columns;
  int64_t width;         ///< Neighbours of a run.
  int64_t runs;          ///< Of a row.
  int64_t threads;       ///< That share a row: a warp, or a block.
  int64_t runsOfThread;  ///< At most.
  int64_t rowsOfBlock;   ///< More than one where warps have rows.
  bool keepsInRegisters; ///< Else a thread reads and writes its runs anew for each op.

  static constexpr int64_t mostWarps = 4; // that each have a row
  static constexpr int64_t mostThreads = 1024;
  static constexpr int64_t mostRunsKept = 8;
};

/// The kernel of a group.
class RowKernel {
public:
  RowKernel(OpBuilder &builder, const OpGroup &group)
      : group(group), shape(group),
        launch(builder, group.location(), {int64_t(llvm::divideCeil(shape.rows, shape.rowsOfBlock)), 1, 1},
               {shape.threads * shape.rowsOfBlock, 1, 1}, group.work()),
        b(launch.body()) {}

  void write();

private:
  void writeOps();
  void writeFull(linalg::LinalgOp op);
  void writeReduce(linalg::LinalgOp op);
  void writeRow(const OpGroup::Member &member);
  void readRowOperands(linalg::LinalgOp op);
  LoopPosition positionOf(Value run);
  /// Calls `body` for each run of the thread with its registers. `carried` are values that it hands on.
  SmallVector<Value> forEachRun(ValueRange carried,
                                function_ref<SmallVector<Value>(const LoopPosition &, Registers &, ValueRange)> body);
  bool isKept(Value memory) const { return shape.keepsInRegisters && !group.isUsedOutside(memory); }

  const OpGroup &group;
  RowShape shape;
  KernelLaunch launch;
  ImplicitLocOpBuilder &b;
  SmallVector<Value> rowIndices;
  Value lane; // of those that share the row
  Registers row;
  SmallVector<Registers> ofRuns;
  SmallVector<LoopPosition> positions;
};
} // namespace

RowShape::RowShape(const OpGroup &group) {
  ArrayRef<int64_t> sizes = group.sizes();
  rows = ShapedType::getNumElements(sizes.take_front(group.rowDims()));
  columns = ShapedType::getNumElements(sizes.drop_front(group.rowDims()));
  width = neighboursIn(sizes.back());
  runs = columns / width;
  threads = warpSize;
  while (llvm::divideCeil(runs, threads) > mostRunsKept && threads < mostThreads)
    threads *= 2;
  runsOfThread = llvm::divideCeil(runs, threads);
  rowsOfBlock = threads == warpSize ? std::min(mostWarps, rows) : 1;
  keepsInRegisters = runsOfThread <= mostRunsKept;
}

LoopPosition RowKernel::positionOf(Value run) {
  IndexMath index{b};
  LoopPosition at;
  at.width = shape.width;
  bool isWhole = shape.runs % shape.threads == 0;
  if (!isWhole) {
    at.isInside = index.less(run, shape.runs);
    // Reads beyond the end are of the last run: no branch, and no other memory.
    run = arith::MinUIOp::create(b, run, index.constant(shape.runs - 1));
  }
  at.indices = rowIndices;
  ArrayRef<int64_t> columns = group.sizes().drop_front(group.rowDims());
  SmallVector<int64_t> sizes(columns);
  sizes.back() /= shape.width;
  SmallVector<Value> inRow = index.delinearize(run, sizes);
  inRow.back() = index.mul(inRow.back(), shape.width);
  at.indices.append(inRow);
  return at;
}

SmallVector<Value>
RowKernel::forEachRun(ValueRange carried,
                      function_ref<SmallVector<Value>(const LoopPosition &, Registers &, ValueRange)> body) {
  if (shape.keepsInRegisters) {
    SmallVector<Value> values(carried);
    for (auto [position, registers] : llvm::zip_equal(positions, ofRuns))
      values = body(position, registers, values);
    return values;
  }
  Value begin = lane, end = IndexMath{b}.constant(llvm::alignTo(shape.runs, shape.threads));
  auto loop = scf::ForOp::create(b, begin, end, IndexMath{b}.constant(shape.threads), carried);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Registers registers(row, group.rowDims());
  SmallVector<Value> values = body(positionOf(loop.getInductionVar()), registers, loop.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(b, values);
  return SmallVector<Value>(loop.getResults());
}

/// Before a loop over runs: what it reads of the row is known before it.
void RowKernel::readRowOperands(linalg::LinalgOp op) {
  LoopPosition at;
  at.indices = rowIndices;
  Registers registers(row, group.rowDims());
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()) || !op.payloadUsesValueFromOperand(&operand))
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    bool isOfRow = llvm::all_of(llvm::seq<unsigned>(group.rowDims(), map.getNumDims()),
                                [&](unsigned dim) { return !map.isFunctionOfDim(dim); });
    if (!isOfRow)
      continue;
    AffineMap ofRow = AffineMap::get(group.rowDims(), 0, map.getResults(), map.getContext());
    readElements(b, operand.get(), ofRow, at, registers);
  }
}

void RowKernel::writeFull(linalg::LinalgOp op) {
  readRowOperands(op);
  forEachRun({}, [&](const LoopPosition &at, Registers &registers, ValueRange) -> SmallVector<Value> {
    auto results = computeElements(b, op, at, readOperands(b, op, at, registers));
    for (auto [output, values] : llvm::zip_equal(op.getDpsInitsMutable(), results)) {
      AffineMap map = op.getMatchingIndexingMap(&output);
      registers.set(output.get(), map, values);
      if (!isKept(output.get()))
        writeElements(b, output.get(), map, at, values);
    }
    return {};
  });
}

void RowKernel::writeRow(const OpGroup::Member &member) {
  linalg::LinalgOp op = member.op;
  LoopPosition at;
  at.indices = rowIndices;
  auto results = computeElements(b, op, at, readOperands(b, op, at, row));
  at.isInside = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, IndexMath{b}.constant(0));
  for (auto [output, values] : llvm::zip_equal(op.getDpsInitsMutable(), results)) {
    AffineMap map = op.getMatchingIndexingMap(&output);
    row.set(output.get(), map, values);
    if (group.isUsedOutside(output.get()) && !group.isOverwritten(output.get(), member))
      writeElements(b, output.get(), map, at, values);
  }
}

void RowKernel::writeReduce(linalg::LinalgOp op) {
  readRowOperands(op);
  LoopPosition ofRow;
  ofRow.indices = rowIndices;
  SmallVector<Operation *> combiners;
  SmallVector<Value> initial, sums, neutral;
  for (OpOperand &output : op.getDpsInitsMutable()) {
    SmallVector<Operation *> found;
    matchReduction(op.getRegionOutputArgs(), initial.size(), found);
    combiners.push_back(found.front());
    initial.push_back(readElements(b, output.get(), op.getMatchingIndexingMap(&output), ofRow, row).front());
    neutral.push_back(arith::ConstantOp::create(b, *arith::getNeutralElement(found.front())));
    sums.append(shape.width, neutral.back());
  }
  // Each neighbour has a sum of its own until the end.
  sums = forEachRun(sums, [&](const LoopPosition &at, Registers &registers, ValueRange carried) {
    auto operands = readOperands(b, op, at, registers, /*readsOutputs=*/false);
    for (size_t i = 0; i < combiners.size(); ++i) {
      OpOperand *output = op.getDpsInitOperand(i);
      operands[output->getOperandNumber()] = llvm::to_vector(carried.slice(i * shape.width, shape.width));
    }
    SmallVector<Value> next;
    for (SmallVector<Value> &values : computeElements(b, op, at, operands))
      next.append(values);
    if (at.isInside)
      for (auto [value, before] : llvm::zip_equal(next, carried))
        value = arith::SelectOp::create(b, at.isInside, value, before);
    return next;
  });
  LoopPosition first = ofRow;
  first.isInside = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, IndexMath{b}.constant(0));
  for (auto [i, output] : llvm::enumerate(op.getDpsInitsMutable())) {
    LaneReduction reduction{launch, Combiner(combiners[i]), lane, shape.threads};
    Value sum = reduction.combineAll(ArrayRef(sums).slice(i * shape.width, shape.width));
    sum = reduction.combine(initial[i], sum);
    AffineMap map = op.getMatchingIndexingMap(&output);
    row.set(output.get(), map, {sum});
    if (group.isUsedOutside(output.get()))
      writeElements(b, output.get(), map, first, {sum});
  }
}

void RowKernel::writeOps() {
  if (shape.keepsInRegisters)
    for (int64_t i = 0; i < shape.runsOfThread; ++i) {
      positions.push_back(positionOf(IndexMath{b}.add(lane, i * shape.threads)));
      ofRuns.emplace_back(row, group.rowDims());
    }
  for (const OpGroup::Member &member : group.ops()) {
    b.setLoc(linalg::LinalgOp(member.op)->getLoc());
    if (member.role == OpRole::Full)
      writeFull(member.op);
    else if (member.role == OpRole::Row)
      writeRow(member);
    else
      writeReduce(member.op);
  }
}

void RowKernel::write() {
  IndexMath index{b};
  Value number = launch.blockIndex();
  lane = launch.threadIndex();
  if (shape.rowsOfBlock > 1) {
    Value warp = index.div(lane, warpSize);
    lane = index.rem(lane, warpSize);
    number = index.add(index.mul(number, shape.rowsOfBlock), warp);
  }
  if (shape.rows % shape.rowsOfBlock != 0) {
    // Whole warps have no row.
    auto branch = scf::IfOp::create(b, index.less(number, shape.rows), /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
  }
  rowIndices = index.delinearize(number, group.sizes().take_front(group.rowDims()));
  writeOps();
}

namespace {
struct RowKernels : sluice::impl::RowKernelsBase<RowKernels> {
  void runOnOperation() override {
    BufferAliases aliases;
    getOperation().walk([&](Block *block) {
      for (OpGroup &group : groupOps(*block, aliases)) {
        if (!group.hasReductions())
          continue;
        OpBuilder builder(group.end());
        RowKernel(builder, group).write();
        group.erase();
      }
    });
  }
};
} // namespace
