//===- Module.h - Modules, kernels and launches -------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_DRIVER_MODULE_H
#define SLUICE_TEST_CUDAEMULATOR_DRIVER_MODULE_H

#include "test/cuda-emulator/code/Operation.h"
#include "test/cuda-emulator/driver/Graph.h"

namespace sluice::emulator {

struct LoadedModule;

struct Function {
  LoadedModule *module = nullptr;
  Kernel kernel;
};

struct GlobalVariable {
  u64 address = 0, bytes = 0;
};

/// A module of a context; its variables lie in the device's memory.
struct LoadedModule {
  Context *context = nullptr;
  std::map<std::string, std::shared_ptr<Function>> functions;
  std::map<std::string, GlobalVariable> variables;

  ~LoadedModule();
};

Handles<LoadedModule> &modules();
Handles<Function> &functions();

/// Loads PTX. Throws Fault, whose text goes to the log of the program; other images than PTX are refused as a card
/// refuses those for another architecture.
std::shared_ptr<LoadedModule> loadModule(Context &context, const void *image);

struct LaunchShape {
  std::array<u32, 3> grid, block;
  u32 dynamicShared;
};

/// Issues a launch with the bytes of all parameters. Throws Fault.
void launch(Context &context, Stream *stream, const std::shared_ptr<Function> &function, const LaunchShape &shape,
            std::vector<u8> parameters);

/// The most shared memory of a block, which cuFuncSetAttribute may ask for.
u32 mostShared();

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_DRIVER_MODULE_H
