//===- Contraction.h - The matrix product inside a contraction -------------------===//
#ifndef SLUICE_PASSES_CPU_CONTRACTION_H
#define SLUICE_PASSES_CPU_CONTRACTION_H

#include "dialects/CPU/CPUDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <functional>

namespace sluice {

struct EpilogueKernel;

/// C[m, n] += A[m, k] B[k, n] with loops around it. Iteration dimensions that lie next to each other in every operand
/// are one; of what remains, one dimension each is m, n and k, and the others are loops. A and B change places where
/// that makes n the contiguous dimension of C.
struct Contraction {
  /// How an operand is seen after its dimensions were collapsed.
  struct Operand {
    mlir::Value value;
    mlir::MemRefType type; // collapsed
    llvm::SmallVector<mlir::ReassociationIndices> reassociation;
    llvm::SmallVector<unsigned> dims; // the merged dimension behind each dimension of `type`
  };

  mlir::linalg::LinalgOp op;
  llvm::SmallVector<int64_t> sizes; // of the merged dimensions
  Operand a, b, c;
  std::optional<unsigned> m, n, k;       // merged dimensions; without one the size is 1
  llvm::SmallVector<unsigned> outer;     // parallel dimensions around the product
  llvm::SmallVector<unsigned> outerSums; // reduction dimensions around the product
  mlir::FloatType computeType;           // what the elements of A and B are rounded to; null: nothing
  /// Merged dimensions: points whose second index exceeds the first need not be computed.
  std::optional<std::pair<unsigned, unsigned>> triangle;

  int64_t size(std::optional<unsigned> dim) const { return dim ? sizes[*dim] : 1; }
  int64_t product(llvm::ArrayRef<unsigned> dims) const;
  /// Whether the dimension is there and its neighbours are neighbours in the operand's memory.
  bool isContiguous(const Operand &operand, std::optional<unsigned> dim) const;
  /// Bytes from the first to the last element of an operand's matrix; nothing where a stride is dynamic.
  std::optional<int64_t> bytesOfMatrix(const Operand &operand) const;
  /// From an element to its neighbour along a dimension; nothing where there is none, or that is dynamic.
  std::optional<int64_t> bytesBetween(const Operand &operand, std::optional<unsigned> dim) const;
  static int64_t bytesOfElement(const Operand &operand) { return operand.type.getElementTypeBitWidth() / 8; }
  /// Of C; that of A and B where they are not in the compute type already.
  mlir::FloatType elementType() const { return llvm::cast<mlir::FloatType>(c.type.getElementType()); }
};

/// Whether the op is a sum of products of f32 or f64 memrefs that is worth a micro-kernel: a contraction by name, or a
/// generic that has dimensions of all three kinds. What is rounded to bf16 may be bf16 in memory.
bool isContraction(mlir::Operation *op);

/// Finds the matrix product; emits an error and fails where shapes are dynamic or a dimension is in one operand only.
mlir::FailureOr<Contraction> analyzeContraction(mlir::linalg::LinalgOp op);

/// A matrix in memory: rows and columns are positions in the memref's indices, or nothing where the dimension has
/// size 1.
struct MatrixView {
  mlir::Value memref;
  std::optional<unsigned> row, column;

  llvm::SmallVector<mlir::Value> indices(mlir::ImplicitLocOpBuilder &b, mlir::Value i, mlir::Value j) const;
  /// Whether neighbours along the row (or column) index are neighbours in memory.
  bool rowIsContiguous() const { return isContiguous(row); }
  bool columnIsContiguous() const { return isContiguous(column); }
  /// Brings a block from (i, j) on, whose columns are contiguous, into the first-level cache.
  void prefetchBlock(mlir::ImplicitLocOpBuilder &b, mlir::Value i, mlir::Value j, int64_t rows, int64_t columns,
                     bool isWrite) const;
  /// How many elements are in a line of the cache.
  int64_t lineElements() const;

private:
  bool isContiguous(std::optional<unsigned> position) const;
};

/// A block of the iteration space, from `start`; `count` elements of it are inside the matrix. `whole` says at compile
/// time that the count is always a multiple of the panel width.
struct SubRange {
  mlir::Value start, count;
  bool whole;
};

/// Emits arithmetic on indices, folded where both sides are constants.
mlir::Value constantIndex(mlir::ImplicitLocOpBuilder &b, int64_t value);
mlir::Value plus(mlir::ImplicitLocOpBuilder &b, mlir::Value x, mlir::Value y);
mlir::Value plus(mlir::ImplicitLocOpBuilder &b, mlir::Value x, int64_t y);
mlir::Value times(mlir::ImplicitLocOpBuilder &b, mlir::Value x, int64_t y);
/// To a multiple of `unit`.
mlir::Value roundDown(mlir::ImplicitLocOpBuilder &b, mlir::Value value, int64_t unit);
/// A loop without carried values.
void loop(mlir::ImplicitLocOpBuilder &b, mlir::Value from, mlir::Value to, int64_t step,
          llvm::function_ref<void(mlir::Value)> body);
/// A branch without results.
void emitIf(mlir::ImplicitLocOpBuilder &b, mlir::Value condition, llvm::function_ref<void()> yes,
            llvm::function_ref<void()> no = {});

/// Panels of a matrix, one behind the other: element (r, s) of panel p lies at base + (p x depth + s) x width + r of
/// the buffer, whose end has the elements of a vector to spare. What the last panel lacks in rows is zero. With a
/// `vnni` of v, v neighbouring terms of a row lie together: (r, s) at base + (p x depth + s - s % v) x width + v r +
/// s % v. Terms end at a multiple of `unit`, itself one of v, with zeros.
struct Panels {
  mlir::Value buffer, base;
  int64_t width, depth;
  int64_t vnni, unit;
  int64_t together;            // as many whole ones are filled row by row, where rows are contiguous
  mlir::FloatType computeType; // what elements are rounded to; null: nothing
};

/// Copies `rows` x `sums` of the matrix (rows x sums) to panels; `lanes` is the size of a vector.
void packPanels(mlir::ImplicitLocOpBuilder &b, MatrixView matrix, SubRange rows, SubRange sums, Panels panels,
                int64_t lanes);

/// The element of A in row `r` of the register block that begins at row `i` of the cache block, of term `k` of its sum;
/// of two terms that lie together both, as the bits of one integer.
using ElementOfA = std::function<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::Value i, mlir::Value k, int64_t r)>;
ElementOfA packedElement(Panels panels);
/// Beyond the last row of the block it is an element of that row.
ElementOfA elementInPlace(MatrixView matrix, SubRange rows, SubRange sums);

/// The vector of B whose columns begin at `column` of the register block, of term `k` of its sum, or of two terms that
/// lie together.
using VectorOfB = std::function<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::Value k, int64_t column)>;
VectorOfB packedVector(Panels panel, int64_t lanes);
/// Rows of B are the terms here: `matrix` is (columns of C x terms), as for the panels.
VectorOfB vectorInPlace(MatrixView matrix, mlir::Value column, SubRange sums, int64_t lanes);

/// Brings the panels that are packed next near, a part of them with each of `parts` blocks of C, and some lines of a
/// part with each of the `stretches` of a sum: what is packed from memory waits for memory otherwise. They come into
/// the second-level cache, or are packed at once, some stretches later.
struct PanelFetch {
  MatrixView matrix;
  mlir::Value row, sum; // where they begin
  int64_t rows, sums;   // their size, all inside of the matrix
  int64_t parts;
  mlir::Value firstPart;    // that of the first block of C
  std::optional<Panels> to; // where they are packed: a panel of whole lines of the cache, whose rows are contiguous

  /// As many stretches later, each some hundred cycles, a line is packed: it has come by then, from memory too.
  static constexpr int64_t stretchesBetween = 16;

  void emit(mlir::ImplicitLocOpBuilder &builder, mlir::Value part, mlir::Value stretch, int64_t stretches,
            int64_t lanes) const;
  /// Packs what came with the last stretches.
  void finish(mlir::ImplicitLocOpBuilder &builder, int64_t stretches, int64_t lanes) const;

private:
  /// Calls `body` with the place of each line, in rows and sums, of a stretch; `number` counts those of all parts.
  void forLines(mlir::ImplicitLocOpBuilder &builder, mlir::Value number, int64_t stretches,
                llvm::function_ref<void(mlir::Value, mlir::Value)> body) const;
  void pack(mlir::ImplicitLocOpBuilder &builder, mlir::Value number, int64_t stretches, int64_t lanes) const;
};

/// What a matrix unit multiplies, tile by tile: `a` keeps the terms of a tile together row by row, `b` in pairs.
struct TilePanels {
  Panels a, b;
};

/// A buffer of a cache block for sums that are not complete: its rows use all sets of a cache, and are one thread's.
struct KeptSums {
  MatrixView block;
  mlir::Value last; // i1: the sums are complete, and go to C
};

/// The points of a block that count, those whose `column` does not exceed their `row`.
struct Triangle {
  enum Dim { M, N, K } row, column;
};

/// What the micro-kernel works on: `rows` x `columns` is the block of C in registers.
struct MicroKernel {
  /// Terms of the sum in one pass of the innermost loop: enough to hide its counter and its jump.
  static constexpr int64_t unrolledSums = 4;

  ElementOfA a;
  VectorOfB b;
  int64_t rows, columns;
  int64_t depth;    // the most terms of a sum
  int64_t vnni;     // terms that lie together in a vector of B
  mlir::Value tile; // rows x columns, for C whose columns are not contiguous, and for tiles; else null
  MatrixView c;
  int64_t lanes;
  mlir::Value first;              // i1: store instead of adding; null: never
  mlir::Value start;              // what is added to the first sums: a row [n] for all rows of C; null: nothing
  const EpilogueKernel *epilogue; // runs on every block whose sums are complete; null: nothing does
  /// For a cache block that is all of C, and all of the sum. What else is computed is what shares registers with it.
  std::optional<Triangle> triangle;

  bool fetchesC;                // into the first-level cache, before its sums are complete
  std::optional<KeptSums> kept; // none: sums are kept in C
  std::optional<PanelFetch> fetch;
  std::optional<TilePanels> tiles; // in place of `a` and `b`

  /// Emits C += A B of all register blocks of a cache block that begin at its column `j`.
  void emit(mlir::ImplicitLocOpBuilder &builder, SubRange m, SubRange n, mlir::Value j, mlir::Value sums) const;
  /// Of a sum that has `depth` terms.
  int64_t stretches() const;

private:
  int64_t vectors() const { return columns / lanes; }
  mlir::VectorType vectorType() const;
  /// Of the innermost loop.
  int64_t termsOfPass() const;
  int64_t termsOfStretch() const;
  mlir::Value repeat(mlir::ImplicitLocOpBuilder &builder, mlir::Value element, mlir::Type like) const;
  mlir::Value addProduct(mlir::ImplicitLocOpBuilder &builder, mlir::Value x, mlir::Value y, mlir::Value sum) const;
  llvm::SmallVector<mlir::Value> multiply(mlir::ImplicitLocOpBuilder &builder, mlir::Value i, mlir::Value j,
                                          mlir::Value sums, llvm::function_ref<void(mlir::Value)> emitBeside) const;
  void multiplyTiles(mlir::ImplicitLocOpBuilder &builder, mlir::Value i, mlir::Value from, mlir::Value to,
                     llvm::function_ref<void(mlir::Value)> emitBeside) const;
  mlir::Value sumsAt(mlir::ImplicitLocOpBuilder &builder, mlir::ValueRange values, int64_t r, int64_t column) const;
  /// A place of a register block.
  struct Place {
    MatrixView matrix;
    mlir::Value row, column;

    llvm::SmallVector<mlir::Value> indices(mlir::ImplicitLocOpBuilder &b, int64_t r, int64_t offset) const {
      return matrix.indices(b, plus(b, row, r), plus(b, column, offset));
    }
  };
  void store(mlir::ImplicitLocOpBuilder &builder, Place from, Place to, mlir::Value columnOfStart,
             mlir::ValueRange values, bool add) const;
  void storePart(mlir::ImplicitLocOpBuilder &builder, Place from, Place to, mlir::Value columnOfStart,
                 mlir::ValueRange values, mlir::Value rowCount, mlir::Value columnCount, bool add) const;
  void storeElements(mlir::ImplicitLocOpBuilder &builder, mlir::Value i, mlir::Value j, mlir::ValueRange values,
                     mlir::Value rowCount, mlir::Value columnCount, bool add) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_CPU_CONTRACTION_H
