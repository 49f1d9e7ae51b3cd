//===- VectorizedNest.h - Loops of vector code for one linalg op ---*- C++ -*-===//
#ifndef SLUICE_PASSES_CPU_VECTORIZEDNEST_H
#define SLUICE_PASSES_CPU_VECTORIZEDNEST_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

namespace sluice {

/// Writes the loops that compute one `linalg.generic` on buffers of static shape. The loops run over all dimensions but
/// one in scalar steps; along that one, the vector dimension, the body is made of vectors.
class VectorizedNest {
public:
  /// The op has static shapes and strided layouts; `vectorBits` is the width of the widest vector register.
  VectorizedNest(mlir::linalg::GenericOp op, unsigned vectorBits);

  /// Inserts the loops before the op, which the caller erases.
  void emit();

private:
  using Values = mlir::SmallVector<mlir::Value>;
  using LoopBody = llvm::function_ref<Values(mlir::Value, mlir::ValueRange)>;

  /// How an operand is reached: element strides by loop dimension; none where a step is not a multiple of one stride.
  struct Access {
    mlir::OpOperand *operand;
    mlir::AffineMap map;
    mlir::SmallVector<std::optional<int64_t>> strides;
    /// A step along the vector dimension is a step to the next element of a row.
    bool contiguous = false;
    bool isScalar() const { return !llvm::isa<mlir::MemRefType>(operand->get().getType()); }
  };

  /// A part of the vector dimension: whole vectors in [begin, end), and the tail behind them if `hasTail`, and if
  /// `tail` where that is set.
  struct Part {
    mlir::OpFoldResult begin, end;
    bool hasTail = true;
    mlir::Value tail = {};
  };

  /// The indices of a parallel loop: each is some rows, or a part of one row.
  struct Tasks {
    int64_t rows = 1, rowsOfTask = 1;
    int64_t chunks = 1, chunk = 0; // parts of a row, and the elements of one
    int64_t count() const { return chunks > 1 ? rows * chunks : (rows + rowsOfTask - 1) / rowsOfTask; }
  };

  /// What is done along the vector dimension: whole vectors up to `mainEnd`, then a tail.
  struct Vectorization {
    unsigned dim = 0;
    bool isReduction = false;
    int64_t lanes = 0; // 0: scalar code
    int64_t mainEnd = 0, tailSize = 0;
  };

  // VectorizedNestPlan.cpp: decisions, which depend on the op and the vector width only.
  /// How an operand is reached, and whether one dimension can be the vector dimension; what that would cost.
  Access describe(mlir::OpOperand &operand);
  bool isContiguousAlong(const Access &access, unsigned dim);
  bool canVectorizeAlong(unsigned dim);
  double costAlong(unsigned dim);
  void chooseVectorDimension(unsigned vectorBits);
  /// Values of the body that are computed once for all lanes.
  void findUniformValues();
  std::optional<unsigned> findStreamDimension();
  mlir::Operation *getCombiner(unsigned output);
  bool isAccumulator(unsigned output);
  int64_t getWorkPerElement();
  bool mayRunInParallel();
  Tasks planTasks(llvm::ArrayRef<unsigned> rowDims);

  // VectorizedNestBody.cpp: the body at one point of the loops.
  /// A `width` of 1 is scalar code, else it is a number of lanes. `indices` has one index a loop.
  mlir::IRMapping emitUniform(const Values &indices);
  Values emitBody(const Values &indices, const mlir::IRMapping &uniform, int64_t width, const Values &outputs);
  /// Elements at a point of the loops: a vector where they are neighbours, lane by lane where they are apart.
  mlir::Value emitLoad(const Access &access, const Values &indices, int64_t width);
  void emitStore(const Access &access, const Values &indices, mlir::Value value, int64_t width);
  Values emitSubscripts(const Access &access, const Values &indices);
  /// One op of the body, on vectors where it has such a form, else lane by lane.
  void emitVectorOp(mlir::Operation &op, mlir::IRMapping &vectors, const mlir::IRMapping &uniform, int64_t width);
  mlir::Value broadcast(mlir::Value value, int64_t width);
  /// Sums of lanes: two partial results, the neutral element in all lanes, and the lanes of one vector in pairs.
  mlir::Value combine(unsigned output, mlir::Value accumulator, mlir::Value value);
  mlir::Value splatNeutral(unsigned output, int64_t width);
  mlir::Value reduceLanes(unsigned output, mlir::Value vector);

  // VectorizedNest.cpp: the loops.
  /// Around everything: threads, then rows, then parts of the vector dimension.
  void emitParallelDims(llvm::function_ref<void(Values &, Part)> body);
  void emitThreads(llvm::ArrayRef<unsigned> rowDims, llvm::function_ref<void(Values &, Part)> body);
  void emitTask(llvm::ArrayRef<unsigned> rowDims, const Tasks &tasks, mlir::Value task,
                llvm::function_ref<void(Values &, Part)> body);
  void emitRow(llvm::ArrayRef<unsigned> rowDims, mlir::Value row, Part part,
               llvm::function_ref<void(Values &, Part)> body);
  void emitPart(Values &indices, Part part, llvm::function_ref<void(Values &, Part)> body);
  int64_t getStreamedColumns();
  void emitColumns(Values &indices, Part part);
  void emitRows(Values &indices, Part part, std::optional<unsigned> stepDim, mlir::Value first, int64_t count);
  void emitRowBodies(llvm::ArrayRef<Values> points, llvm::ArrayRef<mlir::IRMapping> uniform,
                     std::optional<unsigned> stepDim, int64_t width);
  /// A sum along the vector dimension, in a fixed number of accumulators that are combined in pairs.
  void emitRowReduction(Values &indices);
  Values emitReductionSteps(Values &indices, mlir::ValueRange accumulators);
  /// Loops over `dims`, outermost first, that carry values from one iteration to the next.
  Values emitNest(llvm::ArrayRef<unsigned> dims, Values &indices, mlir::ValueRange carried,
                  llvm::function_ref<Values(mlir::ValueRange)> body);
  Values emitLoop(mlir::OpFoldResult begin, mlir::OpFoldResult end, int64_t step, mlir::ValueRange carried,
                  LoopBody body);
  /// A constant of the type index, or the value itself.
  mlir::Value index(int64_t value);
  mlir::Value index(mlir::OpFoldResult value);

  mlir::linalg::GenericOp op;
  mlir::Location loc;
  mlir::OpBuilder builder;
  /// By loop dimension.
  mlir::SmallVector<int64_t> sizes;
  mlir::SmallVector<mlir::utils::IteratorType> iterators;
  mlir::SmallVector<Access> inputs, outputs;
  mlir::SmallVector<unsigned> parallelDims, reductionDims; // without the vector and stream dimensions
  std::optional<unsigned> streamDim;
  Vectorization vectorized;
  llvm::DenseSet<mlir::Value> uniformValues; // of the body: the same along the vector dimension
};

/// Writes the loops of a transposed copy inside of a parallel loop, by squares that fit vectors, before the op, which
/// the caller erases. False where the op is none, or its matrix is no multiple of such squares.
bool emitTransposition(mlir::linalg::GenericOp op, unsigned vectorBits);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_VECTORIZEDNEST_H
