//===- SetTarget.cpp - Says which machine the module is compiled for -----------------===//
#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Target/Passes.h"
#include "passes/Target/Target.h"

namespace sluice {
#define GEN_PASS_DEF_SETTARGET
#include "passes/Target/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct SetTarget : sluice::impl::SetTargetBase<SetTarget> {
  using SetTargetBase::SetTargetBase;

  /// Those of the attribute, whichever kind of target it will be.
  void getDependentDialects(DialectRegistry &registry) const override { registerTargetDialects(registry); }

  void runOnOperation() override {
    llvm::Expected<std::unique_ptr<Target>> target = createTarget(kind, processor);
    if (!target) {
      getOperation().emitError() << llvm::toString(target.takeError());
      return signalPassFailure();
    }
    getOperation()->setAttr(targetAttrName, (*target)->describe(&getContext()));
  }
};
} // namespace
