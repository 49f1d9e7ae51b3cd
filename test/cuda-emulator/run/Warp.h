//===- Warp.h - 32 threads in step, their block and their launch --------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_RUN_WARP_H
#define SLUICE_TEST_CUDAEMULATOR_RUN_WARP_H

#include "test/cuda-emulator/code/Operation.h"
#include "test/cuda-emulator/memory/SharedMemory.h"
#include "test/cuda-emulator/run/Counters.h"
#include "test/cuda-emulator/run/Findings.h"
#include "test/cuda-emulator/run/Random.h"
#include "test/cuda-emulator/run/Settings.h"
#include <functional>
#include <memory>

namespace sluice::emulator {

struct Block;

/// Lanes that run together, up to where others join them again.
struct Path {
  u32 next, reconverge, mask;
};

/// A cp.async of a warp that was issued, and of which some lanes did not wait yet.
struct AsyncCopy {
  u32 lanes;
  u32 bytes;   ///< of a lane; those behind sourceBytes become zero
  bool isLate; ///< its bytes move when it is waited for
  const Operation *operation;
  std::array<u32, 32> group, target, sourceBytes;
  std::array<u64, 32> source;
};

struct Warp {
  Block *block = nullptr;
  u8 *registers = nullptr;
  u32 *predicates = nullptr;
  u32 number = 0;
  u32 mask = 0; ///< lanes that the operation is for
  u32 live = 0; ///< lanes that have not returned
  std::vector<Path> paths;
  std::vector<AsyncCopy> copies;
  std::array<u32, 32> committed{}; ///< groups of copies, by lane

  template <typename T> T *lanes(u32 at) { return reinterpret_cast<T *>(registers + at); }
};

enum class WarpState : u8 { Ready, Waiting, Done };

/// One of the 16 barriers of a block.
struct Barrier {
  u32 arrived = 0, waiting = 0; ///< warps
  u32 threads = 0;              ///< that must arrive; 0: nobody has
  int line = 0;                 ///< where the last one waits
};

/// A launch of a kernel.
struct Launch {
  const Kernel *kernel = nullptr;
  std::array<u32, 3> grid{}, block{};
  u32 dynamicShared = 0;
  std::vector<u8> parameters;
  std::vector<Memory *> memories;                    ///< that it may reach
  Actor actor;                                       ///< whose stamps are those of the blocks, from firstOfLaunch on
  std::function<std::string(u32 stamp)> nameOfOther; ///< what another launch or copy is
  u64 seed = 0;

  // While it runs:
  Counters counters;
  bool isCounting = false, checksRaces = true, checksInitialized = true;
  Random random{0};

  u32 blocks() const { return grid[0] * grid[1] * grid[2]; }
  u32 threads() const { return block[0] * block[1] * block[2]; }
  u32 sharedBytes() const { return kernel->staticShared + dynamicShared; }
};

struct Block {
  Launch *launch = nullptr;
  std::array<u32, 3> index{};
  Actor actor;
  SharedMemory shared;
  std::vector<Warp> warps;
  std::vector<WarpState> states;
  std::array<Barrier, 16> barriers{};
  std::unique_ptr<u64[]> registerFile;
  std::vector<u32> predicates;
  bool isRunning = false;
};

/// Ends the launch with a finding. The lane names the thread; -1: the finding is about the warp.
[[noreturn]] void fault(Warp &warp, const Operation &operation, Status status, const std::string &text, int lane = -1);

/// Runs all blocks. Throws Fault.
void run(Launch &launch);

enum class Stop : u8 { Done, Waiting, Yields };

/// Runs a warp until it returns or waits, or for so many instructions.
Stop runWarp(Warp &warp, u32 instructions);

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_RUN_WARP_H
