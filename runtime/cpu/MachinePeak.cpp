//===- MachinePeak.cpp - What this machine can do at most -----------------===//

#include "runtime/cpu/MachinePeak.h"

#include "runtime/cpu/MatrixUnit.h"
#include "runtime/cpu/Memory.h"

#include <algorithm>
#include <chrono>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sluice::runtime {

// The rest of the runtime is built without contraction, which a multiply-add is.
#pragma STDC FP_CONTRACT ON

#if defined(__x86_64__)
/// Products of tiles of 16 x 32 and 32 x 16 bf16 in independent tiles of sums.
__attribute__((target("amx-tile,amx-bf16"))) static void chainsOfTiles(int64_t iterations) {
  struct alignas(64) Configuration {
    uint8_t palette = 1, startRow = 0, reserved[14] = {};
    uint16_t rowBytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  } configuration;
  _tile_loadconfig(&configuration);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (int64_t i = 0; i < iterations; ++i) {
    _tile_dpbf16ps(0, 6, 7);
    _tile_dpbf16ps(1, 6, 7);
    _tile_dpbf16ps(2, 6, 7);
    _tile_dpbf16ps(3, 6, 7);
    _tile_dpbf16ps(4, 6, 7);
    _tile_dpbf16ps(5, 6, 7);
  }
  _tile_release();
}

/// Dot products in independent sums in registers: each adds two products of bf16 to an f32.
__attribute__((target("avx512f,avx512bf16"))) static void chainsOfDots(int64_t iterations) {
  __m512 sums[24] = {};
  __m512i bits = {};
  asm volatile("" : "+v"(bits));
  auto factor = (__m512bh)bits;
  for (__m512 &sum : sums)
    asm volatile("" : "+v"(sum));
  for (int64_t i = 0; i < iterations; ++i)
    _Pragma("GCC unroll 24") for (__m512 &sum : sums) sum = _mm512_dpbf16_ps(sum, factor, factor);
  for (__m512 &sum : sums)
    asm volatile("" : "+v"(sum));
}
#endif

/// A function that runs `chains` independent sums in registers, whose numbers the compiler does not know. A macro,
/// since a template would not be made for the function's processor.
#define SLUICE_CHAINS(name, vectorBytes, chains)                                                                       \
  static void name(int64_t iterations) {                                                                               \
    typedef float Vector __attribute__((vector_size(vectorBytes)));                                                    \
    Vector sums[chains] = {}, factor = {}, addend = {};                                                                \
    asm volatile("" : "+v"(factor), "+v"(addend));                                                                     \
    for (Vector &sum : sums)                                                                                           \
      asm volatile("" : "+v"(sum));                                                                                    \
    for (int64_t i = 0; i < iterations; ++i)                                                                           \
      _Pragma("GCC unroll 24") for (int chain = 0; chain < (chains); ++chain) sums[chain] =                            \
          sums[chain] * factor + addend;                                                                               \
    for (Vector &sum : sums)                                                                                           \
      asm volatile("" : "+v"(sum));                                                                                    \
  }

SLUICE_CHAINS(chains128, 16, 12)
#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) SLUICE_CHAINS(chains256, 32, 12) __attribute__((target("avx512f")))
SLUICE_CHAINS(chains512, 64, 24)
#endif

    namespace {
  struct Chains {
    void (*run)(int64_t iterations);
    double flopsAnIteration;
    const char *operation;
  };
} // namespace

static Chains widestChains(bool forBF16) {
  constexpr const char *kMultiplyAdd = "f32 multiply-add";
#if defined(__x86_64__)
  if (forBF16 && __builtin_cpu_supports("amx-bf16") && requestMatrixUnit())
    return {chainsOfTiles, 6 * 16 * 16 * 32 * 2, "bf16 product of tiles"};
  if (forBF16 && __builtin_cpu_supports("avx512bf16"))
    return {chainsOfDots, 24 * 16 * 4, "bf16 dot product"};
  if (__builtin_cpu_supports("avx512f"))
    return {chains512, 24 * 16 * 2, kMultiplyAdd};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {chains256, 12 * 8 * 2, kMultiplyAdd};
#endif
  return {chains128, 12 * 4 * 2, kMultiplyAdd};
}

/// Seconds of the fastest of several runs.
template <typename Function> static double fastest(int runs, Function function) {
  double best = 1e30;
  for (int run = 0; run < runs; ++run) {
    auto start = std::chrono::steady_clock::now();
    function();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

MachinePeak measureMachinePeak(sluice_pool &pool, bool forBF16) {
  constexpr int64_t kIterations = 1000000, kElements = int64_t(32) << 20;
  constexpr int kRuns = 8;
  Chains chains = widestChains(forBF16);
  double seconds = fastest(kRuns, [&] {
    pool.run(pool.size(), [&](int64_t begin, int64_t end) {
      for (; begin < end; ++begin)
        chains.run(kIterations);
    });
  });
  MachinePeak peak;
  peak.operation = chains.operation;
  peak.flops = chains.flopsAnIteration * double(kIterations) * pool.size() / seconds;

  Memory memory(3 * kElements * int64_t(sizeof(float)));
  auto *a = reinterpret_cast<float *>(memory.data()), *b = a + kElements, *c = b + kElements;
  // Untouched memory is one page of zeros, which would be read from the cache.
  pool.run(kElements, [=](int64_t begin, int64_t end) {
    std::fill(b + begin, b + end, 1.0F);
    std::fill(c + begin, c + end, 2.0F);
  });
  seconds = fastest(kRuns, [&] {
    pool.run(kElements, [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        a[i] = b[i] + 3 * c[i];
    });
  });
  peak.bandwidth = 3 * double(kElements) * sizeof(float) / seconds;
  return peak;
}

} // namespace sluice::runtime
