//===- TileKernel.cpp - A block of C in the tiles of a matrix unit ------------------===//
#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/CPU/Contraction.h"

using namespace mlir;
using namespace sluice;

/// Rows of a tile, and its columns of f32, or of pairs of bf16.
constexpr int64_t tileSize = 16;

/// The sums of one register block go to `tile`, in cache, and from there to C by way of vectors. To load tiles from C
/// and to store them there was slower where C is not in cache: one tile waits for all of its rows.
void MicroKernel::multiplyTiles(ImplicitLocOpBuilder &builder, Value i, Value from, Value to,
                                function_ref<void(Value)> emitBeside) const {
  const Panels &ofA = tiles->a, &ofB = tiles->b;
  int64_t tileRows = rows / tileSize, tileColumns = columns / tileSize, terms = ofA.vnni;
  auto typeOfSums = amx::TileType::get({tileSize, tileSize}, builder.getF32Type());
  auto typeOfTerms = amx::TileType::get({tileSize, terms}, ofA.computeType);
  auto loadTile = [&](const Panels &panels, Value panel, Value k, int64_t offset, int64_t stride) -> Value {
    Value at = plus(builder, plus(builder, panel, times(builder, k, panels.width)), offset);
    return amx::TileLoadOp::create(builder, typeOfTerms, panels.buffer, ValueRange{at}, constantIndex(builder, stride));
  };

  SmallVector<Value> zeros;
  for (int64_t index = 0; index < tileRows * tileColumns; ++index)
    zeros.push_back(amx::TileZeroOp::create(builder, typeOfSums));
  Value panelOfA = plus(builder, ofA.base, times(builder, i, ofA.depth));
  auto k = scf::ForOp::create(builder, from, to, constantIndex(builder, terms), zeros);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(k.getBody());
    emitBeside(builder.createOrFold<arith::DivUIOp>(k.getInductionVar(), constantIndex(builder, termsOfStretch())));
    SmallVector<Value> sum(k.getRegionIterArgs()), row, column;
    for (int64_t r = 0; r < tileRows; ++r)
      row.push_back(loadTile(ofA, panelOfA, k.getInductionVar(), r * tileSize * terms, terms));
    for (int64_t c = 0; c < tileColumns; ++c)
      column.push_back(loadTile(ofB, ofB.base, k.getInductionVar(), c * tileSize * ofB.vnni, ofB.width * ofB.vnni));
    for (int64_t r = 0; r < tileRows; ++r)
      for (int64_t c = 0; c < tileColumns; ++c) {
        Value &s = sum[r * tileColumns + c];
        s = amx::TileMulFOp::create(builder, typeOfSums, row[r], column[c], s);
      }
    scf::YieldOp::create(builder, sum);
  }

  for (auto [index, sum] : llvm::enumerate(k.getResults())) {
    Value row = constantIndex(builder, index / tileColumns * tileSize);
    Value column = constantIndex(builder, index % tileColumns * tileSize);
    amx::TileStoreOp::create(builder, tile, ValueRange{row, column}, sum);
  }
}
