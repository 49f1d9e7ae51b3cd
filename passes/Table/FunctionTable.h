//===- FunctionTable.h - The exported table's functions, step and graphs ----------===//
#ifndef SLUICE_PASSES_TABLE_FUNCTIONTABLE_H
#define SLUICE_PASSES_TABLE_FUNCTIONTABLE_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Table/Table.h"
#include <map>
#include <optional>

namespace sluice {

/// The positions of actions in the table's functions.
class FunctionIndex {
public:
  /// Adds the module's actions to the table's functions, and makes them internal. Fails with an error where one lacks
  /// the sizes of its scratch memory, or is the second of a kind in a graph.
  mlir::LogicalResult collect(mlir::ModuleOp module, Table &table, AbiWriter &writer);

  std::optional<int32_t> lookup(ActionKind kind, llvm::StringRef graph) const;

private:
  std::map<std::pair<ActionKind, llvm::StringRef>, int32_t> positions;
};

/// The actions of a step of `microBatches`: the sequential schedule of one device. Fails with an error where the graph
/// `train` lacks forward or backward.
mlir::FailureOr<llvm::SmallVector<sluice_action>> scheduleStep(mlir::ModuleOp module, const FunctionIndex &functions,
                                                               int64_t microBatches);

/// The graphs, `train` first, from an array of `#sluice.graph`. Fails with an error where one has no function, no slot
/// for its result, or inputs that the ABI has not.
mlir::FailureOr<llvm::SmallVector<sluice_graph, 0>> collectGraphs(mlir::ModuleOp module, const FunctionIndex &functions,
                                                                  mlir::ArrayAttr graphs);

} // namespace sluice

#endif // SLUICE_PASSES_TABLE_FUNCTIONTABLE_H
