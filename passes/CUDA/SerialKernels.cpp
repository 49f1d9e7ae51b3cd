//===- SerialKernels.cpp - Sums of any shape to kernels --------------------------------===//
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "passes/CUDA/Elements.h"
#include "passes/CUDA/KernelLaunch.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_SERIALKERNELS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

static constexpr int64_t threadsOfBlock = 128;

/// A thread has a point of the parallel loops and goes through the others in their order.
static void writeKernel(OpBuilder &builder, linalg::LinalgOp op) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges(), parallelSizes;
  SmallVector<unsigned> parallel, reductions;
  op.getParallelDims(parallel);
  op.getReductionDims(reductions);
  for (unsigned dim : parallel)
    parallelSizes.push_back(sizes[dim]);
  PointLaunch launch(builder, op.getLoc(), ShapedType::getNumElements(parallelSizes), threadsOfBlock,
                     op->getAttrOfType<KernelAttr>(kernelAttrName));
  ImplicitLocOpBuilder &b = launch.body();
  IndexMath index{b};
  LoopPosition at;
  at.indices.resize(sizes.size());
  SmallVector<Value> ofPoint = index.delinearize(launch.point(), parallelSizes);
  for (auto [dim, value] : llvm::zip_equal(parallel, ofPoint))
    at.indices[dim] = value;
  for (unsigned dim : reductions)
    at.indices[dim] = index.constant(0);
  SmallVector<Value> carried;
  Registers outer;
  for (OpOperand &output : op.getDpsInitsMutable())
    carried.push_back(readElements(b, output.get(), op.getMatchingIndexingMap(&output), at, outer).front());
  SmallVector<scf::ForOp> loops;
  for (unsigned dim : reductions) {
    auto loop = scf::ForOp::create(b, index.constant(0), index.constant(sizes[dim]), index.constant(1), carried);
    carried.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
    at.indices[dim] = loop.getInductionVar();
    loops.push_back(loop);
    b.setInsertionPointToStart(loop.getBody());
  }
  Registers registers;
  for (auto [output, value] : llvm::zip_equal(op.getDpsInitsMutable(), carried))
    registers.set(output.get(), op.getMatchingIndexingMap(&output), {value});
  SmallVector<Value> results;
  for (SmallVector<Value> &values : computeElements(b, op, at, readOperands(b, op, at, registers)))
    results.push_back(values.front());
  for (scf::ForOp loop : llvm::reverse(loops)) {
    scf::YieldOp::create(b, results);
    results.assign(loop.getResults().begin(), loop.getResults().end());
    b.setInsertionPointAfter(loop);
  }
  for (auto [output, value] : llvm::zip_equal(op.getDpsInitsMutable(), results))
    writeElements(b, output.get(), op.getMatchingIndexingMap(&output), at, {value});
}

namespace {
struct SerialKernels : sluice::impl::SerialKernelsBase<SerialKernels> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (!op->getParentOfType<gpu::LaunchOp>())
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops) {
      if (!op.hasPureBufferSemantics() || op.hasDynamicShape()) {
        op->emitOpError() << "expected buffers of static shape";
        return signalPassFailure();
      }
      OpBuilder builder(op);
      writeKernel(builder, op);
      op.erase();
    }
  }
};
} // namespace
