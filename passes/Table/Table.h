//===- Table.h - The parts of the exported table ----------------------------------===//
#ifndef SLUICE_PASSES_TABLE_TABLE_H
#define SLUICE_PASSES_TABLE_TABLE_H

#include "passes/Table/AbiLayout.h"

namespace sluice {

/// Everything that the table consists of. Texts are the context's; numbers and addresses of the arrays are set when it
/// is written.
struct Table {
  sluice_binary binary = {};
  llvm::SmallVector<sluice_parameter> parameters = {};
  llvm::SmallVector<sluice_scalar> scalars = {};
  llvm::SmallVector<sluice_function> functions = {};
  llvm::SmallVector<sluice_action> actions = {};
  llvm::SmallVector<sluice_graph, 0> graphs = {};
  llvm::SmallVector<sluice_layer> layers = {};
  llvm::SmallVector<sluice_gate> gates = {};
  llvm::SmallVector<sluice_metric, 0> metrics = {};
  llvm::SmallVector<sluice_kernel> kernels = {};
  llvm::SmallVector<sluice_stage> stages = {};
  llvm::SmallVector<sluice_device> devices = {};
  llvm::SmallVector<sluice_channel> channels = {};
  llvm::SmallVector<sluice_transfer> transfers = {};
  llvm::SmallVector<sluice_held_gradient> heldGradients = {};
  llvm::SmallVector<sluice_image> images = {};
  llvm::SmallVector<sluice_symbol> symbols = {};
  llvm::SmallVector<sluice_launch, 0> launches = {};
  llvm::SmallVector<sluice_operand> operands = {};
  llvm::SmallVector<const char *> techniques = {}; // in a symbol of their own, which a program without them lacks
};

/// Begins the error that the module cannot be exported.
mlir::InFlightDiagnostic complain(mlir::ModuleOp module);

/// Writes the table as constants of the module.
void writeTable(Table &table, AbiWriter &writer);

} // namespace sluice

#endif // SLUICE_PASSES_TABLE_TABLE_H
