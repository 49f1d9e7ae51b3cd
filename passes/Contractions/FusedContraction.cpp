//===- FusedContraction.cpp - A contraction and what runs with it --------------------===//
#include "passes/Contractions/FusedContraction.h"

using namespace mlir;
using namespace sluice;

KernelAttr FusedContraction::kernel() const {
  Operation *op = contraction.op;
  auto kernel = op->getAttrOfType<KernelAttr>(kernelAttrName);
  auto fused = epilogue.op ? epilogue.op->getAttrOfType<KernelAttr>(kernelAttrName) : KernelAttr();
  if (!kernel || !fused)
    return kernel;
  return KernelAttr::get(op->getContext(), kernel.getName(), kernel.getFlops() + fused.getFlops(),
                         kernel.getBytes() +
                             epilogue.bytesBesideC(cast<DestinationStyleOpInterface>(op).getDpsInits()[0]));
}

void FusedContraction::eraseOps() {
  contraction.op->erase();
  if (initialization.op)
    initialization.op->erase();
  if (epilogue.op)
    epilogue.op->erase();
}

FailureOr<std::vector<FusedContraction>>
sluice::fuseContractions(Operation *root, function_ref<LogicalResult(const Contraction &)> check) {
  BufferAliases aliases;
  SmallVector<linalg::LinalgOp> ops;
  root->walk([&](linalg::LinalgOp op) {
    if (isContraction(op))
      ops.push_back(op);
  });
  std::vector<FusedContraction> result;
  SmallPtrSet<Operation *, 8> epilogues;
  for (linalg::LinalgOp op : ops) {
    FailureOr<Contraction> contraction = analyzeContraction(op);
    if (failed(contraction) || failed(check(*contraction)))
      return failure();
    Initialization initialization = findInitialization(*contraction, aliases);
    // The epilogue of one contraction may set C of another one: it becomes part of the former.
    if (epilogues.contains(initialization.op))
      initialization = {};
    if (initialization.op)
      initialization.op->moveBefore(op);
    Epilogue epilogue = takeEpilogue(*contraction, initialization, aliases);
    if (epilogue.op)
      epilogues.insert(epilogue.op);
    bool keepsC = !epilogue.op || !isIntermediate(contraction->c.value, initialization, op, epilogue.op);
    result.push_back({*contraction, initialization, epilogue, keepsC});
  }
  return result;
}
