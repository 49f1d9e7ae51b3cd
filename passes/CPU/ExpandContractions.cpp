//===- ExpandContractions.cpp - Contractions to packed panels and a micro-kernel ------===//
#include "mlir/Analysis/AliasAnalysis.h"
#include "mlir/IR/Matchers.h"
#include "passes/CPU/Contraction.h"
#include "passes/CPU/Passes.h"
#include "llvm/Support/MathExtras.h"
#include <vector>

namespace sluice {
#define GEN_PASS_DEF_EXPANDCONTRACTIONS
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// Below this many multiplications a contraction is not worth waking other threads.
constexpr int64_t leastParallelWork = 64 * 64 * 64;

class Expander {
public:
  Expander(Contraction contraction, StrategyAttr strategy, linalg::FillOp fill)
      : x(contraction), b(contraction.op.getLoc(), contraction.op), fill(fill), rows(strategy.getRegisterBlock()[0]),
        columns(strategy.getRegisterBlock()[1]), blockM(strategy.getCacheBlock()[0]),
        blockN(strategy.getCacheBlock()[1]), blockK(strategy.getCacheBlock()[2]), lanes(strategy.getVectorSize()),
        sizeM(x.size(x.m)), sizeN(x.size(x.n)), sizeK(x.size(x.k)) {}

  void run() {
    int64_t tasks = x.product(x.outer) * llvm::divideCeil(sizeM, blockM) * llvm::divideCeil(sizeN, blockN);
    Operation *op = x.op;
    collapse(x.a);
    collapse(x.b);
    collapse(x.c);
    // The buffers of the sequential form lie at the start of the parallel loop around it, if there is one.
    Operation *around = op->getParentOp();
    while (around && !isa<scf::ForallOp, scf::ParallelOp, func::FuncOp>(around))
      around = around->getParentOp();
    bool isParallel = isa_and_present<scf::ForallOp, scf::ParallelOp>(around);
    int64_t work = x.product(x.outer) * x.product(x.outerSums) * sizeM * sizeN * sizeK;
    if (!isParallel && tasks > 1 && work > leastParallelWork) {
      auto forall = scf::ForallOp::create(b, ArrayRef<OpFoldResult>{b.getIndexAttr(tasks)}, ValueRange(), std::nullopt);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(forall.getBody());
      allocate();
      emitTask(forall.getInductionVar(0));
    } else {
      {
        OpBuilder::InsertionGuard guard(b);
        if (isParallel)
          b.setInsertionPointToStart(&around->getRegion(0).front());
        allocate();
      }
      Value zero = constantIndex(b, 0);
      if (tasks == 1)
        emitTask(zero);
      else
        loop(b, zero, constantIndex(b, tasks), 1, [&](Value task) { emitTask(task); });
    }
    op->erase();
    if (fill)
      fill.erase();
  }

private:
  Contraction x;
  ImplicitLocOpBuilder b;
  linalg::FillOp fill;
  int64_t rows, columns, blockM, blockN, blockK, lanes, sizeM, sizeN, sizeK;
  Value panelsA, panelsB, tile;

  void collapse(Contraction::Operand &operand) {
    auto type = cast<MemRefType>(operand.value.getType());
    if (operand.type.getRank() != type.getRank())
      operand.value = memref::CollapseShapeOp::create(b, operand.value, operand.reassociation);
  }

  void allocate() {
    auto buffer = [&](ArrayRef<int64_t> shape) -> Value {
      return memref::AllocOp::create(b, MemRefType::get(shape, x.elementType()), b.getI64IntegerAttr(64));
    };
    panelsA = buffer({blockM * blockK + lanes});
    panelsB = buffer({blockN * blockK + lanes});
    bool inPlace = x.n && x.c.dims.back() == *x.n && x.c.type.getStridesAndOffset().first.back() == 1;
    if (sizeM % rows != 0 || sizeN % columns != 0 || !inPlace)
      tile = buffer({rows, columns});
  }

  /// The matrix of an operand at one point of the loops around it; `row` is its row dimension, what remains its column
  /// dimension.
  MatrixView view(const Contraction::Operand &operand, const DenseMap<unsigned, Value> &at,
                  std::optional<unsigned> row) {
    MatrixView result;
    SmallVector<OpFoldResult> offsets, sizes, strides(operand.dims.size(), b.getIndexAttr(1));
    SmallVector<int64_t> shape;
    for (unsigned dim : operand.dims) {
      if (auto it = at.find(dim); it != at.end()) {
        offsets.push_back(getAsOpFoldResult(it->second));
        sizes.push_back(b.getIndexAttr(1));
        continue;
      }
      (row && dim == *row ? result.row : result.column) = shape.size();
      offsets.push_back(b.getIndexAttr(0));
      sizes.push_back(b.getIndexAttr(x.sizes[dim]));
      shape.push_back(x.sizes[dim]);
    }
    if (shape.size() == operand.dims.size()) {
      result.memref = operand.value;
      return result;
    }
    MemRefType type = memref::SubViewOp::inferRankReducedResultType(shape, operand.type, offsets, sizes, strides);
    result.memref = memref::SubViewOp::create(b, type, operand.value, offsets, sizes, strides);
    return result;
  }

  /// The start of a block and how much of it is inside the matrix.
  SubRange range(Value start, int64_t size, int64_t block, int64_t unit) {
    if (size % block == 0)
      return {start, constantIndex(b, block), block % unit == 0};
    if (size < block)
      return {start, constantIndex(b, size), size % unit == 0};
    Value left = arith::SubIOp::create(b, constantIndex(b, size), start);
    return {start, arith::MinUIOp::create(b, left, constantIndex(b, block)), size % unit == 0};
  }

  void emitTask(Value task) {
    int64_t blocksM = llvm::divideCeil(sizeM, blockM), blocksN = llvm::divideCeil(sizeN, blockN);
    auto split = [&](int64_t count) {
      if (count == 1)
        return constantIndex(b, 0);
      Value digit = b.createOrFold<arith::RemUIOp>(task, constantIndex(b, count));
      task = b.createOrFold<arith::DivUIOp>(task, constantIndex(b, count));
      return digit;
    };
    SubRange n = range(times(b, split(blocksN), blockN), sizeN, blockN, columns);
    SubRange m = range(times(b, split(blocksM), blockM), sizeM, blockM, rows);
    DenseMap<unsigned, Value> at;
    for (unsigned dim : llvm::reverse(x.outer))
      at[dim] = split(x.sizes[dim]);
    MatrixView c = view(x.c, at, x.m);
    emitSums(x.outerSums, at, m, n, c, fill ? Value(arith::ConstantIntOp::create(b, 1, 1)) : Value());
  }

  /// Loops over the sums around the matrix product, then over its blocks.
  void emitSums(ArrayRef<unsigned> dims, DenseMap<unsigned, Value> at, SubRange m, SubRange n, MatrixView c,
                Value first) {
    if (!dims.empty()) {
      loop(b, constantIndex(b, 0), constantIndex(b, x.sizes[dims.front()]), 1, [&](Value s) {
        at[dims.front()] = s;
        emitSums(dims.drop_front(), at, m, n, c, andZero(first, s));
      });
      return;
    }
    MatrixView viewA = view(x.a, at, x.m);
    MatrixView viewB = view(x.b, at, x.n);
    auto emitBlock = [&](Value start, Value isFirst) {
      SubRange k = range(start, sizeK, blockK, 1);
      packPanels(b, viewB, n, k, columns, blockK, lanes, panelsB);
      packPanels(b, viewA, m, k, rows, blockK, lanes, panelsA);
      MicroKernel{panelsA, panelsB, tile, c, rows, columns, lanes, blockK, isFirst}.emit(b, m, n, k.count);
    };
    Value zero = constantIndex(b, 0);
    if (sizeK <= blockK)
      return emitBlock(zero, first);
    loop(b, zero, constantIndex(b, sizeK), blockK, [&](Value start) { emitBlock(start, andZero(first, start)); });
  }

  Value andZero(Value first, Value index) {
    if (!first)
      return first;
    Value isZero = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index, constantIndex(b, 0));
    return b.createOrFold<arith::AndIOp>(first, isZero);
  }
};

/// The fill with zero that the contraction adds to, if nothing touches C in between.
linalg::FillOp zeroFillBefore(linalg::LinalgOp op, AliasAnalysis &aliases) {
  Value c = op.getDpsInits().front();
  for (Operation *before = op->getPrevNode(); before; before = before->getPrevNode()) {
    if (auto fill = dyn_cast<linalg::FillOp>(before); fill && fill.getOutputs().front() == c)
      return matchPattern(fill.getInputs().front(), m_PosZeroFloat()) ? fill : linalg::FillOp();
    if (!aliases.getModRef(before, c).isNoModRef())
      break;
  }
  return {};
}

struct ExpandContractions : sluice::impl::ExpandContractionsBase<ExpandContractions> {
  void runOnOperation() override {
    auto &aliases = getAnalysis<AliasAnalysis>();
    std::vector<Expander> expanders;
    WalkResult result = getOperation().walk([&](linalg::LinalgOp op) {
      if (!isContraction(op))
        return WalkResult::advance();
      auto strategy = op->getAttrOfType<StrategyAttr>(strategyAttrName);
      if (!strategy) {
        op->emitOpError("has no '") << strategyAttrName << "'; a strategy pass of the target sets it";
        return WalkResult::interrupt();
      }
      FailureOr<Contraction> contraction = analyzeContraction(op);
      if (failed(contraction))
        return WalkResult::interrupt();
      expanders.emplace_back(*contraction, strategy, zeroFillBefore(op, aliases));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (Expander &expander : expanders)
      expander.run();
  }
};
} // namespace
