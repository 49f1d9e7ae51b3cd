//===- Launcher.cpp - Functions of a program as launches ------------------===//

#include "runtime/cuda/Launcher.h"

#include <algorithm>
#include <chrono>
#include <string>

using namespace sluice::cuda;

Launcher::Launcher(const sluice_binary &program, const Kernels &kernels, Stream &stream)
    : program(program), kernels(kernels), stream(stream) {}

Launcher::~Launcher() { stream.drain(); }

void Launcher::launchAll(const Call &call, const AddressFunction &addressOf, int64_t microBatch) {
  const sluice_function &function = program.functions[call.function];
  std::vector<Address> parameters;
  for (uint32_t i = 0; i < function.launch_count; ++i) {
    const sluice_launch &launch = program.launches[function.first_launch + i];
    parameters.clear();
    for (uint32_t o = 0; o < launch.operand_count; ++o)
      parameters.push_back(addressOf(program.operands[launch.first_operand + o]));
    int64_t begin = areTimed ? stream.mark() : 0;
    stream.launch(kernels.function(launch.symbol), {launch.grid, launch.block, launch.shared_bytes}, parameters,
                  std::string("kernel ") + program.symbols[launch.symbol].name + " of " + launch.place +
                      ", micro-batch " + std::to_string(microBatch));
    if (areTimed)
      runs.push_back({launch.symbol, begin, stream.mark()});
  }
}

void Launcher::call(const Call &call, const AddressFunction &addressOf, int64_t microBatch) {
  const sluice_function &function = program.functions[call.function];
  if (function.launch_count <= 1 || stream.isSynchronous() || areTimed)
    return launchAll(call, addressOf, microBatch);
  auto found = graphs.find(call);
  if (found == graphs.end())
    found = graphs
                .try_emplace(call, stream, std::string("the graph of ") + function.name,
                             [&] { launchAll(call, addressOf, microBatch); })
                .first;
  found->second.launch();
}

void Launcher::addTimes(std::vector<KernelTime> &sums) {
  for (const TimedRun &run : runs) {
    ++sums[run.symbol].runs;
    sums[run.symbol].seconds +=
        std::chrono::duration<double>(stream.whenDone(run.end) - stream.whenDone(run.begin)).count();
  }
  runs.clear();
}

/// Launches one of the runtime's kernels, whose threads share so many elements.
void Launcher::launchEach(OwnKernel kernel, uint32_t element, int64_t count, std::vector<Address> parameters) {
  if (count == 0)
    return;
  constexpr uint32_t kThreads = 256, kMostBlocks = 1024;
  uint32_t block[] = {kThreads, 1, 1};
  uint32_t grid[] = {static_cast<uint32_t>(std::min<int64_t>((count + kThreads - 1) / kThreads, kMostBlocks)), 1, 1};
  stream.launch(kernels.own(kernel, element), {grid, block, 0}, parameters, describe(kernel));
}

void Launcher::launchOne(OwnKernel kernel, uint32_t element, std::vector<Address> parameters) {
  uint32_t grid[] = {1, 1, 1}, block[] = {kernel == OwnKernel::Decide ? kDecidingThreads : 1, 1, 1};
  stream.launch(kernels.own(kernel, element), {grid, block, 0}, parameters, describe(kernel));
}

void Launcher::copyToPeer(Address into, Address from, int64_t bytes) {
  Address all = into | from | static_cast<Address>(bytes);
  OwnKernel kernel = all % 4 == 0 ? OwnKernel::Copy : OwnKernel::CopyBytes;
  uint32_t element = all % 8 == 0 ? SLUICE_F64 : SLUICE_F32;
  int64_t count = all % 8 == 0 ? bytes / 8 : all % 4 == 0 ? bytes / 4 : bytes;
  launchEach(kernel, element, count, {into, from, static_cast<Address>(count), 0});
}

void Launcher::add(Address into, Address from, int64_t count, uint32_t element) {
  launchEach(OwnKernel::Add, element, count, {into, from, static_cast<Address>(count), 0});
}

void Launcher::extrapolate(Address values, Address newest, int64_t count, uint32_t element, int32_t ahead) {
  launchEach(OwnKernel::Extrapolate, element, count,
             {values, newest, static_cast<Address>(count), static_cast<Address>(ahead)});
}
