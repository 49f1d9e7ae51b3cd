//===- HostFaultsTest.cpp - Faults of the host's side, each found by its name -------------===//
#include "test/cuda-emulator/tests/Machine.h"
#include <gtest/gtest.h>

using namespace sluice::emulator::tests;

// Adds 1 to p0[i], into p1[i].
static const char *const addOne = R"(mul.wide.u32 %d0, %g, 4;
add.s64 %d1, %p0, %d0;
ld.global.b32 %r0, [%d1];
add.s32 %r0, %r0, 1;
add.s64 %d2, %p1, %d0;
st.global.b32 [%d2], %r0;
)";

namespace {
struct HostFaults : testing::Test {
  void expectFinding(const char *text) {
    std::string found = findings();
    EXPECT_NE(found.find(text), std::string::npos) << found;
  }
};
} // namespace

TEST_F(HostFaults, UseOfFreedMemory) {
  Machine machine;
  Address memory = machine.put(std::vector<uint32_t>(64)), result = machine.allocate(256);
  void *kernel = machine.kernel(simpleKernel(2, addOne));
  check(cuMemFree_v2(memory));
  EXPECT_EQ(nameOf(machine.launch(kernel, 1, 64, {memory, result})), "CUDA_ERROR_ILLEGAL_ADDRESS");
  expectFinding("kernel 'k', PTX line 18, block (0,0,0), thread (0,0,0): access of freed memory");
}

TEST_F(HostFaults, FreedTwice) {
  Machine machine;
  Address memory = machine.allocate(256);
  check(cuMemFree_v2(memory));
  EXPECT_EQ(nameOf(cuMemFree_v2(memory)), "CUDA_ERROR_INVALID_VALUE");
  expectFinding("free of what is no allocation: byte 0 of the 256 bytes of freed memory");
}

TEST_F(HostFaults, ReadOfWhatWasNeverWritten) {
  Machine machine;
  Address memory = machine.allocate(256), result = machine.allocate(256);
  check(cuMemsetD8_v2(memory, 0, 255));
  EXPECT_EQ(nameOf(machine.launch(machine.kernel(simpleKernel(2, addOne)), 1, 64, {memory, result})),
            "CUDA_ERROR_LAUNCH_FAILED");
  expectFinding("thread (63,0,0): read of memory that was never written: read of 4 bytes");
}

TEST_F(HostFaults, CopiesSpreadWhatWasNeverWritten) {
  Machine machine;
  Address memory = machine.allocate(256), copied = machine.put(std::vector<uint32_t>(64));
  check(cuMemcpyDtoD_v2(copied, memory, 256));
  char out[256];
  EXPECT_EQ(nameOf(cuMemcpyDtoH_v2(out, copied, 256)), "CUDA_ERROR_LAUNCH_FAILED");
  expectFinding("read of memory that was never written: a copy of 256 bytes from device 0 to pageable memory");
}

TEST_F(HostFaults, OneBehindTheEnd) {
  Machine machine;
  Address memory = machine.put(std::vector<uint32_t>(64)), result = machine.allocate(256);
  EXPECT_EQ(nameOf(machine.launch(machine.kernel(simpleKernel(2, addOne)), 1, 65, {memory, result})),
            "CUDA_ERROR_ILLEGAL_ADDRESS");
  expectFinding("thread (64,0,0): access out of bounds: read of 4 bytes");
  // Errors stay.
  EXPECT_EQ(nameOf(cuCtxSynchronize()), "CUDA_ERROR_ILLEGAL_ADDRESS");
  EXPECT_EQ(nameOf(cuMemAlloc_v2(&memory, 4)), "CUDA_ERROR_ILLEGAL_ADDRESS");
}

TEST_F(HostFaults, CopyBehindTheEnd) {
  Machine machine;
  Address memory = machine.allocate(256);
  std::vector<uint8_t> bytes(257);
  EXPECT_EQ(nameOf(cuMemcpyHtoD_v2(memory, bytes.data(), bytes.size())), "CUDA_ERROR_INVALID_VALUE");
  expectFinding("copy out of bounds: the target of 257 bytes: 0 bytes behind the 256 bytes of memory");
}

TEST_F(HostFaults, KernelReadsPageableMemory) {
  Machine machine;
  std::vector<uint32_t> mine(64);
  Address result = machine.allocate(256);
  EXPECT_EQ(nameOf(machine.launch(machine.kernel(simpleKernel(2, addOne)), 1, 64,
                                  {reinterpret_cast<uint64_t>(mine.data()), result})),
            "CUDA_ERROR_ILLEGAL_ADDRESS");
  expectFinding("access of memory that is neither this device's nor pinned");
}

TEST_F(HostFaults, PinnedMemoryChangedTooEarly) {
  Machine machine({{"COPIES", "late"}});
  void *stream = machine.stream();
  auto *pinned = static_cast<uint32_t *>(machine.pinned(256));
  std::memset(pinned, 1, 256);
  Address memory = machine.allocate(256);
  check(cuMemcpyHtoDAsync_v2(memory, pinned, 256, stream));
  pinned[5] = 7;
  EXPECT_EQ(nameOf(cuStreamSynchronize(stream)), "CUDA_ERROR_LAUNCH_FAILED");
  expectFinding("pinned memory was changed before an asynchronous copy of it was done");
}

TEST_F(HostFaults, ResultReadTooEarly) {
  // No finding: the host sees what the buffer held before.
  Machine machine({{"COPIES", "late"}});
  void *stream = machine.stream();
  auto *pinned = static_cast<uint32_t *>(machine.pinned(256));
  pinned[0] = 0;
  Address memory = machine.put(std::vector<uint32_t>(64, 9));
  check(cuMemcpyDtoHAsync_v2(pinned, memory, 256, stream));
  EXPECT_EQ(pinned[0], 0u);
  check(cuStreamSynchronize(stream));
  EXPECT_EQ(pinned[0], 9u);
}

/// Two kernels on two streams, the second of which reads what the first writes.
static int onTwoStreams(Machine &machine, bool hasEvent) {
  void *first = machine.stream(), *second = machine.stream(), *event = nullptr;
  check(cuEventCreate(&event, 0));
  Address input = machine.put(std::vector<uint32_t>(64, 1)), middle = machine.put(std::vector<uint32_t>(64));
  Address result = machine.allocate(256);
  void *kernel = machine.kernel(simpleKernel(2, addOne));
  machine.issue(kernel, 1, 64, {input, middle}, first);
  if (hasEvent) {
    check(cuEventRecord(event, first));
    check(cuStreamWaitEvent(second, event, 0));
  }
  machine.issue(kernel, 1, 64, {middle, result}, second);
  int status = cuCtxSynchronize();
  if (!status)
    EXPECT_EQ(machine.get<uint32_t>(result, 64), std::vector<uint32_t>(64, 3));
  return status;
}

TEST_F(HostFaults, MissingEventBetweenStreams) {
  for (const char *copies : {"at-once", "late", "random"}) {
    Machine machine({{"COPIES", copies}});
    EXPECT_EQ(onTwoStreams(machine, true), 0);
    EXPECT_EQ(findings(), "");
  }
  Machine machine;
  EXPECT_EQ(nameOf(onTwoStreams(machine, false)), "CUDA_ERROR_LAUNCH_FAILED");
  expectFinding("which kernel 'k' also accesses, in no order");
}

TEST_F(HostFaults, MissingEventBeforeACopy) {
  Machine machine({{"COPIES", "late"}});
  void *first = machine.stream(), *second = machine.stream();
  Address input = machine.put(std::vector<uint32_t>(64, 1)), result = machine.put(std::vector<uint32_t>(64));
  auto *pinned = static_cast<uint32_t *>(machine.pinned(256));
  machine.issue(machine.kernel(simpleKernel(2, addOne)), 1, 64, {input, result}, first);
  check(cuMemcpyDtoHAsync_v2(pinned, result, 256, second));
  EXPECT_EQ(nameOf(cuCtxSynchronize()), "CUDA_ERROR_LAUNCH_FAILED");
  expectFinding("race in global memory");
}

TEST_F(HostFaults, EventNeverRecorded) {
  Machine machine;
  void *event = nullptr;
  check(cuEventCreate(&event, 0));
  EXPECT_NE(cuStreamWaitEvent(machine.stream(), event, 0), 0);
  expectFinding("a stream waits for an event that was never recorded");
}

TEST_F(HostFaults, CaptureThatIsNotJoined) {
  Machine machine;
  void *first = machine.stream(), *second = machine.stream(), *event = nullptr, *graph = nullptr;
  check(cuEventCreate(&event, 0));
  Address memory = machine.allocate(256);
  check(cuStreamBeginCapture_v2(first, 0));
  check(cuMemsetD8Async(memory, 0, 64, first));
  check(cuEventRecord(event, first));
  check(cuStreamWaitEvent(second, event, 0));
  check(cuMemsetD8Async(memory + 64, 0, 64, second));
  EXPECT_EQ(nameOf(cuStreamEndCapture(first, &graph)), "CUDA_ERROR_STREAM_CAPTURE_UNJOINED");
  expectFinding("a capture ended while the work of another stream was not joined");
}

TEST_F(HostFaults, CapturedCopyOfPageableMemory) {
  Machine machine;
  void *stream = machine.stream(), *graph = nullptr;
  Address memory = machine.allocate(256);
  std::vector<uint8_t> mine(256);
  check(cuStreamBeginCapture_v2(stream, 0));
  EXPECT_EQ(nameOf(cuMemcpyHtoDAsync_v2(memory, mine.data(), 256, stream)), "CUDA_ERROR_INVALID_VALUE");
  check(cuStreamEndCapture(stream, &graph));
  expectFinding("a captured copy of host memory that is not pinned");
}

TEST_F(HostFaults, RaceOfBranchesOfAGraph) {
  for (bool isJoined : {true, false}) {
    Machine machine({{"SEED", "3"}});
    void *first = machine.stream(), *second = machine.stream(), *fork = nullptr, *join = nullptr;
    check(cuEventCreate(&fork, 0));
    check(cuEventCreate(&join, 0));
    Address input = machine.put(std::vector<uint32_t>(64)), result = machine.put(std::vector<uint32_t>(64));
    void *kernel = machine.kernel(simpleKernel(2, addOne)), *graph = nullptr, *exec = nullptr;
    check(cuStreamBeginCapture_v2(first, 0));
    check(cuMemsetD32Async(input, 1, 64, first));
    check(cuEventRecord(fork, first));
    check(cuStreamWaitEvent(second, fork, 0));
    machine.issue(kernel, 1, 64, {input, result}, second);
    check(cuEventRecord(join, second));
    if (isJoined)
      check(cuStreamWaitEvent(first, join, 0));
    check(cuMemsetD32Async(input, 5, 64, first));
    if (!isJoined)
      check(cuStreamWaitEvent(first, join, 0));
    check(cuStreamEndCapture(first, &graph));
    check(cuGraphInstantiateWithFlags(&exec, graph, 0));
    check(cuGraphLaunch(exec, first));
    if (isJoined)
      check(cuGraphLaunch(exec, first));
    EXPECT_EQ(nameOf(cuStreamSynchronize(first)), isJoined ? "CUDA_SUCCESS" : "CUDA_ERROR_LAUNCH_FAILED");
    if (isJoined)
      EXPECT_EQ(machine.get<uint32_t>(result, 64), std::vector<uint32_t>(64, 2));
    else
      expectFinding("in no order");
  }
}
