//===- machine-peak.cpp - What this machine's processors can do at most -------------===//
//
// Prints the rate of f32 FMAs in GFLOP/s on N threads, the best of several runs: machine-peak N. Independent chains in
// registers, no memory traffic, so that a share of it is a share of the machine.
//
//===--------------------------------------------------------------------------------===//
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#if defined(__AVX512F__)
typedef float Vector __attribute__((vector_size(64)));
constexpr int chains = 24;
#else
typedef float Vector __attribute__((vector_size(32)));
constexpr int chains = 12;
#endif

static double run(long iterations) {
  Vector sums[chains] = {};
  Vector factor = {}, addend = {};
  // The compiler must not know that the numbers are zero, nor that the chains are equal.
  asm volatile("" : "+x"(factor), "+x"(addend));
  for (Vector &sum : sums)
    asm volatile("" : "+x"(sum));
  for (long i = 0; i < iterations; ++i)
#pragma GCC unroll 24
    for (int c = 0; c < chains; ++c)
      sums[c] = sums[c] * factor + addend;
  for (Vector &sum : sums)
    asm volatile("" : "+x"(sum));
  return double(iterations) * chains * (sizeof(Vector) / sizeof(float)) * 2;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  double best = 0;
  for (int repeat = 0; repeat < 8; ++repeat) {
    auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> pool;
    std::vector<double> flops(threads);
    for (int t = 0; t < threads; ++t)
      pool.emplace_back([&flops, t] { flops[t] = run(20000000); });
    double total = 0;
    for (int t = 0; t < threads; ++t) {
      pool[t].join();
      total += flops[t];
    }
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, total / seconds / 1e9);
  }
  std::printf("%.0f\n", best);
}
