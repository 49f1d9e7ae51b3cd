//===- MakeReplicas.cpp - The devices that a program is for ---------------===//

#include "runtime/engine/MakeReplicas.h"
#include "runtime/cpu/Device.h"

namespace sluice::runtime {

Replicas makeReplicas(const sluice_binary &program, const DeviceOptions &options) {
  Replicas replicas;
  for (int32_t replica = 0; replica < program.replicas; ++replica)
    replicas.push_back(std::make_unique<CpuDevice>(program, options.threads));
  return replicas;
}

} // namespace sluice::runtime
