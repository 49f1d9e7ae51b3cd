//===- Strategy.h - How contractions become loops, by processor -------------------===//
#ifndef SLUICE_PASSES_CPU_STRATEGY_H
#define SLUICE_PASSES_CPU_STRATEGY_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/CPU/Contraction.h"

namespace sluice {

/// Rows and columns of a block of C that fills the vector registers but for those that hold a row of B and an element
/// of A, in f32.
struct RegisterBlock {
  int64_t rows, columns;
};

/// What a processor's vectors allow.
struct Registers {
  llvm::StringRef feature;
  int64_t lanes;
  RegisterBlock blocks[2]; // the one with fewer loads a multiplication first
  int64_t slower;          // percent of time that the other one takes longer
  int64_t panelBytes;      // of a panel of B that is read over and over, at most
  int64_t depthBytes;      // of a row of a panel, at most
  int64_t wholeBytes;      // of a row of A that is one panel's all the same: a sum in one block passes over C once
  int64_t mostColumns;     // of a block of C that is read and written again with each block of terms
  int64_t tasksOfThread;   // blocks of C that are wanted while they are not smaller than is good
  int64_t bf16Terms;       // products of bf16 that one instruction adds to an f32; 1: none does
  int64_t tileTerms;       // those that an instruction on tiles of bf16 adds; 0: there are no tiles

  /// Those of `native` or of a processor that LLVM knows; null where the name is unknown.
  static const Registers *find(llvm::StringRef cpu);
};

/// Columns of the last panel of B that are computed, of `n` in all: whole vectors that have only columns behind the
/// last one are left out, where they are a part of C that counts.
int64_t columnsOfLastPanel(int64_t n, int64_t columns, int64_t lanes);

/// Whether all columns that are computed are some of the `n`.
bool fillsPanels(int64_t n, int64_t columns, int64_t lanes);

/// How many threads a program for the processor will probably run on: those of this machine where it is `native`.
int64_t threadsOf(llvm::StringRef cpu);

/// The strategy that the shape, the registers and the number of threads suggest. Blocks of the sum, and so results, do
/// not depend on the threads.
cpu::StrategyAttr suggestStrategy(const Contraction &contraction, const Registers &registers, int64_t threads);

/// Strategies worth measuring, the suggested one first. All sum in the same order, so that the results of all are equal
/// to the last bit.
llvm::SmallVector<cpu::StrategyAttr> strategyCandidates(const Contraction &contraction, const Registers &registers,
                                                        int64_t threads);

/// Whether the contraction can be expanded by it: blocks of whole registers, vectors of the processor's size, and no
/// row left over nor rounded where A is not packed.
bool isApplicable(cpu::StrategyAttr strategy, const Contraction &contraction, const Registers &registers);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_STRATEGY_H
