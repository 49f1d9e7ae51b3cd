//===- Strategy.cpp - How contractions become loops, by processor -----------------===//
#include "passes/CPU/Strategy.h"
#include "passes/CPU/ContractionPlan.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

// Four tiles of C, and two each of A and B: all that a matrix unit has.
static constexpr RegisterBlock tileBlock = {32, 32};
static constexpr int64_t depthOfTiles = 256;
static constexpr int64_t columnsInTiles = 768;
// Of an A that is in no cache near a processor: each column of blocks of C reads it from memory anew. Of such a B whose
// rows in a panel are one line of the cache or less, most lines are of two panels.
static constexpr int64_t leastBytesInMemory = 16 * 1024 * 1024;
static constexpr int64_t panelsOfMemory = 4;
// Of a C whose sums are kept beside it, by narrower blocks, until they are complete: passes over memory that this saves
// are more than what it costs where C is that large, where rows are so few that only columns are split between threads,
// or where the sum has so many blocks and A, which each block of C packs anew, need not be rounded.
static constexpr int64_t columnsOfKept = 384, leastBytesOfKept = 32 * 1024 * 1024, mostRowsOfKept = 256,
                         leastBlocksOfKept = 4;

// Percent of the threads' time that blocks of C leave over, as the last ones are fewer than threads, at most.
static constexpr int64_t mostIdle = 2;

// Percent of C that vectors behind its last column are, at least, for a second loop without them.
static constexpr int64_t leastLeftOut = 1;
// Of a multiplication with addition and of a loop's pass, in halves of a cycle: sums that are fewer wait for
// themselves.
static constexpr int64_t latency = 9;

// Of a block of C. The panels of A that belong to its rows stream past every panel of B: more rows pack B less often,
// more columns A.
static constexpr int64_t mostRows = 512, leastRows = 128, leastColumns = 48;
// Of the panels of A of a block whose sum is not cut where caches would have it, but where its chunks end.
static constexpr int64_t bytesOfNarrowPanels = 1024 * 1024;
// Of a C whose rows are a multiple of so many bytes apart: they share sets of a second-level cache, in which fewer
// stay.
static constexpr int64_t bytesOfConflict = 4096, mostRowsOfConflict = 256;
// Of C, for which A, read more slowly where it lies, is not worth packing.
static constexpr int64_t mostColumnsInPlace = 512;
// Of a matrix that stays in a first-level cache where it lies, beside another one: packing it gains nothing.
static constexpr int64_t mostBytesInPlace = 16 * 1024;

int64_t sluice::columnsOfLastPanel(int64_t n, int64_t columns, int64_t lanes) {
  int64_t last = (n - 1) % columns + 1, vectors = llvm::alignTo(last, lanes);
  return (columns - vectors) * 100 >= leastLeftOut * n ? vectors : columns;
}

bool sluice::fillsPanels(int64_t n, int64_t columns, int64_t lanes) {
  return (n - columnsOfLastPanel(n, columns, lanes)) % columns == 0;
}

/// Splits `size` evenly into blocks of at most `most`, rounded up to a multiple of `unit`.
static int64_t evenBlock(int64_t size, int64_t most, int64_t unit) {
  int64_t blocks = llvm::divideCeil(size, std::max(most / unit, int64_t(1)) * unit);
  return llvm::alignTo(llvm::divideCeil(size, blocks), unit);
}

namespace {
/// What a processor makes of a contraction.
struct Choice {
  Choice(const Contraction &contraction, TargetAttr target)
      : shape(ContractionShape::of(contraction)), narrow(contraction.narrow), target(target),
        unit(VectorUnit::find(target.getFeatures())), bytes(contraction.elementType().getWidth() / 8),
        vnni(multipliesBF16(contraction) ? unit.bf16Terms : 1), tile(multipliesBF16(contraction) ? unit.tileTerms : 0),
        readsRows(!isRoundedOrNarrow(contraction) && contraction.isContiguous(contraction.a, contraction.k)),
        isSmallA(!isRoundedOrNarrow(contraction) && isSmall(contraction, contraction.a)),
        isSmallB(!isRoundedOrNarrow(contraction) && isSmall(contraction, contraction.b) && shape.hasContiguousB) {}

  ContractionShape shape;
  std::optional<NarrowSums> narrow;
  TargetAttr target;
  const VectorUnit &unit;
  int64_t bytes, vnni, tile;
  bool readsRows;          // the terms of a row of A are neighbours, and used as they are
  bool isSmallA, isSmallB; // in cache where they lie, and used as they are

  /// Elements of a vector.
  int64_t lanes() const { return unit.vectorBits / 8 / bytes; }
  RegisterBlock block(unsigned index) const {
    if (tile)
      return tileBlock;
    // Each addition keeps several registers busy beside its sum.
    if (narrow && (narrow->key || !narrow->accumulation.order.sequential()))
      return {2, unit.blocks[1].columns};
    if (narrow)
      return {unit.blocks[1].rows / 2, unit.blocks[1].columns};
    return {unit.blocks[index].rows, unit.blocks[index].columns * 4 / bytes};
  }
  /// Halves of a cycle that a term takes in all register blocks of C, beyond the edges too, where a processor loads and
  /// multiplies two vectors a cycle.
  int64_t timeOfTerm(RegisterBlock block) const {
    auto ofPanel = [&](int64_t columns) {
      int64_t vectors = columns / lanes();
      return std::max({block.rows * vectors, block.rows + vectors, latency});
    };
    return llvm::divideCeil(shape.size.m, block.rows) *
           ((shape.size.n - 1) / block.columns * ofPanel(block.columns) +
            ofPanel(columnsOfLastPanel(shape.size.n, block.columns, lanes())));
  }
  int64_t depth(RegisterBlock block) const {
    if (tile)
      return evenBlock(shape.size.k, depthOfTiles, tile);
    if (narrow)
      return narrow->accumulation.chunked() ? narrow->accumulation.chunk : shape.size.k;
    int64_t bytesOfTerm = bytes / vnni;
    if (shape.size.k * bytes <= unit.wholeBytes)
      return llvm::alignTo(shape.size.k, vnni);
    return evenBlock(shape.size.k, std::min(unit.depthBytes, unit.panelBytes / block.columns) / bytesOfTerm,
                     llvm::alignTo(std::min<int64_t>(shape.size.k, 8), vnni));
  }
  int64_t tasks(RegisterBlock block, int64_t mostRows, int64_t mostColumns) const {
    return shape.productsAround * llvm::divideCeil(shape.size.m, evenBlock(shape.size.m, mostRows, block.rows)) *
           llvm::divideCeil(shape.size.n, evenBlock(shape.size.n, mostColumns, block.columns));
  }
  /// As if all blocks were as large as the first: what exceeds the shape is what the last ones are smaller, and a
  /// thread that has them waits.
  int64_t areaOfBlocks(RegisterBlock block, int64_t mostRows, int64_t mostColumns) const {
    return llvm::alignTo(shape.size.m, evenBlock(shape.size.m, mostRows, block.rows)) *
           llvm::alignTo(shape.size.n, evenBlock(shape.size.n, mostColumns, block.columns));
  }
  bool isEnough(int64_t tasks) const {
    int64_t threads = target.getThreads(), rounds = llvm::divideCeil(tasks, threads), slots = rounds * threads;
    bool readsMemory = shape.size.m * shape.size.k * bytes >= leastBytesInMemory;
    int64_t tasksOfThread = readsMemory ? 1 : unit.tasksOfThread;
    return tasks >= threads * tasksOfThread && (slots - tasks) * 100 <= mostIdle * slots;
  }
  /// At most. Where C is passed over once, a block that is as wide as C packs its A once, and stays in no cache anyway;
  /// but tiles would wait for a B of f32 that comes from memory for every block of rows.
  int64_t columnsOfBlock(RegisterBlock block) const {
    bool readsMemory =
        tile && shape.bytes.b == bytes && shape.size.n * shape.size.k * shape.bytes.b >= leastBytesInMemory;
    if (shape.size.k <= depth(block) && !readsMemory)
      return llvm::alignTo(shape.size.n, block.columns);
    bool hasManyBlocks =
        shape.bytes.a == shape.bytes.computed && llvm::divideCeil(shape.size.k, depthOfTiles) >= leastBlocksOfKept;
    bool keepsSums =
        tile && shape.size.k > depthOfTiles &&
        (hasManyBlocks || shape.size.m <= mostRowsOfKept || shape.size.m * shape.size.n * bytes >= leastBytesOfKept);
    return keepsSums ? columnsOfKept : tile ? columnsInTiles : unit.mostColumns;
  }
  bool rowsConflict() const { return shape.rowsOfC.value_or(1) % bytesOfConflict == 0; }
  /// At most.
  int64_t rowsOfBlock(RegisterBlock block) const {
    if (narrow)
      return std::clamp<int64_t>(bytesOfNarrowPanels / (depth(block) * bytes), block.rows, mostRows);
    return !tile && shape.size.k > depth(block) && rowsConflict() ? mostRowsOfConflict : mostRows;
  }
  int64_t panels(RegisterBlock block) const {
    bool sharesLines = tile && shape.hasContiguousB && block.columns * shape.bytes.b <= target.getLineBytes();
    return sharesLines && shape.size.n * shape.size.k * shape.bytes.b >= leastBytesInMemory ? panelsOfMemory : 1;
  }
  bool mayReadInPlace(RegisterBlock block) const { return isSmallA || (readsRows && shape.size.m % block.rows == 0); }
  bool readsBInPlace(RegisterBlock block) const {
    return isSmallB && fillsPanels(shape.size.n, block.columns, lanes());
  }
  StrategyAttr strategy(RegisterBlock block, int64_t mostRows, int64_t mostColumns, int64_t depth, bool packsA) const {
    return StrategyAttr::get(
        target.getContext(), {block.rows, block.columns},
        {evenBlock(shape.size.m, mostRows, block.rows), evenBlock(shape.size.n, mostColumns, block.columns), depth},
        lanes(), packsA, !readsBInPlace(block), vnni, tile, panels(block));
  }

private:
  /// Which units multiply; what is rounded to other types they multiply as f32.
  static bool multipliesBF16(const Contraction &contraction) {
    return contraction.computeType && contraction.computeType.isBF16();
  }
  static bool isRoundedOrNarrow(const Contraction &contraction) {
    return contraction.computeType || contraction.narrow;
  }
  static bool isSmall(const Contraction &contraction, const Contraction::Operand &operand) {
    std::optional<int64_t> bytes = contraction.bytesOfMatrix(operand);
    return bytes && *bytes <= mostBytesInPlace;
  }
};
} // namespace

StrategyAttr sluice::suggestStrategy(const Contraction &contraction, TargetAttr target) {
  Choice choice(contraction, target);
  // The one with more loads may save more at the edges than it is slower.
  bool savesEdges =
      choice.timeOfTerm(choice.block(1)) * (100 + choice.unit.slower) < choice.timeOfTerm(choice.block(0)) * 100;
  RegisterBlock block = choice.block(savesEdges ? 1 : 0);
  int64_t rows = choice.rowsOfBlock(block), columns = choice.columnsOfBlock(block);
  while (!choice.isEnough(choice.tasks(block, rows, columns))) {
    bool maySplitColumns = columns > leastColumns && choice.shape.size.n >= 2 * leastColumns;
    bool maySplitRows = rows > leastRows && choice.shape.size.m > leastRows;
    if (!maySplitColumns && !maySplitRows)
      break;
    bool isMoreEvenByRows = choice.areaOfBlocks(block, rows / 2, columns) * (100 + mostIdle) <
                            choice.areaOfBlocks(block, rows, columns / 2) * 100;
    if (!maySplitColumns || (maySplitRows && isMoreEvenByRows))
      rows /= 2;
    else
      columns /= 2;
  }
  bool packsA = !choice.mayReadInPlace(block) || (!choice.isSmallA && choice.shape.size.n > mostColumnsInPlace);
  return choice.strategy(block, rows, columns, choice.depth(block), packsA);
}

SmallVector<StrategyAttr> sluice::strategyCandidates(const Contraction &contraction, TargetAttr target) {
  Choice choice(contraction, target);
  StrategyAttr suggested = suggestStrategy(contraction, target);
  SmallVector<StrategyAttr> candidates = {suggested};
  if (choice.narrow)
    return candidates;
  int64_t depth = suggested.getCacheBlock()[2];
  for (unsigned index : {0, 1})
    for (int64_t rows : {128, 256, 512, 1024})
      for (int64_t columns : {48, 96, 192, 384, 768, 3072})
        for (bool packsA : {true, false}) {
          RegisterBlock block = choice.block(index);
          if (!packsA && !choice.mayReadInPlace(block))
            continue;
          StrategyAttr candidate = choice.strategy(block, rows, columns, depth, packsA);
          if (!llvm::is_contained(candidates, candidate))
            candidates.push_back(candidate);
        }
  return candidates;
}

bool sluice::isApplicable(StrategyAttr strategy, const Contraction &contraction, TargetAttr target) {
  Choice choice(contraction, target);
  if (choice.narrow)
    return false;
  RegisterBlock block{strategy.getRegisterBlock()[0], strategy.getRegisterBlock()[1]};
  return strategy.getVectorSize() == choice.lanes() && strategy.getVnni() == choice.vnni &&
         strategy.getTile() == choice.tile && (strategy.getPacksA() || choice.mayReadInPlace(block)) &&
         (strategy.getPacksB() || choice.readsBInPlace(block));
}
