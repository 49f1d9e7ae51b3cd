//===- Blocks.cpp - The blocks of a launch, interleaved -----------------------------------===//
//
// A few blocks are there at a time, in an order of the seed, and warps run in turns: one that waits at a barrier, or
// that has run a while, makes room for another.
//
//===----------------------------------------------------------------------===//
#include "test/cuda-emulator/run/Warp.h"
#include <numeric>

using namespace sluice::emulator;

/// Bytes of the register file of a warp, in whole vectors.
static u32 registerBytes(const Kernel &kernel) { return (kernel.registerBytes + 255) / 256 * 256; }

namespace {
class BlockRunner {
public:
  explicit BlockRunner(Launch &launch);
  void run();

private:
  void start(Block &block);
  void startWarp(Block &block, u32 number);
  u64 specialValue(Special which, const Block &block, u32 thread) const;
  void turn(Block &block, u32 number);
  bool turnOfAll();
  bool turnOfOne();
  void checkProgress(Block &block);
  void checkCount(Warp &warp);
  u32 blockInOrder(u32 place) const;

  Launch &launch;
  std::vector<Block> blocks; ///< resident ones
  u32 started = 0, finished = 0;
  u32 factor = 1, shift = 0; ///< of the order: place * factor + shift
};
} // namespace

BlockRunner::BlockRunner(Launch &launch) : launch(launch) {
  u32 count = launch.blocks();
  if (launch.seed) {
    shift = launch.random.below(count);
    do
      factor = 1 + launch.random.below(count);
    while (std::gcd(factor, count) != 1);
  }
  blocks.resize(std::min<u32>(count, settings().residentBlocks));
  u32 warps = (launch.threads() + 31) / 32, bytes = registerBytes(*launch.kernel);
  for (Block &block : blocks) {
    block.launch = &launch;
    block.warps.resize(warps);
    block.states.resize(warps);
    block.predicates.resize(size_t(warps) * launch.kernel->predicates);
    block.registerFile.reset(new u64[size_t(warps) * bytes / 8 + 32]);
    u64 aligned = (reinterpret_cast<u64>(block.registerFile.get()) + 255) / 256 * 256;
    for (u32 i = 0; i < warps; ++i) {
      block.warps[i].block = &block;
      block.warps[i].number = i;
      block.warps[i].registers = reinterpret_cast<u8 *>(aligned + u64(i) * bytes);
      block.warps[i].predicates = block.predicates.data() + size_t(i) * launch.kernel->predicates;
      for (const Broadcast &constant : launch.kernel->constants)
        for (u32 lane = 0; lane < 32; ++lane)
          std::memcpy(block.warps[i].registers + constant.at + lane * constant.bytes, &constant.bits, constant.bytes);
    }
  }
}

u32 BlockRunner::blockInOrder(u32 place) const { return u32((u64(place) * factor + shift) % launch.blocks()); }

u64 BlockRunner::specialValue(Special which, const Block &block, u32 thread) const {
  u32 lane = thread % 32;
  switch (which) {
  case Special::TidX:
    return thread % launch.block[0];
  case Special::TidY:
    return thread / launch.block[0] % launch.block[1];
  case Special::TidZ:
    return thread / launch.block[0] / launch.block[1];
  case Special::NtidX:
  case Special::NtidY:
  case Special::NtidZ:
    return launch.block[int(which) - int(Special::NtidX)];
  case Special::CtaidX:
  case Special::CtaidY:
  case Special::CtaidZ:
    return block.index[int(which) - int(Special::CtaidX)];
  case Special::NctaidX:
  case Special::NctaidY:
  case Special::NctaidZ:
    return launch.grid[int(which) - int(Special::NctaidX)];
  case Special::LaneId:
    return lane;
  case Special::WarpId:
    return thread / 32;
  case Special::LaneMaskEq:
    return 1u << lane;
  case Special::LaneMaskLe:
    return (2u << lane) - 1;
  case Special::LaneMaskLt:
    return (1u << lane) - 1;
  case Special::LaneMaskGe:
    return ~((1u << lane) - 1);
  case Special::LaneMaskGt:
    return ~((2u << lane) - 1);
  }
  return 0;
}

void BlockRunner::startWarp(Block &block, u32 number) {
  Warp &warp = block.warps[number];
  const Kernel &kernel = *launch.kernel;
  u32 threads = std::min<u32>(32, launch.threads() - number * 32);
  warp.live = threads == 32 ? ~0u : (1u << threads) - 1;
  warp.paths.assign(1, {0, u32(kernel.operations.size()), warp.live});
  warp.copies.clear();
  warp.committed.fill(0);
  for (const SpecialRegister &special : kernel.specials)
    for (u32 lane = 0; lane < 32; ++lane)
      warp.lanes<u32>(special.at)[lane] = u32(specialValue(special.which, block, number * 32 + lane));
}

void BlockRunner::start(Block &block) {
  u32 number = blockInOrder(started);
  block.index = {number % launch.grid[0], number / launch.grid[0] % launch.grid[1],
                 number / launch.grid[0] / launch.grid[1]};
  block.actor = launch.actor;
  block.actor.stamp = launch.actor.firstOfLaunch + number;
  block.shared.reset(launch.sharedBytes());
  block.barriers.fill({});
  for (u32 i = 0; i < block.warps.size(); ++i) {
    startWarp(block, i);
    block.states[i] = WarpState::Ready;
  }
  block.isRunning = true;
  ++started;
}

void BlockRunner::turn(Block &block, u32 number) {
  // Without a seed a warp runs until it waits, for long.
  u32 instructions = launch.seed ? 1 + launch.random.below(512) : 1 << 16;
  switch (runWarp(block.warps[number], instructions)) {
  case Stop::Done:
    block.states[number] = WarpState::Done;
    break;
  case Stop::Waiting:
    break;
  case Stop::Yields:
    checkCount(block.warps[number]);
    break;
  }
}

/// A block none of whose warps can go on is done, or deadlocked.
void BlockRunner::checkProgress(Block &block) {
  u32 waiting = 0, done = 0;
  for (WarpState state : block.states) {
    if (state == WarpState::Ready)
      return;
    (state == WarpState::Waiting ? waiting : done) += 1;
  }
  if (!waiting) {
    block.isRunning = false;
    ++finished;
    return;
  }
  for (u32 id = 0; id < block.barriers.size(); ++id) {
    const Barrier &barrier = block.barriers[id];
    if (!barrier.waiting)
      continue;
    Operation at;
    at.line = barrier.line;
    fault(block.warps[__builtin_ctz(barrier.waiting)], at, LaunchFailed,
          "deadlock: barrier " + std::to_string(id) + " waits for " + std::to_string(barrier.threads) + " threads, " +
              std::to_string(32 * __builtin_popcount(barrier.arrived)) + " arrived, " + std::to_string(done) + " of " +
              std::to_string(block.warps.size()) + " warps have returned");
  }
}

/// The hold on a kernel that never ends.
void BlockRunner::checkCount(Warp &warp) {
  if (launch.counters.total() > settings().mostInstructions)
    fault(warp, launch.kernel->operations[warp.paths.back().next], Timeout,
          "the kernel does not end: more than " + std::to_string(settings().mostInstructions) +
              " instructions of warps");
}

/// Every warp that can run has a turn, in order.
bool BlockRunner::turnOfAll() {
  for (Block &block : blocks) {
    if (!block.isRunning)
      continue;
    for (u32 i = 0; i < block.warps.size(); ++i)
      if (block.states[i] == WarpState::Ready)
        turn(block, i);
    checkProgress(block);
  }
  return finished < launch.blocks();
}

/// One warp of one block has a turn, by the seed.
bool BlockRunner::turnOfOne() {
  Block &block = blocks[launch.random.below(u32(blocks.size()))];
  if (!block.isRunning)
    return finished < launch.blocks();
  u32 first = launch.random.below(u32(block.warps.size()));
  for (u32 i = 0; i < block.warps.size(); ++i) {
    u32 number = (first + i) % u32(block.warps.size());
    if (block.states[number] != WarpState::Ready)
      continue;
    turn(block, number);
    break;
  }
  checkProgress(block);
  return finished < launch.blocks();
}

void BlockRunner::run() {
  bool isMore = true;
  while (isMore) {
    for (Block &block : blocks)
      if (!block.isRunning && started < launch.blocks())
        start(block);
    isMore = launch.seed ? turnOfOne() : turnOfAll();
  }
}

void sluice::emulator::run(Launch &launch) {
  launch.random = Random(launch.seed);
  launch.isCounting = isCounting();
  launch.checksRaces = settings().checksRaces;
  launch.checksInitialized = settings().checksInitialized;
  BlockRunner(launch).run();
  launch.counters.launches = 1;
  launch.counters.blocks = launch.blocks();
  addCounters(launch.kernel->name, launch.counters);
}
