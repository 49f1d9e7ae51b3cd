//===- PanelPrefetch.cpp - Brings the next panels of B near ------------------------===//
#include "passes/CPU/PanelPrefetch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sluice;

void PanelPrefetch::forLines(ImplicitLocOpBuilder &b, Value number, int64_t stretches,
                             function_ref<void(Value, Value)> body) const {
  bool alongRows = matrix.rowIsContiguous();
  int64_t lineElements = matrix.lineElements();
  int64_t linesOfRun = llvm::divideCeil(alongRows ? rows : sums, lineElements), runs = alongRows ? sums : rows;
  int64_t linesOfStretch = llvm::divideCeil(linesOfRun * runs, parts * stretches);
  // Neighbours in one run, so that their place is found once.
  int64_t neighbours = std::min(linesOfStretch, linesOfRun);
  while (linesOfRun % neighbours != 0)
    ++neighbours;
  int64_t groupsOfRun = linesOfRun / neighbours, groupsOfStretch = llvm::divideCeil(linesOfStretch, neighbours);
  Value first = times(b, number, groupsOfStretch);
  for (int64_t i = 0; i < groupsOfStretch; ++i) {
    Value group = b.createOrFold<arith::MinUIOp>(plus(b, first, i), constantIndex(b, runs * groupsOfRun - 1));
    Value run = b.createOrFold<arith::DivUIOp>(group, constantIndex(b, groupsOfRun));
    Value inRun = b.createOrFold<arith::RemUIOp>(group, constantIndex(b, groupsOfRun));
    for (int64_t line = 0; line < neighbours; ++line) {
      Value inside = plus(b, times(b, inRun, neighbours * lineElements), line * lineElements);
      alongRows ? body(inside, run) : body(run, inside);
    }
  }
}

void PanelPrefetch::pack(ImplicitLocOpBuilder &b, Value number, int64_t stretches, int64_t lanes) const {
  auto type = VectorType::get(lanes, matrix.elementType());
  forLines(b, number, stretches, [&](Value r, Value s) {
    for (int64_t offset = 0; offset < matrix.lineElements(); offset += lanes) {
      Value from = plus(b, r, offset);
      Value vector =
          vector::LoadOp::create(b, type, matrix.memref, matrix.indices(b, plus(b, row, from), plus(b, sum, s)));
      Value at = plus(b, plus(b, to->base, times(b, s, to->shape.width)), from);
      vector::StoreOp::create(b, vector, to->buffer, ValueRange{at});
    }
  });
}

void PanelPrefetch::emit(ImplicitLocOpBuilder &b, Value part, Value stretch, int64_t stretches, int64_t lanes) const {
  Value number = plus(b, times(b, part, stretches), stretch);
  forLines(b, number, stretches, [&](Value r, Value s) {
    SmallVector<Value> at = matrix.indices(b, plus(b, row, r), plus(b, sum, s));
    memref::PrefetchOp::create(b, matrix.memref, at, /*isWrite=*/false, /*localityHint=*/to ? 3 : 2,
                               /*isDataCache=*/true);
  });
  if (!to)
    return;
  Value between = constantIndex(b, PlanOfB::stretchesUntilPacked);
  Value hasCome = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, number, between);
  emitIf(b, hasCome, [&] { pack(b, arith::SubIOp::create(b, number, between), stretches, lanes); });
}

void PanelPrefetch::finish(ImplicitLocOpBuilder &b, int64_t stretches, int64_t lanes) const {
  int64_t end = parts * stretches;
  loop(b, constantIndex(b, end - PlanOfB::stretchesUntilPacked), constantIndex(b, end), 1,
       [&](Value number) { pack(b, number, stretches, lanes); });
}
