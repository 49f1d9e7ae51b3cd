//===- ContractionLoops.h - The loops of a contraction ----------------------------===//
#ifndef SLUICE_PASSES_CPU_CONTRACTIONLOOPS_H
#define SLUICE_PASSES_CPU_CONTRACTIONLOOPS_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/CPU/Epilogue.h"

namespace sluice {

/// Emits the loops that the strategy asks for in place of the contraction, its initialization and its epilogue, which
/// are erased. The strategy fits the contraction.
void emitContractionLoops(Contraction contraction, cpu::StrategyAttr strategy, Initialization initialization,
                          Epilogue epilogue);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_CONTRACTIONLOOPS_H
