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
#include "passes/CUDA/MmaProduct.h"
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

  GlobalMatrix matrixOf(const Contraction::Operand &operand, std::optional<unsigned> lines);
  std::pair<Value, Value> blockOfC(Value number);
  Position positionOf(Value matrix);
  TileRange tilesOf(Value part);
  void emitBody(const KernelBody &body);
  /// Where a tile of each operand begins in global and in shared memory.
  struct TilePlaces {
    Value startOfA, startOfB, term;
    Place a, b;
  };
  TilePlaces placesOf(Value tile, Value stage);
  int64_t elementsOfStage() const { return (shape.rows + shape.columns) * shape.terms; }
  bool usesMma() const { return strategy.getInstruction() == Instruction::Mma; }
  void copyTiles(Value tile, Value stage);
  SmallVector<Value> emitSums(TileRange range);
  SmallVector<Value> emitMmaSums(TileRange range);
  SmallVector<Value> multiply(Value tile, ValueRange sums);
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
    std::optional<OperandTiles> a, b; // of FMA
    std::optional<MmaTiles> mmaA, mmaB;
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
  Type element = usesMma() ? Type(typeInMemory(contraction.computeType)) : b.getF32Type();
  emitLaunch(b, {blocksM() * blocksN(), parts(), matrices()}, shape.warps() * warpSize, fused.kernel(),
             {{strategy.getStages() * elementsOfStage(), element}}, [&](const KernelBody &body) { emitBody(body); });
  if (parts() > 1)
    emitSumOfParts();
}

//===-- Where a block of threads is -----------------------------------------------===//

GlobalMatrix ContractionKernel::matrixOf(const Contraction::Operand &operand, std::optional<unsigned> lines) {
  return {flatten(b, operand.value), contraction.size(lines),          contraction.size(contraction.k),
          strideOf(operand, lines),  strideOf(operand, contraction.k), alignmentOf(operand)};
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
  GlobalMatrix a = matrixOf(contraction.a, contraction.m), bOf = matrixOf(contraction.b, contraction.n);
  bool ofA = OperandTiles::keepsTermsContiguous(a), ofB = OperandTiles::keepsTermsContiguous(bOf);
  if (usesMma()) {
    FloatType element = typeInMemory(contraction.computeType);
    int64_t bytes = element.getWidth() / 8;
    in.mmaA.emplace(a, MmaTile{shape.rows, shape.terms, ofA, bytes}, element, threads);
    in.mmaB.emplace(bOf, MmaTile{shape.columns, shape.terms, ofB, bytes}, element, threads);
    in.product =
        std::make_unique<MmaProduct>(b, shape, contraction.computeType, in.mmaA->shape(), in.mmaB->shape(), in.thread);
    return store(body, emitMmaSums(tilesOf(body.blockY)));
  }
  in.a.emplace(a, SharedTile{shape.rows, shape.terms, ofA}, threads);
  in.b.emplace(bOf, SharedTile{shape.columns, shape.terms, ofB}, threads);
  in.product = createFmaProduct(b, shape, in.a->shape(), in.b->shape(), in.thread,
                                /*rounds=*/contraction.computeType != nullptr);
  store(body, emitSums(tilesOf(body.blockY)));
}

/// `tile` counts those of all sums around the product.
ContractionKernel::TilePlaces ContractionKernel::placesOf(Value tile, Value stage) {
  Value sum = tile, tileOfMatrix = tile;
  if (!contraction.outerSums.empty())
    tileOfMatrix = takeIndex(b, sum, tilesOfMatrix());
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
  Value place = times(b, stage, elementsOfStage());
  return {startOf(contraction.a),
          startOf(contraction.b),
          times(b, tileOfMatrix, shape.terms),
          {in.shared, place},
          {in.shared, plus(b, place, shape.rows * shape.terms)}};
}

void ContractionKernel::copyTiles(Value tile, Value stage) {
  TilePlaces places = placesOf(tile, stage);
  in.a->copy(b, in.thread, places.startOfA, in.first.first, places.term, places.a);
  in.b->copy(b, in.thread, places.startOfB, in.first.second, places.term, places.b);
}

SmallVector<Value> ContractionKernel::multiply(Value tile, ValueRange sums) {
  Value place = times(b, arith::RemUIOp::create(b, tile, constantIndex(b, strategy.getStages())), elementsOfStage());
  return in.product->add(b, {in.shared, place}, {in.shared, plus(b, place, shape.rows * shape.terms)}, sums);
}

/// Rounds operands on their way: what goes through registers is loaded before a product and stored behind it.
SmallVector<Value> ContractionKernel::emitMmaSums(TileRange range) {
  int64_t stages = strategy.getStages();
  Value last = b.createOrFold<arith::SubIOp>(range.count, constantIndex(b, 1));
  // Behind the last tile it is copied again, which nobody reads.
  auto copyAround = [&](Value tile, Value stage, function_ref<void()> body) {
    Value there = b.createOrFold<arith::MinUIOp>(tile, last);
    TilePlaces places = placesOf(plus(b, range.first, there), stage);
    auto ofA = in.mmaA->begin(b, in.thread, places.startOfA, in.first.first, places.term, places.a);
    auto ofB = in.mmaB->begin(b, in.thread, places.startOfB, in.first.second, places.term, places.b);
    commitCopies(b);
    body();
    in.mmaA->finish(b, in.thread, ofA, places.a);
    in.mmaB->finish(b, in.thread, ofB, places.b);
  };
  for (int64_t tile = 0; tile + 1 < stages; ++tile)
    copyAround(constantIndex(b, tile), constantIndex(b, tile), [] {});
  auto loop = scf::ForOp::create(b, constantIndex(b, 0), range.count, constantIndex(b, 1), in.product->zeros(b));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  keepLoop(b);
  Value tile = loop.getInductionVar(), next = plus(b, tile, stages - 1);
  waitForCopies(b, stages - 2);
  gpu::BarrierOp::create(b);
  SmallVector<Value> sums;
  copyAround(next, arith::RemUIOp::create(b, next, constantIndex(b, stages)),
             [&] { sums = multiply(tile, loop.getRegionIterArgs()); });
  scf::YieldOp::create(b, sums);
  return SmallVector<Value>(loop.getResults());
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
  scf::YieldOp::create(b, multiply(tile, loop.getRegionIterArgs()));
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
  emitLaunch(b, {blocks, 1, matrices()}, threads, furtherKernelOf(fused.kernel()), {}, [&](const KernelBody &body) {
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
