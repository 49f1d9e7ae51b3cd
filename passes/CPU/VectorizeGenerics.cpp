//===- VectorizeGenerics.cpp - linalg on buffers to vector loops ---------------===//
#include "dialects/CPU/CPUDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/CPU/VectorizedNest.h"

namespace sluice {
#define GEN_PASS_DEF_VECTORIZEGENERICS
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Dimensions `dim` and `dim` + 1 are one longer dimension for this operand, or it has neither.
static bool isOneDimension(Type type, AffineMap map, unsigned dim) {
  if (map.isFunctionOfDim(dim) != map.isFunctionOfDim(dim + 1))
    return false;
  if (!map.isFunctionOfDim(dim))
    return true;
  auto memref = dyn_cast<MemRefType>(type);
  std::optional<unsigned> first = map.getResultPosition(getAffineDimExpr(dim, map.getContext()));
  std::optional<unsigned> second = map.getResultPosition(getAffineDimExpr(dim + 1, map.getContext()));
  if (!memref || !first || !second || *second != *first + 1)
    return false;
  SmallVector<ReassociationIndices> groups;
  for (int64_t position = 0; position < memref.getRank(); ++position)
    if (position == *second)
      groups.back().push_back(position);
    else
      groups.push_back({position});
  return memref::CollapseShapeOp::isGuaranteedCollapsible(memref, groups);
}

/// Merges neighbouring dimensions that are contiguous in every operand, so that short rows become long ones.
static linalg::GenericOp collapseContiguousDims(linalg::GenericOp op, RewriterBase &rewriter) {
  if (op.hasIndexSemantics() ||
      !llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) { return map.isProjectedPermutation(); }))
    return op;
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  SmallVector<ReassociationIndices> groups;
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    bool merges =
        dim > 0 && iterators[dim - 1] == iterators[dim] && llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
          return isOneDimension(operand.get().getType(), op.getMatchingIndexingMap(&operand), dim - 1);
        });
    if (merges)
      groups.back().push_back(dim);
    else
      groups.push_back({dim});
  }
  if (groups.size() == op.getNumLoops())
    return op;
  FailureOr<linalg::CollapseResult> collapsed = linalg::collapseOpIterationDims(op, groups, rewriter);
  if (failed(collapsed))
    return op;
  rewriter.eraseOp(op);
  return cast<linalg::GenericOp>(collapsed->collapsedOp.getOperation());
}

/// The op as `linalg.generic`, or failure with an error where it isn't on buffers of static shape.
static FailureOr<linalg::GenericOp> generalize(Operation *op, RewriterBase &rewriter) {
  for (Type type : op->getOperandTypes()) {
    if (isa<TensorType>(type))
      return op->emitOpError() << "expected buffers: generics are vectorized after bufferization";
    auto memref = dyn_cast<MemRefType>(type);
    SmallVector<int64_t> strides;
    int64_t offset;
    if (memref && (!memref.hasStaticShape() || failed(memref.getStridesAndOffset(strides, offset))))
      return op->emitOpError() << "expected buffers of static shape with a strided layout, got " << memref;
  }
  rewriter.setInsertionPoint(op);
  if (auto copy = dyn_cast<memref::CopyOp>(op)) {
    linalg::GenericOp generic = linalg::makeMemRefCopyOp(rewriter, op->getLoc(), copy.getSource(), copy.getTarget());
    rewriter.eraseOp(op);
    return generic;
  }
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return generic;
  FailureOr<linalg::GenericOp> generic = linalg::generalizeNamedOp(rewriter, cast<linalg::LinalgOp>(op));
  if (failed(generic))
    return op->emitOpError() << "expected an op that has the form of linalg.generic";
  return generic;
}

namespace {
struct VectorizeGenerics : sluice::impl::VectorizeGenericsBase<VectorizeGenerics> {
  void runOnOperation() override {
    FailureOr<cpu::TargetAttr> target = cpu::targetOf(getOperation());
    if (failed(target))
      return signalPassFailure();
    unsigned vectorBits = target->getVectorBits();
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      auto copy = dyn_cast<memref::CopyOp>(op);
      if (isa<linalg::LinalgOp>(op) || (copy && isa<MemRefType>(copy.getSource().getType())))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (Operation *op : ops) {
      Attribute kernel = op->getAttr(kernelAttrName); // which rewrites drop
      FailureOr<linalg::GenericOp> generic = generalize(op, rewriter);
      if (failed(generic))
        return signalPassFailure();
      rewriter.setInsertionPoint(*generic);
      linalg::GenericOp collapsed = collapseContiguousDims(*generic, rewriter);
      if (kernel)
        collapsed->setAttr(kernelAttrName, kernel);
      if (!llvm::is_contained(collapsed.getStaticLoopRanges(), 0) && !emitTransposition(collapsed, vectorBits))
        VectorizedNest(collapsed, vectorBits).emit();
      rewriter.eraseOp(collapsed);
    }
  }
};
} // namespace
