//===- StreamsTest.cpp - Streams, events, graphs and several devices ----------------------===//
#include "test/cuda-emulator/tests/Machine.h"
#include <gtest/gtest.h>

using namespace sluice::emulator::tests;

// p0[i] = p0[i] * 3 + p1[0].
static const char *const scaleBody = R"(mul.wide.u32 %d0, %g, 4;
add.s64 %d1, %p0, %d0;
ld.global.b32 %r0, [%d1];
ld.global.b32 %r1, [%p1];
mad.lo.s32 %r0, %r0, 3, %r1;
st.global.b32 [%d1], %r0;
)";

static const char *const modes[] = {"at-once", "late", "random"};

static void *newEvent() {
  void *event = nullptr;
  check(cuEventCreate(&event, 0));
  return event;
}

TEST(Streams, WorkOfAStreamIsInOrder) {
  for (const char *mode : modes) {
    Machine machine({{"COPIES", mode}, {"SEED", "5"}});
    void *stream = machine.stream();
    auto *pinned = static_cast<uint32_t *>(machine.pinned(256)), *result = static_cast<uint32_t *>(machine.pinned(256));
    Address memory = machine.allocate(256), addend = machine.put(std::vector<uint32_t>{4});
    for (int i = 0; i < 64; ++i)
      pinned[i] = uint32_t(i);
    void *kernel = machine.kernel(simpleKernel(2, scaleBody));
    check(cuMemcpyHtoDAsync_v2(memory, pinned, 256, stream));
    for (int i = 0; i < 3; ++i)
      machine.issue(kernel, 2, 32, {memory, addend}, stream);
    check(cuMemcpyDtoHAsync_v2(result, memory, 256, stream));
    check(cuStreamSynchronize(stream));
    for (uint32_t i = 0; i < 64; ++i)
      ASSERT_EQ(result[i], i * 27 + 52);
    EXPECT_EQ(findings(), "");
  }
}

TEST(Streams, HostFunctionsAndQueries) {
  for (const char *mode : modes) {
    Machine machine({{"COPIES", mode}});
    void *stream = machine.stream(), *event = newEvent();
    int calls = 0;
    EXPECT_EQ(cuEventQuery(event), 0);
    check(cuLaunchHostFunc(stream, [](void *count) { ++*static_cast<int *>(count); }, &calls));
    check(cuEventRecord(event, stream));
    while (cuEventQuery(event))
      ;
    EXPECT_EQ(calls, 1);
    check(cuLaunchHostFunc(stream, [](void *count) { ++*static_cast<int *>(count); }, &calls));
    while (cuStreamQuery(stream))
      ;
    EXPECT_EQ(calls, 2);
    check(cuStreamDestroy_v2(stream));
    EXPECT_EQ(nameOf(cuStreamSynchronize(stream)), "CUDA_ERROR_INVALID_HANDLE");
  }
}

TEST(Streams, LateWorkWaitsUntilSomebodyDoes) {
  Machine machine({{"COPIES", "late"}});
  void *stream = machine.stream(), *other = machine.stream(), *event = newEvent();
  int calls = 0;
  check(cuLaunchHostFunc(stream, [](void *count) { ++*static_cast<int *>(count); }, &calls));
  check(cuEventRecord(event, stream));
  EXPECT_EQ(nameOf(cuEventQuery(event)), "CUDA_ERROR_NOT_READY");
  EXPECT_EQ(calls, 0);
  // Who waits for a stream that waits for an event waits for what the event stands behind.
  check(cuStreamWaitEvent(other, event, 0));
  check(cuStreamSynchronize(other));
  EXPECT_EQ(calls, 1);
}

TEST(Streams, EventsMeasureTime) {
  Machine machine;
  void *stream = machine.stream(), *start = newEvent(), *end = newEvent();
  float milliseconds = -1;
  check(cuEventRecord(start, stream));
  check(cuEventRecord(end, stream));
  check(cuEventSynchronize(end));
  check(cuEventElapsedTime(&milliseconds, start, end));
  EXPECT_GE(milliseconds, 0);
  EXPECT_LT(milliseconds, 1000);
  check(cuEventDestroy_v2(start));
  EXPECT_EQ(nameOf(cuEventElapsedTime(&milliseconds, start, end)), "CUDA_ERROR_INVALID_HANDLE");
}

TEST(Streams, BlockingStreamsWaitForTheNullStream) {
  Machine machine({{"COPIES", "late"}});
  void *stream = nullptr;
  check(cuStreamCreate(&stream, 0));
  Address memory = machine.put(std::vector<uint32_t>(64, 1)), addend = machine.put(std::vector<uint32_t>{0});
  machine.issue(machine.kernel(simpleKernel(2, scaleBody)), 2, 32, {memory, addend}, stream);
  EXPECT_EQ(machine.get<uint32_t>(memory, 64), std::vector<uint32_t>(64, 3));
  EXPECT_EQ(findings(), "");
}

TEST(Graphs, RunAgainWithWhatMemoryThenHolds) {
  for (const char *mode : modes) {
    Machine machine({{"COPIES", mode}, {"SEED", "2"}});
    void *stream = machine.stream(), *graph = nullptr, *exec = nullptr;
    auto *pinned = static_cast<uint32_t *>(machine.pinned(4)), *result = static_cast<uint32_t *>(machine.pinned(256));
    Address memory = machine.put(std::vector<uint32_t>(64, 1)), addend = machine.allocate(4);
    void *kernel = machine.kernel(simpleKernel(2, scaleBody));
    int capturing = 0;
    check(cuStreamBeginCapture_v2(stream, 1));
    check(cuStreamIsCapturing(stream, &capturing));
    EXPECT_EQ(capturing, 1);
    EXPECT_EQ(nameOf(cuStreamSynchronize(stream)), "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED");
    check(cuMemcpyHtoDAsync_v2(addend, pinned, 4, stream));
    machine.issue(kernel, 2, 32, {memory, addend}, stream);
    check(cuMemcpyDtoHAsync_v2(result, memory, 256, stream));
    check(cuStreamEndCapture(stream, &graph));
    check(cuGraphInstantiateWithFlags(&exec, graph, 0));
    check(cuGraphDestroy(graph));
    uint32_t expected = 1;
    for (uint32_t step = 0; step < 4; ++step) {
      *pinned = step;
      check(cuGraphLaunch(exec, stream));
      check(cuStreamSynchronize(stream));
      expected = expected * 3 + step;
      for (int i = 0; i < 64; ++i)
        ASSERT_EQ(result[i], expected);
    }
    check(cuGraphExecDestroy(exec));
    EXPECT_EQ(findings(), "");
  }
}

TEST(Graphs, PinnedInputChangedBeforeTheLaunchIsDone) {
  Machine machine({{"COPIES", "late"}});
  void *stream = machine.stream(), *graph = nullptr, *exec = nullptr;
  auto *pinned = static_cast<uint32_t *>(machine.pinned(4));
  Address memory = machine.allocate(4);
  check(cuStreamBeginCapture_v2(stream, 0));
  check(cuMemcpyHtoDAsync_v2(memory, pinned, 4, stream));
  check(cuStreamEndCapture(stream, &graph));
  check(cuGraphInstantiateWithFlags(&exec, graph, 0));
  *pinned = 1;
  check(cuGraphLaunch(exec, stream));
  *pinned = 2;
  EXPECT_EQ(nameOf(cuStreamSynchronize(stream)), "CUDA_ERROR_LAUNCH_FAILED");
  EXPECT_NE(findings().find("pinned memory was changed"), std::string::npos);
}

TEST(Streams, PinnedMemoryGoesThereAndBack) {
  // A copy to the host changes what the next copy from it reads, which is no fault.
  for (const char *mode : modes) {
    Machine machine({{"COPIES", mode}});
    void *stream = machine.stream();
    auto *pinned = static_cast<uint32_t *>(machine.pinned(256));
    pinned[0] = 1;
    Address first = machine.put(std::vector<uint32_t>(64, 9)), second = machine.allocate(256);
    check(cuMemcpyDtoHAsync_v2(pinned, first, 256, stream));
    check(cuMemcpyHtoDAsync_v2(second, pinned, 256, stream));
    check(cuStreamSynchronize(stream));
    EXPECT_EQ(machine.get<uint32_t>(second, 64), std::vector<uint32_t>(64, 9));
    EXPECT_EQ(findings(), "");
  }
}

TEST(Streams, PinnedMemoryChangedBesideOtherCopies) {
  Machine machine({{"COPIES", "late"}});
  void *stream = machine.stream();
  auto *pinned = static_cast<uint32_t *>(machine.pinned(256)), *result = static_cast<uint32_t *>(machine.pinned(256));
  Address first = machine.put(std::vector<uint32_t>(64, 9)), second = machine.allocate(256);
  check(cuMemcpyDtoHAsync_v2(result, first, 256, stream));
  check(cuMemcpyHtoDAsync_v2(second, pinned, 256, stream));
  pinned[3] = 77;
  EXPECT_EQ(nameOf(cuStreamSynchronize(stream)), "CUDA_ERROR_LAUNCH_FAILED");
  EXPECT_NE(findings().find("pinned memory was changed"), std::string::npos);
}

namespace {
/// Contexts of both devices.
struct TwoDevices {
  void *contexts[2] = {};

  TwoDevices() {
    for (int i = 0; i < 2; ++i)
      check(cuDevicePrimaryCtxRetain(&contexts[i], i));
  }
  ~TwoDevices() {
    for (int i = 0; i < 2; ++i)
      cuDevicePrimaryCtxRelease_v2(i);
  }
  Address putOn(int device, uint32_t value) {
    Address memory = 0;
    check(cuCtxSetCurrent(contexts[device]));
    check(cuMemAlloc_v2(&memory, 256));
    check(cuMemsetD32_v2(memory, value, 64));
    return memory;
  }
};
} // namespace

TEST(Devices, CopiesAndAccessesBetweenThem) {
  int count = 0, can = 0;
  Machine machine;
  check(cuDeviceGetCount(&count));
  ASSERT_EQ(count, 2);
  TwoDevices two;
  check(cuDeviceCanAccessPeer(&can, 0, 1));
  EXPECT_EQ(can, 1);
  Address first = two.putOn(0, 5), second = two.putOn(1, 7);
  EXPECT_NE(first >> 48, second >> 48);
  check(cuCtxSetCurrent(two.contexts[0]));
  // Without access from device to device a kernel may not follow the other's addresses.
  void *kernel = machine.kernel(simpleKernel(2, scaleBody)), *stream = machine.stream();
  check(cuMemcpyPeerAsync(first, two.contexts[0], second, two.contexts[1], 128, stream));
  check(cuStreamSynchronize(stream));
  std::vector<uint32_t> found = machine.get<uint32_t>(first, 64);
  EXPECT_EQ(found[31], 7u);
  EXPECT_EQ(found[32], 5u);
  check(cuCtxEnablePeerAccess(two.contexts[1], 0));
  EXPECT_EQ(nameOf(cuCtxEnablePeerAccess(two.contexts[1], 0)), "CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED");
  check(machine.launch(kernel, 2, 32, {first, second}));
  EXPECT_EQ(machine.get<uint32_t>(first, 64)[63], 22u);
  check(cuCtxDisablePeerAccess(two.contexts[1]));
  EXPECT_EQ(nameOf(machine.launch(kernel, 2, 32, {first, second})), "CUDA_ERROR_ILLEGAL_ADDRESS");
  EXPECT_NE(findings().find("neither this device's nor pinned"), std::string::npos);
}

TEST(Devices, MayHaveNoAccessToEachOther) {
  Machine machine({{"PEERS", "0"}});
  TwoDevices two;
  int can = 1;
  check(cuDeviceCanAccessPeer(&can, 0, 1));
  EXPECT_EQ(can, 0);
  check(cuCtxSetCurrent(two.contexts[0]));
  EXPECT_EQ(nameOf(cuCtxEnablePeerAccess(two.contexts[1], 0)), "CUDA_ERROR_PEER_ACCESS_UNSUPPORTED");
}

TEST(Devices, CopyToPeersIsNotCaptured) {
  Machine machine;
  TwoDevices two;
  Address first = two.putOn(0, 5), second = two.putOn(1, 7);
  check(cuCtxSetCurrent(two.contexts[0]));
  void *stream = machine.stream(), *graph = nullptr;
  check(cuStreamBeginCapture_v2(stream, 1));
  EXPECT_EQ(nameOf(cuMemcpyPeerAsync(first, two.contexts[0], second, two.contexts[1], 128, stream)),
            "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED");
  check(cuStreamEndCapture(stream, &graph));
}

TEST(Devices, EventsOrderStreamsOfTwo) {
  for (bool hasEvent : {true, false}) {
    Machine machine({{"COPIES", "late"}});
    TwoDevices two;
    Address first = two.putOn(0, 5), second = two.putOn(1, 7), addend = two.putOn(0, 1);
    check(cuCtxSetCurrent(two.contexts[0]));
    void *stream = machine.stream(), *event = newEvent();
    machine.issue(machine.kernel(simpleKernel(2, scaleBody)), 2, 32, {first, addend}, stream);
    check(cuEventRecord(event, stream));
    check(cuCtxSetCurrent(two.contexts[1]));
    void *other = machine.stream();
    if (hasEvent)
      check(cuStreamWaitEvent(other, event, 0));
    check(cuMemcpyPeerAsync(second, two.contexts[1], first, two.contexts[0], 256, other));
    int status = cuStreamSynchronize(other);
    check(cuCtxSetCurrent(two.contexts[0]));
    int ofFirst = cuCtxSynchronize();
    EXPECT_EQ(status || ofFirst, !hasEvent);
    EXPECT_EQ(findings().find("in no order") != std::string::npos, !hasEvent);
    if (hasEvent) {
      check(cuCtxSetCurrent(two.contexts[1]));
      EXPECT_EQ(machine.get<uint32_t>(second, 64), std::vector<uint32_t>(64, 16));
    }
  }
}

TEST(Devices, SayWhatTheyAre) {
  Machine machine({{"CAPABILITY", "90"}});
  char name[64];
  int value = 0;
  size_t bytes = 0, free = 0, total = 0;
  check(cuDeviceGetName(name, sizeof(name), 0));
  EXPECT_STREQ(name, "Sluice CUDA emulator (CPU, no GPU)");
  check(cuDeviceGetAttribute(&value, 75, 0));
  EXPECT_EQ(value, 9);
  check(cuDeviceGetAttribute(&value, 97, 0));
  EXPECT_EQ(value, 227 << 10);
  check(cuDeviceTotalMem_v2(&bytes, 0));
  check(cuMemGetInfo_v2(&free, &total));
  EXPECT_EQ(bytes, total);
  EXPECT_EQ(free, total);
  machine.allocate(1000);
  check(cuMemGetInfo_v2(&free, &total));
  EXPECT_EQ(free, total - 1000);
  Address memory = 0;
  EXPECT_EQ(nameOf(cuMemAlloc_v2(&memory, total)), "CUDA_ERROR_OUT_OF_MEMORY");
  void *function = nullptr;
  check(cuGetProcAddress_v2("cuMemAlloc", &function, 12000, 0, nullptr));
  EXPECT_EQ(function, reinterpret_cast<void *>(&cuMemAlloc_v2));
  EXPECT_EQ(nameOf(cuGetProcAddress_v2("cuNothing", &function, 12000, 0, nullptr)), "CUDA_ERROR_NOT_FOUND");
  EXPECT_EQ(nameOf(cuDeviceGet(&value, 2)), "CUDA_ERROR_INVALID_DEVICE");
}
