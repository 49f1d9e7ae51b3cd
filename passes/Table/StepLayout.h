//===- StepLayout.h - Where the fields of step state and blocks lie -------===//
#ifndef SLUICE_PASSES_TABLE_STEPLAYOUT_H
#define SLUICE_PASSES_TABLE_STEPLAYOUT_H

#include "mlir/IR/BuiltinTypes.h"
#include "runtime/abi.h"
#include <cstddef>

namespace sluice {

/// Byte offsets in `sluice_step`, which every generated function takes as `memref<584xi8>`.
namespace step_layout {
/// Of the whole state; then where each field begins.
inline constexpr int64_t bytes = 584;
/// The words that randomness is keyed by: seed (low, high), step, global micro-batch. Gates may have another seed.
inline constexpr int64_t key = 0;      // four i32
inline constexpr int64_t gateKey = 16; // four i32
/// Run-time scalars in the order of the module's table, then what each input of the micro-batch is loaded into.
inline constexpr int64_t scalars = 32; // f64 each
inline constexpr int64_t inputs = 544; // a pointer each
inline constexpr int64_t pool = 576;
/// On a card, which knows inputs by their place: an i32 that is not 0 where the step updates.
inline constexpr int64_t updateGate = SLUICE_STEP_UPDATE_GATE;

/// Generated code and the runtime read the same memory.
static_assert(sizeof(sluice_step) == bytes);
static_assert(offsetof(sluice_step, key) == key && sizeof(sluice_step::key) == 4 * sizeof(uint32_t));
static_assert(offsetof(sluice_step, gate_key) == gateKey && sizeof(sluice_step::gate_key) == 4 * sizeof(uint32_t));
static_assert(offsetof(sluice_step, scalars) == scalars && SLUICE_MAX_SCALARS == 64);
static_assert(offsetof(sluice_step, inputs) == inputs && SLUICE_MAX_INPUTS == 4);
static_assert(offsetof(sluice_step, pool) == pool && updateGate == inputs);
} // namespace step_layout

/// Byte offsets of the pointers in `sluice_blocks`.
namespace blocks_layout {
inline constexpr int64_t bytes = 40;
inline constexpr int64_t weights = 0, nextWeights = 8, persistent = 16, frame = 24, inPlace = 32;

static_assert(sizeof(sluice_blocks) == bytes);
static_assert(offsetof(sluice_blocks, weights) == weights && offsetof(sluice_blocks, next_weights) == nextWeights);
static_assert(offsetof(sluice_blocks, in_place) == inPlace);
static_assert(offsetof(sluice_blocks, persistent) == persistent && offsetof(sluice_blocks, frame) == frame);
} // namespace blocks_layout

/// The type of the step state, the first argument of every function.
inline mlir::MemRefType getStepType(mlir::MLIRContext *context) {
  return mlir::MemRefType::get({step_layout::bytes}, mlir::IntegerType::get(context, 8));
}

/// Whether the function's first argument is the step state.
inline bool isStepType(mlir::Type type) { return type == getStepType(type.getContext()); }

} // namespace sluice

#endif // SLUICE_PASSES_TABLE_STEPLAYOUT_H
