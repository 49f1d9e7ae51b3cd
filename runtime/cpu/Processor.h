//===- Processor.h - What the processor at hand can do ----------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CPU_PROCESSOR_H
#define SLUICE_RUNTIME_CPU_PROCESSOR_H

#include "runtime/abi.h"

namespace sluice::runtime {

/// Asks the system for what the program needs. Error, naming what is missing, if this processor has not all the
/// features that the program was compiled for, or if the system refuses their use.
void checkProcessor(const sluice_binary &program);

/// Processors that this process may use; at least 1.
unsigned availableProcessors();

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CPU_PROCESSOR_H
