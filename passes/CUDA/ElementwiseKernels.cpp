//===- ElementwiseKernels.cpp - Element-by-element groups to kernels -------------------===//
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "passes/CUDA/Elements.h"
#include "passes/CUDA/KernelLaunch.h"
#include "passes/CUDA/OpGroup.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_ELEMENTWISEKERNELS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

static constexpr int64_t threadsOfBlock = 256;

/// Writes what a thread does with its points of all members.
static void writeMembers(ImplicitLocOpBuilder &b, const OpGroup &group, const LoopPosition &at) {
  Registers registers;
  for (const OpGroup::Member &member : group.ops()) {
    linalg::LinalgOp op = member.op;
    b.setLoc(op.getLoc());
    auto results = computeElements(b, op, at, readOperands(b, op, at, registers));
    for (auto [output, values] : llvm::zip_equal(op.getDpsInitsMutable(), results)) {
      AffineMap map = op.getMatchingIndexingMap(&output);
      registers.set(output.get(), map, values);
      if (group.isUsedOutside(output.get()))
        writeElements(b, output.get(), map, at, values);
    }
  }
}

/// Each thread has as many neighbours of all members as an access takes.
static void writeKernel(OpBuilder &builder, const OpGroup &group) {
  SmallVector<int64_t> sizes(group.sizes());
  LoopPosition at;
  if (!sizes.empty()) {
    at.width = neighboursIn(sizes.back());
    sizes.back() /= at.width;
  }
  PointLaunch launch(builder, group.location(), ShapedType::getNumElements(sizes), threadsOfBlock, group.work());
  IndexMath index{launch.body()};
  at.indices = index.delinearize(launch.point(), sizes);
  if (!sizes.empty())
    at.indices.back() = index.mul(at.indices.back(), at.width);
  writeMembers(launch.body(), group, at);
}

static bool isOfLists(const OpGroup &group) {
  return !group.sizes().empty() && llvm::all_of(group.ops(), [](const OpGroup::Member &member) {
    return isList(member.op,
                  llvm::map_to_vector(member.op->getOpOperands(), [](OpOperand &operand) { return &operand; }));
  });
}

/// As before, by a kernel that is the same for all sizes.
static void writeListKernel(OpBuilder &builder, const OpGroup &group) {
  SmallVector<Value> operands;
  for (const OpGroup::Member &member : group.ops())
    llvm::append_range(operands, member.op->getOperands());
  DenseMap<Value, Value> lists = listsOf(builder, operands);
  Value list = lists.lookup(group.end()->getOperands().back());
  int64_t elements = ShapedType::getNumElements(group.sizes());
  LoopPosition at;
  at.lists = &lists;
  at.width = neighboursIn(elements);
  int64_t blocks = llvm::divideCeil(elements / at.width, threadsOfBlock);
  KernelLaunch launch(builder, group.location(), {blocks, 1, 1}, {threadsOfBlock, 1, 1}, group.work());
  ImplicitLocOpBuilder &b = launch.body();
  IndexMath index{b};
  Value point = index.add(index.mul(launch.blockIndex(), threadsOfBlock), launch.threadIndex());
  at.indices = {index.mul(point, at.width)};
  Value size = memref::DimOp::create(b, list, index.constant(0));
  Value isInside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, at.indices.front(), size);
  auto branch = scf::IfOp::create(b, isInside, /*withElseRegion=*/false);
  b.setInsertionPointToStart(branch.thenBlock());
  writeMembers(b, group, at);
}

/// `memref.copy` is an op of linalg like others; one to where it is from is none.
static void rewriteCopies(func::FuncOp function) {
  function.walk([](memref::CopyOp copy) {
    if (copy->getParentOfType<gpu::LaunchOp>())
      return;
    OpBuilder builder(copy);
    if (copy.getSource() != copy.getTarget()) {
      auto rank = cast<MemRefType>(copy.getTarget().getType()).getRank();
      AffineMap map = builder.getMultiDimIdentityMap(rank);
      SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
      auto generic = linalg::GenericOp::create(builder, copy.getLoc(), copy.getSource(), copy.getTarget(),
                                               ArrayRef<AffineMap>{map, map}, loops,
                                               [](OpBuilder &b, Location location, ValueRange values) {
                                                 linalg::YieldOp::create(b, location, values.front());
                                               });
      if (Attribute work = copy->getAttr(kernelAttrName))
        generic->setAttr(kernelAttrName, work);
    }
    copy.erase();
  });
}

namespace {
struct ElementwiseKernels : sluice::impl::ElementwiseKernelsBase<ElementwiseKernels> {
  void runOnOperation() override {
    rewriteCopies(getOperation());
    BufferAliases aliases;
    getOperation().walk([&](Block *block) {
      for (OpGroup &group : groupOps(*block, aliases)) {
        if (group.hasReductions() || group.has(OpRole::ReduceColumn))
          continue;
        OpBuilder builder(group.end());
        if (isOfLists(group))
          writeListKernel(builder, group);
        else
          writeKernel(builder, group);
        group.erase();
      }
    });
  }
};
} // namespace
