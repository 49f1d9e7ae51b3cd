//===- MmaProduct.h - Products of tiles by tensor cores -------------------------------===//
#ifndef SLUICE_PASSES_CUDA_MMAPRODUCT_H
#define SLUICE_PASSES_CUDA_MMAPRODUCT_H

#include "passes/CUDA/BlockProduct.h"
#include "passes/CUDA/MmaTile.h"

namespace sluice::cuda {

/// Products of bf16, f16 or tf32 with sums of f32, by `mma.sync` of 16 x 8 of C and 32 bytes of terms. A thread has
/// pairs of neighbouring columns, or quads where it reads the columns of B as vectors.
class MmaProduct : public BlockProduct {
public:
  /// Neighbouring lanes that share rows of C.
  static constexpr int64_t lanesOfRow = 4;

  MmaProduct(mlir::ImplicitLocOpBuilder &b, BlockShape shape, mlir::FloatType factors, MmaTile tileOfA, MmaTile tileOfB,
             mlir::Value thread);

  ThreadPart part() const override { return threadPart; }
  llvm::SmallVector<mlir::Value> add(mlir::ImplicitLocOpBuilder &b, Place a, Place bOf,
                                     mlir::ValueRange sums) const override;
  /// The same for an A that the sums of another product are, with its terms as columns: what a thread has of these is
  /// what it needs of A. They are rounded. Factors have 16 bits.
  llvm::SmallVector<mlir::Value> addInRegisters(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange a, Place bOf,
                                                mlir::ValueRange sums) const;

private:
  /// The lines of an operand that a warp has, in groups of 8: of each a lane has one, with `lanesOfRow` lanes of it.
  struct Lines {
    MmaTile tile;
    mlir::Value first;
    int64_t count;

    int64_t groups() const { return count / 8; }
    /// Neighbouring lines that a lane reads as a vector, of as many groups; 1: `ldmatrix` does.
    int64_t vector() const { return tile.isForLdmatrix() ? 1 : std::min<int64_t>(groups(), 4); }
    /// The line number `ofGroup` of the first group, in the block, and how far behind it that of another group is.
    mlir::Value line(mlir::ImplicitLocOpBuilder &b, mlir::Value ofGroup) const;
    int64_t distance(int64_t group) const { return group / vector() * vector() * 8 + group % vector(); }
  };
  using Scalars = llvm::SmallVector<mlir::Value>;

  int64_t termsOfMma() const { return 2 * linesOfA.tile.chunk(); }
  /// Registers of the first and of the other terms of each group of lines.
  llvm::SmallVector<mlir::Value> load(mlir::ImplicitLocOpBuilder &b, Place place, const Lines &lines,
                                      int64_t term) const;
  void loadMatrices(mlir::ImplicitLocOpBuilder &b, Place place, const Lines &lines, int64_t term,
                    llvm::SmallVector<mlir::Value> &registers) const;
  void loadVectors(mlir::ImplicitLocOpBuilder &b, Place place, const Lines &lines, int64_t term,
                   llvm::SmallVector<mlir::Value> &registers) const;
  /// `sums` are elements: of each group of rows those of each group of columns, two of them.
  void multiply(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<mlir::Value> rows, llvm::ArrayRef<mlir::Value> columns,
                Scalars &sums) const;
  Scalars split(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange sums) const;
  llvm::SmallVector<mlir::Value> join(mlir::ImplicitLocOpBuilder &b, const Scalars &sums) const;
  /// Where in a row's vectors an element of a group of columns is: the vector, and the lane there.
  std::pair<int64_t, int64_t> placeOf(int64_t group, int64_t element) const;

  BlockShape shape;
  mlir::FloatType factors;
  mlir::Value lane;
  Lines linesOfA, linesOfB;
  ThreadPart threadPart;
};

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_MMAPRODUCT_H
