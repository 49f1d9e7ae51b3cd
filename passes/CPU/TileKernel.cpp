//===- TileKernel.cpp - A block of C in the tiles of a matrix unit ------------------===//
#include "passes/CPU/TileKernel.h"
#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace sluice;

/// Rows of a tile, and its columns of f32, or of pairs of bf16.
static constexpr int64_t tileSize = 16;

// The sums go to a buffer in cache, and from there to C by way of vectors. To load tiles from C and to store them there
// was slower where C is not in cache: one tile waits for all of its rows.
void sluice::multiplyTiles(ImplicitLocOpBuilder &b, const KernelShape &shape, const TilePanels &panels, Value sums,
                           Value i, Value from, Value to, function_ref<void(Value)> emitBeside) {
  const Panels &ofA = panels.a, &ofB = panels.b;
  int64_t tileRows = shape.rows / tileSize, tileColumns = shape.columns / tileSize, terms = shape.tileTerms;
  int64_t pair = ofB.shape.interleavedTerms;
  auto typeOfSums = amx::TileType::get({tileSize, tileSize}, b.getF32Type());
  auto typeOfTerms = amx::TileType::get({tileSize, terms}, ofA.computeType);
  auto loadTile = [&](const Panels &panels, Value panel, Value k, int64_t offset, int64_t stride) -> Value {
    Value at = plus(b, plus(b, panel, times(b, k, panels.shape.width)), offset);
    return amx::TileLoadOp::create(b, typeOfTerms, panels.buffer, ValueRange{at}, constantIndex(b, stride));
  };

  SmallVector<Value> zeros;
  for (int64_t index = 0; index < tileRows * tileColumns; ++index)
    zeros.push_back(amx::TileZeroOp::create(b, typeOfSums));
  Value panelOfA = plus(b, ofA.base, times(b, i, ofA.shape.depth));
  auto k = scf::ForOp::create(b, from, to, constantIndex(b, terms), zeros);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(k.getBody());
    emitBeside(b.createOrFold<arith::DivUIOp>(k.getInductionVar(), constantIndex(b, shape.termsOfStretch())));
    SmallVector<Value> sum(k.getRegionIterArgs()), row, column;
    for (int64_t r = 0; r < tileRows; ++r)
      row.push_back(loadTile(ofA, panelOfA, k.getInductionVar(), r * tileSize * terms, terms));
    for (int64_t c = 0; c < tileColumns; ++c)
      column.push_back(loadTile(ofB, ofB.base, k.getInductionVar(), c * tileSize * pair, ofB.shape.width * pair));
    for (int64_t r = 0; r < tileRows; ++r)
      for (int64_t c = 0; c < tileColumns; ++c) {
        Value &s = sum[r * tileColumns + c];
        s = amx::TileMulFOp::create(b, typeOfSums, row[r], column[c], s);
      }
    scf::YieldOp::create(b, sum);
  }

  for (auto [index, sum] : llvm::enumerate(k.getResults())) {
    Value row = constantIndex(b, index / tileColumns * tileSize);
    Value column = constantIndex(b, index % tileColumns * tileSize);
    amx::TileStoreOp::create(b, sums, ValueRange{row, column}, sum);
  }
}
