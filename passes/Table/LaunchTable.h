//===- LaunchTable.h - The exported table's kernels and launches --------------------===//
#ifndef SLUICE_PASSES_TABLE_LAUNCHTABLE_H
#define SLUICE_PASSES_TABLE_LAUNCHTABLE_H

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "passes/Table/Table.h"

namespace sluice {

/// Adds the launches of an action to the table, and the kernels that they name; sets their range in `entry`.
void collectLaunches(mlir::FunctionOpInterface action, Table &table, sluice_function &entry);

/// Adds the module's `sluice.images` to the table.
void collectImages(mlir::ModuleOp module, Table &table);

} // namespace sluice

#endif // SLUICE_PASSES_TABLE_LAUNCHTABLE_H
