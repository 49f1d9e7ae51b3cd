//===- Entries.h - The entries of the driver, declared ------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_DRIVER_ENTRIES_H
#define SLUICE_TEST_CUDAEMULATOR_DRIVER_ENTRIES_H

#define ENTRY(name, parameters) extern "C" __attribute__((visibility("default"))) int name parameters;
#include "test/cuda-emulator/driver/Entries.def"
#undef ENTRY

#endif // SLUICE_TEST_CUDAEMULATOR_DRIVER_ENTRIES_H
