//===- MakeReplicas.h - The devices that a program is for -------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_ENGINE_MAKEREPLICAS_H
#define SLUICE_RUNTIME_ENGINE_MAKEREPLICAS_H

#include "runtime/abi.h"
#include "runtime/engine/Device.h"

namespace sluice::runtime {

/// How a process uses its devices.
struct DeviceOptions {
  unsigned threads;           ///< Of the host, for each of the program's devices.
  bool isSynchronous = false; ///< Whether cards run kernel by kernel, so that a fault names one.
};

/// What the devices of all replicas occupy: of the host, or of cards, as if all lay on one.
MemoryPlan planDevices(const sluice_binary &program, unsigned threads);

/// Makes the devices of all replicas, of the kind that the program is for. `program` must outlive them and have passed
/// checkProgram(). Throws as their constructors do.
Replicas makeReplicas(const sluice_binary &program, const DeviceOptions &options);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_MAKEREPLICAS_H
