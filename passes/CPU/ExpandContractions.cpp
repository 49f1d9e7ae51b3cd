//===- ExpandContractions.cpp - Contractions to packed panels and a micro-kernel ------===//
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "passes/CPU/ContractionLoops.h"
#include "passes/CPU/Passes.h"
#include "passes/CPU/Strategy.h"

namespace sluice {
#define GEN_PASS_DEF_EXPANDCONTRACTIONS
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

/// Emits an error unless the contraction can be expanded by the strategy.
static LogicalResult checkStrategy(const Contraction &contraction, StrategyAttr strategy) {
  linalg::LinalgOp op = contraction.op;
  int64_t sizeN = contraction.size(contraction.n), columns = strategy.getRegisterBlock()[1];
  if (!strategy.getPacksB() && !fillsPanels(sizeN, columns, strategy.getVectorSize()))
    return op->emitOpError("expected a strategy that packs B: ")
           << sizeN << " columns do not fill the vectors of blocks of " << columns;
  if (!strategy.getPacksB() && !contraction.isContiguous(contraction.b, contraction.n))
    return op->emitOpError("expected a strategy that packs B, whose columns are not contiguous");
  if (!(strategy.getPacksA() && strategy.getPacksB()) && contraction.computeType)
    return op->emitOpError("expected a strategy that packs A and B, which are rounded to ") << contraction.computeType;
  if (contraction.narrow) {
    int64_t chunk = contraction.narrow->accumulation.chunk, terms = contraction.size(contraction.k);
    int64_t depth = strategy.getCacheBlock()[2], expected = chunk > 1 ? std::min(chunk, terms) : terms;
    if (std::min(depth, terms) != expected)
      return op->emitOpError("expected a strategy whose blocks of the sum have ")
             << expected << " terms, found " << depth;
    if (!strategy.getPacksA() || !strategy.getPacksB())
      return op->emitOpError("expected a strategy that packs A and B, whose sums are narrow");
  }
  bool isBF16 = contraction.computeType && contraction.computeType.isBF16();
  if (strategy.getVnni() > 1 && !isBF16)
    return op->emitOpError("expected a strategy whose terms lie apart: it computes in ") << contraction.elementType();
  return success();
}

namespace {
struct ExpandContractions : sluice::impl::ExpandContractionsBase<ExpandContractions> {
  void runOnOperation() override {
    auto contractions = fuseContractions(getOperation(), [](const Contraction &contraction) -> LogicalResult {
      linalg::LinalgOp op = contraction.op;
      auto strategy = op->getAttrOfType<StrategyAttr>(strategyAttrName);
      if (!strategy)
        return op->emitOpError("has no '") << strategyAttrName << "'; a strategy pass of the target sets it";
      return checkStrategy(contraction, strategy);
    });
    if (failed(contractions))
      return signalPassFailure();
    // All are matched before the first one is expanded.
    for (const FusedContraction &fused : *contractions)
      emitContractionLoops(fused);
  }
};
} // namespace
