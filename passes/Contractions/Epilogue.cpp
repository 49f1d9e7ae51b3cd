//===- Epilogue.cpp - The element-wise op behind a contraction ----------------------===//
#include "passes/Contractions/Epilogue.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace sluice;

/// Every op of the body has a form on vectors, which may also run on the lanes beyond an edge.
static bool hasVectorBody(linalg::GenericOp op) {
  return llvm::all_of(op.getBody()->without_terminator(), [](Operation &inner) {
    return inner.hasTrait<OpTrait::ConstantLike>() ||
           (OpTrait::hasElementwiseMappableTraits(&inner) && inner.getNumRegions() == 0 && isPure(&inner));
  });
}

static bool isIdentity(linalg::GenericOp op, OpOperand &operand) {
  return op.getMatchingIndexingMap(&operand).isIdentity();
}

/// Whether an operand may have such elements: those of C, or floats of 16 bits, which take part as C's do.
static bool hasElementsOf(Type type, Type ofC) {
  return type == ofC || (ofC.isF32() && isa<FloatType>(type) && type.getIntOrFloatBitWidth() == 16);
}

/// The operand collapsed as C is, if its dimensions are some of C's in their order and a row of it can be loaded.
static std::optional<Contraction::Operand> collapseAs(const Contraction::Operand &c, Value value, AffineMap map) {
  auto type = dyn_cast<MemRefType>(value.getType());
  if (!type || !type.isStrided() || !hasElementsOf(type.getElementType(), c.type.getElementType()) ||
      !map.isProjectedPermutation())
    return std::nullopt;
  Contraction::Operand result;
  result.value = value;
  int64_t position = 0;
  for (auto [group, dim] : llvm::zip_equal(c.reassociation, c.dims)) {
    if (!map.isFunctionOfDim(group.front()))
      continue;
    result.dims.push_back(dim);
    result.reassociation.emplace_back();
    for (int64_t inC : group) {
      if (position == map.getNumResults() || map.getDimPosition(position) != inC)
        return std::nullopt;
      result.reassociation.back().push_back(position++);
    }
  }
  if (position != map.getNumResults() || !memref::CollapseShapeOp::isGuaranteedCollapsible(type, result.reassociation))
    return std::nullopt;
  result.type = position == 0 ? type : memref::CollapseShapeOp::computeCollapsedType(type, result.reassociation);
  bool hasColumns = !result.dims.empty() && result.dims.back() == c.dims.back();
  if (hasColumns && result.type.getStridesAndOffset().first.back() != 1)
    return std::nullopt;
  return result;
}

/// Blocks of C are finished while others are not: what one writes, nothing reads for another.
static bool mayRunByBlocks(linalg::GenericOp op, const Contraction &contraction, Initialization initialization,
                           BufferAliases &aliases) {
  Value c = contraction.c.value;
  auto areDistinct = [&](Value x, Value y) { return aliases.alias(x, y).isNo(); };
  for (OpOperand *input : op.getDpsInputOperands())
    if (input->get() == c ? !isIdentity(op, *input) : !areDistinct(input->get(), c))
      return false;
  for (OpOperand &output : op.getDpsInitsMutable()) {
    for (Value other : {contraction.a.value, contraction.b.value, initialization.row})
      if (other && !areDistinct(output.get(), other))
        return false;
    for (OpOperand &other : op->getOpOperands()) {
      bool isSameElement = other.get() == output.get() && isIdentity(op, other) && !op.isDpsInit(&other);
      if (&other != &output && !isSameElement && !areDistinct(output.get(), other.get()))
        return false;
    }
  }
  return true;
}

/// Collects what has to move before `point` for the value to be there, or returns false if something may not.
static bool collectDefinitions(Value value, Operation *point, llvm::SetVector<Operation *> &ops) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != point->getBlock() || op->isBeforeInBlock(point) || ops.contains(op))
    return true;
  if (op->getNumRegions() > 0 || !(isa<memref::AllocOp>(op) || isPure(op)) ||
      !llvm::all_of(op->getOperands(), [&](Value operand) { return collectDefinitions(operand, point, ops); }))
    return false;
  ops.insert(op);
  return true;
}

/// Whether nothing between the contraction and the op changes what it reads or sees what it writes; `definitions` are
/// the ops that move before `point` with it.
static bool mayMove(linalg::GenericOp op, Operation *contraction, Operation *point,
                    llvm::SetVector<Operation *> &definitions, BufferAliases &aliases) {
  llvm::SetVector<Value> used(op->operand_begin(), op->operand_end());
  for (Operation &inner : *op.getBody())
    used.insert(inner.operand_begin(), inner.operand_end());
  if (!llvm::all_of(used, [&](Value value) {
        return value.getParentBlock() == op.getBody() || collectDefinitions(value, point, definitions);
      }))
    return false;
  for (Operation *between = contraction->getNextNode(); between != op; between = between->getNextNode()) {
    if (definitions.contains(between))
      continue;
    for (OpOperand &operand : op->getOpOperands()) {
      ModRefResult result = aliases.getModRef(between, operand.get());
      if (op.isDpsInit(&operand) ? !result.isNoModRef() : result.isMod())
        return false;
    }
  }
  return true;
}

bool sluice::isIntermediate(Value c, const Initialization &initialization, Operation *contraction,
                            linalg::GenericOp op) {
  auto isKnown = [&](Operation *user) { return user == initialization.op || user == contraction || user == op; };
  return initialization.op && c.getDefiningOp<memref::AllocOp>() && llvm::all_of(c.getUsers(), isKnown);
}

/// An output that C's own buffer is not needed beside: sums may be kept there until they are complete.
static Value replacementOfC(linalg::GenericOp op, Value c, Initialization initialization, Operation *contraction) {
  if (!isIntermediate(c, initialization, contraction, op))
    return {};
  for (OpOperand &output : op.getDpsInitsMutable())
    if (output.get().getType() == c.getType() && !op.payloadUsesValueFromOperand(&output) &&
        !llvm::is_contained(op.getInputs(), output.get()) && output.get() != c)
      return output.get();
  return {};
}

/// The op as an epilogue, if it may move right behind the contraction with `definitions`, which go before `point`.
static std::optional<Epilogue> matchEpilogue(linalg::GenericOp op, const Contraction &contraction,
                                             Initialization initialization, Operation *point,
                                             llvm::SetVector<Operation *> &definitions, BufferAliases &aliases) {
  auto readsC = [&](OpOperand &operand) {
    return operand.get() == contraction.c.value && isIdentity(op, operand) && op.payloadUsesValueFromOperand(&operand);
  };
  auto writesWhole = [&](OpOperand &output) { return isIdentity(op, output); };
  if (op.getNumReductionLoops() != 0 || !llvm::any_of(op->getOpOperands(), readsC) ||
      !llvm::all_of(op.getDpsInitsMutable(), writesWhole) || !hasVectorBody(op))
    return std::nullopt;
  Epilogue epilogue{op, {}};
  for (OpOperand &operand : op->getOpOperands()) {
    auto collapsed = collapseAs(contraction.c, operand.get(), op.getMatchingIndexingMap(&operand));
    if (!collapsed)
      return std::nullopt;
    epilogue.operands.push_back(*collapsed);
  }
  if (!mayRunByBlocks(op, contraction, initialization, aliases) ||
      !mayMove(op, contraction.op, point, definitions, aliases))
    return std::nullopt;
  return epilogue;
}

Epilogue sluice::takeEpilogue(Contraction &contraction, Initialization initialization, BufferAliases &aliases) {
  if (!contraction.isContiguous(contraction.c, contraction.n))
    return {};
  Value c = contraction.c.value;
  Operation *point = initialization.op ? initialization.op : contraction.op.getOperation();
  for (Operation *next = contraction.op->getNextNode(); next; next = next->getNextNode()) {
    llvm::SetVector<Operation *> definitions;
    auto op = dyn_cast<linalg::GenericOp>(next);
    std::optional<Epilogue> epilogue;
    if (op)
      epilogue = matchEpilogue(op, contraction, initialization, point, definitions, aliases);
    if (!epilogue && aliases.getModRef(next, c).isMod())
      return {};
    if (!epilogue)
      continue;
    for (Operation *definition : definitions)
      definition->moveBefore(point);
    op->moveAfter(contraction.op);
    if (Value replacement = replacementOfC(op, c, initialization, contraction.op)) {
      Operation *buffer = c.getDefiningOp();
      c.replaceAllUsesWith(replacement);
      buffer->erase();
      contraction.c.value = replacement;
      for (auto [operand, value] : llvm::zip_equal(epilogue->operands, op->getOperands()))
        operand.value = value;
    }
    return *epilogue;
  }
  return {};
}

int64_t Epilogue::bytesBesideC(Value c) const {
  int64_t bytes = 0;
  linalg::GenericOp generic = op;
  for (OpOperand &operand : generic->getOpOperands()) {
    auto type = cast<MemRefType>(operand.get().getType());
    int64_t passes = generic.isDpsInit(&operand) && generic.payloadUsesValueFromOperand(&operand) ? 2 : 1;
    if (operand.get() != c)
      bytes += passes * type.getNumElements() * (type.getElementTypeBitWidth() / 8);
  }
  return bytes;
}
