//===- KernelDecompositions.cpp - Which function decomposes a kernel op ------------===//
#include "passes/Blocked/KernelDecompositions.h"
#include "passes/Blocked/DecomposeAttention.h"
#include "passes/Blocked/DecomposeCrossEntropy.h"
#include "passes/Blocked/DecomposeNewtonSchulz.h"
#include "passes/Blocked/DecomposeRows.h"
#include "passes/Blocked/DecomposeStandardizationLoss.h"

using namespace mlir;
using namespace sluice;

namespace {
template <auto function, typename KernelOp>
struct KernelModel : KernelOpInterface::ExternalModel<KernelModel<function, KernelOp>, KernelOp> {
  void decompose(Operation *op) const { function(cast<KernelOp>(op)); }
};
} // namespace

/// To the op that the function takes.
template <auto function, typename KernelOp> static void attachTo(MLIRContext *context, void (*)(KernelOp)) {
  KernelOp::template attachInterface<KernelModel<function, KernelOp>>(*context);
}

template <auto... functions> static void attach(MLIRContext *context) {
  (attachTo<functions>(context, functions), ...);
}

void sluice::registerKernelDecompositions(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, SluiceDialect *) {
    attach<decomposeGatherRows, decomposeScatterRows, decomposeAttention, decomposeAttentionBackward,
           decomposeCrossEntropy, decomposeCrossEntropyBackward, decomposeCrossEntropyWithGradient,
           decomposeNewtonSchulz, decomposeStandardizationLoss>(context);
  });
}
