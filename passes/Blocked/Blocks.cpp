//===- Blocks.cpp - Loops over blocks of memrefs -----------------------------------===//
#include "passes/Blocked/Blocks.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "passes/Build/CacheLines.h"

using namespace mlir;
using namespace sluice;

Value BlockBuilder::valueOf(OpFoldResult offset) { return getValueOrCreateConstantIndexOp(*this, getLoc(), offset); }

void BlockBuilder::parallel(int64_t count, function_ref<void(Value)> body) {
  auto loop = scf::ForallOp::create(*this, SmallVector<OpFoldResult>{getIndexAttr(0)},
                                    SmallVector<OpFoldResult>{getIndexAttr(count)},
                                    SmallVector<OpFoldResult>{getIndexAttr(1)}, ValueRange(), std::nullopt);
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar(0));
}

void BlockBuilder::blocks(int64_t end, int64_t size, function_ref<void(Part)> body) {
  int64_t full = end / size * size;
  if (full == size)
    body({getIndexAttr(0), size});
  else if (full > 0)
    blocksBetween(constantIndex(*this, 0), constantIndex(*this, full), size, body);
  if (full < end)
    body({getIndexAttr(full), end - full});
}

void BlockBuilder::blocksBetween(Value begin, Value end, int64_t size, function_ref<void(Part)> body) {
  auto first = getConstantIntValue(begin), last = getConstantIntValue(end);
  if (first && last && *first >= *last)
    return;
  auto loop = scf::ForOp::create(*this, begin, end, constantIndex(*this, size));
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body({loop.getInductionVar(), size});
}

void BlockBuilder::repeat(int64_t count, function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(*this, constantIndex(*this, 0), constantIndex(*this, count), constantIndex(*this, 1));
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void BlockBuilder::parallelBlocks(int64_t end, int64_t size, function_ref<void(Part)> body) {
  if (int64_t full = end / size)
    parallel(full, [&](Value block) {
      Value offset = createOrFold<arith::MulIOp>(block, constantIndex(*this, size));
      body({offset, size});
    });
  if (int64_t rest = end % size)
    body({getIndexAttr(end - rest), rest});
}

void BlockBuilder::forEach(Part part, function_ref<void(Value)> body) {
  Value first = valueOf(part.offset);
  if (part.size == 1)
    return body(first);
  repeat(part.size, [&](Value index) { body(createOrFold<arith::AddIOp>(first, index)); });
}

Value BlockBuilder::subview(Value memref, ArrayRef<Part> parts, ArrayRef<int64_t> dropped) {
  SmallVector<OpFoldResult> offsets, sizes, strides(parts.size(), getIndexAttr(1));
  SmallVector<int64_t> shape;
  for (auto [index, part] : llvm::enumerate(parts)) {
    offsets.push_back(part.offset);
    sizes.push_back(getIndexAttr(part.size));
    if (!llvm::is_contained(dropped, int64_t(index)))
      shape.push_back(part.size);
  }
  MemRefType type = memref::SubViewOp::inferRankReducedResultType(shape, memrefTypeOf(memref), offsets, sizes, strides);
  return memref::SubViewOp::create(*this, type, memref, offsets, sizes, strides);
}

Value BlockBuilder::temporary(ArrayRef<int64_t> shape, Type element) {
  // At the start of the parallel body or of the function: memory is planned there, once for all iterations of the loops
  // inside.
  InsertionGuard guard(*this);
  Operation *parent = getInsertionBlock()->getParentOp();
  while (!isa<scf::ForallOp, FunctionOpInterface>(parent))
    parent = parent->getParentOp();
  setInsertionPointToStart(&parent->getRegion(0).front());
  return memref::AllocOp::create(*this, MemRefType::get(shape, element));
}

Value BlockBuilder::collapse(Value memref, bool all) {
  int64_t rank = memrefTypeOf(memref).getRank(), leading = all ? rank : rank - 1;
  if (rank == (all ? 1 : 2))
    return memref;
  SmallVector<ReassociationIndices> groups;
  groups.emplace_back(llvm::to_vector(llvm::seq<int64_t>(0, leading)));
  if (!all)
    groups.push_back({rank - 1});
  return memref::CollapseShapeOp::create(*this, memref, groups);
}

BlockBuffers::BlockBuffers(BlockBuilder &b, int64_t end, int64_t size, Type element, ShapeOf shapeOf, bool oddLines)
    : b(b), size(size), shapeOf(std::move(shapeOf)), oddLines(oddLines) {
  auto allocated = [&](int64_t part) {
    auto [rows, columns] = this->shapeOf(part);
    return std::array<int64_t, 2>{rows, oddLines ? inOddLines(columns, element) : columns};
  };
  int64_t count = end / size, rest = end % size;
  if (count > 0)
    whole = b.temporary({count, allocated(size)[0], allocated(size)[1]}, element);
  if (rest > 0)
    last = b.temporary(allocated(rest), element);
}

Value BlockBuffers::at(Part block) {
  auto [rows, columns] = shapeOf(block.size);
  Part allRows{b.getIndexAttr(0), rows}, allColumns{b.getIndexAttr(0), columns};
  if (block.size < size)
    return oddLines ? b.subview(last, {allRows, allColumns}) : last;
  Value number = arith::DivUIOp::create(b, b.valueOf(block.offset), constantIndex(b, size));
  return b.subview(whole, {{number, 1}, allRows, allColumns}, {0});
}
