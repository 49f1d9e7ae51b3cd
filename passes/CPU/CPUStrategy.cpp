//===- CPUStrategy.cpp - Sets how contractions become loops on a processor ---------===//
#include "passes/CPU/Passes.h"
#include "passes/CPU/TuneCache.h"
#include "llvm/TargetParser/Host.h"

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
    registers = Registers::find(cpu);
    if (!registers)
      return emitError(UnknownLoc::get(context)) << "unknown processor '" << cpu << "'";
    if (tuneCache.empty())
      return success();
    llvm::Expected<TuneCache> read = TuneCache::read(tuneCache, /*isMissingAllowed=*/false);
    if (!read)
      return emitError(UnknownLoc::get(context)) << llvm::toString(read.takeError());
    cache = std::make_shared<TuneCache>(std::move(*read));
    return success();
  }

  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](linalg::LinalgOp op) {
      if (!isContraction(op))
        return WalkResult::advance();
      FailureOr<Contraction> contraction = analyzeContraction(op);
      if (failed(contraction))
        return WalkResult::interrupt();
      op->setAttr(strategyAttrName, strategyOf(*contraction));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  StrategyAttr strategyOf(const Contraction &contraction) {
    if (cache) {
      StringRef processor = cpu == "native" ? llvm::sys::getHostCPUName() : StringRef(cpu);
      StrategyAttr measured = cache->find(processor, TuneCache::keyOf(contraction), &getContext());
      // A cache may come from another version, whose strategies this one does not have.
      if (measured && isApplicable(measured, contraction, *registers))
        return measured;
    }
    return suggestStrategy(contraction, *registers, threadsOf(cpu));
  }

  const Registers *registers = nullptr;
  std::shared_ptr<TuneCache> cache;
};
} // namespace
