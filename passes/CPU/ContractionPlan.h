//===- ContractionPlan.h - How a contraction is expanded, in numbers --------------===//
#ifndef SLUICE_PASSES_CPU_CONTRACTIONPLAN_H
#define SLUICE_PASSES_CPU_CONTRACTIONPLAN_H

#include "dialects/CPU/CPUDialect.h"
#include <cstdint>
#include <optional>

namespace sluice {

struct Contraction;

/// A size along each dimension of C[m, n] += A[m, k] B[k, n].
struct ProductSize {
  int64_t m, n, k;
};

/// The points of a block that count, those whose `column` does not exceed their `row`.
struct Triangle {
  enum Dim { M, N, K } row, column;
};

/// What a plan depends on beside the strategy. Sizes are in elements, distances in bytes.
struct ContractionShape {
  /// Of one element of each matrix in memory.
  struct ElementBytes {
    int64_t a, b, c;
    int64_t computed; // of the type that A and B are rounded to; 0: they are not rounded
  };

  ProductSize size;           // of one matrix product
  int64_t productsAround = 1; // with a block of C each
  int64_t sumsAround = 1;     // products that are added to the same block of C
  int64_t matricesOfA = 1;    // of all products, which may share one
  ElementBytes bytes;
  bool hasContiguousB = true;       // neighbours in a row are neighbours in memory
  bool hasContiguousC = true;       // the same for C
  std::optional<int64_t> rowsOfB;   // from one row to the next; nothing where that is not known
  std::optional<int64_t> rowsOfC;   // the same for C
  std::optional<Triangle> triangle; // the points of the whole product that count; nothing: all
  bool isInitialized = false;       // the first sums are stored, as C holds nothing yet
  bool isInParallelLoop = false;    // so that other threads are busy

  /// All but the last two, which depend on what is around the contraction.
  static ContractionShape of(const Contraction &contraction);

  /// Of one matrix product.
  int64_t bytesOfB() const { return size.n * size.k * bytes.b; }
};

/// The register block, and the loop over its sums.
struct KernelShape {
  /// Terms of the sum in one pass of the innermost loop: enough to hide its counter and its jump.
  static constexpr int64_t unrolledTerms = 4;

  int64_t rows, columns;    // of the block of C in registers
  int64_t lanes;            // elements of a vector
  int64_t depth;            // the most terms of a sum
  int64_t interleavedTerms; // of a column of B, that one instruction multiplies and adds
  int64_t tileTerms;        // of a row, that one instruction on tiles multiplies and adds; 0: there are no tiles

  /// Vectors of a row of the register block.
  int64_t vectors() const { return columns / lanes; }
  /// Of the innermost loop.
  int64_t termsOfPass() const { return tileTerms ? tileTerms : unrolledTerms * interleavedTerms; }
  /// A sum runs in a few stretches of so many terms, before each of which something is fetched.
  int64_t termsOfStretch() const;
  /// Of a sum that has `depth` terms.
  int64_t stretches() const;
};

/// Panels of a matrix, one behind the other: element (r, s) of panel p lies at (p x depth + s) x width + r. With v
/// interleaved terms, v neighbours of a row lie together: (r, s) at (p x depth + s - s % v) x width + v r + s % v.
struct PanelShape {
  int64_t width;            // rows of A, or columns of B
  int64_t depth;            // terms
  int64_t interleavedTerms; // of a row that lie together
  int64_t multipleOfTerms;  // terms end at a multiple of it, itself one of the interleaved terms, with zeros
  int64_t packedAtOnce;     // as many whole panels are filled row by row, where rows are contiguous

  /// Whether the terms that lie together are a row of a tile, and not a pair.
  bool isTile() const { return interleavedTerms > 2; }
};

/// What happens to A.
struct PlanOfA {
  enum Packing {
    InPlace,     // it is read where it lies
    ByTask,      // every task packs the block that it multiplies
    BeforeTasks, // all of it is packed once, in a parallel loop of its own
  } packing;
  PanelShape panels;
  int64_t paddedRows;  // of a matrix in whole panels
  int64_t paddedTerms; // of a matrix in whole blocks of the sum
  int64_t bufferSize;  // elements of the panels that are there at a time
};

/// What happens to B.
struct PlanOfB {
  enum Packing {
    InPlace,   // it is read where it lies
    BeforeUse, // panels are packed right before they are multiplied
    /// They are packed while those before them are multiplied, but for the first one of a block of C: packing by itself
    /// waits for a cache, and rows that drive each other out of it are read twice.
    Ahead,
  } packing;
  /// As many stretches of sums after a line was fetched, each some hundred cycles, it is packed ahead: it has come by
  /// then, from memory too.
  static constexpr int64_t stretchesUntilPacked = 16;

  PanelShape panels;
  bool isPrefetched;          // each panel, while those before it are multiplied
  int64_t columnsOfLastPanel; // that are computed: whole vectors
  bool fillsLastPanel;        // all that are computed are columns of C
  int64_t bufferSize;         // elements of the panels that are there at a time

  /// Columns of B that are packed at a time.
  int64_t columnsAtOnce() const { return panels.width * panels.packedAtOnce; }
};

/// What happens to C.
struct PlanOfC {
  bool isPrefetched;    // into the first-level cache, before its sums are complete
  bool goesThroughTile; // sums of a register block are in a buffer of their own before they are in C
  /// Sums are kept beside C until they are complete: tiles go through the second-level cache with each block of the
  /// sum, and wait where rows of C drive each other from the first, of which they share few sets. They wait longer
  /// where another task's thread writes to the same rows: what a processor fetches ahead in a row takes lines from the
  /// other one.
  bool keepsSums;
};

/// All decisions on how a contraction becomes loops over blocks of C, which are tasks, and over blocks of its sum.
struct ContractionPlan {
  enum Loop {
    None,       // there is one task
    Sequential, // this thread runs all tasks
    Parallel,   // all threads do
  } loop;
  ProductSize size;  // of one matrix product
  ProductSize block; // m x n is a task's block of C, k the terms of a sum whose panels stay in cache
  int64_t tasks;     // in all products
  /// Neighbouring tasks, which are one thread's, share rows of C, so that rows stay in that thread's cache from one op
  /// to the next; otherwise columns, so that they share panels of B.
  bool neighboursShareRows;
  KernelShape kernel;
  PlanOfA a;
  PlanOfB b;
  PlanOfC c;
  std::optional<Triangle> triangle; // of a block, which is all of C and all of the sum; nothing: all points count

  /// Of C, along its rows and along its columns.
  int64_t blocksM() const;
  int64_t blocksN() const;
  /// Whether the sum is.
  bool isOneBlock() const { return size.k <= block.k; }
  /// Where the last block of the sum begins.
  int64_t lastBlock() const { return (size.k - 1) / block.k * block.k; }
  /// Register blocks that pass a panel of B.
  int64_t blocksOfPanel() const;
  /// Rows of A that a thread packs at a time where all of A is packed before the tasks.
  int64_t rowsPackedAtOnce() const;
};

/// Decides; the strategy fits the contraction. Depends on nothing but its arguments, so that equal contractions are
/// equal code.
ContractionPlan planContraction(const ContractionShape &shape, cpu::StrategyAttr strategy);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_CONTRACTIONPLAN_H
