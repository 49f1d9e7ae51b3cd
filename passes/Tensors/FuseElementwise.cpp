//===- FuseElementwise.cpp - Element-by-element work in one loop -----------------===//
#include "dialects/Sluice/SluiceStateOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/Tensors/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "passes/Tensors/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Whether the op is a contraction that is a generic, as its roundings draw.
static bool isDrawnContraction(Operation *op) {
  auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
  return generic && !generic.getBody()->getOps<RoundedSumOp>().empty();
}

/// The result of another op that an op rounds, element by element, and does nothing else with.
static OpResult roundedResult(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 || op.getNumParallelLoops() != op.getNumLoops() ||
      !llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) { return map.isIdentity(); }) ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) || op.hasIndexSemantics())
    return {};
  Type wide = getElementTypeOrSelf(op.getInputs().front()), narrow = getElementTypeOrSelf(op.getOutputs().front());
  bool isRounding = wide.isF32() && isa<FloatType>(narrow) && narrow.getIntOrFloatBitWidth() < 32;
  return isRounding ? dyn_cast<OpResult>(op.getInputs().front()) : OpResult();
}

namespace {
/// Rounds in the loop that computes it what is not its only result.
struct RoundInProducer : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp rounding, PatternRewriter &rewriter) const override {
    OpResult wide = roundedResult(rounding);
    auto producer = wide ? dyn_cast<linalg::GenericOp>(wide.getOwner()) : linalg::GenericOp();
    // What has one use alone fuses into it.
    if (!producer || producer->hasOneUse() || producer.getNumParallelLoops() != producer.getNumLoops() ||
        !producer.getIndexingMapMatchingResult(wide).isIdentity())
      return failure();
    rewriter.setInsertionPoint(producer);
    linalg::GenericOp both = withRoundedResult(producer, wide, rounding, rewriter);
    rewriter.replaceOp(rounding, both->getResults().back());
    rewriter.replaceOp(producer, both->getResults().drop_back());
    return success();
  }

private:
  /// The producer with a further result behind its own, its body moved.
  static linalg::GenericOp withRoundedResult(linalg::GenericOp producer, OpResult wide, linalg::GenericOp rounding,
                                             PatternRewriter &rewriter) {
    Location location = producer.getLoc();
    auto type = cast<RankedTensorType>(rounding->getResultTypes().front());
    SmallVector<Type> types(producer->getResultTypes());
    types.push_back(type);
    SmallVector<Value> outputs(producer.getOutputs());
    outputs.push_back(tensor::EmptyOp::create(rewriter, location, type.getShape(), type.getElementType()));
    SmallVector<AffineMap> maps = producer.getIndexingMapsArray();
    maps.push_back(rewriter.getMultiDimIdentityMap(producer.getNumLoops()));
    auto both = linalg::GenericOp::create(rewriter, location, types, producer.getInputs(), outputs, maps,
                                          producer.getIteratorTypesArray());
    both->setDiscardableAttrs(producer->getDiscardableAttrDictionary());
    rewriter.inlineRegionBefore(producer.getRegion(), both.getRegion(), both.getRegion().begin());
    both.getBody()->addArgument(type.getElementType(), location);
    Operation *yield = both.getBody()->getTerminator();
    rewriter.setInsertionPoint(yield);
    IRMapping mapping;
    mapping.map(rounding.getBody()->getArgument(0), yield->getOperand(wide.getResultNumber()));
    for (Operation &op : rounding.getBody()->without_terminator())
      rewriter.clone(op, mapping);
    Value rounded = mapping.lookupOrDefault(rounding.getBody()->getTerminator()->getOperand(0));
    rewriter.modifyOpInPlace(yield, [&] { yield->insertOperands(yield->getNumOperands(), rounded); });
    return both;
  }
};

struct FuseElementwise : sluice::impl::FuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    auto mayFuse = [](OpOperand *operand) {
      Operation *producer = operand->get().getDefiningOp();
      return producer && producer->hasOneUse() && !isDrawnContraction(producer) &&
             !isDrawnContraction(operand->getOwner());
    };
    RewritePatternSet patterns(context);
    linalg::populateElementwiseOpsFusionPatterns(patterns, mayFuse);
    patterns.add<RoundInProducer>(context);
    // What is rounded alone need not be there as it was.
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, mayFuse);
    tensor::populateBubbleUpExpandShapePatterns(patterns);
    affine::AffineApplyOp::getCanonicalizationPatterns(patterns, context);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
    context->getLoadedDialect<linalg::LinalgDialect>()->getCanonicalizationPatterns(patterns);
    linalg::populateConstantFoldLinalgOperations(patterns, mayFuse);
    (void)applyPatternsGreedily(getOperation(), std::move(patterns), GreedyRewriteConfig().setUseTopDownTraversal());
  }
};
} // namespace
