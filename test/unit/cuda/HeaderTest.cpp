//===- HeaderTest.cpp - The declarations beside those of the toolkit ------===//
//
// Where cuda.h is found, every entry that the runtime calls is compared with it when this file is compiled: as many
// parameters, each a pointer or a number of the same size, and constants of the same value. Elsewhere there is nothing
// to compare.
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/Driver.h"

#include <gtest/gtest.h>
#include <type_traits>

#if SLUICE_HAS_CUDA_HEADER
#include <cuda.h>
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
namespace ours {
#define ENTRY(name, parameters) using name = int parameters;
#include "runtime/cuda/Driver.def"
#undef ENTRY
} // namespace ours

#define ENTRY(name, parameters)                                                                                        \
  static_assert(Same<decltype(::name), ours::name>::value, "cuda.h declares " #name " otherwise");
#include "runtime/cuda/Driver.def"
#undef ENTRY

static_assert(int(sluice::cuda::kOutOfMemory) == int(CUDA_ERROR_OUT_OF_MEMORY));
static_assert(int(sluice::cuda::kNoDevice) == int(CUDA_ERROR_NO_DEVICE));
static_assert(int(sluice::cuda::kNoBinaryForGpu) == int(CUDA_ERROR_NO_BINARY_FOR_GPU));
static_assert(int(sluice::cuda::kUnsupportedPtxVersion) == int(CUDA_ERROR_UNSUPPORTED_PTX_VERSION));
static_assert(int(sluice::cuda::kPeerAccessAlreadyEnabled) == int(CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED));
static_assert(int(sluice::cuda::kCapabilityMajor) == int(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
static_assert(int(sluice::cuda::kCapabilityMinor) == int(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
static_assert(int(sluice::cuda::kMaxDynamicSharedBytes) == int(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES));
static_assert(int(sluice::cuda::kStreamNonBlocking) == int(CU_STREAM_NON_BLOCKING));
static_assert(int(sluice::cuda::kEventTimed) == int(CU_EVENT_DEFAULT));
static_assert(int(sluice::cuda::kEventDisableTiming) == int(CU_EVENT_DISABLE_TIMING));
static_assert(int(sluice::cuda::kHostPortable) == int(CU_MEMHOSTALLOC_PORTABLE));
static_assert(int(sluice::cuda::kCaptureThreadLocal) == int(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
static_assert(int(sluice::cuda::kJitErrorLog) == int(CU_JIT_ERROR_LOG_BUFFER));
static_assert(int(sluice::cuda::kJitErrorLogBytes) == int(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES));
#endif

TEST(DriverHeaderTest, EntriesAreThoseOfTheToolkit) {
  if (!SLUICE_HAS_CUDA_HEADER)
    GTEST_SKIP() << "no cuda.h here";
}

} // namespace
