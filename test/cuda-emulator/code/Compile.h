//===- Compile.h - From a module as written to kernels that run ---------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_CODE_COMPILE_H
#define SLUICE_TEST_CUDAEMULATOR_CODE_COMPILE_H

#include "test/cuda-emulator/code/Encoder.h"

namespace sluice::emulator {

/// The kernels of a module whose variables in global and constant memory have these addresses. Throws ptx::SyntaxError.
std::vector<Kernel> compile(const ptx::Module &module, const std::map<std::string, Symbol> &variables);

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_CODE_COMPILE_H
