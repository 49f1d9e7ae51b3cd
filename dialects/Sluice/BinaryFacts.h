//===- BinaryFacts.h - What a module's `sluice.binary` says -------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_BINARYFACTS_H
#define SLUICE_DIALECTS_SLUICE_BINARYFACTS_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace sluice {

/// The parts of a module's `#sluice.binary`, to read and to change. Each is null until the phase that knows it has set
/// it; lists are of what the attribute's description says.
struct BinaryFacts {
  ModelAttr model;
  mlir::StringAttr compute, accumulation;
  mlir::ArrayAttr techniques, graphs, layers, gates;
  MemoryAttr memory;

  /// Those of the module: all null where it has none.
  static BinaryFacts of(mlir::ModuleOp module);
  /// Makes them the module's.
  void set(mlir::ModuleOp module) const;
};

/// A graph and its inputs, the tensors that the runtime loads; each is called `prefix` and its number.
GraphAttr describeGraph(GraphOp graph, llvm::StringRef prefix);

} // namespace sluice

#endif // SLUICE_DIALECTS_SLUICE_BINARYFACTS_H
