//===- Tune.h - Measures strategies of contractions on this machine ------------------===//
#ifndef SLUICE_TOOLS_SLUICEC_TUNE_H
#define SLUICE_TOOLS_SLUICEC_TUNE_H

#include "mlir/IR/BuiltinOps.h"
#include "passes/CPU/Processor.h"
#include "passes/CPU/TuneCache.h"

namespace sluice {

/// For every contraction of the module, which is on buffers, that the cache does not know and that no parallel loop
/// holds: runs each candidate on all processors and keeps the fastest. Tells on stderr what it does.
llvm::Error tuneContractions(mlir::ModuleOp module, const Processor &processor, TuneCache &cache);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_TUNE_H
