//===- ContractionPlan.cpp - How a contraction is expanded, in numbers ------------===//
#include "passes/CPU/ContractionPlan.h"
#include "passes/Build/CacheLines.h"
#include "passes/CPU/ParallelWork.h"
#include "passes/CPU/Strategy.h"
#include "passes/Contractions/Contraction.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

/// Rows of A that a thread packs at a time where all of A is packed before the tasks: a multiple of every register
/// block, and few enough that all threads have some.
static constexpr int64_t leastPackedRows = 48;

/// As often tasks pack the same block of A: to pack all of it at once for all of them writes it to memory and reads it
/// from there, or from another processor's cache, which is more than to read it again. Tiles wait where packing is
/// also rounding: where panels of A do not all stay in a second-level cache, they are packed once.
static constexpr int64_t mostPackingsOfA = 4;
static constexpr int64_t mostBytesPackedAgain = 2 * 1024 * 1024;

/// Rows that are a multiple of so many cache lines apart share two of the 64 sets of a first-level cache, or one: those
/// of a register block of tiles are more than a set has ways.
static constexpr int64_t leastLinesOfConflict = 32;

/// From this size on B is not in cache when it is packed: half of a second-level cache.
static constexpr int64_t leastPrefetchedBytes = 256 * 1024;

/// Of a block of C that stays in a second-level cache beside panels and what is fetched.
static constexpr int64_t mostBytesOfKeptC = 1024 * 1024;

/// Up to this size B is read from a last-level cache as fast as it is packed.
static constexpr int64_t mostBytesBesideRows = 3 * 1024 * 1024;

/// Stretches of a sum, at most. Before each of them something is fetched: where that is goes through arithmetic that
/// competes with multiplications, so that it is not done in every pass of the innermost loop.
static constexpr int64_t mostStretches = 8;

ContractionShape ContractionShape::of(const Contraction &contraction) {
  ContractionShape shape;
  shape.size = {contraction.size(contraction.m), contraction.size(contraction.n), contraction.size(contraction.k)};
  shape.productsAround = contraction.product(contraction.outer);
  shape.sumsAround = contraction.product(contraction.outerSums);
  shape.matricesOfA = contraction.product(contraction.dimsAroundA());
  FloatType computeType = contraction.computeType;
  shape.bytes.a = contraction.bytesOfElement(contraction.a);
  shape.bytes.b = contraction.bytesOfElement(contraction.b);
  shape.bytes.c = contraction.bytesOfElement(contraction.c);
  shape.bytes.computed = computeType ? llvm::divideCeil(computeType.getWidth(), 8) : 0;
  shape.hasContiguousB = contraction.isContiguous(contraction.b, contraction.n);
  shape.hasContiguousC = contraction.isContiguous(contraction.c, contraction.n);
  shape.rowsOfB = contraction.bytesBetween(contraction.b, contraction.k);
  shape.rowsOfC = contraction.bytesBetween(contraction.c, contraction.m);
  auto find = [&](unsigned dim) -> std::optional<Triangle::Dim> {
    if (dim == contraction.m)
      return Triangle::M;
    if (dim == contraction.n)
      return Triangle::N;
    return dim == contraction.k ? std::optional(Triangle::K) : std::nullopt;
  };
  if (contraction.triangle)
    if (auto row = find(contraction.triangle->first), column = find(contraction.triangle->second); row && column)
      shape.triangle = {*row, *column};
  return shape;
}

int64_t KernelShape::termsOfStretch() const {
  return llvm::alignTo(llvm::divideCeil(depth, mostStretches), termsOfPass());
}

int64_t KernelShape::stretches() const { return llvm::divideCeil(depth, termsOfStretch()); }

int64_t ContractionPlan::blocksM() const { return llvm::divideCeil(size.m, block.m); }

int64_t ContractionPlan::blocksN() const { return llvm::divideCeil(size.n, block.n); }

int64_t ContractionPlan::blocksOfPanel() const { return llvm::divideCeil(std::min(block.m, size.m), kernel.rows); }

int64_t ContractionPlan::rowsPackedAtOnce() const { return llvm::alignTo(leastPackedRows, kernel.rows); }

namespace {
/// Fills a plan part by part: each uses those before it.
struct Planner {
  const ContractionShape &shape;
  StrategyAttr strategy;
  ContractionPlan plan;

  void planLoops();
  void planA();
  void planB();
  void planC();

  /// Of an element of a panel: pairs of terms are in the type that the contraction computes in.
  int64_t panelBytes() const { return strategy.getVnni() == 1 ? shape.bytes.c : shape.bytes.computed; }
  /// Terms that panels are filled up to; in those of A they lie together.
  int64_t multipleOfTerms() const { return strategy.getTile() ? strategy.getTile() : strategy.getVnni(); }
  int64_t bytesOfBlockOfC() const {
    return std::min(plan.block.m, plan.size.m) * std::min(plan.block.n, plan.size.n) * shape.bytes.c;
  }
  bool keepsSums() const;
  bool packsAhead() const;
};
} // namespace

void Planner::planLoops() {
  plan.size = shape.size;
  plan.block = {strategy.getCacheBlock()[0], strategy.getCacheBlock()[1], strategy.getCacheBlock()[2]};
  plan.tasks = shape.productsAround * plan.blocksM() * plan.blocksN();
  int64_t work = shape.productsAround * shape.sumsAround * plan.size.m * plan.size.n * plan.size.k;
  bool isWorthThreads = !shape.isInParallelLoop && plan.tasks > 1 && work > leastParallelMultiplications;
  plan.loop = isWorthThreads    ? ContractionPlan::Parallel
              : plan.tasks == 1 ? ContractionPlan::None
                                : ContractionPlan::Sequential;
  plan.neighboursShareRows = shape.bytesOfB() <= mostBytesBesideRows;
  plan.kernel.rows = strategy.getRegisterBlock()[0];
  plan.kernel.columns = strategy.getRegisterBlock()[1];
  plan.kernel.lanes = strategy.getVectorSize();
  plan.kernel.depth = std::min(plan.block.k, plan.size.k);
  plan.kernel.interleavedTerms = strategy.getVnni();
  plan.kernel.tileTerms = strategy.getTile();
  if (plan.blocksM() == 1 && plan.blocksN() == 1 && plan.isOneBlock())
    plan.triangle = shape.triangle;
}

void Planner::planA() {
  plan.a.panels = {plan.kernel.rows, plan.block.k, multipleOfTerms(), multipleOfTerms(), /*packedAtOnce=*/1};
  plan.a.paddedRows = llvm::alignTo(plan.size.m, plan.kernel.rows);
  plan.a.paddedTerms = llvm::alignTo(plan.size.k, plan.block.k);
  bool waits = strategy.getTile() && shape.bytes.a != panelBytes() &&
               plan.size.m * plan.size.k * panelBytes() > mostBytesPackedAgain;
  bool isSharedByMany = plan.loop == ContractionPlan::Parallel && plan.blocksN() > (waits ? 1 : mostPackingsOfA);
  plan.a.packing = !strategy.getPacksA() ? PlanOfA::InPlace : isSharedByMany ? PlanOfA::BeforeTasks : PlanOfA::ByTask;
  plan.a.bufferSize = plan.a.packing == PlanOfA::BeforeTasks
                          ? shape.matricesOfA * plan.a.paddedTerms * plan.a.paddedRows
                          : plan.block.m * plan.block.k;
}

/// Only copies are packed ahead: whole lines of B that are whole lines of a panel.
bool Planner::packsAhead() const {
  const KernelShape &kernel = plan.kernel;
  bool isCopied = strategy.getVnni() == 1 && strategy.getPanels() == 1 && shape.bytes.computed == 0 &&
                  shape.bytes.b == panelBytes() && shape.hasContiguousB;
  bool isInLines =
      shape.rowsOfB.value_or(1) % bytesOfCacheLine == 0 && kernel.columns * shape.bytes.b % bytesOfCacheLine == 0;
  // Every stretch of every register block runs, and packs its part.
  bool runsAll = plan.size.k % kernel.depth == 0 && kernel.depth % KernelShape::unrolledTerms == 0 &&
                 (plan.size.m % plan.block.m == 0 || plan.size.m < plan.block.m) && !plan.triangle;
  return isCopied && isInLines && runsAll && plan.size.n >= kernel.columns && plan.b.isPrefetched &&
         plan.blocksOfPanel() * kernel.stretches() >= 2 * PlanOfB::stretchesUntilPacked;
}

void Planner::planB() {
  const KernelShape &kernel = plan.kernel;
  plan.b.panels = {kernel.columns, plan.block.k, kernel.interleavedTerms, multipleOfTerms(), strategy.getPanels()};
  plan.b.isPrefetched = shape.bytesOfB() >= leastPrefetchedBytes;
  plan.b.packing = !strategy.getPacksB() ? PlanOfB::InPlace : packsAhead() ? PlanOfB::Ahead : PlanOfB::BeforeUse;
  plan.b.columnsOfLastPanel =
      kernel.tileTerms ? kernel.columns : columnsOfLastPanel(plan.size.n, kernel.columns, kernel.lanes);
  plan.b.fillsLastPanel = fillsPanels(plan.size.n, kernel.columns, kernel.lanes);
  int64_t places = plan.b.packing == PlanOfB::Ahead ? 2 : 1;
  plan.b.bufferSize = places * plan.b.columnsAtOnce() * int64_t(llvm::alignTo(plan.block.k, multipleOfTerms()));
}

bool Planner::keepsSums() const {
  if (!plan.kernel.tileTerms || plan.isOneBlock() || !shape.isInitialized || shape.sumsAround > 1 ||
      !shape.hasContiguousC)
    return false;
  if (plan.blocksN() > 1 && bytesOfBlockOfC() <= mostBytesOfKeptC)
    return true;
  return shape.rowsOfC && *shape.rowsOfC % (leastLinesOfConflict * bytesOfCacheLine) == 0;
}

void Planner::planC() {
  bool hasTiles = plan.kernel.tileTerms != 0;
  // Tiles are so fast that to fetch a block which is in cache from the last block of the sum delays what they load.
  plan.c.isPrefetched = !hasTiles || plan.isOneBlock() || bytesOfBlockOfC() > mostBytesOfKeptC;
  plan.c.goesThroughTile = hasTiles || !shape.hasContiguousC;
  plan.c.keepsSums = keepsSums();
}

ContractionPlan sluice::planContraction(const ContractionShape &shape, StrategyAttr strategy) {
  Planner planner{shape, strategy, {}};
  planner.planLoops();
  planner.planA();
  planner.planB();
  planner.planC();
  return planner.plan;
}
