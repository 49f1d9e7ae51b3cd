//===- BufferAliases.cpp - Which ops touch which buffers ----------------------------===//
#include "passes/Contractions/BufferAliases.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace sluice;

AliasResult BufferAliases::aliasImpl(Value x, Value y) {
  auto isArgument = [](Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && argument.getOwner()->isEntryBlock() &&
           isa<FunctionOpInterface>(argument.getOwner()->getParentOp());
  };
  if (x != y && isArgument(x) && isArgument(y))
    return AliasResult::NoAlias;
  return LocalAliasAnalysis::aliasImpl(x, y);
}

ModRefResult BufferAliases::getModRef(Operation *op, Value location) {
  auto effects = getEffectsRecursively(op);
  if (!effects)
    return ModRefResult::getModAndRef();
  ModRefResult result = ModRefResult::getNoModRef();
  for (const MemoryEffects::EffectInstance &effect : *effects) {
    if (isa<MemoryEffects::Allocate>(effect.getEffect()) ||
        (effect.getValue() && alias(effect.getValue(), location).isNo()))
      continue;
    result =
        result.merge(isa<MemoryEffects::Read>(effect.getEffect()) ? ModRefResult::getRef() : ModRefResult::getMod());
  }
  return result;
}
