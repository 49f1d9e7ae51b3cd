//===- Driver.cpp - The CUDA driver, found at run time --------------------===//

#include "runtime/cuda/Driver.h"
#include "runtime/Error.h"

#include <dlfcn.h>

using namespace sluice::cuda;
using sluice::runtime::RunError;

/// That instantiates graphs with flags.
static constexpr int kOldestVersion = 11040;

static std::string textOf(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

const Driver &Driver::get() {
  // Never closed: threads of the driver may run until the process ends.
  static const Driver &driver = *new Driver;
  return driver;
}

Driver::Driver() {
  void *library = dlopen("libcuda.so.1", RTLD_NOW);
  if (!library)
    throw RunError("expected a CUDA driver, found no libcuda.so.1");
  // The version first: an entry that an old driver lacks says less.
  cuDriverGetVersion = reinterpret_cast<int (*)(int *)>(dlsym(library, "cuDriverGetVersion"));
  if (int known = 0; !cuDriverGetVersion || cuDriverGetVersion(&known) != kSuccess || known < kOldestVersion)
    throw RunError("expected a driver for CUDA " + textOf(kOldestVersion) + " or later, found one for " +
                   textOf(known));
#define ENTRY(name, parameters)                                                                                        \
  name = reinterpret_cast<int(*) parameters>(dlsym(library, #name));                                                   \
  if (!name)                                                                                                           \
    throw RunError("expected a CUDA driver that has " #name);
#include "runtime/cuda/Driver.def"
#undef ENTRY
  int status = cuInit(0);
  if (status == kNoDevice || (status == kSuccess && deviceCount() == 0))
    throw RunError("expected a GPU, found a CUDA driver without one");
  check(status, "initialization");
}

std::string Driver::describe(int status) const {
  const char *name = nullptr, *text = nullptr;
  if (cuGetErrorName(status, &name) != kSuccess || !name)
    return "status " + std::to_string(status);
  if (cuGetErrorString(status, &text) != kSuccess || !text)
    return name;
  return std::string(name) + " (" + text + ")";
}

void Driver::check(int status, const std::string &what) const {
  if (status != kSuccess)
    throw RunError(what + ": the CUDA driver says " + describe(status));
}

int Driver::version() const {
  int known = 0;
  check(cuDriverGetVersion(&known), "the driver's version");
  return known;
}

std::string Driver::versionText() const { return textOf(version()); }

int Driver::deviceCount() const {
  int count = 0;
  check(cuDeviceGetCount(&count), "the count of cards");
  return count;
}
