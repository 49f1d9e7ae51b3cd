//===- Settings.h - What environment variables choose -------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_RUN_SETTINGS_H
#define SLUICE_TEST_CUDAEMULATOR_RUN_SETTINGS_H

#include "test/cuda-emulator/code/Numbers.h"
#include <string>

namespace sluice::emulator {

/// When asynchronous copies, and the work of streams, are carried out.
enum class Completion : u8 { AtOnce, Late, Random };

/// Each member has the environment variable that README.md names.
struct Settings {
  int devices = 1;
  bool arePeers = true;           ///< whether devices can access each other's memory
  u64 memoryBytes = u64{2} << 30; ///< of a device
  int capability = 80;            ///< ten times
  int driverVersion = 13000;
  u64 seed = 0; ///< of orders; 0: blocks and warps one after the other, as numbered
  Completion completion = Completion::AtOnce;
  int residentBlocks = 4;              ///< that run interleaved
  u64 mostInstructions = u64{1} << 36; ///< of all warps of a launch
  bool checksRaces = true;
  bool checksInitialized = true;
  std::string reportFile, countersFile, callsFile; ///< empty: none

  /// Sets what an environment variable names: true if it names something, and if the value is one.
  bool set(const std::string &variable, const std::string &value);
};

/// Those of the process: read from the environment when first asked for. A bad value ends the process with a line.
Settings &settings();

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_RUN_SETTINGS_H
