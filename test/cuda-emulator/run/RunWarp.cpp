//===- RunWarp.cpp - One warp, operation after operation ----------------------------------===//
//
// Lanes that part at a branch run one path after the other, and meet at its immediate post-dominator.
//
//===----------------------------------------------------------------------===//
#include "test/cuda-emulator/run/Warp.h"

using namespace sluice::emulator;

static std::string triple(const std::array<u32, 3> &index) {
  return "(" + std::to_string(index[0]) + "," + std::to_string(index[1]) + "," + std::to_string(index[2]) + ")";
}

void sluice::emulator::fault(Warp &warp, const Operation &operation, Status status, const std::string &text, int lane) {
  const Launch &launch = *warp.block->launch;
  std::string where = "kernel '" + launch.kernel->name + "', PTX line " + std::to_string(operation.line) + ", block " +
                      triple(warp.block->index);
  if (lane < 0) {
    where += ", warp " + std::to_string(warp.number);
  } else {
    u32 thread = warp.number * 32 + lane;
    where += ", thread " + triple({thread % launch.block[0], thread / launch.block[0] % launch.block[1],
                                   thread / launch.block[0] / launch.block[1]});
  }
  throw Fault{status, where + ": " + text};
}

/// Parts the lanes of a path: those that take the branch run first.
static void branch(Warp &warp, const Operation &operation, u32 all, u32 taken) {
  Path &path = warp.paths.back();
  u32 next = path.next + 1, join = operation.reconverge;
  if (taken == all) {
    path.next = operation.target;
  } else if (!taken) {
    path.next = next;
  } else {
    path.next = join;
    // A path that begins where lanes join has nothing to run.
    if (next != join)
      warp.paths.push_back({next, join, all & ~taken});
    if (operation.target != join)
      warp.paths.push_back({operation.target, join, taken});
  }
}

/// Whether the warp is at its barrier, or may go on because all others were there.
static bool waitsAtBarrier(Warp &warp, const Operation &operation, u32 all) {
  if (all != warp.live)
    fault(warp, operation, LaunchFailed,
          "divergent barrier: some of the warp's threads are on another path (lanes " + std::to_string(all) + " of " +
              std::to_string(warp.live) + " as masks)");
  operation.run(warp, operation);
  return warp.block->states[warp.number] == WarpState::Waiting;
}

Stop sluice::emulator::runWarp(Warp &warp, u32 instructions) {
  const Operation *operations = warp.block->launch->kernel->operations.data();
  Counters &counters = warp.block->launch->counters;
  for (u32 count = 0; count < instructions; ++count) {
    while (warp.paths.back().next == warp.paths.back().reconverge || !(warp.paths.back().mask & warp.live)) {
      warp.paths.pop_back();
      if (warp.paths.empty())
        return Stop::Done;
    }
    Path &path = warp.paths.back();
    const Operation &operation = operations[path.next];
    u32 all = path.mask & warp.live, active = all;
    if (operation.guard != none) {
      u32 predicate = warp.predicates[operation.guard];
      active &= operation.isGuardNegated ? ~predicate : predicate;
    }
    ++counters.instructions[int(operation.counted)];
    switch (operation.flow) {
    case Flow::Plain:
      if (active) {
        warp.mask = active;
        operation.run(warp, operation);
      }
      ++path.next;
      break;
    case Flow::Branch:
      branch(warp, operation, all, active);
      break;
    case Flow::Exit:
      warp.live &= ~active;
      ++path.next;
      if (!warp.live)
        return Stop::Done;
      break;
    case Flow::Barrier:
      ++path.next;
      warp.mask = active;
      if (active && waitsAtBarrier(warp, operation, active))
        return Stop::Waiting;
      break;
    }
  }
  return Stop::Yields;
}
