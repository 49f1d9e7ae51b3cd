//===- Emulator.h - What tests ask the emulator itself ------------------------------------===//
//
// Entries of libcuda.so.1 that no driver has. A program that finds them runs on the emulator.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_EMULATOR_H
#define SLUICE_TEST_CUDAEMULATOR_EMULATOR_H

extern "C" {
/// Sets what an environment variable of README.md sets; SLUICE_EMULATOR_COUNT=1 begins to count accesses. 0 where it
/// is no variable or no value.
__attribute__((visibility("default"))) int sluiceEmulatorSet(const char *variable, const char *value);
/// All findings so far, a line each; they are then forgotten. Valid until the next call.
__attribute__((visibility("default"))) const char *sluiceEmulatorTakeFindings();
/// All counters so far, as JSON, a line a kernel; they then begin again. Valid until the next call.
__attribute__((visibility("default"))) const char *sluiceEmulatorTakeCounters();
/// The opcodes that are known by their full spelling, a line each.
__attribute__((visibility("default"))) const char *sluiceEmulatorOpcodes();
}

#endif // SLUICE_TEST_CUDAEMULATOR_EMULATOR_H
