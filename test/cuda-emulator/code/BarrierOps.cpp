//===- BarrierOps.cpp - Barriers and fences -----------------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"
#include "test/cuda-emulator/run/Warp.h"

using namespace sluice::emulator;

/// The value that all lanes of the mask share.
static u32 uniform(Warp &warp, const Operation &operation, u32 place) {
  const u32 *values = warp.lanes<u32>(place);
  u32 first = values[__builtin_ctz(warp.mask)];
  for (u32 rest = warp.mask; rest; rest &= rest - 1)
    if (values[__builtin_ctz(rest)] != first)
      fault(warp, operation, LaunchFailed, "divergent barrier: threads of the warp name different barriers or counts");
  return first;
}

/// The warp is at a barrier: it waits, or it only arrives. The last one to come lets all go on. at: number, count of
/// threads or none.
template <bool waits> static void arrive(Warp &warp, const Operation &operation) {
  Block &block = *warp.block;
  u32 id = uniform(warp, operation, operation.at[0]);
  u32 all = u32(block.warps.size()) * 32;
  u32 threads = operation.at[1] == none ? all : uniform(warp, operation, operation.at[1]);
  if (id >= block.barriers.size() || threads == 0 || threads % 32 || threads > all)
    fault(warp, operation, LaunchFailed,
          "barrier " + std::to_string(id) + " with " + std::to_string(threads) +
              " threads: there are 16 barriers, and counts are whole warps of the block");
  Barrier &barrier = block.barriers[id];
  if (barrier.threads && barrier.threads != threads)
    fault(warp, operation, LaunchFailed,
          "barrier " + std::to_string(id) + " with " + std::to_string(threads) + " threads: others wait there for " +
              std::to_string(barrier.threads));
  u32 bit = 1u << warp.number;
  if (barrier.arrived & bit)
    fault(warp, operation, LaunchFailed, "barrier " + std::to_string(id) + ": the warp arrives twice");
  barrier.threads = threads;
  barrier.line = operation.line;
  barrier.arrived |= bit;
  if (waits) {
    barrier.waiting |= bit;
    block.states[warp.number] = WarpState::Waiting;
  }
  if (32 * u32(__builtin_popcount(barrier.arrived)) < threads)
    return;
  ++block.launch->counters.barriers;
  block.shared.meet(barrier.arrived, barrier.waiting);
  for (u32 rest = barrier.waiting; rest; rest &= rest - 1)
    block.states[__builtin_ctz(rest)] = WarpState::Ready;
  barrier = {};
}

static void syncWarp(Warp &warp, const Operation &operation) {
  const u32 *members = warp.lanes<u32>(operation.at[0]);
  for (u32 rest = warp.mask; rest; rest &= rest - 1)
    if ((members[__builtin_ctz(rest)] & warp.live) != warp.mask)
      fault(warp, operation, LaunchFailed, "divergent barrier: bar.warp.sync names lanes that are not there");
}

static void doNothing(Warp &, const Operation &) {}

static void encodeBarrier(Encoder &encoder, Handler handler, bool needsCount) {
  Operation &operation = encoder.operation;
  encoder.expectOperands(needsCount ? 2 : 1, 2);
  operation.run = handler;
  operation.flow = Flow::Barrier;
  operation.counted = Class::Control;
  operation.at[0] = encoder.input(encoder.operand(0), 4);
  operation.at[1] = encoder.count() == 2 ? encoder.input(encoder.operand(1), 4) : none;
}

void sluice::emulator::addBarrierOps(OpcodeTable &table) {
  for (std::string name : {"bar", "barrier", "bar.cta", "barrier.cta"})
    for (std::string aligned : {"", ".aligned"}) {
      if (!aligned.empty() && name[3] != 'r')
        continue;
      table.add(name + ".sync" + aligned, [](Encoder &encoder) { encodeBarrier(encoder, &arrive<true>, false); });
      table.add(name + ".arrive" + aligned, [](Encoder &encoder) { encodeBarrier(encoder, &arrive<false>, true); });
    }
  table.add("bar.warp.sync", [](Encoder &encoder) {
    encoder.expectOperands(1);
    encoder.operation.run = &syncWarp;
    encoder.operation.counted = Class::Warp;
    encoder.operation.at[0] = encoder.input(encoder.operand(0), 4);
  });
  // Stores are seen at once, so that fences have nothing to do.
  for (std::string spelling : {"membar.cta", "membar.gl", "membar.sys", "fence.acq_rel.cta", "fence.acq_rel.gpu",
                               "fence.acq_rel.sys", "fence.sc.cta", "fence.sc.gpu", "fence.sc.sys"})
    table.add(spelling, [](Encoder &encoder) {
      encoder.expectOperands(0);
      encoder.operation.run = &doNothing;
      encoder.operation.counted = Class::Control;
    });
}
