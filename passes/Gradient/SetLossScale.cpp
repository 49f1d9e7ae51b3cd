//===- SetLossScale.cpp - What the loss is multiplied by before backward ------------===//
#include "dialects/Sluice/RuntimeScalars.h"
#include "passes/Gradient/Passes.h"
#include <cmath>

namespace sluice {
#define GEN_PASS_DEF_SETLOSSSCALE
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Where a dynamic scale begins, and the steps without a skip after which it doubles: those of PyTorch's GradScaler.
static constexpr double kDynamicStart = 65536, kDynamicInterval = 2000;

namespace {
struct SetLossScale : sluice::impl::SetLossScaleBase<SetLossScale> {
  using SetLossScaleBase::SetLossScaleBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    bool isDynamic = scale == "dynamic";
    double value = kDynamicStart;
    if (!isDynamic && (StringRef(scale).getAsDouble(value) || !(value > 0 && std::isfinite(value)))) {
      module.emitError() << "expected a loss scale of 'dynamic' or a number above 0, found '" << scale << "'";
      return signalPassFailure();
    }
    if (!hasScalar(module, "loss_gradient")) {
      module.emitError() << "expected a differentiated loss to scale, whose gradient is 'loss_gradient', "
                            "found none";
      return signalPassFailure();
    }
    StringRef help = isDynamic ? "what the loss is multiplied by before backward at first; it follows the gradients"
                               : "what the loss is multiplied by before backward and gradients are divided by after it";
    replaceScalar(module, {"loss_scale", value, help, ScalarRange::above(0)});
    if (isDynamic)
      replaceScalar(module, {"loss_scale_interval", kDynamicInterval,
                             "steps in a row that have to be clean for loss_scale to double", ScalarRange::atLeast(1)});
  }
};
} // namespace
