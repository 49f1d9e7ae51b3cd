//===- FunctionTable.h - The exported table's functions, step and graphs ----------===//
#ifndef SLUICE_PASSES_TABLE_FUNCTIONTABLE_H
#define SLUICE_PASSES_TABLE_FUNCTIONTABLE_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Table/Table.h"
#include <map>
#include <optional>
#include <tuple>

namespace sluice {

/// The positions of actions in the table's functions.
class FunctionIndex {
public:
  /// Adds the module's actions to the table's functions, and makes them internal. Fails with an error where one lacks
  /// the sizes of its scratch memory, or is the second of a kind in a graph.
  mlir::LogicalResult collect(mlir::ModuleOp module, Table &table, AbiWriter &writer);

  std::optional<int32_t> lookup(ActionKind kind, llvm::StringRef graph, int64_t stage) const;
  /// Whether a stage has such an action.
  bool has(ActionKind kind, llvm::StringRef graph) const;
  int64_t stages() const { return stageCount; }

private:
  std::map<std::tuple<ActionKind, llvm::StringRef, int64_t>, int32_t> positions;
  int64_t stageCount = 1;
};

/// The graphs, `train` first, from an array of `#sluice.graph`; their actions are left out. Fails with an error where
/// one has no function, no slot for its result, or inputs that the ABI has not.
mlir::FailureOr<llvm::SmallVector<sluice_graph, 0>> collectGraphs(mlir::ModuleOp module, const FunctionIndex &functions,
                                                                  mlir::ArrayAttr graphs);

} // namespace sluice

#endif // SLUICE_PASSES_TABLE_FUNCTIONTABLE_H
