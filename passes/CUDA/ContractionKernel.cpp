//===- ContractionKernel.cpp - The kernels of a contraction ---------------------------===//
//
// A block of threads has a block of C, with its sums in registers. Blocks of A and B pass through a few tiles in shared
// memory: while one is multiplied, the next ones are being copied. Where C has too few blocks for a GPU, several blocks
// of threads have the same block of C and a part of the sum each; a second kernel adds the parts, in their order.
//
//===----------------------------------------------------------------------------------===//
#include "passes/CUDA/ContractionKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "passes/Build/CacheLines.h"
#include "passes/Build/Loops.h"
#include "passes/CUDA/Launch.h"
#include "passes/CUDA/OperandTiles.h"
#include "passes/CUDA/StoreOfC.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

namespace {
/// Tiles of the sum, from the first one on.
struct TileRange {
  Value first, count;
};

/// The sums of a contraction, in one launch.
class ContractionKernel {
public:
  ContractionKernel(const FusedContraction &fused, StrategyAttr strategy);

  void emit();

private:
  int64_t blocksM() const { return llvm::divideCeil(sizeM(), shape.rows); }
  int64_t blocksN() const { return llvm::divideCeil(sizeN(), shape.columns); }
  int64_t sizeM() const { return contraction.size(contraction.m); }
  int64_t sizeN() const { return contraction.size(contraction.n); }
  int64_t matrices() const { return contraction.product(contraction.outer); }
  int64_t tilesOfMatrix() const { return llvm::divideCeil(contraction.size(contraction.k), shape.terms); }
  int64_t tiles() const { return contraction.product(contraction.outerSums) * tilesOfMatrix(); }
  int64_t tilesOfPart() const { return llvm::divideCeil(tiles(), strategy.getParts()); }
  int64_t parts() const { return llvm::divideCeil(tiles(), tilesOfPart()); }

  GlobalMatrix matrixOf(const Contraction::Operand &operand, std::optional<unsigned> lines) const;
  std::pair<Value, Value> blockOfC(Value number);
  Position positionOf(Value matrix);
  TileRange tilesOf(Value part);
  void emitBody(const KernelBody &body);
  void copyTiles(Value tile, Value stage);
  SmallVector<Value> emitSums(TileRange range);
  void store(const KernelBody &body, ValueRange sums);
  void emitSumOfParts();

  const FusedContraction &fused;
  const Contraction &contraction;
  StrategyAttr strategy;
  BlockShape shape;
  ImplicitLocOpBuilder b;
  Value partialSums; // flat: parts x matrices x rows x columns

  // Of the kernel's body.
  struct Body {
    Value thread, shared;
    std::pair<Value, Value> first; // row and column of the block of C
    Position position;
    std::optional<OperandTiles> a, b;
    std::unique_ptr<BlockProduct> product;
  } in;
};
} // namespace

ContractionKernel::ContractionKernel(const FusedContraction &fused, StrategyAttr strategy)
    : fused(fused), contraction(fused.contraction), strategy(strategy),
      shape{strategy.getBlock()[0], strategy.getBlock()[1], strategy.getBlock()[2], strategy.getWarp()[0],
            strategy.getWarp()[1]},
      b(contraction.op->getLoc(), contraction.op) {}

void ContractionKernel::emit() {
  if (parts() > 1) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&contraction.op->getParentOfType<FunctionOpInterface>().getFunctionBody().front());
    int64_t size = parts() * matrices() * sizeM() * sizeN();
    partialSums =
        memref::AllocOp::create(b, MemRefType::get({size}, b.getF32Type()), b.getI64IntegerAttr(bytesOfCacheLine));
  }
  int64_t elementsOfStage = (shape.rows + shape.columns) * shape.terms;
  emitLaunch(b, {blocksM() * blocksN(), parts(), matrices()}, shape.warps() * warpSize, fused.kernel(),
             {{strategy.getStages() * elementsOfStage, b.getF32Type()}},
             [&](const KernelBody &body) { emitBody(body); });
  if (parts() > 1)
    emitSumOfParts();
}

//===-- Where a block of threads is -----------------------------------------------===//

GlobalMatrix ContractionKernel::matrixOf(const Contraction::Operand &operand, std::optional<unsigned> lines) const {
  return {Value(),
          contraction.size(lines),
          contraction.size(contraction.k),
          strideOf(operand, lines),
          strideOf(operand, contraction.k),
          alignmentOf(operand)};
}

/// Of so many neighbouring rows of blocks, all blocks of a column are neighbours in time: together they read few rows
/// of A and few columns of B, which stay in the second-level cache.
std::pair<Value, Value> ContractionKernel::blockOfC(Value number) {
  int64_t together = std::min(strategy.getGroup(), blocksM());
  Value inGroup = number, group = constantIndex(b, 0);
  if (together < blocksM()) {
    group = number;
    inGroup = takeIndex(b, group, together * blocksN());
  }
  Value row, column;
  if (blocksM() % together == 0) {
    column = inGroup;
    row = takeIndex(b, column, together);
  } else {
    Value first = times(b, group, together);
    Value left = arith::SubIOp::create(b, constantIndex(b, blocksM()), first);
    Value rows = arith::MinUIOp::create(b, left, constantIndex(b, together));
    row = arith::RemUIOp::create(b, inGroup, rows);
    column = arith::DivUIOp::create(b, inGroup, rows);
  }
  row = plus(b, times(b, group, together), row);
  return {times(b, row, shape.rows), times(b, column, shape.columns)};
}

Position ContractionKernel::positionOf(Value matrix) {
  Position position;
  for (unsigned dim : llvm::reverse(contraction.outer))
    position[dim] = takeIndex(b, matrix, contraction.sizes[dim]);
  return position;
}

TileRange ContractionKernel::tilesOf(Value part) {
  if (parts() == 1)
    return {constantIndex(b, 0), constantIndex(b, tiles())};
  Value first = times(b, part, tilesOfPart());
  if (tiles() % tilesOfPart() == 0)
    return {first, constantIndex(b, tilesOfPart())};
  Value left = arith::SubIOp::create(b, constantIndex(b, tiles()), first);
  return {first, arith::MinUIOp::create(b, left, constantIndex(b, tilesOfPart()))};
}

//===-- Sums ----------------------------------------------------------------------===//

void ContractionKernel::emitBody(const KernelBody &body) {
  in.thread = body.thread;
  in.shared = body.shared.front();
  in.first = blockOfC(body.blockX);
  in.position = positionOf(body.blockZ);
  int64_t threads = shape.warps() * warpSize;
  auto tilesOf = [&](const Contraction::Operand &operand, std::optional<unsigned> lines, int64_t linesOfBlock) {
    GlobalMatrix matrix = matrixOf(operand, lines);
    matrix.flat = flatten(b, operand.value);
    return OperandTiles(matrix, {linesOfBlock, shape.terms, OperandTiles::keepsTermsContiguous(matrix)}, threads);
  };
  in.a = tilesOf(contraction.a, contraction.m, shape.rows);
  in.b = tilesOf(contraction.b, contraction.n, shape.columns);
  in.product = createFmaProduct(b, shape, in.a->shape(), in.b->shape(), in.thread,
                                /*rounds=*/contraction.computeType != nullptr);
  store(body, emitSums(this->tilesOf(body.blockY)));
}

/// Starts the copies of a tile of each operand; `tile` counts those of all sums around the product.
void ContractionKernel::copyTiles(Value tile, Value stage) {
  Value sum = tile, tileOfMatrix = tile;
  if (!contraction.outerSums.empty())
    tileOfMatrix = takeIndex(b, sum, tilesOfMatrix());
  Value term = times(b, tileOfMatrix, shape.terms);
  Position position = in.position;
  for (unsigned dim : llvm::reverse(contraction.outerSums))
    position[dim] = takeIndex(b, sum, contraction.sizes[dim]);
  auto startOf = [&](const Contraction::Operand &operand) {
    Value start = constantIndex(b, 0);
    for (unsigned dim : operand.dims)
      if (auto it = position.find(dim); it != position.end())
        start = plus(b, start, times(b, it->second, strideOf(operand, dim)));
    return start;
  };
  int64_t elementsOfA = in.a->shape().elements(), elementsOfB = in.b->shape().elements();
  Value place = times(b, stage, elementsOfA + elementsOfB);
  in.a->copy(b, in.thread, startOf(contraction.a), in.first.first, term, {in.shared, place});
  in.b->copy(b, in.thread, startOf(contraction.b), in.first.second, term, {in.shared, plus(b, place, elementsOfA)});
}

SmallVector<Value> ContractionKernel::emitSums(TileRange range) {
  int64_t stages = strategy.getStages();
  auto copyIfThere = [&](Value tile, Value stage) {
    Value isThere = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, tile, range.count);
    emitIf(b, isThere, [&] { copyTiles(plus(b, range.first, tile), stage); });
    commitCopies(b);
  };
  for (int64_t tile = 0; tile + 1 < stages; ++tile)
    copyIfThere(constantIndex(b, tile), constantIndex(b, tile));
  auto loop = scf::ForOp::create(b, constantIndex(b, 0), range.count, constantIndex(b, 1), in.product->zeros(b));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value tile = loop.getInductionVar(), ofStages = constantIndex(b, stages);
  waitForCopies(b, stages - 2);
  // All threads see the tile, and are done with the one whose place the next copies take.
  gpu::BarrierOp::create(b);
  Value next = plus(b, tile, stages - 1);
  copyIfThere(next, arith::RemUIOp::create(b, next, ofStages));
  int64_t elementsOfA = in.a->shape().elements(), elementsOfB = in.b->shape().elements();
  Value place = times(b, arith::RemUIOp::create(b, tile, ofStages), elementsOfA + elementsOfB);
  scf::YieldOp::create(
      b, in.product->add(b, {in.shared, place}, {in.shared, plus(b, place, elementsOfA)}, loop.getRegionIterArgs()));
  return SmallVector<Value>(loop.getResults());
}

//===-- Stores --------------------------------------------------------------------===//

void ContractionKernel::store(const KernelBody &body, ValueRange sums) {
  ThreadPart part = in.product->part();
  std::pair<int64_t, int64_t> sizes(sizeM(), sizeN());
  if (parts() == 1) {
    StoreOfC store(b, fused, in.position);
    int64_t lanes = StoreOfC::lanes(fused, part.lanes);
    forPart(
        b, part, sums, shape, in.first, sizes, lanes, [&](Value column) { store.beginColumn(column, lanes); },
        [&](Value sums, Value row, Value column) { store.store(sums, row, column); });
    return;
  }
  Value matrix = plus(b, times(b, body.blockY, matrices()), body.blockZ);
  Value start = times(b, matrix, sizeM() * sizeN());
  forPart(
      b, part, sums, shape, in.first, sizes, sizeN() % part.lanes == 0 ? part.lanes : 1, [](Value) {},
      [&](Value sums, Value row, Value column) {
        storeLanes(b, sums, partialSums, plus(b, start, plus(b, times(b, row, sizeN()), column)));
      });
}

/// Adds the parts of each sum in their order. Each thread has a few neighbours of a row.
void ContractionKernel::emitSumOfParts() {
  constexpr int64_t threads = 256;
  int64_t lanes = StoreOfC::lanes(fused, SharedTile::chunk);
  int64_t elements = sizeM() * sizeN(), threadsOfMatrix = elements / lanes;
  int64_t blocks = llvm::divideCeil(threadsOfMatrix, threads);
  emitLaunch(b, {blocks, 1, matrices()}, threads, {}, {}, [&](const KernelBody &body) {
    Value number = plus(b, times(b, body.blockX, threads), body.thread);
    auto emitAll = [&] {
      StoreOfC store(b, fused, positionOf(body.blockZ));
      Value index = plus(b, times(b, body.blockZ, elements), times(b, number, lanes)), sum;
      for (int64_t part = 0; part < parts(); ++part) {
        Value of = loadLanes(b, partialSums, plus(b, index, part * matrices() * elements), lanes);
        sum = sum ? arith::AddFOp::create(b, sum, of).getResult() : of;
      }
      Value row = number;
      Value column = times(b, takeIndex(b, row, sizeN() / lanes), lanes);
      store.beginColumn(column, lanes);
      store.store(sum, row, column);
    };
    if (threadsOfMatrix % threads == 0)
      return emitAll();
    emitIf(b, arith::CmpIOp::create(b, arith::CmpIPredicate::ult, number, constantIndex(b, threadsOfMatrix)), emitAll);
  });
}

void cuda::emitContractionKernels(const FusedContraction &fused, StrategyAttr strategy) {
  ContractionKernel(fused, strategy).emit();
}
