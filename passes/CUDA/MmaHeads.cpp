//===- MmaHeads.cpp - The products of attention by tensor cores -----------------------===//
//
// Rows are copied once. Columns have two places: while one block is multiplied, the next one is being copied. What has
// to be rounded goes through registers, behind the products of the block before it.
//
//===----------------------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/Build/Loops.h"
#include "passes/CUDA/HeadProducts.h"
#include "passes/CUDA/MmaProduct.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

static constexpr int64_t stages = 2, bytesOfFactor = 2;

/// Elements from a line to the next one: chunks of it are exchanged in powers of two, and every thread copies some.
static int64_t strideOfLine(const AttentionSizes &sizes) {
  return std::max<int64_t>(llvm::PowerOf2Ceil(sizes.widthOfTile), 32);
}

namespace {
class MmaHeads : public HeadProducts {
public:
  MmaHeads(HeadPlace place, HeadOperands operands)
      : b(place.b), place(place), sizes(place.sizes), operands(std::move(operands)),
        rowTile{sizes.rows, strideOfLine(sizes), true, bytesOfFactor},
        columnTile{sizes.columns, strideOfLine(sizes), true, bytesOfFactor} {
    constexpr int64_t warpRows = AttentionSizes::warpRows;
    BlockShape ofScores{sizes.rows, sizes.columns, sizes.widthOfTile, warpRows, sizes.columns};
    BlockShape ofOutputs{sizes.rows, sizes.widthOfTile, sizes.columns, warpRows, sizes.widthOfTile};
    MmaTile turned{columnTile.terms, columnTile.lines, false, bytesOfFactor};
    scoresProduct = std::make_unique<MmaProduct>(b, ofScores, sizes.factors, rowTile, columnTile, place.thread);
    outputsProduct = std::make_unique<MmaProduct>(b, ofOutputs, sizes.factors, rowTile, turned, place.thread);
  }

  ThreadPart scoresPart() const override { return scoresProduct->part(); }
  ThreadPart outputsPart() const override { return outputsProduct->part(); }
  int64_t lanesOfRow() const override { return MmaProduct::lanesOfRow; }
  SmallVector<Value> zeroOutputs() const override { return outputsProduct->zeros(b); }

  void copyRows() override {
    for (auto [i, memref] : llvm::enumerate(operands.rows))
      copy(memref, rowTile, place.firstRow, placeOfRows(i));
  }

  void forColumns(Value first, Value end, SmallVector<Value> &carried, function_ref<void(Value)> body) override {
    for (size_t i = 0; i < operands.columns.size(); ++i)
      copyColumns(i, first, stageOf(first));
    commitCopies(b);
    auto loop = scf::ForOp::create(b, first, end, constantIndex(b, 1), carried);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      keepLoop(b);
      carried.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
      Value number = loop.getInductionVar(), next = plus(b, number, 1);
      stage = stageOf(number);
      waitForCopies(b, 0);
      // All threads see the block, and are done with the one whose place the next one takes.
      gpu::BarrierOp::create(b);
      copyNext(next, end, /*isAsynchronous=*/true);
      commitCopies(b);
      body(number);
      copyNext(next, end, /*isAsynchronous=*/false);
      scf::YieldOp::create(b, carried);
    }
    carried.assign(loop.getResults().begin(), loop.getResults().end());
  }

  SmallVector<Scores> scores() override {
    SmallVector<Scores> result;
    for (size_t i = 0; i < operands.rows.size(); ++i)
      result.push_back(scoresProduct->add(b, placeOfRows(i), placeOfColumns(i, stage), scoresProduct->zeros(b)));
    return result;
  }

  void addOutputs(SmallVector<Value> &outputs, ValueRange scores, size_t columns) override {
    outputs = outputsProduct->addInRegisters(b, scores, placeOfColumns(columns, stage), outputs);
  }

private:
  Place placeOfRows(size_t number) { return {place.shared, constantIndex(b, number * rowTile.elements())}; }
  Place placeOfColumns(size_t number, Value stage) {
    int64_t first = operands.rows.size() * rowTile.elements() + number * columnTile.elements();
    return {place.shared, plus(b, times(b, stage, operands.columns.size() * columnTile.elements()), first)};
  }
  Value stageOf(Value number) { return b.createOrFold<arith::RemUIOp>(number, constantIndex(b, stages)); }
  MmaTiles copiesOf(Value memref, MmaTile tile) {
    return MmaTiles(place.linesOf(memref), tile, sizes.factors, sizes.threads());
  }

  void copy(Value memref, MmaTile tile, Value firstLine, Place to) {
    MmaTiles copies = copiesOf(memref, tile);
    Value start = place.startOf(cast<MemRefType>(memref.getType()));
    copies.finish(b, place.thread, copies.begin(b, place.thread, start, firstLine, constantIndex(b, 0), to), to);
  }
  void copyColumns(size_t number, Value block, Value stage) {
    copy(operands.columns[number], columnTile, times(b, block, sizes.columns), placeOfColumns(number, stage));
  }
  /// Copies those of the columns of the next block that are copied so, if there is one.
  void copyNext(Value next, Value end, bool isAsynchronous) {
    SmallVector<size_t> numbers;
    for (auto [i, memref] : llvm::enumerate(operands.columns))
      if (copiesOf(memref, columnTile).isAsynchronous() == isAsynchronous)
        numbers.push_back(i);
    if (numbers.empty())
      return;
    emitIf(b, arith::CmpIOp::create(b, arith::CmpIPredicate::ult, next, end), [&] {
      for (size_t number : numbers)
        copyColumns(number, next, stageOf(next));
    });
  }

  ImplicitLocOpBuilder &b;
  HeadPlace place;
  AttentionSizes sizes;
  HeadOperands operands;
  MmaTile rowTile, columnTile;
  std::unique_ptr<MmaProduct> scoresProduct, outputsProduct;
  Value stage; // of the columns in the loop
};
} // namespace

std::unique_ptr<HeadProducts> cuda::createMmaHeads(HeadPlace place, HeadOperands operands) {
  return std::make_unique<MmaHeads>(place, std::move(operands));
}

int64_t cuda::sharedElementsOfMma(const AttentionSizes &sizes, int64_t rows, int64_t columns) {
  return (rows * sizes.rows + stages * columns * sizes.columns) * strideOfLine(sizes);
}
