//===- CPUStrategy.cpp - Sets how contractions become loops on a processor ---------===//
#include "passes/CPU/Passes.h"
#include "passes/CPU/TuneCache.h"

namespace sluice {
#define GEN_PASS_DEF_CPUSTRATEGY
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

namespace {
struct CPUStrategy : sluice::impl::CPUStrategyBase<CPUStrategy> {
  using CPUStrategyBase::CPUStrategyBase;

  LogicalResult initialize(MLIRContext *context) override {
    if (tuneCache.empty())
      return success();
    llvm::Expected<TuneCache> read = TuneCache::read(tuneCache, /*isMissingAllowed=*/false);
    if (!read)
      return emitError(UnknownLoc::get(context)) << llvm::toString(read.takeError());
    cache = std::make_shared<TuneCache>(std::move(*read));
    return success();
  }

  void runOnOperation() override {
    FailureOr<TargetAttr> target = targetOf(getOperation());
    if (failed(target))
      return signalPassFailure();
    WalkResult result = getOperation().walk([&](linalg::LinalgOp op) {
      if (!isContraction(op))
        return WalkResult::advance();
      FailureOr<Contraction> contraction = analyzeContraction(op);
      if (failed(contraction))
        return WalkResult::interrupt();
      op->setAttr(strategyAttrName, strategyOf(*contraction, *target));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  StrategyAttr strategyOf(const Contraction &contraction, TargetAttr target) const {
    StrategyAttr measured =
        cache ? cache->find(target.getProcessor(), TuneCache::keyOf(contraction), target.getContext()) : StrategyAttr();
    // A cache may come from another version, whose strategies this one does not have.
    return measured && isApplicable(measured, contraction, target) ? measured : suggestStrategy(contraction, target);
  }

  std::shared_ptr<TuneCache> cache;
};
} // namespace
