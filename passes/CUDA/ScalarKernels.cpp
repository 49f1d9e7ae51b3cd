//===- ScalarKernels.cpp - Scalar code and branches of a function to kernels -----------===//
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/CUDA/KernelLaunch.h"
#include "passes/CUDA/KernelMemory.h"
#include "passes/CUDA/Passes.h"
#include "passes/Contractions/BufferAliases.h"
#include "llvm/ADT/SetVector.h"

namespace sluice {
#define GEN_PASS_DEF_SCALARKERNELS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Whether an op gives numbers, not views of memory.
static bool isScalarCode(Operation *op) {
  return op->getNumResults() > 0 && !op->hasTrait<OpTrait::ConstantLike>() &&
         llvm::all_of(op->getResultTypes(), [](Type type) { return type.isIntOrIndexOrFloat(); }) &&
         (isa<memref::LoadOp>(op) || isMemoryEffectFree(op));
}

namespace {
/// One-thread kernels of a block's scalar code.
class ScalarCode {
public:
  ScalarCode(Block &block, BufferAliases &aliases) : block(block), aliases(aliases) {}

  LogicalResult rewrite();

private:
  LogicalResult sinkInto(gpu::LaunchOp launch);
  void flush(Operation *before);
  void gate(scf::IfOp branch);
  SetVector<Operation *> sliceOf(Value value);
  bool mayTouch(Operation *op, Value memory, bool modifies);
  bool isIndependent(Operation *op);

  Block &block;
  BufferAliases &aliases;
  SmallVector<memref::StoreOp> pending;
  SmallVector<Value> loaded; // by pending stores
};
} // namespace

/// What a scalar is computed from, in order, up to constants and memory.
SetVector<Operation *> ScalarCode::sliceOf(Value value) {
  SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.inclusive = true;
  options.filter = isScalarCode;
  if (Operation *op = value.getDefiningOp(); op && isScalarCode(op))
    (void)getBackwardSlice(op, &slice, options);
  return topologicalSort(slice);
}

/// A function touches no memory but what it is given.
bool ScalarCode::mayTouch(Operation *op, Value memory, bool modifies) {
  if (isa<func::CallOp>(op))
    return llvm::any_of(op->getOperands(), [&](Value operand) {
      return isa<MemRefType>(operand.getType()) && !aliases.alias(operand, memory).isNo();
    });
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    bool touches = false;
    branch->walk([&](Operation *inner) {
      touches |= inner != op && !isa<scf::YieldOp>(inner) && mayTouch(inner, memory, modifies);
    });
    return touches;
  }
  ModRefResult result = getModRef(aliases, op, memory);
  return modifies ? result.isMod() : !result.isNoModRef();
}

bool ScalarCode::isIndependent(Operation *op) {
  for (memref::StoreOp store : pending)
    if (mayTouch(op, store.getMemRef(), /*modifies=*/false))
      return false;
  return llvm::none_of(loaded, [&](Value memory) { return mayTouch(op, memory, /*modifies=*/true); });
}

/// Copies scalar code into a kernel that is being written.
static void cloneInto(ImplicitLocOpBuilder &b, const SetVector<Operation *> &slice, IRMapping &mapping) {
  for (Operation *op : slice)
    if (!mapping.contains(op->getResult(0)))
      b.clone(*op, mapping);
}

/// A few numbers, by one thread.
static KernelAttr workOfScalars(MLIRContext *context) {
  return KernelAttr::get(context, StringAttr::get(context, "scalars"), /*flops=*/0, /*bytes=*/0);
}

/// The stores that wait become one kernel.
void ScalarCode::flush(Operation *before) {
  if (pending.empty())
    return;
  OpBuilder builder(before);
  KernelLaunch launch(builder, pending.front().getLoc(), {1, 1, 1}, {1, 1, 1}, workOfScalars(before->getContext()));
  IRMapping mapping;
  for (memref::StoreOp store : pending) {
    for (Value value : store->getOperands())
      if (!isa<MemRefType>(value.getType()))
        cloneInto(launch.body(), sliceOf(value), mapping);
    launch.body().clone(*store, mapping);
  }
  for (memref::StoreOp store : pending)
    store.erase();
  pending.clear();
  loaded.clear();
}

/// A branch becomes two gates, whose words a kernel writes from its condition.
void ScalarCode::gate(scf::IfOp branch) {
  OpBuilder builder(branch);
  auto type = MemRefType::get({1}, builder.getI32Type());
  Value words[2];
  for (Value &word : words)
    word = memref::AllocOp::create(builder, branch.getLoc(), type);
  KernelLaunch launch(builder, branch.getLoc(), {1, 1, 1}, {1, 1, 1}, workOfScalars(branch.getContext()));
  ImplicitLocOpBuilder &b = launch.body();
  IRMapping mapping;
  cloneInto(b, sliceOf(branch.getCondition()), mapping);
  Value isOpen = mapping.lookupOrDefault(branch.getCondition());
  Value open = arith::ExtUIOp::create(b, b.getI32Type(), isOpen);
  Value closed = arith::XOrIOp::create(b, open, arith::ConstantOp::create(b, b.getI32IntegerAttr(1)));
  Value zero = IndexMath{b}.constant(0);
  memref::StoreOp::create(b, open, words[0], zero);
  memref::StoreOp::create(b, closed, words[1], zero);
  for (auto [word, region] : llvm::zip_equal(words, branch->getRegions())) {
    if (region.empty())
      continue;
    Block &body = region.front();
    body.getTerminator()->erase();
    if (body.empty())
      continue;
    auto when = cuda::WhenOp::create(builder, branch.getLoc(), word);
    when.getBody().takeBody(region);
  }
  branch.erase();
}

/// A kernel that uses scalars computes them itself.
LogicalResult ScalarCode::sinkInto(gpu::LaunchOp launch) {
  SetVector<Value> used;
  getUsedValuesDefinedAbove(launch.getBody(), used);
  ImplicitLocOpBuilder b(launch.getLoc(), launch.getContext());
  b.setInsertionPointToStart(&launch.getBody().front());
  IRMapping mapping;
  for (Value value : used) {
    SetVector<Operation *> slice = sliceOf(value);
    for (Operation *op : slice)
      if (auto load = dyn_cast<memref::LoadOp>(op))
        for (Operation *between = load; between != launch; between = between->getNextNode())
          if (mayTouch(between, load.getMemRef(), /*modifies=*/true)) {
            InFlightDiagnostic diagnostic = launch.emitOpError() << "expected a scalar that is still in memory";
            diagnostic.attachNote(between->getLoc()) << "written here";
            return diagnostic;
          }
    if (slice.empty())
      continue;
    cloneInto(b, slice, mapping);
    replaceAllUsesInRegionWith(value, mapping.lookup(value), launch.getBody());
  }
  return success();
}

LogicalResult ScalarCode::rewrite() {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (auto store = dyn_cast<memref::StoreOp>(op)) {
      SmallVector<Value> reads;
      for (Value value : store->getOperands())
        for (Operation *inner : sliceOf(value))
          if (auto load = dyn_cast<memref::LoadOp>(inner))
            reads.push_back(load.getMemRef());
      // Within a kernel they keep their order, but loads would see stores that came later.
      auto isWritten = [&](Value memory) {
        return llvm::any_of(pending,
                            [&](memref::StoreOp other) { return !aliases.alias(other.getMemRef(), memory).isNo(); });
      };
      if (llvm::any_of(reads, isWritten))
        flush(&op);
      pending.push_back(store);
      loaded.append(reads);
      continue;
    }
    bool isEnd = op.hasTrait<OpTrait::IsTerminator>();
    if (!isEnd && (isScalarCode(&op) || isMemoryEffectFree(&op) || isa<memref::AllocOp, cuda::WorkspaceOp>(op)))
      continue;
    if (isEnd || !isIndependent(&op))
      flush(&op);
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      flush(&op);
      gate(branch);
    } else if (auto launch = dyn_cast<gpu::LaunchOp>(op); launch && failed(sinkInto(launch))) {
      return failure();
    }
  }
  return success();
}

namespace {
struct ScalarKernels : sluice::impl::ScalarKernelsBase<ScalarKernels> {
  void runOnOperation() override {
    BufferAliases aliases;
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) {
      if (!block->getParentOp()->getParentOfType<gpu::LaunchOp>() && !isa<gpu::LaunchOp>(block->getParentOp()) &&
          !isa<linalg::LinalgOp>(block->getParentOp()))
        blocks.push_back(block);
    });
    for (Block *block : blocks)
      if (failed(ScalarCode(*block, aliases).rewrite()))
        return signalPassFailure();
    // What kernels have copies of.
    getOperation().walk<WalkOrder::PostOrder, mlir::ReverseIterator>([](Operation *op) {
      if (isScalarCode(op) && op->use_empty() && !op->getParentOfType<gpu::LaunchOp>())
        op->erase();
    });
  }
};
} // namespace
