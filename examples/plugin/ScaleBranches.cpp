//===- ScaleBranches.cpp - Residual branches scaled by depth ------------------------===//
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "passes/Graph/ResidualLayer.h"
#include <cmath>

#define GEN_PASS_DECL
#define GEN_PASS_DEF_SCALEBRANCHES
#define GEN_PASS_REGISTRATION
#include "Passes.h.inc"

using namespace mlir;
using namespace sluice;

namespace {
struct ScaleBranches : ::impl::ScaleBranchesBase<ScaleBranches> {
  using ScaleBranchesBase::ScaleBranchesBase;

  void runOnOperation() override {
    if (!(power >= 0)) {
      getOperation().emitError() << "scale-branches expected power of at least 0, found " << double(power);
      return signalPassFailure();
    }
    // `train`, `eval` and `logits` are one model: what changes its function changes all of them.
    for (GraphOp graph : getOperation().getOps<GraphOp>())
      if (failed(scale(graph)))
        return signalPassFailure();
  }

private:
  LogicalResult scale(GraphOp graph) {
    SmallVector<AddOp> sums;
    for (LayerOp layer : graph.getBody().front().getOps<LayerOp>()) {
      FailureOr<ResidualLayer> residual = findBranches(layer);
      if (failed(residual))
        return failure();
      llvm::append_range(sums, residual->sums);
    }
    if (sums.empty())
      return graph.emitError() << "scale-branches expected layers with branches, found none";
    // One factor for all: layers that are equal stay equal, and are compiled once.
    double factor = std::pow(double(sums.size()), -power);
    for (AddOp sum : sums) {
      OpBuilder builder(sum);
      Value branch = sum.getRhs();
      auto number = builder.getF64FloatAttr(factor);
      sum.getRhsMutable().assign(ScaleOp::create(builder, sum.getLoc(), branch.getType(), branch, number));
    }
    return success();
  }
};
} // namespace

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "scale-branches", "0.1", [] { registerScaleBranchesPasses(); }};
}
