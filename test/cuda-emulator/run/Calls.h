//===- Calls.h - Which entries a program calls --------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_RUN_CALLS_H
#define SLUICE_TEST_CUDAEMULATOR_RUN_CALLS_H

namespace sluice::emulator {

/// Appends the name of an entry to the process's log of calls, if it keeps one.
void logCall(const char *entry);

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_RUN_CALLS_H
