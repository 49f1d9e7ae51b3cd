//===- Driver.h - The CUDA driver, found at run time ------------*- C++ -*-===//
//
// What is declared here is the C interface of libcuda.so.1 as NVIDIA's manual "CUDA Driver API" states it. Nothing of
// the toolkit is needed to build, and nothing but the driver to run.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CUDA_DRIVER_H
#define SLUICE_RUNTIME_CUDA_DRIVER_H

#include <string>

namespace sluice::cuda {

/// Memory of a card: CUdeviceptr.
using Address = unsigned long long;

/// Some of CUresult.
enum Status {
  kSuccess = 0,
  kOutOfMemory = 2,
  kNoDevice = 100,
  kNoBinaryForGpu = 209,
  kUnsupportedPtxVersion = 222,
  kPeerAccessAlreadyEnabled = 704
};

/// Some of CUdevice_attribute and CUfunction_attribute.
enum DeviceAttribute { kCapabilityMajor = 75, kCapabilityMinor = 76 };
enum FunctionAttribute { kMaxDynamicSharedBytes = 8 };

/// Flags of streams, events, pinned memory and captures.
enum StreamFlag { kStreamNonBlocking = 1 };
enum EventFlag { kEventTimed = 0, kEventDisableTiming = 2 };
enum HostMemoryFlag { kHostPortable = 1 };
enum CaptureMode { kCaptureThreadLocal = 1 };
/// Some of CUjit_option.
enum JitOption { kJitErrorLog = 5, kJitErrorLogBytes = 6 };

/// The driver's entries, by their names there. Each answers a CUresult.
struct DriverEntries {
#define ENTRY(name, parameters) int(*name) parameters = nullptr;
#include "runtime/cuda/Driver.def"
#undef ENTRY
};

class Driver : public DriverEntries {
public:
  /// The driver of this process, opened and initialized at the first call. RunError where there is none, where it is
  /// older than what the runtime calls, or where it has no card.
  static const Driver &get();

  /// "CUDA_ERROR_OUT_OF_MEMORY (out of memory)".
  std::string describe(int status) const;

  /// RunError where the status is no success: "`what`: the CUDA driver says CUDA_ERROR_OUT_OF_MEMORY (out of memory)".
  void check(int status, const std::string &what) const;

  /// The newest CUDA that it knows: 13000 is 13.0. "13.0".
  int version() const;
  std::string versionText() const;
  int deviceCount() const;

private:
  Driver();
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_DRIVER_H
