//===- Strategy.h - How contractions become loops, by processor -------------------===//
#ifndef SLUICE_PASSES_CPU_STRATEGY_H
#define SLUICE_PASSES_CPU_STRATEGY_H

#include "dialects/CPU/CPUDialect.h"
#include "passes/CPU/VectorUnit.h"
#include "passes/Contractions/Contraction.h"

namespace sluice {

/// Columns of the last panel of B that are computed, of `n` in all: whole vectors that have only columns behind the
/// last one are left out, where they are a part of C that counts.
int64_t columnsOfLastPanel(int64_t n, int64_t columns, int64_t lanes);

/// Whether all columns that are computed are some of the `n`.
bool fillsPanels(int64_t n, int64_t columns, int64_t lanes);

/// The strategy that the shape and the processor suggest. Blocks of the sum, and so results, do not depend on the
/// number of threads.
cpu::StrategyAttr suggestStrategy(const Contraction &contraction, cpu::TargetAttr target);

/// Strategies worth measuring for `sluicec --tune`, the suggested one first. All sum in the same order, so that the
/// results of all are equal to the last bit.
llvm::SmallVector<cpu::StrategyAttr> strategyCandidates(const Contraction &contraction, cpu::TargetAttr target);

/// Whether the contraction can be expanded by it: blocks of whole registers, vectors of the processor's size, and no
/// row left over nor rounded where A is not packed.
bool isApplicable(cpu::StrategyAttr strategy, const Contraction &contraction, cpu::TargetAttr target);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_STRATEGY_H
