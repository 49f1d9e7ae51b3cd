//===- Elements.cpp - Bodies of linalg for some elements of a thread --------------------===//
#include "passes/CUDA/Elements.h"
#include "dialects/CUDA/CUDADialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/CUDA/KernelLaunch.h"

using namespace mlir;
using namespace sluice;

namespace {
/// Memory and the map from indices of loops to an element of it.
struct Place {
  Place(Value memory, AffineMap map, const LoopPosition &at) : memory(memory), map(map) {
    if (Value list = at.lists ? at.lists->lookup(memory) : Value()) {
      this->memory = list;
      this->map = AffineMap::getMultiDimIdentityMap(1, map.getContext());
    }
  }
  MemRefType type() const { return cast<MemRefType>(memory.getType()); }

  Value memory;
  AffineMap map;
};
} // namespace

/// The largest access of a thread.
static constexpr int64_t accessBytes = 16;

bool sluice::isList(linalg::LinalgOp op, ArrayRef<OpOperand *> operands) {
  auto isOfList = [&](OpOperand *operand) {
    auto type = dyn_cast<MemRefType>(operand->get().getType());
    AffineMap map = op.getMatchingIndexingMap(operand);
    return !type || map.getNumResults() == 0 ||
           (map.isIdentity() && type.getLayout().isIdentity() && !type.getMemorySpace());
  };
  auto knowsPoint = [](Operation *inner) {
    return isa<linalg::IndexOp, memref::LoadOp>(inner) ? WalkResult::interrupt() : WalkResult::advance();
  };
  return llvm::all_of(operands, isOfList) && !op.getBlock()->walk(knowsPoint).wasInterrupted();
}

DenseMap<Value, Value> sluice::listsOf(OpBuilder &builder, ArrayRef<Value> operands) {
  DenseMap<Value, Value> lists;
  for (Value operand : operands)
    if (auto type = dyn_cast<MemRefType>(operand.getType()); type && type.getRank() > 0)
      if (Value &list = lists[operand]; !list)
        list = cuda::FlattenOp::create(builder, operand.getLoc(), operand);
  return lists;
}

Registers::Key Registers::keyOf(Value memory, AffineMap map) {
  SmallVector<Attribute> results;
  for (AffineExpr result : map.getResults())
    // As a map of enough dimensions for all loops.
    results.push_back(AffineMapAttr::get(AffineMap::get(/*dimCount=*/16, /*symbolCount=*/0, result)));
  return {memory, ArrayAttr::get(map.getContext(), results)};
}

bool Registers::isOfRow(AffineMap map) const {
  return row && llvm::all_of(llvm::seq<unsigned>(rowDims, std::max(rowDims, map.getNumDims())),
                             [&](unsigned dim) { return !map.isFunctionOfDim(dim); });
}

ArrayRef<Value> Registers::lookup(Value memory, AffineMap map) const {
  if (isOfRow(map))
    return row->lookup(memory, map);
  auto found = values.find(keyOf(memory, map));
  return found == values.end() ? ArrayRef<Value>() : ArrayRef<Value>(found->second);
}

void Registers::set(Value memory, AffineMap map, ArrayRef<Value> elements) {
  if (isOfRow(map))
    return row->set(memory, map, elements);
  values[keyOf(memory, map)] = llvm::to_vector(elements);
}

/// How many neighbours one access takes; 1 where they do not lie together.
static int64_t accessWidth(MemRefType type, AffineMap map, int64_t width) {
  unsigned inner = map.getNumDims() - 1;
  auto isInner = [&](AffineExpr result) { return result.isFunctionOfDim(inner); };
  if (width == 1 || map.getNumResults() == 0 || map.getResults().back() != getAffineDimExpr(inner, map.getContext()) ||
      llvm::any_of(map.getResults().drop_back(), isInner))
    return 1;
  SmallVector<int64_t> strides;
  int64_t offset;
  unsigned bits = type.getElementType().isIntOrFloat() ? type.getElementTypeBitWidth() : 0;
  if (failed(type.getStridesAndOffset(strides, offset)) || ShapedType::isDynamic(offset) || bits % 8 != 0 || bits == 0)
    return 1;
  int64_t access = std::min<int64_t>(width, accessBytes * 8 / bits);
  auto isMultiple = [&](int64_t stride) { return !ShapedType::isDynamic(stride) && stride % access == 0; };
  bool fits = strides.back() == 1 && llvm::all_of(ArrayRef(strides).drop_back(), isMultiple) && offset % access == 0;
  return fits ? access : 1;
}

/// The indices of an element of memory for the neighbour `lane`.
static SmallVector<Value> elementIndices(ImplicitLocOpBuilder &b, AffineMap map, const LoopPosition &at, int64_t lane) {
  SmallVector<Value> loops(at.indices);
  if (lane > 0)
    loops.back() = IndexMath{b}.add(loops.back(), lane);
  SmallVector<Value> indices;
  for (AffineExpr result : map.getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(result))
      indices.push_back(loops[dim.getPosition()]);
    else
      indices.push_back(affine::AffineApplyOp::create(b, AffineMap::get(map.getNumDims(), 0, result),
                                                      ArrayRef(loops).take_front(map.getNumDims())));
  return indices;
}

static uint64_t bytesOf(MemRefType type, int64_t elements) {
  return uint64_t(elements) * (type.getElementTypeBitWidth() / 8);
}

SmallVector<Value> sluice::readElements(ImplicitLocOpBuilder &b, Value memory, AffineMap map, const LoopPosition &at,
                                        Registers &registers) {
  ArrayRef<Value> known = registers.lookup(memory, map);
  if (!known.empty())
    return llvm::to_vector(known);
  Place place(memory, map, at);
  SmallVector<Value> elements;
  bool isShared = map.getNumDims() == 0 || !map.isFunctionOfDim(map.getNumDims() - 1);
  int64_t count = isShared ? 1 : at.width, access = accessWidth(place.type(), place.map, count);
  for (int64_t lane = 0; lane < count; lane += access) {
    SmallVector<Value> indices = elementIndices(b, place.map, at, lane);
    if (access == 1) {
      elements.push_back(memref::LoadOp::create(b, place.memory, indices));
      continue;
    }
    auto vectorType = VectorType::get({access}, place.type().getElementType());
    auto load = vector::LoadOp::create(b, vectorType, place.memory, indices);
    load.setAlignment(bytesOf(place.type(), access));
    for (int64_t i = 0; i < access; ++i)
      elements.push_back(vector::ExtractOp::create(b, load.getResult(), i));
  }
  registers.set(memory, map, elements);
  return elements;
}

void sluice::writeElements(ImplicitLocOpBuilder &b, Value memory, AffineMap map, const LoopPosition &at,
                           ArrayRef<Value> values) {
  OpBuilder::InsertionGuard guard(b);
  if (at.isInside) {
    auto branch = scf::IfOp::create(b, at.isInside, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
  }
  Place place(memory, map, at);
  int64_t access = accessWidth(place.type(), place.map, values.size());
  for (int64_t lane = 0; lane < int64_t(values.size()); lane += access) {
    SmallVector<Value> indices = elementIndices(b, place.map, at, lane);
    if (access == 1) {
      memref::StoreOp::create(b, values[lane], place.memory, indices);
      continue;
    }
    auto vectorType = VectorType::get({access}, place.type().getElementType());
    Value vector = vector::FromElementsOp::create(b, vectorType, values.slice(lane, access));
    auto store = vector::StoreOp::create(b, vector, place.memory, indices);
    store.setAlignment(bytesOf(place.type(), access));
  }
}

/// Copies the body of an op for one neighbour; returns what it yields.
static SmallVector<Value> cloneBody(ImplicitLocOpBuilder &b, linalg::LinalgOp op, ArrayRef<Value> indices,
                                    IRMapping &mapping) {
  Block *body = op.getBlock();
  for (Operation &inner : body->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      mapping.map(index.getResult(), indices[index.getDim()]);
      continue;
    }
    Operation *copy = b.clone(inner, mapping);
    copy->walk([&](linalg::IndexOp index) {
      index.replaceAllUsesWith(indices[index.getDim()]);
      index.erase();
    });
  }
  return llvm::map_to_vector(body->getTerminator()->getOperands(),
                             [&](Value value) { return mapping.lookupOrDefault(value); });
}

SmallVector<SmallVector<Value>> sluice::readOperands(ImplicitLocOpBuilder &b, linalg::LinalgOp op,
                                                     const LoopPosition &at, Registers &registers, bool readsOutputs) {
  SmallVector<SmallVector<Value>> elements;
  for (OpOperand &operand : op->getOpOperands()) {
    elements.emplace_back();
    if (!op.payloadUsesValueFromOperand(&operand) || (!readsOutputs && op.isDpsInit(&operand)))
      continue;
    if (isa<MemRefType>(operand.get().getType()))
      elements.back() = readElements(b, operand.get(), op.getMatchingIndexingMap(&operand), at, registers);
    else
      elements.back() = {operand.get()};
  }
  return elements;
}

SmallVector<SmallVector<Value>> sluice::computeElements(ImplicitLocOpBuilder &b, linalg::LinalgOp op,
                                                        const LoopPosition &at, ArrayRef<SmallVector<Value>> operands) {
  SmallVector<SmallVector<Value>> results(op.getNumDpsInits());
  for (int64_t lane = 0; lane < at.width; ++lane) {
    IRMapping mapping;
    for (auto [argument, elements] : llvm::zip_equal(op.getBlock()->getArguments(), operands))
      if (!elements.empty())
        mapping.map(argument, elements[elements.size() == 1 ? 0 : lane]);
    SmallVector<Value> indices(at.indices);
    if (!indices.empty() && lane > 0)
      indices.back() = IndexMath{b}.add(indices.back(), lane);
    for (auto [result, value] : llvm::zip_equal(results, cloneBody(b, op, indices, mapping)))
      result.push_back(value);
  }
  return results;
}
