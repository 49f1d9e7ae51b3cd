//===- Initialization.cpp - What C holds before a contraction ------------------------===//
#include "passes/Contractions/Initialization.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace sluice;

/// The row that the op writes to every row of its output, or null if it does something else.
static Value repeatedRow(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 || op.getNumReductionLoops() != 0)
    return {};
  auto type = dyn_cast<MemRefType>(op.getInputs().front().getType());
  AffineMap from = op.getIndexingMapsArray()[0], to = op.getIndexingMapsArray()[1];
  bool copies = cast<linalg::YieldOp>(op.getBody()->getTerminator()).getOperand(0) == op.getBody()->getArgument(0);
  bool repeats = to.isIdentity() && from.getNumResults() == 1 && from.getResult(0) == to.getResults().back();
  return copies && repeats && type && type.isStrided() && type.getStridesAndOffset().first[0] == 1
             ? op.getInputs().front()
             : Value();
}

Initialization sluice::findInitialization(const Contraction &contraction, BufferAliases &aliases) {
  linalg::LinalgOp op = contraction.op;
  Value c = op.getDpsInits().front();
  Operation *before = op->getPrevNode();
  while (before && aliases.getModRef(before, c).isNoModRef())
    before = before->getPrevNode();
  if (auto fill = dyn_cast_or_null<linalg::FillOp>(before); fill && fill.getOutputs().front() == c)
    return matchPattern(fill.getInputs().front(), m_PosZeroFloat()) ? Initialization{fill, {}} : Initialization{};
  auto generic = dyn_cast_or_null<linalg::GenericOp>(before);
  if (!generic || generic.getOutputs().front() != c || !contraction.isContiguous(contraction.c, contraction.n))
    return {};
  Value row = repeatedRow(generic);
  if (!row || cast<MemRefType>(row.getType()).getDimSize(0) != contraction.size(contraction.n))
    return {};
  for (Operation *between = generic->getNextNode(); between != op; between = between->getNextNode())
    if (aliases.getModRef(between, row).isMod())
      return {};
  return {generic, row};
}
