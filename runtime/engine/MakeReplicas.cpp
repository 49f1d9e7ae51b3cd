//===- MakeReplicas.cpp - The devices that a program is for ---------------===//

#include "runtime/engine/MakeReplicas.h"
#include "runtime/cpu/Device.h"
#include "runtime/cuda/Device.h"
#include "runtime/engine/Program.h"

namespace sluice::runtime {

MemoryPlan planDevices(const sluice_binary &program, unsigned threads) {
  return runsOnCards(program) ? cuda::planOnOneCard(program) : planMemory(program, threads);
}

Replicas makeReplicas(const sluice_binary &program, const DeviceOptions &options) {
  if (runsOnCards(program))
    return cuda::CudaDevice::make(program, options.threads, options.isSynchronous);
  Replicas replicas;
  for (int32_t replica = 0; replica < program.replicas; ++replica)
    replicas.push_back(std::make_unique<CpuDevice>(program, options.threads));
  return replicas;
}

} // namespace sluice::runtime
