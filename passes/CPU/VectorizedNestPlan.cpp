//===- VectorizedNestPlan.cpp - Which dimension, how many lanes ----------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "passes/CPU/VectorizedNest.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sluice;

/// Relative costs of a vector's worth of one operand: contiguous, the same for all lanes, lane by lane.
static constexpr double contiguousCost = 1, invariantCost = 0.1, gatherCost = 8, scatterCost = 10;

/// Work of one index of a parallel loop: enough to hide a call, little enough to balance.
static constexpr int64_t workPerTask = 16 * 1024;

VectorizedNest::VectorizedNest(linalg::GenericOp op, unsigned vectorBits)
    : op(op), loc(op.getLoc()), builder(op), sizes(op.getStaticLoopRanges()), iterators(op.getIteratorTypesArray()) {
  for (OpOperand *operand : op.getDpsInputOperands())
    inputs.push_back(describe(*operand));
  for (OpOperand &operand : op.getDpsInitsMutable())
    outputs.push_back(describe(operand));
  if (sizes.empty())
    return;
  chooseVectorDimension(vectorBits);
  streamDim = findStreamDimension();
  for (unsigned dim = 0; dim < sizes.size(); ++dim)
    if (dim != vectorized.dim && dim != streamDim)
      (iterators[dim] == utils::IteratorType::parallel ? parallelDims : reductionDims).push_back(dim);
  vectorized.tailSize = vectorized.lanes ? sizes[vectorized.dim] % vectorized.lanes : 0;
  vectorized.mainEnd = sizes[vectorized.dim] - vectorized.tailSize;
  findUniformValues();
}

VectorizedNest::Access VectorizedNest::describe(OpOperand &operand) {
  Access access{&operand, op.getMatchingIndexingMap(&operand), {}};
  auto memref = dyn_cast<MemRefType>(operand.get().getType());
  access.strides.assign(sizes.size(), 0);
  if (!memref)
    return access;
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)memref.getStridesAndOffset(strides, offset); // strided: checked by the pass
  for (auto [position, subscript] : llvm::enumerate(access.map.getResults()))
    for (unsigned dim = 0; dim < sizes.size(); ++dim) {
      if (!subscript.isFunctionOfDim(dim))
        continue;
      bool known = isa<AffineDimExpr>(subscript) && !ShapedType::isDynamic(strides[position]) && access.strides[dim];
      access.strides[dim] = known ? std::optional<int64_t>(*access.strides[dim] + strides[position]) : std::nullopt;
    }
  return access;
}

bool VectorizedNest::isContiguousAlong(const Access &access, unsigned dim) {
  auto memref = dyn_cast<MemRefType>(access.operand->get().getType());
  // Elements narrower than a byte are packed in vectors but not in buffers.
  if (!memref || access.strides[dim] != 1 ||
      (memref.getElementType().isIntOrFloat() && memref.getElementTypeBitWidth() % 8 != 0))
    return false;
  return isa<AffineDimExpr>(access.map.getResults().back()) && access.map.getResults().back().isFunctionOfDim(dim);
}

/// The op by which an output collects its values, where a sum may be split and combined: its accumulator and the
/// yielded value have no other use.
Operation *VectorizedNest::getCombiner(unsigned output) {
  BlockArgument accumulator = op.getRegionOutputArgs()[output];
  Operation *combiner = op.getBody()->getTerminator()->getOperand(output).getDefiningOp();
  if (!combiner || combiner->getBlock() != op.getBody() || combiner->getNumOperands() != 2 ||
      combiner->getNumResults() != 1 || !combiner->hasOneUse() || !accumulator.hasOneUse() ||
      *accumulator.user_begin() != combiner)
    return nullptr;
  return arith::getNeutralElement(combiner) ? combiner : nullptr;
}

/// The output collects along the vector dimension.
bool VectorizedNest::isAccumulator(unsigned output) {
  return vectorized.isReduction && outputs[output].strides[vectorized.dim] == 0;
}

bool VectorizedNest::canVectorizeAlong(unsigned dim) {
  bool reduces = iterators[dim] == utils::IteratorType::reduction;
  for (auto [number, output] : llvm::enumerate(outputs)) {
    if (output.strides[dim] != 0)
      continue;
    if (!reduces || !getCombiner(number))
      return false;
    for (auto [stride, iterator] : llvm::zip_equal(output.strides, iterators))
      if (iterator == utils::IteratorType::reduction && stride != 0)
        return false;
  }
  return true;
}

double VectorizedNest::costAlong(unsigned dim) {
  double cost = 0;
  for (const Access &access : inputs)
    if (!access.isScalar())
      cost += access.strides[dim] == 0 ? invariantCost : isContiguousAlong(access, dim) ? contiguousCost : gatherCost;
  for (const Access &access : outputs)
    cost += access.strides[dim] == 0 ? invariantCost : isContiguousAlong(access, dim) ? contiguousCost : scatterCost;
  return cost;
}

void VectorizedNest::chooseVectorDimension(unsigned vectorBits) {
  // A copy moves as many elements as fit; anything else computes in 32 bits or more.
  int64_t narrowest = 64;
  for (const auto *accesses : {&inputs, &outputs})
    for (const Access &access : *accesses) {
      Type element = getElementTypeOrSelf(access.operand->get().getType());
      narrowest = std::min<int64_t>(narrowest, element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 64);
    }
  bool copies = llvm::hasSingleElement(op.getBody()->getOperations());
  int64_t width = vectorBits / std::max<int64_t>(narrowest, copies ? 8 : 32);

  vectorized.dim = sizes.size() - 1;
  bool hasVectorForm = llvm::all_of(op.getBody()->without_terminator(), [](Operation &inner) {
    return inner.getNumRegions() == 0 && llvm::all_of(inner.getResultTypes(), VectorType::isValidElementType);
  });
  std::optional<double> best;
  for (unsigned dim = 0; hasVectorForm && dim < sizes.size(); ++dim) {
    if (sizes[dim] == 1 || !canVectorizeAlong(dim))
      continue;
    double cost = costAlong(dim) / std::min(sizes[dim], width);
    if (best && *best < cost)
      continue;
    best = cost;
    vectorized.dim = dim;
  }
  vectorized.lanes = best ? width : 0;
  vectorized.isReduction = vectorized.lanes && iterators[vectorized.dim] == utils::IteratorType::reduction;
}

/// Where an operand must be gathered or scattered, as in a transposition, the dimension along which it is contiguous:
/// it becomes the loop around a few columns, so that every cache line is used up before it is dropped.
std::optional<unsigned> VectorizedNest::findStreamDimension() {
  if (!vectorized.lanes || llvm::is_contained(iterators, utils::IteratorType::reduction))
    return std::nullopt;
  for (const auto *accesses : {&inputs, &outputs})
    for (const Access &access : *accesses)
      if (!access.isScalar() && access.strides[vectorized.dim] != 0 && !isContiguousAlong(access, vectorized.dim))
        for (unsigned dim = 0; dim < sizes.size(); ++dim)
          if (dim != vectorized.dim && isContiguousAlong(access, dim))
            return dim;
  return std::nullopt;
}

void VectorizedNest::findUniformValues() {
  if (!vectorized.lanes)
    return;
  for (auto [access, argument] : llvm::zip_equal(inputs, op.getRegionInputArgs()))
    if (access.strides[vectorized.dim] == 0)
      uniformValues.insert(argument);
  for (Operation &inner : op.getBody()->without_terminator()) {
    auto position = dyn_cast<linalg::IndexOp>(inner);
    bool uniform = position ? position.getDim() != vectorized.dim : isPure(&inner) || isa<memref::LoadOp>(inner);
    for (Value operand : inner.getOperands())
      uniform &= operand.getParentBlock() != op.getBody() || uniformValues.contains(operand);
    if (uniform)
      uniformValues.insert(inner.result_begin(), inner.result_end());
  }
}

int64_t VectorizedNest::getWorkPerElement() {
  int64_t work = 1;
  for (Operation &inner : op.getBody()->without_terminator())
    if (llvm::none_of(inner.getResults(), [&](Value result) { return uniformValues.contains(result); }))
      work += isa<math::MathDialect>(inner.getDialect()) && !isa<math::FmaOp, math::AbsFOp>(inner) ? 8 : 1;
  return work;
}

/// Every point of the parallel dimensions writes elements of its own, and no loop around the op is parallel already.
bool VectorizedNest::mayRunInParallel() {
  if (op->getParentOfType<scf::ForallOp>() || op->getParentOfType<scf::ParallelOp>())
    return false;
  return llvm::all_of(outputs, [&](const Access &output) {
    return llvm::all_of(llvm::zip_equal(output.strides, iterators, sizes), [](auto dim) {
      auto [stride, iterator, size] = dim;
      return iterator == utils::IteratorType::reduction || size == 1 || stride != 0;
    });
  });
}

VectorizedNest::Tasks VectorizedNest::planTasks(ArrayRef<unsigned> rowDims) {
  Tasks tasks;
  tasks.chunk = vectorized.mainEnd;
  int64_t sumLength = 1, step = std::max<int64_t>(vectorized.lanes, 1);
  for (unsigned dim : rowDims)
    tasks.rows *= sizes[dim];
  for (unsigned dim : reductionDims)
    sumLength *= sizes[dim];
  if (streamDim)
    sumLength = sizes[*streamDim];
  int64_t columnWork = getWorkPerElement() * sumLength, rowWork = columnWork * sizes[vectorized.dim];
  bool spreadsVector = iterators[vectorized.dim] == utils::IteratorType::parallel;
  if (spreadsVector && rowWork > workPerTask && vectorized.mainEnd > 0) {
    // Sums across rows read whole cache lines in runs: at least 64 columns a part.
    tasks.chunk = llvm::alignTo(std::max<int64_t>(workPerTask / columnWork, sumLength > 1 ? 64 : 1), step);
    if (sumLength > 1)
      tasks.chunk =
          std::max(tasks.chunk, std::min<int64_t>(1024, llvm::alignTo(llvm::divideCeil(vectorized.mainEnd, 32), 64)));
    tasks.chunks = llvm::divideCeil(vectorized.mainEnd, tasks.chunk);
  }
  if (tasks.chunks == 1)
    tasks.rowsOfTask = std::clamp<int64_t>(llvm::divideCeil(workPerTask, rowWork), 1, tasks.rows);
  return tasks;
}
