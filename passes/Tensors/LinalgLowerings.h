//===- LinalgLowerings.h - Which function lowers an op to linalg -------------------===//
#ifndef SLUICE_PASSES_TENSORS_LINALGLOWERINGS_H
#define SLUICE_PASSES_TENSORS_LINALGLOWERINGS_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Build/LinalgBuilder.h"
#include <functional>
#include <type_traits>
#include <vector>

namespace sluice {

/// The functions that lower ops on tensors to linalg, each found by the type of its argument: an op or an interface.
class LinalgLowerings {
public:
  /// Adds functions `lower(LinalgBuilder &, OpType)` that build, in front of the op, the values that replace its
  /// results: they return one `Value`, or a `SmallVector<Value>` in the order of the results. Of two functions for one
  /// op the first counts.
  template <typename... Lower> void add(Lower... lower) { (addOne(lower), ...); }

  /// What replaces the results of `op`; empty where no function takes it. What is built keeps the op's name in its
  /// location.
  llvm::SmallVector<mlir::Value> lower(mlir::Operation *op) const;

private:
  /// The entry asks whether an op is an `OpType`, so that interfaces take every op that has them.
  template <typename Result, typename OpType> void addOne(Result (*lower)(LinalgBuilder &, OpType)) {
    entries.push_back([lower](LinalgBuilder &builder, mlir::Operation *op) -> llvm::SmallVector<mlir::Value> {
      auto typed = mlir::dyn_cast<OpType>(op);
      if (!typed)
        return {};
      if constexpr (std::is_same_v<Result, mlir::Value>)
        return {lower(builder, typed)};
      else
        return lower(builder, typed);
    });
  }

  std::vector<std::function<llvm::SmallVector<mlir::Value>(LinalgBuilder &, mlir::Operation *)>> entries;
};

/// The type of a value that is a tensor.
inline mlir::RankedTensorType typeOf(mlir::Value value) { return mlir::cast<mlir::RankedTensorType>(value.getType()); }

/// The sum that adds `result` to an accumulator argument (one that is updated in place), if that is its only use; else
/// null.
AddOp accumulatingAdd(mlir::Value result);

/// Where the contents of `result` go: the accumulator that it is added to, or zeros. The values that replace the
/// results of an op replace its accumulating sums, too.
mlir::Value accumulatorOf(LinalgBuilder &builder, mlir::Value result);

/// What contractions of the op multiply: what a value was widened from, where they round to it.
mlir::Value factorOf(ComputeTypeOpInterface op, mlir::Value value);

} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_LINALGLOWERINGS_H
