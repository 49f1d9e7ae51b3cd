//===- Program.h - Reading a program's table --------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_ENGINE_PROGRAM_H
#define SLUICE_RUNTIME_ENGINE_PROGRAM_H

#include "runtime/Tensors.h"
#include "runtime/abi.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::runtime {

/// Error if the program's table contradicts itself, or was made for another version of the ABI.
void checkProgram(const sluice_binary &program);

/// The program's first metric of that kind, or null.
const sluice_metric *findMetric(const sluice_binary &program, sluice_metric_kind kind);

/// The program's graph of that name, or null.
const sluice_graph *findGraph(const sluice_binary &program, const std::string &name);

/// Number of elements of a tensor of the table, and its shape.
int64_t elementCount(const sluice_tensor &tensor);
std::vector<int64_t> shapeOf(const sluice_tensor &tensor);

/// The type, shape and size of a parameter's state tensor number `state`; its name and offset are the parameter's.
sluice_tensor stateTensor(const sluice_parameter &parameter, uint32_t state);

/// Number of elements of all parameters together.
int64_t parameterElements(const sluice_binary &program);

/// Whether the program's functions are kernels of graphics cards.
bool runsOnCards(const sluice_binary &program);

/// Whether a step has the norm of the parameter's gradient; a copy's is that of the parameter.
bool hasNorm(const sluice_parameter &parameter);

/// What is timed by itself: parallel loops, or kernels of cards.
std::vector<sluice_kernel> kernelsOf(const sluice_binary &program);

/// The device that holds a stage of a replica, an index in sluice_binary::devices.
int32_t deviceOf(const sluice_binary &program, int32_t stage, int32_t replica);

/// The stages that a device holds: "stage 1", "stages 0 and 2 of replica 1".
std::string describeDevice(const sluice_binary &program, int32_t device);

/// Bytes of a message: of all tensors that it bundles, or of a gradient buffer.
int64_t messageBytes(const sluice_binary &program, const sluice_channel &channel);

/// The share of a step that each device computes, as the compiler simulated it; empty where it did not.
std::vector<double> predictedBusy(const sluice_binary &program);

/// The part of a step that devices wait, on average: of the shares that they compute, at least one.
double bubbleOf(const std::vector<double> &busy);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_PROGRAM_H
