//===- Lanes.h - Loops over the lanes of a warp -------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_CODE_LANES_H
#define SLUICE_TEST_CUDAEMULATOR_CODE_LANES_H

#include "test/cuda-emulator/run/Warp.h"

namespace sluice::emulator {

// Operands are the same register or different ones, never parts of each other, so that lanes are independent.
#ifdef __clang__
#define SLUICE_EMULATOR_LANES _Pragma("clang loop vectorize(assume_safety)") for (int lane = 0; lane < 32; ++lane)
#else
#define SLUICE_EMULATOR_LANES for (int lane = 0; lane < 32; ++lane)
#endif

inline constexpr u32 allLanes = ~u32{0};

/// Writes valueOf(lane) to the lanes of the warp's mask.
template <typename D, typename F> inline void writeLanes(Warp &warp, u32 at, F valueOf) {
  D *out = warp.lanes<D>(at);
  if (warp.mask == allLanes) {
    SLUICE_EMULATOR_LANES
    out[lane] = valueOf(lane);
    return;
  }
  const u32 mask = warp.mask;
  SLUICE_EMULATOR_LANES {
    D value = valueOf(lane);
    out[lane] = (mask >> lane & 1) ? value : out[lane];
  }
}

/// The object of a function without captures, by its type: handlers are plain functions, which find it here.
template <typename F> inline const F *callable = nullptr;

template <typename F> inline const F *remember(const F &function) {
  static_assert(std::is_empty_v<F>, "a function with captures cannot be found by its type");
  static const F kept = function;
  return &kept;
}

template <typename F, typename D, typename... S, size_t... I>
inline void computeLanesOf(Warp &warp, const Operation &operation, std::index_sequence<I...>) {
  const F &function = *callable<F>;
  std::tuple<const S *...> inputs{warp.lanes<const S>(operation.at[1 + I])...};
  writeLanes<D>(warp, operation.at[0], [&](int lane) { return D(function(std::get<I>(inputs)[lane]...)); });
}

template <typename F, typename D, typename... S> void computeLanes(Warp &warp, const Operation &operation) {
  computeLanesOf<F, D, S...>(warp, operation, std::index_sequence_for<S...>());
}

/// Sets the lanes of the mask of a predicate.
inline void writePredicate(Warp &warp, u32 predicate, u32 lanes) {
  warp.predicates[predicate] = (warp.predicates[predicate] & ~warp.mask) | (lanes & warp.mask);
}

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_CODE_LANES_H
