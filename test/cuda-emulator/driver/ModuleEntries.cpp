//===- ModuleEntries.cpp - Entries about modules, kernels and launches --------------------===//
#include "test/cuda-emulator/driver/Copies.h"
#include "test/cuda-emulator/driver/Guard.h"
#include "test/cuda-emulator/driver/Module.h"

using namespace sluice::emulator;

// CUjit_option and CUfunction_attribute.
static constexpr int optionErrorLog = 5, optionErrorLogBytes = 6;
static constexpr int attributeMaxThreads = 0, attributeSharedBytes = 1, attributeConstBytes = 2,
                     attributeLocalBytes = 3, attributeRegisters = 4, attributePtxVersion = 5,
                     attributeBinaryVersion = 6, attributeDynamicShared = 8, attributeCarveout = 9;

/// Writes the error into the program's buffer, whose size becomes that of the text.
static void writeLog(const std::string &text, unsigned count, const int *options, void **values) {
  char *buffer = nullptr;
  void **size = nullptr;
  for (unsigned i = 0; i < count; ++i) {
    if (options[i] == optionErrorLog)
      buffer = static_cast<char *>(values[i]);
    if (options[i] == optionErrorLogBytes)
      size = &values[i];
  }
  if (!buffer || !size)
    return;
  size_t room = reinterpret_cast<size_t>(*size), taken = std::min(text.size() + 1, room);
  if (taken == 0)
    return;
  std::memcpy(buffer, text.c_str(), taken - 1);
  buffer[taken - 1] = '\0';
  *size = reinterpret_cast<void *>(taken);
}

int cuModuleLoadDataEx(void **module, const void *image, unsigned count, int *options, void **values) {
  return guarded([&] {
    expect(module && image);
    Context &context = current();
    try {
      *module = modules().add(loadModule(context, image));
    } catch (const Fault &fault) {
      writeLog(fault.text, count, options, values);
      throw;
    }
  });
}

int cuModuleLoadData(void **module, const void *image) {
  return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}

int cuModuleUnload(void *module) {
  return guarded([&] {
    std::shared_ptr<LoadedModule> loaded = objectOf(modules(), module);
    synchronize(current(), false);
    modules().remove(module);
  });
}

int cuModuleGetFunction(void **function, void *module, const char *name) {
  return guarded([&] {
    expect(function && name);
    std::shared_ptr<LoadedModule> loaded = objectOf(modules(), module);
    auto found = loaded->functions.find(name);
    expect(found != loaded->functions.end(), NotFound);
    *function = found->second.get();
  });
}

int cuModuleGetGlobal_v2(unsigned long long *address, unsigned long *bytes, void *module, const char *name) {
  return guarded([&] {
    expect(name);
    std::shared_ptr<LoadedModule> loaded = objectOf(modules(), module);
    auto found = loaded->variables.find(name);
    expect(found != loaded->variables.end(), NotFound);
    if (address)
      *address = found->second.address;
    if (bytes)
      *bytes = found->second.bytes;
  });
}

int cuFuncGetAttribute(int *value, int attribute, void *function) {
  return guarded([&] {
    expect(value);
    const Kernel &kernel = objectOf(functions(), function)->kernel;
    const std::map<int, int> values = {{attributeMaxThreads, int(kernel.maxThreads)},
                                       {attributeSharedBytes, int(kernel.staticShared)},
                                       {attributeConstBytes, 0},
                                       {attributeLocalBytes, 0},
                                       {attributeRegisters, int(std::min(255u, kernel.registerBytes / 128))},
                                       {attributePtxVersion, settings().capability},
                                       {attributeBinaryVersion, settings().capability},
                                       {attributeDynamicShared, int(kernel.dynamicShared)},
                                       {attributeCarveout, -1}};
    auto found = values.find(attribute);
    expect(found != values.end());
    *value = found->second;
  });
}

int cuFuncSetAttribute(void *function, int attribute, int value) {
  return guarded([&] {
    Kernel &kernel = objectOf(functions(), function)->kernel;
    if (attribute == attributeCarveout)
      return;
    expect(attribute == attributeDynamicShared && value >= 0 && kernel.staticShared + u32(value) <= mostShared());
    kernel.dynamicShared = u32(value);
  });
}

/// The buffer of all parameters, from addresses of each or from one that the program filled.
static std::vector<u8> parametersOf(const Kernel &kernel, void **parameters, void **extra) {
  std::vector<u8> bytes(kernel.parameterBytes);
  if (parameters) {
    for (size_t i = 0; i < kernel.parameterOffsets.size(); ++i)
      std::memcpy(&bytes[kernel.parameterOffsets[i]], parameters[i], kernel.parameterSizes[i]);
    return bytes;
  }
  // CU_LAUNCH_PARAM_BUFFER_POINTER, CU_LAUNCH_PARAM_BUFFER_SIZE and CU_LAUNCH_PARAM_END.
  const void *buffer = nullptr;
  size_t size = 0;
  for (; extra && *extra; extra += 2) {
    if (*extra == reinterpret_cast<void *>(1))
      buffer = extra[1];
    else if (*extra == reinterpret_cast<void *>(2))
      size = *static_cast<size_t *>(extra[1]);
    else
      throw Answer{InvalidValue};
  }
  expect(size >= bytes.size() && (buffer || bytes.empty()));
  if (!bytes.empty())
    std::memcpy(bytes.data(), buffer, bytes.size());
  return bytes;
}

int cuLaunchKernel(void *function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
                   unsigned blockZ, unsigned sharedBytes, void *stream, void **parameters, void **extra) {
  return guarded([&] {
    Context &context = current();
    std::shared_ptr<Function> kernel = objectOf(functions(), function);
    std::shared_ptr<Stream> on = streamOf(stream);
    LaunchShape shape{{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes};
    expect(kernel->module->context == &context && (!on || &on->context == &context), InvalidHandle);
    launch(context, on.get(), kernel, shape, parametersOf(kernel->kernel, parameters, extra));
  });
}

int cuLaunchHostFunc(void *stream, void (*function)(void *), void *argument) {
  return guarded([&] {
    expect(function);
    Context &context = current();
    std::shared_ptr<Stream> on = streamOf(stream);
    callHost(context, on.get(), function, argument);
  });
}
