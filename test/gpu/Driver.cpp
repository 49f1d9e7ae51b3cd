//===- Driver.cpp - The CUDA driver, found at run time -------------------------------------===//
#include "test/gpu/Driver.h"
#include <dlfcn.h>

using namespace sluice::gpu;

namespace {
using Address = uint64_t; // CUdeviceptr

/// Memory of the card.
struct Memory {
  using Free = int (*)(Address);

  Memory(Address address, Free release) : address(address), release(release) {}
  Memory(Memory &&other) noexcept : address(other.address), release(other.release) { other.address = 0; }
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;
  ~Memory() {
    if (address)
      release(address);
  }

  Address address;
  Free release;
};
} // namespace

// CUdevice_attribute.
static constexpr int capabilityMajor = 75, capabilityMinor = 76;

template <typename Function> Function Driver::find(const char *name) const {
  void *symbol = dlsym(library, name);
  if (!symbol)
    throw DriverError(std::string("expected a CUDA driver that has ") + name);
  return reinterpret_cast<Function>(symbol);
}

void Driver::check(int status, const char *what) const {
  if (status == 0)
    return;
  const char *name = nullptr;
  find<int (*)(int, const char **)>("cuGetErrorName")(status, &name);
  throw DriverError(std::string(what) + ": the CUDA driver says " + (name ? name : std::to_string(status)));
}

Driver::Driver() : library(dlopen("libcuda.so.1", RTLD_NOW)) {
  if (!library)
    throw DriverError("expected a CUDA driver, found no libcuda.so.1");
  try {
    check(find<int (*)(unsigned)>("cuInit")(0), "initialization");
    check(find<int (*)(int *, int)>("cuDeviceGet")(&device, 0), "the first card");
    check(find<int (*)(void **, int)>("cuDevicePrimaryCtxRetain")(&context, device), "a context");
    check(find<int (*)(void *)>("cuCtxSetCurrent")(context), "a context");
  } catch (const DriverError &) {
    dlclose(library);
    throw;
  }
}

Driver::~Driver() {
  find<int (*)(int)>("cuDevicePrimaryCtxRelease_v2")(device);
  dlclose(library);
}

std::string Driver::cardName() const {
  char name[256] = {};
  check(find<int (*)(char *, int, int)>("cuDeviceGetName")(name, sizeof(name), device), "the card's name");
  return name;
}

int Driver::attribute(int which) const {
  int value = 0;
  check(find<int (*)(int *, int, int)>("cuDeviceGetAttribute")(&value, which, device), "the card's attributes");
  return value;
}

int Driver::capability() const { return 10 * attribute(capabilityMajor) + attribute(capabilityMinor); }

int Driver::version() const {
  int version = 0;
  check(find<int (*)(int *)>("cuDriverGetVersion")(&version), "the driver's version");
  return version;
}

std::vector<uint8_t> Driver::run(const std::string &ptx, const char *kernel, unsigned blocks, unsigned threads,
                                 const std::vector<std::vector<uint8_t>> &inputs, size_t resultBytes, uint32_t steps) {
  void *module = nullptr, *function = nullptr;
  check(find<int (*)(void **, const void *)>("cuModuleLoadData")(&module, ptx.c_str()), "the PTX");
  check(find<int (*)(void **, void *, const char *)>("cuModuleGetFunction")(&function, module, kernel), kernel);

  std::vector<Memory> memory;
  auto allocate = [&](size_t bytes) {
    Address address = 0;
    check(find<int (*)(Address *, size_t)>("cuMemAlloc_v2")(&address, bytes), "memory of the card");
    memory.emplace_back(address, find<Memory::Free>("cuMemFree_v2"));
    return address;
  };
  std::vector<Address> addresses;
  for (const std::vector<uint8_t> &input : inputs) {
    addresses.push_back(allocate(input.size()));
    check(find<int (*)(Address, const void *, size_t)>("cuMemcpyHtoD_v2")(addresses.back(), input.data(), input.size()),
          "a copy to the card");
  }
  addresses.push_back(allocate(resultBytes));
  std::vector<void *> parameters;
  for (Address &address : addresses)
    parameters.push_back(&address);
  parameters.push_back(&steps);

  using Launch =
      int (*)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **);
  check(find<Launch>("cuLaunchKernel")(function, blocks, 1, 1, threads, 1, 1, 0, nullptr, parameters.data(), nullptr),
        kernel);
  check(find<int (*)()>("cuCtxSynchronize")(), kernel);
  std::vector<uint8_t> result(resultBytes);
  check(find<int (*)(void *, Address, size_t)>("cuMemcpyDtoH_v2")(result.data(), addresses.back(), resultBytes),
        "a copy from the card");
  check(find<int (*)(void *)>("cuModuleUnload")(module), "the module");
  return result;
}
