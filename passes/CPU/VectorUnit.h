//===- VectorUnit.h - What a processor's vectors allow --------------------------------===//
#ifndef SLUICE_PASSES_CPU_VECTORUNIT_H
#define SLUICE_PASSES_CPU_VECTORUNIT_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace sluice {

/// Rows and columns of a block of C that fills the vector registers but for those that hold a row of B and an element
/// of A, in f32.
struct RegisterBlock {
  int64_t rows, columns;
};

/// What the vectors of a kind of processors allow, and how contractions are best cut for them. Bytes are of f32 where
/// nothing else is said. The order of sums follows from them, so none depends on a number of threads.
struct VectorUnit {
  llvm::StringRef feature;      // that the processor has, as /proc/cpuinfo names it; empty: every processor
  int64_t vectorBits = 0;       // of the widest register of floats
  RegisterBlock blocks[2] = {}; // the one with fewer loads a multiplication first
  int64_t slower = 0;           // percent of time that the other one takes longer
  int64_t panelBytes = 0;       // of a panel of B that is read over and over, at most
  int64_t depthBytes = 0;       // of a row of a panel, at most
  int64_t wholeBytes = 0;       // of a row of A that is one panel's all the same: a sum in one block passes over C once
  int64_t mostColumns = 0;      // of a block of C that is read and written again with each block of terms
  int64_t tasksOfThread = 1;    // blocks of C that are wanted while they are not smaller than is good
  int64_t bf16Terms = 1;        // products of bf16 that one instruction adds to an f32; 1: none does
  int64_t tileTerms = 0;        // those that an instruction on tiles of bf16 adds; 0: there are no tiles

  /// The unit of a processor with these features, comma-separated as /proc/cpuinfo names them: the best that it has.
  static const VectorUnit &find(llvm::StringRef features);
};

} // namespace sluice

#endif // SLUICE_PASSES_CPU_VECTORUNIT_H
