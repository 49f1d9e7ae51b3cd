//===- ActivationsToLinalg.cpp - Activations as linalg -----------------------------===//
#include "passes/Tensors/ActivationsToLinalg.h"
#include "dialects/Sluice/Formula.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace sluice;

static SmallVector<Value> lowerActivation(LinalgBuilder &b, ActivationOpInterface op) {
  SmallVector<Value> inputs = {op.getInput()};
  if (op.getGradient())
    inputs.insert(inputs.begin(), op.getGradient());
  auto outputs = llvm::map_to_vector(op->getResultTypes(), [&](Type type) { return b.empty(type); });
  SmallVector<Value> results =
      b.elementwise(inputs, outputs, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
        Formula f{b, v[0].getType()};
        ActivationFormula activation = op.buildFormula(f, v[inputs.size() - 1]);
        SmallVector<Value> yielded;
        if (op.computesActivation())
          yielded.push_back(activation.value);
        if (op.getGradient())
          yielded.push_back(f.mul(v[0], activation.derivative));
        return yielded;
      });
  // Where only one of the two is computed, the other's part of the formula.
  Block &body = results.front().getDefiningOp()->getRegion(0).front();
  for (Operation &inside : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&inside))
      inside.erase();
  return results;
}

void sluice::addActivationLowerings(LinalgLowerings &lowerings) { lowerings.add(lowerActivation); }
