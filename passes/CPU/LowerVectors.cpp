//===- LowerVectors.cpp - Inside of sluice-lower-to-llvm -------------------------===//
#include "passes/CPU/LowerVectors.h"
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

using namespace mlir;

namespace {
struct LowerVectors : PassWrapper<LowerVectors, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerVectors)

  StringRef getArgument() const override { return "sluice-lower-vectors"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect>();
  }

  void runOnOperation() override {
    bool hasVectors =
        getOperation()
            .walk([](Operation *op) {
              return isa<vector::VectorDialect>(op->getDialect()) ? WalkResult::interrupt() : WalkResult::advance();
            })
            .wasInterrupted();
    if (!hasVectors)
      return;
    // Transfers first: unrolled, they consume the vectors that the other patterns take apart.
    run([](RewritePatternSet &patterns) { vector::populateVectorTransferPermutationMapLoweringPatterns(patterns); });
    run([](RewritePatternSet &patterns) {
      // Unrolled: a loop would stage the vectors on the stack.
      populateVectorToSCFConversionPatterns(patterns, VectorTransferToSCFOptions().enableFullUnroll());
    });
    run([](RewritePatternSet &patterns) {
      vector::populateVectorContractLoweringPatterns(patterns, vector::VectorContractLowering::OuterProduct);
      vector::populateVectorOuterProductLoweringPatterns(patterns);
      vector::populateVectorMultiReductionLoweringPatterns(patterns,
                                                           vector::VectorMultiReductionLowering::InnerParallel);
      vector::populateVectorTransferLoweringPatterns(patterns, /*maxTransferRank=*/1);
      vector::populateVectorBitCastLoweringPatterns(patterns);
      vector::populateVectorBroadcastLoweringPatterns(patterns);
      vector::populateVectorGatherLoweringPatterns(patterns);
      vector::populateVectorInterleaveLoweringPatterns(patterns);
      vector::populateVectorMaskOpLoweringPatterns(patterns);
      vector::populateVectorMaskMaterializationPatterns(patterns, /*force32BitVectorIndices=*/false);
      vector::populateVectorRankReducingFMAPattern(patterns);
      vector::populateVectorShapeCastLoweringPatterns(patterns);
      vector::populateVectorStepLoweringPatterns(patterns);
      vector::populateVectorTransposeLoweringPatterns(patterns, vector::VectorTransposeLowering::Shuffle1D);
      vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
      vector::populateVectorFromElementsUnrollPatterns(patterns);
      vector::populateVectorToElementsUnrollPatterns(patterns);
    });
  }

  void run(llvm::function_ref<void(RewritePatternSet &)> populate) {
    RewritePatternSet patterns(&getContext());
    populate(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

/// A copy of one element after the other.
struct CopyToLoops : OpRewritePattern<memref::CopyOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(memref::CopyOp copy, PatternRewriter &rewriter) const override {
    auto source = cast<MemRefType>(copy.getSource().getType()), target = cast<MemRefType>(copy.getTarget().getType());
    if (!source.hasStaticShape() || (source.getLayout().isIdentity() && target.getLayout().isIdentity()))
      return failure();
    Location location = copy.getLoc();
    Value zero = arith::ConstantIndexOp::create(rewriter, location, 0);
    Value one = arith::ConstantIndexOp::create(rewriter, location, 1);
    SmallVector<Value> bounds, indices;
    for (int64_t size : source.getShape())
      bounds.push_back(arith::ConstantIndexOp::create(rewriter, location, size));
    for (Value bound : bounds) {
      auto loop = scf::ForOp::create(rewriter, location, zero, bound, one);
      indices.push_back(loop.getInductionVar());
      rewriter.setInsertionPointToStart(loop.getBody());
    }
    Value element = memref::LoadOp::create(rewriter, location, copy.getSource(), indices);
    memref::StoreOp::create(rewriter, location, element, copy.getTarget(), indices);
    rewriter.eraseOp(copy);
    return success();
  }
};

struct LowerCopies : PassWrapper<LowerCopies, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerCopies)

  StringRef getArgument() const override { return "sluice-lower-copies"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, memref::MemRefDialect, scf::SCFDialect>();
  }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<CopyToLoops>(&getContext());
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace

std::unique_ptr<Pass> sluice::createLowerVectors() { return std::make_unique<LowerVectors>(); }
std::unique_ptr<Pass> sluice::createLowerCopies() { return std::make_unique<LowerCopies>(); }
