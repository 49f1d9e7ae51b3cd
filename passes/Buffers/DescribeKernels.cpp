//===- DescribeKernels.cpp - What loops on buffers compute and move -------------------===//
#include "dialects/Sluice/SluiceStateOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/Buffers/Passes.h"
#include "llvm/ADT/SetVector.h"

namespace sluice {
#define GEN_PASS_DEF_DESCRIBEKERNELS
#include "passes/Buffers/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// The first name in a location: that of the op of the model.
static StringRef nameIn(Location location) {
  StringRef name;
  location->walk([&](Location part) {
    auto named = dyn_cast<NameLoc>(part);
    if (!named)
      return WalkResult::advance();
    name = named.getName();
    return WalkResult::interrupt();
  });
  return name;
}

static int64_t bytesOf(Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  return type ? type.getNumElements() * llvm::divideCeil(type.getElementTypeBitWidth(), 8) : 0;
}

/// Of one execution of an op in a body.
static int64_t flopsOf(Operation &op) {
  if (isa<RoundedSumOp>(op))
    return 2;
  return isa<arith::ArithDialect, math::MathDialect>(op.getDialect()) && op.getNumResults() == 1 &&
         isa<FloatType>(op.getResult(0).getType()) && !isa<arith::ConstantOp, arith::SelectOp, CastOpInterface>(op);
}

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

static int64_t flopsOf(linalg::LinalgOp op) {
  int64_t flops = 0;
  for (Operation &inner : *op.getBlock())
    flops += flopsOf(inner);
  return product(op.getStaticLoopRanges()) * flops;
}

static int64_t sumOfBytes(ValueRange values) {
  int64_t bytes = 0;
  for (Value value : values)
    bytes += bytesOf(value);
  return bytes;
}

static int64_t bytesOf(linalg::LinalgOp op) {
  int64_t bytes = 0;
  for (OpOperand &operand : op->getOpOperands())
    bytes += bytesOf(operand.get()) * (op.isDpsInit(&operand) && op.payloadUsesValueFromOperand(&operand) ? 2 : 1);
  return bytes;
}

/// Of attention: two products of queries and keys forward, five backward; half of their scores with a causal mask.
template <typename AttentionOp> static int64_t flopsOfAttention(AttentionOp op, Value query, int64_t products) {
  auto type = cast<ShapedType>(query.getType());
  return 2 * products * type.getNumElements() * type.getDimSize(1) / (op.getCausal() ? 2 : 1);
}

/// Of an op that stands for loops; 0 where they are too many kinds to count.
static int64_t flopsOf(KernelOpInterface op) {
  if (auto forward = dyn_cast<BlockedAttentionOp>(*op))
    return flopsOfAttention(forward, forward.getInputs()[0], 2);
  if (auto backward = dyn_cast<BlockedAttentionBackwardOp>(*op))
    return flopsOfAttention(backward, backward.getInputs()[1], 5);
  return 0;
}

/// How often the op runs in one run of `root`.
static double tripsBelow(Operation *op, scf::ForallOp root) {
  double trips = 1;
  for (Operation *around = op->getParentOp(); around; around = around->getParentOp()) {
    if (auto loop = dyn_cast<scf::ForOp>(around)) {
      std::optional<int64_t> from = getConstantIntValue(loop.getLowerBound()),
                             step = getConstantIntValue(loop.getStep());
      std::optional<int64_t> to = getConstantIntValue(loop.getUpperBound());
      double share = 1;
      if (auto least = loop.getUpperBound().getDefiningOp<arith::MinSIOp>(); least && !to) {
        to = getConstantIntValue(least.getLhs());
        to = to ? to : getConstantIntValue(least.getRhs());
        share = 0.5;
      }
      if (from && to && step && *step > 0)
        trips *= share * double(llvm::divideCeil(std::max<int64_t>(*to - *from, 0), *step));
    } else if (auto loop = dyn_cast<scf::ForallOp>(around)) {
      for (auto [from, to, step] :
           llvm::zip_equal(loop.getStaticLowerBound(), loop.getStaticUpperBound(), loop.getStaticStep()))
        trips *= double(llvm::divideCeil(to - from, step));
    }
    if (around == root)
      break;
  }
  return trips;
}

/// The buffers from outside that a loop works on: those that its views are parts of.
static int64_t bytesOfCaptures(scf::ForallOp loop) {
  llvm::SetVector<Value> used, roots;
  getUsedValuesDefinedAbove(loop->getRegions(), used);
  for (Value value : used) {
    while (auto view = value.getDefiningOp<ViewLikeOpInterface>()) {
      // A view of bytes is the tensor that was placed there.
      if (isa<memref::ViewOp>(view))
        break;
      value = view.getViewSource();
    }
    roots.insert(value);
  }
  int64_t bytes = 0;
  for (Value root : roots)
    bytes += bytesOf(root);
  return bytes;
}

namespace {
struct DescribeKernels : sluice::impl::DescribeKernelsBase<DescribeKernels> {
  void runOnOperation() override {
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (auto loop = dyn_cast<scf::ForallOp>(op)) {
        double flops = 0;
        loop.walk([&](linalg::LinalgOp inner) { flops += double(flopsOf(inner)) * tripsBelow(inner, loop); });
        describe(loop, nameIn(loop.getLoc()), int64_t(flops), bytesOfCaptures(loop));
        return WalkResult::skip();
      }
      if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op); linalgOp && !linalgOp.hasDynamicShape())
        describe(op, nameOf(linalgOp), flopsOf(linalgOp), bytesOf(linalgOp));
      else if (auto kernel = dyn_cast<KernelOpInterface>(op))
        describe(op, nameIn(op->getLoc()), flopsOf(kernel), sumOfBytes(op->getOperands()));
      else if (auto copy = dyn_cast<memref::CopyOp>(op))
        describe(op, nameIn(op->getLoc()), 0, bytesOf(copy.getSource()) + bytesOf(copy.getTarget()));
      return WalkResult::advance();
    });
  }

private:
  /// A contraction is known by the sizes of its rows, columns and sum.
  static std::string nameOf(linalg::LinalgOp op) {
    std::string name = nameIn(op.getLoc()).str();
    auto dims = linalg::inferContractionDims(op);
    bool isContraction = linalg::isaContractionOpInterface(op) || !op.getBlock()->getOps<RoundedSumOp>().empty();
    if (failed(dims) || dims->k.empty() || !isContraction)
      return name;
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    auto size = [&](ArrayRef<unsigned> list) {
      return product(llvm::map_to_vector(list, [&](unsigned dim) { return ranges[dim]; }));
    };
    return (Twine(name) + " " + Twine(size(dims->m)) + "x" + Twine(size(dims->n)) + "x" + Twine(size(dims->k))).str();
  }

  void describe(Operation *op, StringRef name, int64_t flops, int64_t bytes) {
    if (name.empty())
      name = op->getName().stripDialect();
    op->setAttr(kernelAttrName, KernelAttr::get(&getContext(), StringAttr::get(&getContext(), name), flops, bytes));
  }
};
} // namespace
