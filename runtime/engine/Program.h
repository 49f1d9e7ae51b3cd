//===- Program.h - Reading a program's table --------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_ENGINE_PROGRAM_H
#define SLUICE_RUNTIME_ENGINE_PROGRAM_H

#include "runtime/Tensors.h"
#include "runtime/abi.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::runtime {

/// Bytes of each kind of memory that a run occupies.
struct MemoryPlan {
  int64_t parameters = 0;
  int64_t slots = 0; ///< Kept values, gradients, optimizer state.
  int64_t scratch = 0;
  int64_t threadScratch = 0; ///< Of all threads together.
  int64_t inputs = 0;
  int64_t total() const { return parameters + slots + scratch + threadScratch + inputs; }
};

/// Error if the program's table contradicts itself, or was made for another version of the ABI.
void checkProgram(const sluice_binary &program);

/// Error, naming what is missing, if this processor has not all the features that the program was compiled for.
void checkProcessor(const sluice_binary &program);

MemoryPlan planMemory(const sluice_binary &program, unsigned threads);

/// Bytes of scratch that each thread needs, and elements from one input of a micro-batch to the next.
int64_t threadScratchBytes(const sluice_binary &program);
int64_t inputStride(const sluice_binary &program);

/// The program's graph of that name, or null.
const sluice_graph *findGraph(const sluice_binary &program, const std::string &name);

/// Number of elements of a tensor of the table, and its shape.
int64_t elementCount(const sluice_tensor &tensor);
std::vector<int64_t> shapeOf(const sluice_tensor &tensor);

/// Number of elements of all parameters together.
int64_t parameterElements(const sluice_binary &program);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_PROGRAM_H
