//===- AsyncOps.cpp - cp.async and its waits ----------------------------------------------===//
//
// When a copy is issued, its target is poisoned and marked as in flight. When its thread waits for it, the bytes are
// there and count as written by then. In between they move at once, or as late as that, by the settings.
//
//===----------------------------------------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"
#include "test/cuda-emulator/run/Access.h"

using namespace sluice::emulator;

/// Moves what one lane copies, and zeros behind it.
static void deliver(Warp &warp, const AsyncCopy &copy, int lane) {
  SharedMemory &shared = warp.block->shared;
  u32 target = copy.target[lane], taken = copy.sourceBytes[lane];
  std::memset(&shared.data[target], 0, copy.bytes);
  if (taken == 0)
    return;
  if (const Memory *memory = memoryAt(*warp.block->launch, copy.source[lane]))
    std::memcpy(&shared.data[target], memory->dataAt(copy.source[lane]), taken);
}

/// What a lane waited for is there: later reads by others need a barrier.
static void complete(Warp &warp, const AsyncCopy &copy, int lane) {
  SharedMemory &shared = warp.block->shared;
  if (copy.isLate)
    deliver(warp, copy, lane);
  // It counts as written now: a barrier that came before the wait does not order it.
  if (warp.block->launch->checksRaces)
    shared.write(copy.target[lane], copy.bytes, warp.number);
  std::memset(&shared.marks[copy.target[lane]], u8(Mark::Initialized), copy.bytes);
}

static bool isLate(Launch &launch) {
  Completion completion = settings().completion;
  return completion == Completion::Late || (completion == Completion::Random && launch.random.below(2));
}

// at: target, source, bytes of the source or none. value: bytes.
static void issue(Warp &warp, const Operation &operation) {
  Launch &launch = *warp.block->launch;
  SharedMemory &shared = warp.block->shared;
  AsyncCopy copy;
  copy.lanes = warp.mask;
  copy.bytes = u32(operation.value);
  copy.isLate = isLate(launch);
  copy.operation = &operation;
  copy.group = warp.committed;
  u64 targets[32], sources[32];
  const u32 *sizes = operation.at[2] == none ? nullptr : warp.lanes<u32>(operation.at[2]);
  gatherAddresses(warp, operation, 0, targets);
  const u64 *in = warp.lanes<u64>(operation.at[1]);
  for (int lane = 0; lane < 32; ++lane)
    sources[lane] = in[lane] + u64(s64(operation.at[3] | u64(operation.at[4]) << 32));
  if (launch.isCounting) {
    SharedSpace::count(warp, operation, targets, copy.bytes);
    GlobalSpace::count(warp, operation, sources, copy.bytes);
  }
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = __builtin_ctz(rest);
    u32 taken = sizes ? sizes[lane] : copy.bytes;
    if (taken > copy.bytes)
      fault(warp, operation, LaunchFailed,
            "cp.async takes " + std::to_string(taken) + " bytes of a source for " + std::to_string(copy.bytes), lane);
    // The address must be good for all bytes' alignment, and be memory for those that are read.
    if (sources[lane] % copy.bytes)
      GlobalSpace::read({warp, operation, lane, sources[lane], copy.bytes});
    for (u32 byte = 0; byte < taken;) {
      u32 step = taken - byte >= 4 ? 4 : 1;
      if (taken == copy.bytes)
        step = copy.bytes;
      GlobalSpace::read({warp, operation, lane, sources[lane] + byte, step});
      byte += step;
    }
    SharedSpace::write({warp, operation, lane, targets[lane], copy.bytes});
    copy.target[lane] = u32(targets[lane]);
    copy.source[lane] = sources[lane];
    copy.sourceBytes[lane] = taken;
    std::memset(&shared.marks[copy.target[lane]], markInFlight, copy.bytes);
    if (copy.isLate)
      std::memset(&shared.data[copy.target[lane]], 0xff, copy.bytes);
    else
      deliver(warp, copy, lane);
  }
  warp.copies.push_back(std::move(copy));
}

static void commit(Warp &warp, const Operation &) {
  for (int lane = 0; lane < 32; ++lane)
    warp.committed[lane] += warp.mask >> lane & 1;
}

/// Completes what the lanes of the mask wait for: groups up to the last `pending` committed ones, or everything.
static void waitFor(Warp &warp, u32 pending, bool isAll) {
  for (AsyncCopy &copy : warp.copies) {
    for (u32 rest = warp.mask & copy.lanes; rest; rest &= rest - 1) {
      int lane = __builtin_ctz(rest);
      if (!isAll && copy.group[lane] + pending >= warp.committed[lane])
        continue;
      complete(warp, copy, lane);
      copy.lanes &= ~(1u << lane);
    }
  }
  auto isDone = [](const AsyncCopy &copy) { return copy.lanes == 0; };
  warp.copies.erase(std::remove_if(warp.copies.begin(), warp.copies.end(), isDone), warp.copies.end());
}

static void waitGroup(Warp &warp, const Operation &operation) { waitFor(warp, u32(operation.value), false); }
static void waitAll(Warp &warp, const Operation &) { waitFor(warp, 0, true); }

/// [target], [source], bytes{, bytes of the source}
static void encodeCopy(Encoder &encoder, bool isCached) {
  Operation &operation = encoder.operation;
  encoder.expectOperands(3, 4);
  operation.run = &issue;
  operation.counted = Class::Async;
  encoder.address(encoder.operand(1), 1, ptx::Space::Global);
  operation.at[3] = u32(operation.offset);
  operation.at[4] = u32(u64(operation.offset) >> 32);
  encoder.address(encoder.operand(0), 0, ptx::Space::Shared);
  operation.value = encoder.constant(encoder.operand(2));
  bool isSize = operation.value == 16 || (isCached && (operation.value == 4 || operation.value == 8));
  if (!isSize)
    encoder.fail("unexpected number of bytes of '" + encoder.instruction.opcode + "'");
  operation.at[2] = encoder.count() == 4 ? encoder.input(encoder.operand(3), 4) : none;
}

void sluice::emulator::addAsyncOps(OpcodeTable &table) {
  for (const char *space : {"shared", "shared::cta"})
    for (const char *hint : {"", ".L2::64B", ".L2::128B", ".L2::256B"}) {
      table.add(std::string("cp.async.cg.") + space + ".global" + hint,
                [](Encoder &encoder) { encodeCopy(encoder, false); });
      table.add(std::string("cp.async.ca.") + space + ".global" + hint,
                [](Encoder &encoder) { encodeCopy(encoder, true); });
    }
  auto addPlain = [&](const char *spelling, Handler handler, size_t operands) {
    table.add(spelling, [=](Encoder &encoder) {
      encoder.expectOperands(operands);
      encoder.operation.run = handler;
      encoder.operation.counted = Class::Async;
      if (operands)
        encoder.operation.value = encoder.constant(encoder.operand(0));
    });
  };
  addPlain("cp.async.commit_group", &commit, 0);
  addPlain("cp.async.wait_group", &waitGroup, 1);
  addPlain("cp.async.wait_all", &waitAll, 0);
}
