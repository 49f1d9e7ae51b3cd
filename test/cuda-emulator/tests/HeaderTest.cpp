//===- HeaderTest.cpp - The declarations beside those of the toolkit ----------------------===//
//
// Where cuda.h is found, every entry is compared with it when this file is compiled: as many parameters, each a
// pointer, a function or a number of the same size. Elsewhere there is nothing to compare.
//
//===----------------------------------------------------------------------===//
#include <gtest/gtest.h>
#include <type_traits>

#if __has_include(<cuda.h>)
#include <cuda.h>
#define SLUICE_HAS_CUDA_HEADER 1
#elif __has_include("/usr/local/cuda/include/cuda.h")
#include "/usr/local/cuda/include/cuda.h"
#define SLUICE_HAS_CUDA_HEADER 1
#else
#define SLUICE_HAS_CUDA_HEADER 0
#endif

namespace {
template <typename Left, typename Right>
constexpr bool areAlike = sizeof(Left) == sizeof(Right) && std::is_pointer_v<Left> == std::is_pointer_v<Right>;

template <typename Left, typename Right> struct Same : std::false_type {};
template <typename R1, typename... P1, typename R2, typename... P2> struct Same<R1(P1...), R2(P2...)> {
  static constexpr bool compare() {
    if constexpr (sizeof...(P1) != sizeof...(P2))
      return false;
    else
      return areAlike<R1, R2> && (areAlike<P1, P2> && ...);
  }
  static constexpr bool value = compare();
};

// A comparison that cannot fail compares nothing.
static_assert(Same<int(int, void *), unsigned(int, char *)>::value, "alike");
static_assert(!Same<int(int), int(void *)>::value, "a number and a pointer");
static_assert(!Same<int(int), int(int, int)>::value, "another number of parameters");

#if SLUICE_HAS_CUDA_HEADER
namespace emulated {
#define ENTRY(name, parameters) using name = int parameters;
#include "test/cuda-emulator/driver/Entries.def"
#undef ENTRY
} // namespace emulated

#define ENTRY(name, parameters)                                                                                        \
  static_assert(Same<decltype(::name), emulated::name>::value, "cuda.h declares " #name " otherwise");
#include "test/cuda-emulator/driver/Entries.def"
#undef ENTRY
#endif
} // namespace

TEST(Header, EntriesAreThoseOfTheToolkit) {
  if (!SLUICE_HAS_CUDA_HEADER)
    GTEST_SKIP() << "no cuda.h here";
}
