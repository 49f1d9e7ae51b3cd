//===- Copies.h - Copies and fills of memory ----------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_DRIVER_COPIES_H
#define SLUICE_TEST_CUDAEMULATOR_DRIVER_COPIES_H

#include "test/cuda-emulator/driver/Graph.h"

namespace sluice::emulator {

/// Copies between any memory of devices, pinned or pageable memory. Throws Fault for ranges that are none.
void copy(Context &context, Stream *stream, u64 target, u64 source, u64 bytes, bool isAsynchronous);

/// Fills `count` elements of `elementBytes`.
void fill(Context &context, Stream *stream, u64 target, u32 value, u32 elementBytes, u64 count, bool isAsynchronous);

/// Work that the host does in a stream's order.
void callHost(Context &context, Stream *stream, void (*function)(void *), void *argument);

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_DRIVER_COPIES_H
