//===- DeviceEntries.cpp - Entries about the driver, its devices and contexts -------------===//
#include "test/cuda-emulator/driver/Guard.h"
#include "test/cuda-emulator/driver/Module.h"
#include <cstdio>

using namespace sluice::emulator;

/// The emulator's loops over lanes are compiled for these.
static bool canRunHere() {
#ifdef __AVX2__
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return true;
#endif
}

int cuInit(unsigned flags) {
  if (flags)
    return InvalidValue;
  if (!canRunHere()) {
    std::fprintf(stderr, "cuda-emulator: expected a processor with AVX2 and FMA\n");
    return NotSupported;
  }
  if (devices().empty())
    return NoDevice;
  isInitialized = true;
  return Success;
}

int cuDriverGetVersion(int *version) {
  if (!version)
    return InvalidValue;
  *version = settings().driverVersion;
  return Success;
}

namespace {
struct StatusText {
  int status;
  const char *name, *sentence;
};
} // namespace

static constexpr StatusText statusTexts[] = {
#define SLUICE_EMULATOR_TEXT(name, value, spelled, sentence) {value, spelled, sentence},
    SLUICE_EMULATOR_STATUSES(SLUICE_EMULATOR_TEXT)
#undef SLUICE_EMULATOR_TEXT
};

static const StatusText *textOf(int status) {
  for (const StatusText &text : statusTexts)
    if (text.status == status)
      return &text;
  return nullptr;
}

int cuGetErrorName(int status, const char **name) {
  const StatusText *text = textOf(status);
  *name = text ? text->name : nullptr;
  return text ? Success : InvalidValue;
}

int cuGetErrorString(int status, const char **sentence) {
  const StatusText *text = textOf(status);
  *sentence = text ? text->sentence : nullptr;
  return text ? Success : InvalidValue;
}

namespace {
struct NamedEntry {
  std::string name;
  void *function;
};
} // namespace

static const NamedEntry namedEntries[] = {
#define ENTRY(name, parameters) {#name, reinterpret_cast<void *>(&name)},
#include "test/cuda-emulator/driver/Entries.def"
#undef ENTRY
};

int cuGetProcAddress_v2(const char *name, void **function, int version, unsigned long long, void *found) {
  if (!name || !function)
    return InvalidValue;
  *function = nullptr;
  // Names have no version there: the newest one is given.
  for (const NamedEntry &entry : namedEntries)
    if (entry.name == name || entry.name == std::string(name) + "_v2")
      *function = entry.function;
  if (found)
    *static_cast<int *>(found) = *function ? 0 : 1;
  return *function ? Success : NotFound;
}

int cuDeviceGetCount(int *count) {
  return guarded([&] {
    expect(count);
    *count = int(devices().size());
  });
}

int cuDeviceGet(int *device, int ordinal) {
  return guarded([&] {
    expect(device);
    *device = deviceAt(ordinal).ordinal;
  });
}

int cuDeviceGetName(char *name, int bytes, int device) {
  return guarded([&] {
    expect(name && bytes > 0);
    deviceAt(device);
    std::snprintf(name, size_t(bytes), "Sluice CUDA emulator (CPU, no GPU)");
  });
}

int cuDeviceGetUuid_v2(void *uuid, int device) {
  return guarded([&] {
    expect(uuid);
    char text[16] = "sluice-emulator";
    text[15] = char(deviceAt(device).ordinal);
    std::memcpy(uuid, text, sizeof(text));
  });
}

/// CUdevice_attribute by number. What is not listed is 0: what the emulator does not have.
static int attributeOf(int attribute) {
  static const std::map<int, int> values = {
      {1, 1024},       // threads a block
      {2, 1024},       // and of its dimensions
      {3, 1024},       //
      {4, 64},         //
      {5, 2147483647}, // blocks of a grid
      {6, 65535},      //
      {7, 65535},      //
      {8, 48 << 10},   // shared memory a block
      {9, 64 << 10},   // constant memory
      {10, 32},        // threads a warp
      {12, 65536},     // registers a block
      {13, 1000000},   // clock in kHz
      {16, 8},         // multiprocessors
      {31, 1},         // kernels run side by side
      {36, 1000000},   // clock of the memory in kHz
      {37, 256},       // bits of its bus
      {38, 4 << 20},   // bytes of the L2 cache
      {39, 2048},      // threads a multiprocessor
      {40, 2},         // engines for copies
      {41, 1},         // addresses tell devices apart
      {82, 65536},     // registers a multiprocessor
      {106, 32},       // blocks a multiprocessor
  };
  switch (attribute) {
  case 33: // number on the bus
    return 1;
  case 75:
    return settings().capability / 10;
  case 76:
    return settings().capability % 10;
  case 81: // shared memory a multiprocessor, 1 KiB a block of which is the system's
    return int(mostShared()) + 1024;
  case 97: // shared memory that a block may ask for
    return int(mostShared());
  }
  auto found = values.find(attribute);
  return found == values.end() ? 0 : found->second;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
  return guarded([&] {
    expect(value && attribute > 0 && attribute < 200);
    deviceAt(device);
    *value = attributeOf(attribute);
  });
}

int cuDeviceTotalMem_v2(unsigned long *bytes, int device) {
  return guarded([&] {
    expect(bytes);
    deviceAt(device);
    *bytes = settings().memoryBytes;
  });
}

int cuDeviceCanAccessPeer(int *can, int device, int peer) {
  return guarded([&] {
    expect(can);
    *can = &deviceAt(device) != &deviceAt(peer) && settings().arePeers;
  });
}

int cuDevicePrimaryCtxRetain(void **context, int device) {
  return guarded([&] {
    expect(context);
    Device &of = deviceAt(device);
    std::lock_guard<std::mutex> lock(of.context.mutex);
    // Addresses of devices lie beyond those of processes.
    if (!of.memory)
      of.memory =
          std::make_unique<Memory>("device " + std::to_string(device), (u64(device) + 1) << 48, settings().memoryBytes);
    ++of.context.retained;
    *context = &of.context;
  });
}

/// Gives back all that a context has.
static void reset(Device &device) {
  if (device.memory)
    synchronize(device.context, false);
  for (const auto &stream : device.context.liveStreams())
    streams().remove(stream.get());
  std::lock_guard<std::mutex> lock(device.context.mutex);
  device.context.streams.clear();
  device.context.peers.clear();
  device.context.status = Success;
  RunningLock running({&device});
  device.memory.reset();
  if (device.context.retained)
    device.memory = std::make_unique<Memory>("device " + std::to_string(device.ordinal),
                                             (u64(device.ordinal) + 1) << 48, settings().memoryBytes);
}

int cuDevicePrimaryCtxRelease_v2(int device) {
  return guarded([&] {
    Device &of = deviceAt(device);
    expect(of.context.retained > 0, InvalidContext);
    if (--of.context.retained == 0)
      reset(of);
  });
}

int cuDevicePrimaryCtxReset_v2(int device) {
  return guarded([&] { reset(deviceAt(device)); });
}

static Context *contextOf(void *handle) {
  for (const auto &device : devices())
    if (&device->context == handle)
      return &device->context;
  throw Answer{InvalidContext};
}

int cuCtxSetCurrent(void *context) {
  return guarded([&] { currentContext() = context ? contextOf(context) : nullptr; });
}

int cuCtxGetCurrent(void **context) {
  return guarded([&] {
    expect(context);
    *context = currentContext();
  });
}

int cuCtxGetDevice(int *device) {
  return guarded([&] {
    expect(device);
    *device = current().device->ordinal;
  });
}

int cuCtxSynchronize() {
  return guarded([&] {
    Context &context = current();
    synchronize(context, false);
    expect(context.status == Success, context.status);
  });
}

int cuCtxEnablePeerAccess(void *peer, unsigned flags) {
  return guarded([&] {
    Context &context = current();
    Device *of = contextOf(peer)->device;
    expect(flags == 0 && of != context.device);
    expect(settings().arePeers, PeerAccessUnsupported);
    std::lock_guard<std::mutex> lock(context.mutex);
    expect(context.peers.insert(of).second, PeerAccessEnabled);
  });
}

int cuCtxDisablePeerAccess(void *peer) {
  return guarded([&] {
    Context &context = current();
    std::lock_guard<std::mutex> lock(context.mutex);
    expect(context.peers.erase(contextOf(peer)->device) == 1, PeerAccessNotEnabled);
  });
}
