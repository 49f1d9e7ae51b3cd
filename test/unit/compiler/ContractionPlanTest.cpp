//===- ContractionPlanTest.cpp - How a contraction is expanded, in numbers -----------===//
#include "passes/CPU/ContractionPlan.h"
#include "dialects/CPU/CPUDialect.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

using namespace sluice;
using namespace sluice::cpu;

namespace {
struct ContractionPlanTest : testing::Test {
  ContractionPlanTest() { context.loadDialect<cpu::CPUDialect>(); }

  StrategyAttr parse(const std::string &strategy) {
    return llvm::cast<StrategyAttr>(mlir::parseAttribute("#sluice_cpu.strategy<" + strategy + ">", &context));
  }
  /// One that packs A and B.
  StrategyAttr strategy(const std::string &blocks, const std::string &terms = "") {
    return parse(blocks + ", packs_a = true, packs_b = true" + terms);
  }
  StrategyAttr ofVectors() { return strategy("register = [6, 16], cache = [192, 48, 256], vector = 8"); }
  StrategyAttr ofPairs() { return strategy("register = [8, 16], cache = [8, 16, 34], vector = 16", ", vnni = 2"); }
  StrategyAttr ofTiles() {
    return strategy("register = [32, 32], cache = [64, 256, 256], vector = 16", ", vnni = 2, tile = 32");
  }

  /// Matrices of f32 whose rows lie one behind the other.
  static ContractionShape shapeOf(int64_t m, int64_t n, int64_t k) {
    ContractionShape shape;
    shape.size = {m, n, k};
    shape.bytes = {4, 4, 4, 0};
    shape.rowsOfB = shape.rowsOfC = n * 4;
    return shape;
  }

  /// The same, rounded to bf16.
  static ContractionShape roundedShapeOf(int64_t m, int64_t n, int64_t k) {
    ContractionShape shape = shapeOf(m, n, k);
    shape.bytes.computed = 2;
    return shape;
  }

  mlir::MLIRContext context;
};
} // namespace

//===-- Loops ------------------------------------------------------------------------===//

TEST_F(ContractionPlanTest, ATaskIsABlockOfEveryProduct) {
  ContractionShape shape = shapeOf(200, 100, 768);
  shape.productsAround = 3;
  ContractionPlan plan = planContraction(shape, ofVectors());
  EXPECT_EQ(plan.blocksM(), 2);
  EXPECT_EQ(plan.blocksN(), 3);
  EXPECT_EQ(plan.tasks, 3 * 2 * 3);
  EXPECT_EQ(plan.loop, ContractionPlan::Parallel);
  EXPECT_FALSE(plan.isOneBlock());
  EXPECT_EQ(plan.lastBlock(), 512);
}

TEST_F(ContractionPlanTest, OneTaskNeedsNoLoop) {
  EXPECT_EQ(planContraction(shapeOf(192, 48, 768), ofVectors()).loop, ContractionPlan::None);
}

TEST_F(ContractionPlanTest, LittleWorkWakesNoThreads) {
  EXPECT_EQ(planContraction(shapeOf(64, 64, 64), ofVectors()).loop, ContractionPlan::Sequential);
  EXPECT_EQ(planContraction(shapeOf(64, 64, 65), ofVectors()).loop, ContractionPlan::Parallel);
}

TEST_F(ContractionPlanTest, InsideOfAParallelLoopThreadsAreBusy) {
  ContractionShape shape = shapeOf(768, 768, 768);
  shape.isInParallelLoop = true;
  EXPECT_EQ(planContraction(shape, ofVectors()).loop, ContractionPlan::Sequential);
}

TEST_F(ContractionPlanTest, NeighboursShareRowsUnlessBIsLarge) {
  EXPECT_TRUE(planContraction(shapeOf(768, 768, 1024), ofVectors()).neighboursShareRows);
  EXPECT_FALSE(planContraction(shapeOf(768, 768, 1025), ofVectors()).neighboursShareRows);
}

TEST_F(ContractionPlanTest, ATriangleIsLeftOutOfOneBlockAlone) {
  ContractionShape shape = shapeOf(64, 48, 64);
  shape.triangle = {Triangle::M, Triangle::K};
  EXPECT_TRUE(planContraction(shape, ofVectors()).triangle);
  for (ProductSize larger : {ProductSize{193, 48, 64}, {64, 49, 64}, {64, 48, 257}}) {
    shape.size = larger;
    EXPECT_FALSE(planContraction(shape, ofVectors()).triangle);
  }
}

//===-- The register kernel ----------------------------------------------------------===//

TEST_F(ContractionPlanTest, ASumRunsInAtMostEightStretches) {
  KernelShape kernel = planContraction(shapeOf(192, 48, 768), ofVectors()).kernel;
  EXPECT_EQ(kernel.depth, 256);
  EXPECT_EQ(kernel.vectors(), 2);
  EXPECT_EQ(kernel.termsOfPass(), 4);
  EXPECT_EQ(kernel.termsOfStretch(), 32);
  EXPECT_EQ(kernel.stretches(), 8);
}

TEST_F(ContractionPlanTest, StretchesAreWholePasses) {
  KernelShape ofShortSum = planContraction(shapeOf(192, 48, 17), ofVectors()).kernel;
  EXPECT_EQ(ofShortSum.termsOfStretch(), 4);
  EXPECT_EQ(ofShortSum.stretches(), 5);
  KernelShape pairs = planContraction(roundedShapeOf(8, 16, 33), ofPairs()).kernel;
  EXPECT_EQ(pairs.termsOfPass(), 8);
  EXPECT_EQ(pairs.stretches(), 5);
  KernelShape tiles = planContraction(roundedShapeOf(64, 256, 512), ofTiles()).kernel;
  EXPECT_EQ(tiles.termsOfPass(), 32);
  EXPECT_EQ(tiles.stretches(), 8);
}

//===-- A ----------------------------------------------------------------------------===//

TEST_F(ContractionPlanTest, ManyTasksShareAnAThatIsPackedBefore) {
  ContractionShape shape = shapeOf(200, 4 * 48, 300);
  shape.matricesOfA = 2;
  PlanOfA few = planContraction(shape, ofVectors()).a;
  EXPECT_EQ(few.packing, PlanOfA::ByTask);
  EXPECT_EQ(few.bufferSize, 192 * 256);
  shape.size.n += 1;
  PlanOfA many = planContraction(shape, ofVectors()).a;
  EXPECT_EQ(many.packing, PlanOfA::BeforeTasks);
  EXPECT_EQ(many.paddedRows, 204);
  EXPECT_EQ(many.paddedTerms, 512);
  EXPECT_EQ(many.bufferSize, 2 * 204 * 512);
}

TEST_F(ContractionPlanTest, OneThreadPacksAByTask) {
  ContractionShape shape = shapeOf(200, 768, 300);
  shape.isInParallelLoop = true;
  EXPECT_EQ(planContraction(shape, ofVectors()).a.packing, PlanOfA::ByTask);
}

TEST_F(ContractionPlanTest, ALargeAOfTilesIsRoundedOnce) {
  ContractionShape shape = roundedShapeOf(2048, 512, 512);
  EXPECT_EQ(planContraction(shape, ofTiles()).a.packing, PlanOfA::ByTask);
  shape.size.k = 513;
  EXPECT_EQ(planContraction(shape, ofTiles()).a.packing, PlanOfA::BeforeTasks);
  shape.bytes.a = 2;
  EXPECT_EQ(planContraction(shape, ofTiles()).a.packing, PlanOfA::ByTask);
}

TEST_F(ContractionPlanTest, TermsOfATileLieTogetherInPanelsOfA) {
  ContractionPlan plan = planContraction(roundedShapeOf(64, 256, 512), ofTiles());
  EXPECT_EQ(plan.a.panels.interleavedTerms, 32);
  EXPECT_TRUE(plan.a.panels.isTile());
  EXPECT_EQ(plan.b.panels.interleavedTerms, 2);
  EXPECT_EQ(plan.b.panels.multipleOfTerms, 32);
  EXPECT_FALSE(plan.b.panels.isTile());
}

TEST_F(ContractionPlanTest, OperandsAreReadInPlaceAsTheStrategySays) {
  ContractionPlan plan =
      planContraction(shapeOf(192, 48, 64),
                      parse("register = [6, 16], cache = [192, 48, 64], vector = 8, packs_a = false, packs_b = false"));
  EXPECT_EQ(plan.a.packing, PlanOfA::InPlace);
  EXPECT_EQ(plan.b.packing, PlanOfB::InPlace);
}

//===-- B ----------------------------------------------------------------------------===//

TEST_F(ContractionPlanTest, ALargeBIsPackedAheadToTwoPlaces) {
  PlanOfB plan = planContraction(shapeOf(192, 768, 768), ofVectors()).b;
  EXPECT_EQ(plan.packing, PlanOfB::Ahead);
  EXPECT_TRUE(plan.isPrefetched);
  EXPECT_EQ(plan.bufferSize, 2 * 16 * 256);
}

TEST_F(ContractionPlanTest, ASmallBIsNear) {
  PlanOfB plan = planContraction(shapeOf(192, 240, 256), ofVectors()).b;
  EXPECT_EQ(plan.packing, PlanOfB::BeforeUse);
  EXPECT_FALSE(plan.isPrefetched);
  EXPECT_EQ(plan.bufferSize, 16 * 256);
}

TEST_F(ContractionPlanTest, WhatCannotBePackedAheadIsPrefetchedAlone) {
  const ContractionShape large = shapeOf(192, 768, 768);
  std::vector<ContractionShape> shapes(8, large);
  shapes[0].size.k = 700;            // the last block of the sum is shorter
  shapes[1].size.m = 200;            // the last block of C has fewer rows
  shapes[2].rowsOfB = 768 * 4 + 32;  // rows begin inside of a line
  shapes[3].rowsOfB = std::nullopt;  // they may
  shapes[4].hasContiguousB = false;  // panels are transposed
  shapes[5].bytes.computed = 2;      // panels are rounded
  shapes[6].size = {18, 768, 768};   // too few stretches are a panel's: 3 blocks of 8
  shapes[7].size = {192, 15, 12288}; // no panel is whole
  for (auto [index, shape] : llvm::enumerate(shapes)) {
    PlanOfB plan = planContraction(shape, ofVectors()).b;
    EXPECT_EQ(plan.packing, PlanOfB::BeforeUse) << index;
    EXPECT_TRUE(plan.isPrefetched) << index;
  }
  for (const char *blocks : {
           "register = [4, 24], cache = [192, 48, 256], vector = 8", // a term of a panel is one line and a half
           "register = [6, 16], cache = [192, 48, 6], vector = 8",   // passes of the innermost loop are not whole
       }) {
    PlanOfB plan = planContraction(large, strategy(blocks)).b;
    EXPECT_EQ(plan.packing, PlanOfB::BeforeUse) << blocks;
    EXPECT_TRUE(plan.isPrefetched) << blocks;
  }
}

TEST_F(ContractionPlanTest, BesideATriangleNothingIsPackedAhead) {
  StrategyAttr oneBlock = strategy("register = [6, 16], cache = [192, 768, 256], vector = 8");
  ContractionShape shape = shapeOf(192, 768, 256);
  EXPECT_EQ(planContraction(shape, oneBlock).b.packing, PlanOfB::Ahead);
  shape.triangle = {Triangle::M, Triangle::K};
  EXPECT_EQ(planContraction(shape, oneBlock).b.packing, PlanOfB::BeforeUse);
}

TEST_F(ContractionPlanTest, PanelsAreFilledUpToWholeTiles) {
  PlanOfB ofOne = planContraction(roundedShapeOf(8, 16, 33), ofPairs()).b;
  EXPECT_EQ(ofOne.bufferSize, 16 * 34);
  PlanOfB ofFour =
      planContraction(roundedShapeOf(32, 192, 32), strategy("register = [32, 32], cache = [32, 192, 32], vector = 16",
                                                            ", vnni = 2, tile = 32, panels = 4"))
          .b;
  EXPECT_EQ(ofFour.columnsAtOnce(), 128);
  EXPECT_EQ(ofFour.bufferSize, 128 * 32);
}

TEST_F(ContractionPlanTest, OfTheLastPanelWholeVectorsAreComputed) {
  PlanOfB half = planContraction(shapeOf(6, 40, 64), ofVectors()).b;
  EXPECT_EQ(half.columnsOfLastPanel, 8);
  EXPECT_TRUE(half.fillsLastPanel);
  PlanOfB oneColumn = planContraction(shapeOf(6, 33, 64), ofVectors()).b;
  EXPECT_EQ(oneColumn.columnsOfLastPanel, 8);
  EXPECT_FALSE(oneColumn.fillsLastPanel);
  EXPECT_EQ(planContraction(shapeOf(6, 48, 64), ofVectors()).b.columnsOfLastPanel, 16);
  EXPECT_EQ(planContraction(roundedShapeOf(64, 144, 64), ofTiles()).b.columnsOfLastPanel, 32);
}

//===-- C ----------------------------------------------------------------------------===//

TEST_F(ContractionPlanTest, COfVectorsIsPrefetchedAndWrittenInPlace) {
  ContractionShape shape = shapeOf(192, 96, 768);
  shape.isInitialized = true;
  PlanOfC plan = planContraction(shape, ofVectors()).c;
  EXPECT_TRUE(plan.isPrefetched);
  EXPECT_FALSE(plan.goesThroughTile);
  EXPECT_FALSE(plan.keepsSums);
  shape.hasContiguousC = false;
  EXPECT_TRUE(planContraction(shape, ofVectors()).c.goesThroughTile);
}

TEST_F(ContractionPlanTest, TilesFindCInCacheBehindTheFirstBlockOfTheSum) {
  EXPECT_TRUE(planContraction(roundedShapeOf(64, 256, 256), ofTiles()).c.isPrefetched);
  EXPECT_FALSE(planContraction(roundedShapeOf(64, 256, 512), ofTiles()).c.isPrefetched);
  EXPECT_TRUE(
      planContraction(roundedShapeOf(1056, 256, 512),
                      strategy("register = [32, 32], cache = [1056, 256, 256], vector = 16", ", vnni = 2, tile = 32"))
          .c.isPrefetched);
}

TEST_F(ContractionPlanTest, SumsOfTilesAreKeptWhereSeveralTasksWriteToARow) {
  ContractionShape shape = roundedShapeOf(64, 272, 512);
  shape.isInitialized = true;
  EXPECT_TRUE(planContraction(shape, ofTiles()).c.keepsSums);
  shape.size.n = 240;
  EXPECT_FALSE(planContraction(shape, ofTiles()).c.keepsSums);
}

TEST_F(ContractionPlanTest, SumsOfTilesAreKeptWhereRowsShareSets) {
  ContractionShape shape = roundedShapeOf(64, 240, 512);
  shape.isInitialized = true;
  shape.rowsOfC = 2048;
  EXPECT_TRUE(planContraction(shape, ofTiles()).c.keepsSums);
  shape.rowsOfC = 1024;
  EXPECT_FALSE(planContraction(shape, ofTiles()).c.keepsSums);
}

TEST_F(ContractionPlanTest, SumsAreKeptInCWhereItHoldsSomeAlready) {
  ContractionShape kept = roundedShapeOf(64, 512, 512);
  kept.isInitialized = true;
  ASSERT_TRUE(planContraction(kept, ofTiles()).c.keepsSums);
  std::vector<ContractionShape> shapes(4, kept);
  shapes[0].isInitialized = false;
  shapes[1].sumsAround = 2;
  shapes[2].hasContiguousC = false;
  shapes[3].size.k = 256;
  for (auto [index, shape] : llvm::enumerate(shapes))
    EXPECT_FALSE(planContraction(shape, ofTiles()).c.keepsSums) << index;
}
