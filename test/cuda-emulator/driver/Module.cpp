//===- Module.cpp - Modules, kernels and launches -----------------------------------------===//
#include "test/cuda-emulator/driver/Module.h"
#include "test/cuda-emulator/code/Compile.h"
#include "test/cuda-emulator/run/Warp.h"

using namespace sluice::emulator;

Handles<LoadedModule> &sluice::emulator::modules() {
  static Handles<LoadedModule> &all = *new Handles<LoadedModule>();
  return all;
}

Handles<Function> &sluice::emulator::functions() {
  static Handles<Function> &all = *new Handles<Function>();
  return all;
}

LoadedModule::~LoadedModule() {
  RunningLock lock({context->device});
  for (const auto &entry : variables)
    if (context->device->memory)
      context->device->memory->release(entry.second.address);
  for (const auto &entry : functions)
    sluice::emulator::functions().remove(entry.second.get());
}

u32 sluice::emulator::mostShared() {
  int capability = settings().capability;
  return capability >= 90 && capability < 120 ? 227 << 10 : capability == 80 || capability == 87 ? 163 << 10 : 99 << 10;
}

/// The newest PTX that a driver knows, ten times: CUDA 11 has PTX 7, 12 has 8, 13 has 9.
static int newestPtx() {
  int major = settings().driverVersion / 1000, minor = settings().driverVersion / 10 % 100;
  return (major - 4) * 10 + std::min(minor, major == 12 ? 8 : 9);
}

static void checkTarget(const ptx::Module &module) {
  int capability = settings().capability;
  if (module.version > newestPtx())
    throw Fault{UnsupportedPtx, "PTX " + std::to_string(module.version / 10) + "." +
                                    std::to_string(module.version % 10) + " is newer than the driver, which knows " +
                                    std::to_string(newestPtx() / 10) + "." + std::to_string(newestPtx() % 10)};
  bool isGood = module.isForOneArchitecture ? module.capability == capability : module.capability <= capability;
  if (!isGood)
    throw Fault{NoBinaryForGpu, "PTX for sm_" + std::to_string(module.capability) +
                                    (module.isForOneArchitecture ? "a" : "") + " does not run on sm_" +
                                    std::to_string(capability)};
}

/// Puts the module's variables into the device's memory.
static std::map<std::string, Symbol> placeVariables(const ptx::Module &module, LoadedModule &loaded) {
  Memory &memory = *loaded.context->device->memory;
  std::map<std::string, Symbol> symbols;
  RunningLock lock({loaded.context->device});
  for (const ptx::Variable &variable : module.variables) {
    if (variable.space == ptx::Space::Shared)
      continue;
    u64 address = memory.allocate(variable.bytes);
    if (!address)
      throw Fault{OutOfMemory, "no memory for variable '" + variable.name + "'"};
    loaded.variables[variable.name] = {address, variable.bytes};
    symbols[variable.name] = {variable.space, address};
    // Variables without an initial value are zero.
    std::memset(memory.dataAt(address), 0, variable.bytes);
    if (!variable.initial.empty())
      std::memcpy(memory.dataAt(address), variable.initial.data(), variable.bytes);
    std::memset(memory.marksAt(address), u8(Mark::Initialized), variable.bytes);
  }
  return symbols;
}

std::shared_ptr<LoadedModule> sluice::emulator::loadModule(Context &context, const void *image) {
  static const u8 elf[] = {0x7f, 'E', 'L', 'F'}, fat[] = {0x50, 0xed, 0x55, 0xba};
  if (std::memcmp(image, elf, 4) == 0 || std::memcmp(image, fat, 4) == 0)
    throw Fault{NoBinaryForGpu, "a binary of a real architecture: the emulator runs PTX"};
  const char *text = static_cast<const char *>(image);
  auto loaded = std::make_shared<LoadedModule>();
  loaded->context = &context;
  try {
    ptx::Module module = ptx::parse(text);
    checkTarget(module);
    for (Kernel &kernel : compile(module, placeVariables(module, *loaded))) {
      auto function = std::make_shared<Function>();
      function->module = loaded.get();
      std::string name = kernel.name;
      function->kernel = std::move(kernel);
      functions().add(function);
      loaded->functions[name] = std::move(function);
    }
  } catch (const ptx::SyntaxError &error) {
    throw Fault{InvalidPtx, error.what()};
  }
  return loaded;
}

static void checkShape(const Kernel &kernel, const LaunchShape &shape) {
  u64 threads = u64(shape.block[0]) * shape.block[1] * shape.block[2];
  u64 blocks = u64(shape.grid[0]) * shape.grid[1] * shape.grid[2];
  auto refuse = [&](Status status, const std::string &why) {
    throw Fault{status, "launch of kernel '" + kernel.name + "': " + why};
  };
  if (threads == 0 || blocks == 0 || shape.grid[1] > 65535 || shape.grid[2] > 65535 || blocks > (u64{1} << 26))
    refuse(InvalidValue, "unexpected grid or block");
  if (threads > 1024 || shape.block[2] > 64)
    refuse(InvalidValue, std::to_string(threads) + " threads a block");
  if (threads > kernel.maxThreads)
    refuse(InvalidValue,
           std::to_string(threads) + " threads a block, more than its .maxntid " + std::to_string(kernel.maxThreads));
  if (kernel.requiredThreads[0] && kernel.requiredThreads != shape.block)
    refuse(InvalidValue, "another block than its .reqntid");
  if (shape.dynamicShared > kernel.dynamicShared)
    refuse(InvalidValue, std::to_string(shape.dynamicShared) + " bytes of dynamic shared memory, more than the " +
                             std::to_string(kernel.dynamicShared) + " that it may have (cuFuncSetAttribute)");
  if (kernel.staticShared + shape.dynamicShared > mostShared())
    refuse(InvalidValue, "more shared memory than a block has");
}

static void perform(Context &context, const std::shared_ptr<Function> &function, const LaunchShape &shape,
                    const std::vector<u8> &parameters, const Moment &moment) {
  Launch launch;
  launch.kernel = &function->kernel;
  launch.grid = shape.grid;
  launch.block = shape.block;
  launch.dynamicShared = shape.dynamicShared;
  launch.parameters = parameters;
  launch.seed = settings().seed ? settings().seed * 1000003 + moment.time : 0;
  Performance performance(moment, launch.blocks(), "kernel '" + function->kernel.name + "'");
  launch.actor = performance.actor();
  launch.nameOfOther = &Performance::nameOf;
  std::set<Device *> reachable;
  {
    std::lock_guard<std::mutex> lock(context.mutex);
    reachable = context.peers;
  }
  reachable.insert(context.device);
  RunningLock lock(reachable);
  launch.memories.push_back(context.device->memory.get());
  for (Device *device : reachable)
    if (device != context.device)
      launch.memories.push_back(device->memory.get());
  launch.memories.push_back(&pinnedMemory());
  run(launch);
}

void sluice::emulator::launch(Context &context, Stream *stream, const std::shared_ptr<Function> &function,
                              const LaunchShape &shape, std::vector<u8> parameters) {
  checkShape(function->kernel, shape);
  Work work = [=, &context](const Moment &moment) { perform(context, function, shape, parameters, moment); };
  issue(context, stream, [work] { return work; });
}
