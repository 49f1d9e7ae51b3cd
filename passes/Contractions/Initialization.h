//===- Initialization.h - What C holds before a contraction --------------------------===//
#ifndef SLUICE_PASSES_CONTRACTIONS_INITIALIZATION_H
#define SLUICE_PASSES_CONTRACTIONS_INITIALIZATION_H

#include "passes/Contractions/BufferAliases.h"
#include "passes/Contractions/Contraction.h"

namespace sluice {

/// The op that sets C before a contraction adds to it: a fill with zero, or a copy of one row to all rows. When it is
/// known, it is erased: the first block of the sum stores instead of adding.
struct Initialization {
  mlir::Operation *op = nullptr; // null: the contraction adds to what C holds
  mlir::Value row;               // [n], what all rows of C are set to; null: zero
};

/// Finds the op, if nothing touches C between it and the contraction, nor the row that C is set to.
Initialization findInitialization(const Contraction &contraction, BufferAliases &aliases);

} // namespace sluice

#endif // SLUICE_PASSES_CONTRACTIONS_INITIALIZATION_H
