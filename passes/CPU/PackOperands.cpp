//===- PackOperands.cpp - The panels of A and of B that a task multiplies ---------===//
#include "passes/CPU/PackOperands.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sluice;

//===-- A -------------------------------------------------------------------------===//

/// Where the panels of the matrix of A at a position begin, for the block of the sum that begins at `k`.
Value PackerOfA::startOfMatrix(ImplicitLocOpBuilder &b, const Position &position, Value k) const {
  Value matrix = constantIndex(b, 0);
  for (unsigned dim : contraction.dimsAroundA())
    matrix = plus(b, times(b, matrix, contraction.sizes[dim]), position.lookup(dim));
  return times(b, plus(b, times(b, matrix, plan.a.paddedTerms), k), plan.a.paddedRows);
}

void PackerOfA::packAll(ImplicitLocOpBuilder &b, KernelAttr kernel) const {
  SmallVector<unsigned> dims = contraction.dimsAroundA();
  int64_t rows = plan.rowsPackedAtOnce(), blocks = llvm::divideCeil(plan.size.m, rows);
  parallelLoop(b, contraction.product(dims) * blocks, kernel, [&](Value task) {
    Value start = times(b, takeIndex(b, task, blocks), rows);
    SubRange m = SubRange::ofBlock(b, start, plan.size.m, rows, plan.kernel.rows);
    Position position;
    for (unsigned dim : llvm::reverse(dims))
      position[dim] = takeIndex(b, task, contraction.sizes[dim]);
    MatrixView matrix = matrixAt(b, contraction, contraction.a, position, contraction.m);
    forBlocks(b, plan.size.k, plan.block.k, [&](SubRange k) {
      Value base = plus(b, startOfMatrix(b, position, k.start), times(b, m.start, plan.block.k));
      packPanels(b, matrix, m, k, panelsAt(base), plan.kernel.lanes);
    });
  });
}

Panels PackerOfA::panelsOfBlock(ImplicitLocOpBuilder &b, MatrixView matrix, const Position &position, SubRange m,
                                SubRange k) const {
  if (plan.a.packing == PlanOfA::BeforeTasks)
    return panelsAt(plus(b, startOfMatrix(b, position, k.start), times(b, m.start, plan.block.k)));
  Panels panels = panelsAt(constantIndex(b, 0));
  packPanels(b, matrix, m, k, panels, plan.kernel.lanes);
  return panels;
}

//===-- B -------------------------------------------------------------------------===//

Value PackerOfB::placeOfPanels(ImplicitLocOpBuilder &b, Value start) const {
  if (plan.b.packing != PlanOfB::Ahead)
    return constantIndex(b, 0);
  int64_t columns = plan.kernel.columns;
  Value perBlock = b.createOrFold<arith::CeilDivUIOp>(n.count, constantIndex(b, columns));
  Value block = b.createOrFold<arith::DivUIOp>(k.start, constantIndex(b, plan.block.k));
  Value number = plus(b, b.createOrFold<arith::MulIOp>(block, perBlock),
                      b.createOrFold<arith::DivUIOp>(start, constantIndex(b, columns)));
  return times(b, b.createOrFold<arith::RemUIOp>(number, constantIndex(b, 2)), columns * plan.block.k);
}

/// Whether the panel at `start` was packed ahead: it is not the first one, and whole.
Value PackerOfB::isPackedAhead(ImplicitLocOpBuilder &b, Value start) const {
  Value before = b.createOrFold<arith::OrIOp>(start, k.start);
  Value isLater = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, before, constantIndex(b, 0));
  if (n.isWhole)
    return isLater;
  Value isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::ule, plus(b, start, plan.kernel.columns), n.count);
  return arith::AndIOp::create(b, isLater, isWhole);
}

void PackerOfB::pack(ImplicitLocOpBuilder &b, SubRange columns, Value start, Value place) const {
  auto packNow = [&] { packPanels(b, matrix, columns, k, panelsAt(place), plan.kernel.lanes); };
  if (plan.b.packing != PlanOfB::Ahead)
    return packNow();
  PanelPrefetch ahead = prefetchOf(b, columns.start, k.start, constantIndex(b, 0));
  ahead.to = panelsAt(place);
  emitIf(b, isPackedAhead(b, start), [&] { ahead.finish(b, plan.kernel.stretches(), plan.kernel.lanes); }, packNow);
}

Panels PackerOfB::panelAt(ImplicitLocOpBuilder &b, Value place, Value j) const {
  return panelsAt(plus(b, place, times(b, j, plan.block.k)));
}

/// What is fetched, or packed, of the panels at a place of B beside the panel at `j` of the present ones.
PanelPrefetch PackerOfB::prefetchOf(ImplicitLocOpBuilder &b, Value row, Value sum, Value j) const {
  Value panel = b.createOrFold<arith::DivUIOp>(j, constantIndex(b, plan.kernel.columns));
  PanelPrefetch prefetch;
  prefetch.matrix = matrix;
  prefetch.row = row;
  prefetch.sum = sum;
  prefetch.rows = std::min(plan.b.columnsAtOnce(), plan.size.n);
  prefetch.sums = std::min(plan.block.k, plan.size.k);
  prefetch.parts = plan.blocksOfPanel() * plan.b.panels.packedAtOnce;
  prefetch.firstPart = times(b, panel, plan.blocksOfPanel());
  return prefetch;
}

std::optional<PanelPrefetch> PackerOfB::nextPanels(ImplicitLocOpBuilder &b, Value start, Value place, Value j) const {
  if (!plan.b.isPrefetched || !(matrix.rowIsContiguous() || matrix.columnIsContiguous()))
    return std::nullopt;
  int64_t columns = plan.b.columnsAtOnce();
  auto isBelow = [&](Value value, Value end) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, value, end);
  };
  auto select = [&](Value condition, Value ifTrue, Value ifFalse) {
    return b.createOrFold<arith::SelectOp>(condition, ifTrue, ifFalse);
  };
  Value next = plus(b, start, columns), nextSum = plus(b, k.start, plan.block.k);
  Value isInBlock = isBelow(next, n.count), hasSums = isBelow(nextSum, constantIndex(b, plan.size.k));
  bool nextTaskHasSameColumns = plan.blocksM() > 1 && !plan.neighboursShareRows;
  Value startOfTask = nextTaskHasSameColumns ? n.start : plus(b, n.start, plan.block.n);
  Value row = select(isInBlock, plus(b, n.start, next), select(hasSums, n.start, startOfTask));
  Value sum = select(isInBlock, k.start, select(hasSums, nextSum, constantIndex(b, 0)));
  auto inside = [&](Value start, int64_t size, int64_t part) {
    return b.createOrFold<arith::MinUIOp>(start, constantIndex(b, std::max(size - part, int64_t(0))));
  };
  PanelPrefetch prefetch = prefetchOf(b, inside(row, plan.size.n, columns), inside(sum, plan.size.k, plan.block.k), j);
  if (plan.b.packing == PlanOfB::Ahead)
    prefetch.to = panelsAt(arith::SubIOp::create(b, constantIndex(b, plan.kernel.columns * plan.block.k), place));
  return prefetch;
}
