//===- Status.h - What the driver answers -------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_DRIVER_STATUS_H
#define SLUICE_TEST_CUDAEMULATOR_DRIVER_STATUS_H

namespace sluice::emulator {

/// CUresult of the manual "CUDA Driver API": value, name and sentence.
#define SLUICE_EMULATOR_STATUSES(X)                                                                                    \
  X(Success, 0, "CUDA_SUCCESS", "no error")                                                                            \
  X(InvalidValue, 1, "CUDA_ERROR_INVALID_VALUE", "invalid argument")                                                   \
  X(OutOfMemory, 2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory")                                                       \
  X(NotInitialized, 3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error")                                           \
  X(NoDevice, 100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected")                                       \
  X(InvalidDevice, 101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal")                                         \
  X(InvalidImage, 200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid")                                   \
  X(InvalidContext, 201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context")                                       \
  X(NoBinaryForGpu, 209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device")   \
  X(PeerAccessUnsupported, 217, "CUDA_ERROR_PEER_ACCESS_UNSUPPORTED", "peer access is not supported")                  \
  X(InvalidPtx, 218, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed")                                         \
  X(UnsupportedPtx, 222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",                                                         \
    "the provided PTX was compiled with an unsupported "                                                               \
    "toolchain.")                                                                                                      \
  X(InvalidHandle, 400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle")                                        \
  X(NotFound, 500, "CUDA_ERROR_NOT_FOUND", "named symbol not found")                                                   \
  X(NotReady, 600, "CUDA_ERROR_NOT_READY", "device not ready")                                                         \
  X(IllegalAddress, 700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered")                     \
  X(OutOfResources, 701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch")              \
  X(Timeout, 702, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated")                              \
  X(PeerAccessEnabled, 704, "CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED", "peer access is already enabled")                \
  X(PeerAccessNotEnabled, 705, "CUDA_ERROR_PEER_ACCESS_NOT_ENABLED", "peer access has not been enabled")               \
  X(Misaligned, 716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address")                                            \
  X(LaunchFailed, 719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure")                                       \
  X(NotSupported, 801, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported")                                          \
  X(CaptureUnsupported, 900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",                                                  \
    "operation not permitted when stream is capturing")                                                                \
  X(CaptureInvalidated, 901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",                                                  \
    "operation failed due to a previous error "                                                                        \
    "during capture")                                                                                                  \
  X(CaptureUnjoined, 904, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work")                  \
  X(Unknown, 999, "CUDA_ERROR_UNKNOWN", "unknown error")

enum Status : int {
#define SLUICE_EMULATOR_VALUE(name, value, spelled, sentence) name = value,
  SLUICE_EMULATOR_STATUSES(SLUICE_EMULATOR_VALUE)
#undef SLUICE_EMULATOR_VALUE
};

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_DRIVER_STATUS_H
