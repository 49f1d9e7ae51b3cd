//===- KernelMemory.cpp - What the body of a kernel does with memory --------------------===//
#include "passes/CUDA/KernelMemory.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace sluice;

static bool isRead(OpOperand &use) {
  Operation *user = use.getOwner();
  // Its effects say nothing of the two addresses.
  if (auto copy = dyn_cast<NVVM::CpAsyncOp>(user))
    return &use == &copy.getSrcMutable();
  auto effects = dyn_cast<MemoryEffectOpInterface>(user);
  if (!effects)
    return false;
  SmallVector<MemoryEffects::EffectInstance> ofValue;
  effects.getEffectsOnValue(use.get(), ofValue);
  return !ofValue.empty() && llvm::all_of(ofValue, [](const MemoryEffects::EffectInstance &effect) {
    return isa<MemoryEffects::Read>(effect.getEffect());
  });
}

bool sluice::isWrittenIn(Operation *kernel, Value memory) {
  return llvm::any_of(memory.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (!kernel->isAncestor(user))
      return false;
    if (isMemoryEffectFree(user) && user->getNumRegions() == 0)
      return llvm::any_of(user->getResults(), [&](Value result) { return isWrittenIn(kernel, result); });
    return !isRead(use);
  });
}

ModRefResult sluice::getModRef(BufferAliases &aliases, Operation *op, Value location) {
  auto launch = dyn_cast<gpu::LaunchOp>(op);
  if (!launch)
    return aliases.getModRef(op, location);
  SetVector<Value> used;
  getUsedValuesDefinedAbove(launch.getBody(), used);
  ModRefResult result = ModRefResult::getNoModRef();
  for (Value memory : used)
    if (isa<MemRefType>(memory.getType()) && !aliases.alias(memory, location).isNo())
      result = result.merge(isWrittenIn(launch, memory) ? ModRefResult::getModAndRef() : ModRefResult::getRef());
  return result;
}
