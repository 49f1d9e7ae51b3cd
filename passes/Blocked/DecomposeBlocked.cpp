//===- DecomposeBlocked.cpp - Kernel ops become loops over blocks of linalg -----------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/Blocked/Blocks.h"
#include "passes/Blocked/Passes.h"
#include "passes/Build/Formula.h"
#include "llvm/ADT/TypeSwitch.h"

namespace sluice {
#define GEN_PASS_DEF_DECOMPOSEBLOCKED
#include "passes/Blocked/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

static MemRefType typeOf(Value value) { return cast<MemRefType>(value.getType()); }

//===-- Blocks ----------------------------------------------------------------------===//

Value BlockBuilder::constantIndex(int64_t value) { return arith::ConstantIndexOp::create(*this, getLoc(), value); }

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
    blocksBetween(constantIndex(0), constantIndex(full), size, body);
  if (full < end)
    body({getIndexAttr(full), end - full});
}

void BlockBuilder::blocksBetween(Value begin, Value end, int64_t size, function_ref<void(Part)> body) {
  auto first = getConstantIntValue(begin), last = getConstantIntValue(end);
  if (first && last && *first >= *last)
    return;
  auto loop = scf::ForOp::create(*this, begin, end, constantIndex(size));
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body({loop.getInductionVar(), size});
}

void BlockBuilder::repeat(int64_t count, function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(*this, constantIndex(0), constantIndex(count), constantIndex(1));
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void BlockBuilder::parallelBlocks(int64_t end, int64_t size, function_ref<void(Part)> body) {
  if (int64_t full = end / size)
    parallel(full, [&](Value block) {
      Value offset = arith::MulIOp::create(*this, block, constantIndex(size));
      body({offset, size});
    });
  if (int64_t rest = end % size)
    body({getIndexAttr(end - rest), rest});
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
  MemRefType type = memref::SubViewOp::inferRankReducedResultType(shape, typeOf(memref), offsets, sizes, strides);
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
  int64_t rank = typeOf(memref).getRank(), leading = all ? rank : rank - 1;
  if (rank == (all ? 1 : 2))
    return memref;
  SmallVector<ReassociationIndices> groups;
  groups.emplace_back(llvm::to_vector(llvm::seq<int64_t>(0, leading)));
  if (!all)
    groups.push_back({rank - 1});
  return memref::CollapseShapeOp::create(*this, memref, groups);
}

//===-- Rows ------------------------------------------------------------------------===//

static Value loadIndex(BlockBuilder &b, Value indices, Value position) {
  return arith::IndexCastOp::create(b, b.getIndexType(), memref::LoadOp::create(b, indices, position));
}

void sluice::decomposeGatherRows(GatherRowsOp op) {
  BlockBuilder b(op.getLoc(), op);
  Value indices = b.collapse(op.getInputs()[0], /*all=*/true), table = op.getInputs()[1];
  Value rows = b.collapse(op.getOutputs()[0]);
  int64_t count = typeOf(rows).getDimSize(0), width = typeOf(rows).getDimSize(1);
  b.parallel(count, [&](Value row) {
    Part all{b.getIndexAttr(0), width};
    Value from = b.subview(table, {{loadIndex(b, indices, row), 1}, all}, {0});
    b.elementwise(from, b.subview(rows, {{row, 1}, all}, {0}), copyOf);
  });
}

/// For each position the first one with the same index, which is below `bound`.
static Value findFirstEqual(BlockBuilder &b, Value indices, int64_t count, int64_t bound) {
  Type word = b.getI32Type();
  Value seen = b.temporary({bound}, word), firsts = b.temporary({count}, word);
  b.fill(seen, -1);
  b.repeat(count, [&](Value position) {
    Value index = loadIndex(b, indices, position), known = memref::LoadOp::create(b, seen, index);
    Value isKnown = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, known, b.number(word, 0));
    Value own = arith::IndexCastOp::create(b, word, position);
    Value first = arith::SelectOp::create(b, isKnown, known, own);
    memref::StoreOp::create(b, first, seen, index);
    memref::StoreOp::create(b, first, firsts, position);
  });
  return firsts;
}

void sluice::decomposeScatterRows(ScatterRowsOp op) {
  BlockBuilder b(op.getLoc(), op);
  Value rows = b.collapse(op.getInputs()[0]), indices = b.collapse(op.getInputs()[1], /*all=*/true);
  Value table = op.getOutputs()[0];
  int64_t count = typeOf(rows).getDimSize(0), width = typeOf(rows).getDimSize(1);
  Value firsts = findFirstEqual(b, indices, count, typeOf(table).getDimSize(0));
  // Parallel over columns: within one, rows are added in the order of the indices whatever the threads.
  b.parallelBlocks(width, /*size=*/64, [&](Part part) {
    Value sums = b.temporary({count, part.size}, typeOf(rows).getElementType());
    Part columns{b.getIndexAttr(0), part.size};
    auto addRows = [&](Value from, Part fromColumns, Value to, Part toColumns, Value toRows) {
      b.repeat(count, [&](Value position) {
        Value sum = b.subview(to, {{loadIndex(b, toRows, position), 1}, toColumns}, {0});
        b.elementwise(b.subview(from, {{position, 1}, fromColumns}, {0}), sum, addTo);
      });
    };
    b.fill(sums, 0);
    addRows(rows, part, sums, columns, firsts);
    // The others of an index than its first are zeros by now.
    addRows(sums, columns, table, part, indices);
  });
}

namespace {
struct DecomposeBlocked : sluice::impl::DecomposeBlockedBase<DecomposeBlocked> {
  using DecomposeBlockedBase::DecomposeBlockedBase;
  void runOnOperation() override {
    SmallVector<Operation *> kernels;
    getOperation().walk([&](Operation *op) {
      if (isa<GatherRowsOp, ScatterRowsOp, BlockedAttentionOp, BlockedAttentionBackwardOp, BlockedCrossEntropyOp,
              BlockedCrossEntropyBackwardOp, BlockedCrossEntropyWithGradientOp, BlockedNewtonSchulzOp,
              BlockedStandardizationLossOp>(op))
        kernels.push_back(op);
    });
    for (Operation *op : kernels) {
      if (op->getNumResults() > 0) {
        op->emitOpError() << "expected buffers, found tensors";
        return signalPassFailure();
      }
      TypeSwitch<Operation *>(op)
          .Case([](GatherRowsOp op) { decomposeGatherRows(op); })
          .Case([](ScatterRowsOp op) { decomposeScatterRows(op); })
          .Case([](BlockedAttentionOp op) { decomposeAttention(op); })
          .Case([](BlockedAttentionBackwardOp op) { decomposeAttentionBackward(op); })
          .Case([](BlockedCrossEntropyOp op) { decomposeCrossEntropy(op); })
          .Case([](BlockedCrossEntropyBackwardOp op) { decomposeCrossEntropyBackward(op); })
          .Case([&](BlockedCrossEntropyWithGradientOp op) { decomposeCrossEntropyWithGradient(op, mostLogits); })
          .Case([](BlockedNewtonSchulzOp op) { decomposeNewtonSchulz(op); })
          .Case([](BlockedStandardizationLossOp op) { decomposeStandardizationLoss(op); });
      op->erase();
    }
  }
};
} // namespace
