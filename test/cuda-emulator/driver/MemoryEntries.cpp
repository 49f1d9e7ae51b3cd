//===- MemoryEntries.cpp - Entries about memory -------------------------------------------===//
#include "test/cuda-emulator/driver/Copies.h"
#include "test/cuda-emulator/driver/Guard.h"

using namespace sluice::emulator;

int cuMemGetInfo_v2(unsigned long *free, unsigned long *total) {
  return guarded([&] {
    expect(free && total);
    Memory &memory = *current().device->memory;
    *free = memory.freeBytes();
    *total = memory.totalBytes();
  });
}

int cuMemAlloc_v2(unsigned long long *address, unsigned long bytes) {
  return guarded([&] {
    expect(address && bytes);
    Context &context = current();
    RunningLock lock({context.device});
    *address = context.device->memory->allocate(bytes);
    expect(*address != 0, OutOfMemory);
  });
}

int cuMemFree_v2(unsigned long long address) {
  return guarded([&] {
    Context &context = current();
    if (!address)
      return;
    // Frees wait for all that runs.
    synchronize(context, false);
    expect(context.status == Success, context.status);
    RunningLock lock({context.device});
    if (!context.device->memory->release(address))
      throw Fault{InvalidValue, "free of what is no allocation: " + context.device->memory->describe(address)};
  });
}

int cuMemAllocHost_v2(void **memory, unsigned long bytes) { return cuMemHostAlloc(memory, bytes, 0); }

int cuMemHostAlloc(void **memory, unsigned long bytes, unsigned flags) {
  return guarded([&] {
    expect(memory && bytes);
    current();
    std::lock_guard<std::mutex> lock(pinnedMutex());
    u64 address = pinnedMemory().allocate(bytes);
    expect(address != 0, OutOfMemory);
    // What the host writes is not seen.
    std::memset(pinnedMemory().marksAt(address), u8(Mark::Initialized), bytes);
    *memory = reinterpret_cast<void *>(address);
  });
}

int cuMemHostGetDevicePointer_v2(unsigned long long *address, void *memory, unsigned flags) {
  return guarded([&] {
    current();
    u64 of = reinterpret_cast<u64>(memory);
    expect(address && flags == 0 && pinnedMemory().contains(of) && areAllocated(pinnedMemory().marksAt(of), 1));
    *address = of;
  });
}

int cuMemFreeHost(void *memory) {
  return guarded([&] {
    Context &context = current();
    synchronize(context, false);
    std::lock_guard<std::mutex> lock(pinnedMutex());
    expect(pinnedMemory().release(reinterpret_cast<u64>(memory)));
  });
}

static u64 addressOf(const void *memory) { return reinterpret_cast<u64>(memory); }

/// A copy, on a stream or at once.
static int copyAt(u64 target, u64 source, u64 bytes, void *stream, bool isAsynchronous, bool canBeCaptured = true,
                  const char *entry = __builtin_FUNCTION()) {
  return guarded(
      [&] {
        Context &context = current();
        std::shared_ptr<Stream> on = streamOf(stream);
        expect(canBeCaptured || !on || !on->capture, CaptureUnsupported);
        copy(context, on.get(), target, source, bytes, isAsynchronous);
        expect(context.status == Success, context.status);
      },
      entry);
}

int cuMemcpyHtoD_v2(unsigned long long target, const void *source, unsigned long bytes) {
  return copyAt(target, addressOf(source), bytes, nullptr, false);
}

int cuMemcpyDtoH_v2(void *target, unsigned long long source, unsigned long bytes) {
  return copyAt(addressOf(target), source, bytes, nullptr, false);
}

int cuMemcpyDtoD_v2(unsigned long long target, unsigned long long source, unsigned long bytes) {
  return copyAt(target, source, bytes, nullptr, false);
}

int cuMemcpyHtoDAsync_v2(unsigned long long target, const void *source, unsigned long bytes, void *stream) {
  return copyAt(target, addressOf(source), bytes, stream, true);
}

int cuMemcpyDtoHAsync_v2(void *target, unsigned long long source, unsigned long bytes, void *stream) {
  return copyAt(addressOf(target), source, bytes, stream, true);
}

int cuMemcpyDtoDAsync_v2(unsigned long long target, unsigned long long source, unsigned long bytes, void *stream) {
  return copyAt(target, source, bytes, stream, true);
}

int cuMemcpyAsync(unsigned long long target, unsigned long long source, unsigned long bytes, void *stream) {
  return copyAt(target, source, bytes, stream, true);
}

int cuMemcpyPeerAsync(unsigned long long target, void *, unsigned long long source, void *, unsigned long bytes,
                      void *stream) {
  return copyAt(target, source, bytes, stream, true, /*canBeCaptured=*/false);
}

static int fillAt(u64 target, u32 value, u32 elementBytes, u64 count, void *stream, bool isAsynchronous,
                  const char *entry = __builtin_FUNCTION()) {
  return guarded(
      [&] {
        Context &context = current();
        std::shared_ptr<Stream> on = streamOf(stream);
        fill(context, on.get(), target, value, elementBytes, count, isAsynchronous);
        expect(context.status == Success, context.status);
      },
      entry);
}

int cuMemsetD8_v2(unsigned long long target, unsigned char value, unsigned long count) {
  return fillAt(target, value, 1, count, nullptr, false);
}

int cuMemsetD32_v2(unsigned long long target, unsigned value, unsigned long count) {
  return fillAt(target, value, 4, count, nullptr, false);
}

int cuMemsetD8Async(unsigned long long target, unsigned char value, unsigned long count, void *stream) {
  return fillAt(target, value, 1, count, stream, true);
}

int cuMemsetD32Async(unsigned long long target, unsigned value, unsigned long count, void *stream) {
  return fillAt(target, value, 4, count, stream, true);
}
