//===- ControlFlow.h - Where kernels branch, and where registers live ---------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_CODE_CONTROLFLOW_H
#define SLUICE_TEST_CUDAEMULATOR_CODE_CONTROLFLOW_H

#include "test/cuda-emulator/code/Operation.h"
#include "test/cuda-emulator/ptx/Syntax.h"

namespace sluice::emulator {

struct ControlFlow {
  /// Of each instruction; -1: none. The end of the kernel is the number of instructions.
  std::vector<std::array<int, 2>> successors;
  /// The first instruction, or the end, that every way from an instruction comes to.
  std::vector<int> postDominators;
};

/// Throws ptx::SyntaxError for branches that have no target.
ControlFlow analyze(const ptx::Entry &entry);

/// The instruction that a branch goes to. Throws ptx::SyntaxError.
int targetOf(const ptx::Entry &entry, const ptx::Instruction &branch);

/// Gives registers places in the register file: those that do not live at the same time share one. Predicates are
/// numbered. Returns the bytes of the file.
u32 placeRegisters(const ptx::Entry &entry, const ControlFlow &flow, std::vector<u32> &places);

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_CODE_CONTROLFLOW_H
