//===- ContractionLoops.h - The loops of a contraction ----------------------------===//
#ifndef SLUICE_PASSES_CPU_CONTRACTIONLOOPS_H
#define SLUICE_PASSES_CPU_CONTRACTIONLOOPS_H

#include "passes/Contractions/FusedContraction.h"

namespace sluice {

/// Emits the loops that the contraction's strategy asks for in place of it, its initialization and its epilogue, which
/// are erased. The strategy fits the contraction.
void emitContractionLoops(const FusedContraction &contraction);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_CONTRACTIONLOOPS_H
