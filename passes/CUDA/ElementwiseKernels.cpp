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

/// Each thread has as many neighbours of all members as an access takes.
static void writeKernel(OpBuilder &builder, const OpGroup &group) {
  SmallVector<int64_t> sizes(group.sizes());
  int64_t width = 1;
  if (!sizes.empty()) {
    width = neighboursIn(sizes.back());
    sizes.back() /= width;
  }
  PointLaunch launch(builder, group.location(), ShapedType::getNumElements(sizes), threadsOfBlock, group.work());
  ImplicitLocOpBuilder &b = launch.body();
  IndexMath index{b};
  LoopPosition at;
  at.width = width;
  at.indices = index.delinearize(launch.point(), sizes);
  if (!sizes.empty())
    at.indices.back() = index.mul(at.indices.back(), width);
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
        writeKernel(builder, group);
        group.erase();
      }
    });
  }
};
} // namespace
