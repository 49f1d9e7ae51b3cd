//===- WarpOps.cpp - What lanes of a warp do together -------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"
#include "test/cuda-emulator/run/Warp.h"

using namespace sluice::emulator;

/// Lanes that an instruction names must all run it: on a card others wait for them, or read nothing.
static void expectMembers(Warp &warp, const Operation &operation, u32 place) {
  const u32 *members = warp.lanes<u32>(place);
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = __builtin_ctz(rest);
    if ((members[lane] & warp.live) != warp.mask || !(members[lane] >> lane & 1))
      fault(warp, operation, LaunchFailed, "divergent .sync instruction: its lanes are not those that its mask names",
            lane);
  }
}

namespace {
enum class Shuffle : u8 { Up, Down, Butterfly, Index };
}

/// at: result, predicate or none, value, lane or distance, clamp with segment mask, members.
template <Shuffle kind> static void shuffle(Warp &warp, const Operation &operation) {
  expectMembers(warp, operation, operation.at[5]);
  const u32 *in = warp.lanes<u32>(operation.at[2]), *by = warp.lanes<u32>(operation.at[3]);
  const u32 *limits = warp.lanes<u32>(operation.at[4]);
  u32 values[32], isInRange = 0;
  for (u32 rest = warp.mask; rest; rest &= rest - 1) {
    int lane = __builtin_ctz(rest);
    int clamp = int(limits[lane] & 31), segment = int(limits[lane] >> 8 & 31), distance = int(by[lane] & 31);
    int least = lane & segment, most = least | (clamp & ~segment), from = 0;
    switch (kind) {
    case Shuffle::Up:
      from = lane - distance;
      break;
    case Shuffle::Down:
      from = lane + distance;
      break;
    case Shuffle::Butterfly:
      from = lane ^ distance;
      break;
    case Shuffle::Index:
      from = least | (distance & ~segment);
      break;
    }
    // Of .up the bound is the lowest lane of the segment.
    bool isInside = kind == Shuffle::Up ? from >= most : from <= most;
    int source = isInside ? from : lane;
    if (!(warp.mask >> source & 1))
      fault(warp, operation, LaunchFailed, "shfl reads lane " + std::to_string(source) + ", which does not run it",
            lane);
    values[lane] = in[source];
    isInRange |= u32(isInside) << lane;
  }
  u32 *out = warp.lanes<u32>(operation.at[0]);
  for (u32 rest = warp.mask; rest; rest &= rest - 1)
    out[__builtin_ctz(rest)] = values[__builtin_ctz(rest)];
  if (operation.at[1] != none)
    writePredicate(warp, operation.at[1], isInRange);
}

static void encodeShuffle(Encoder &encoder, Handler handler) {
  Operation &operation = encoder.operation;
  encoder.expectOperands(5);
  operation.run = handler;
  operation.counted = Class::Warp;
  const ptx::Operand &result = encoder.operand(0);
  bool isPair = result.kind == ptx::Operand::Kind::Pair;
  operation.at[0] = encoder.result(isPair ? result.elements[0] : result, 4);
  operation.at[1] = isPair ? encoder.predicate(result.elements[1]) : none;
  for (size_t i = 1; i < 5; ++i)
    operation.at[1 + i] = encoder.input(encoder.operand(i), 4);
}

namespace {
enum class Vote : u8 { All, Any, Uniform, Ballot };
}

/// at: result, predicate, members; value is whether the predicate is negated.
template <Vote kind> static void vote(Warp &warp, const Operation &operation) {
  expectMembers(warp, operation, operation.at[2]);
  u32 lanes = (warp.predicates[operation.at[1]] ^ (operation.value ? ~0u : 0)) & warp.mask;
  if constexpr (kind == Vote::Ballot) {
    writeLanes<u32>(warp, operation.at[0], [=](int) { return lanes; });
  } else {
    bool isAll = lanes == warp.mask, isAny = lanes != 0;
    bool result = kind == Vote::All ? isAll : kind == Vote::Any ? isAny : isAll || !isAny;
    writePredicate(warp, operation.at[0], result ? ~0u : 0);
  }
}

template <Vote kind> static void addVote(OpcodeTable &table, const std::string &spelling) {
  table.add(spelling, [](Encoder &encoder) {
    Operation &operation = encoder.operation;
    encoder.expectOperands(3);
    operation.run = &vote<kind>;
    operation.counted = Class::Warp;
    operation.at[0] =
        kind == Vote::Ballot ? encoder.result(encoder.operand(0), 4) : encoder.predicate(encoder.operand(0));
    operation.at[1] = encoder.predicate(encoder.operand(1));
    operation.value = encoder.operand(1).isNegated;
    operation.at[2] = encoder.input(encoder.operand(2), 4);
  });
}

template <typename T, typename F> static void reduce(Warp &warp, const Operation &operation) {
  expectMembers(warp, operation, operation.at[2]);
  const T *in = warp.lanes<T>(operation.at[1]);
  u32 rest = warp.mask;
  T result = in[__builtin_ctz(rest)];
  for (rest &= rest - 1; rest; rest &= rest - 1)
    result = (*callable<F>)(result, in[__builtin_ctz(rest)]);
  writeLanes<T>(warp, operation.at[0], [=](int) { return result; });
}

template <typename T, typename F> static void addReduction(OpcodeTable &table, const std::string &name, F function) {
  callable<F> = remember(function);
  table.add("redux.sync." + name, [](Encoder &encoder) {
    encoder.expectOperands(3);
    encoder.operation.run = &reduce<T, F>;
    encoder.operation.counted = Class::Warp;
    encoder.operation.at[0] = encoder.result(encoder.operand(0), 4);
    encoder.operation.at[1] = encoder.input(encoder.operand(1), 4);
    encoder.operation.at[2] = encoder.input(encoder.operand(2), 4);
  });
}

static void readActive(Warp &warp, const Operation &operation) {
  const u32 mask = warp.mask;
  writeLanes<u32>(warp, operation.at[0], [=](int) { return mask; });
}

static void matchAny(Warp &warp, const Operation &operation) {
  expectMembers(warp, operation, operation.at[2]);
  u32 in[32];
  std::copy_n(warp.lanes<u32>(operation.at[1]), 32, in);
  const u32 mask = warp.mask;
  writeLanes<u32>(warp, operation.at[0], [&](int lane) {
    u32 same = 0;
    for (int other = 0; other < 32; ++other)
      same |= u32(in[other] == in[lane]) << other;
    return same & mask;
  });
}

void sluice::emulator::addWarpOps(OpcodeTable &table) {
  table.add("shfl.sync.up.b32", [](Encoder &encoder) { encodeShuffle(encoder, &shuffle<Shuffle::Up>); });
  table.add("shfl.sync.down.b32", [](Encoder &encoder) { encodeShuffle(encoder, &shuffle<Shuffle::Down>); });
  table.add("shfl.sync.bfly.b32", [](Encoder &encoder) { encodeShuffle(encoder, &shuffle<Shuffle::Butterfly>); });
  table.add("shfl.sync.idx.b32", [](Encoder &encoder) { encodeShuffle(encoder, &shuffle<Shuffle::Index>); });
  addVote<Vote::All>(table, "vote.sync.all.pred");
  addVote<Vote::Any>(table, "vote.sync.any.pred");
  addVote<Vote::Uniform>(table, "vote.sync.uni.pred");
  addVote<Vote::Ballot>(table, "vote.sync.ballot.b32");
  addReduction<u32>(table, "add.u32", [](u32 a, u32 b) { return a + b; });
  addReduction<u32>(table, "add.s32", [](u32 a, u32 b) { return a + b; });
  addReduction<u32>(table, "min.u32", [](u32 a, u32 b) { return std::min(a, b); });
  addReduction<s32>(table, "min.s32", [](s32 a, s32 b) { return std::min(a, b); });
  addReduction<u32>(table, "max.u32", [](u32 a, u32 b) { return std::max(a, b); });
  addReduction<s32>(table, "max.s32", [](s32 a, s32 b) { return std::max(a, b); });
  addReduction<u32>(table, "and.b32", [](u32 a, u32 b) { return a & b; });
  addReduction<u32>(table, "or.b32", [](u32 a, u32 b) { return a | b; });
  addReduction<u32>(table, "xor.b32", [](u32 a, u32 b) { return a ^ b; });
  table.add("activemask.b32", [](Encoder &encoder) {
    encoder.expectOperands(1);
    encoder.operation.run = &readActive;
    encoder.operation.counted = Class::Warp;
    encoder.operation.at[0] = encoder.result(encoder.operand(0), 4);
  });
  table.add("match.any.sync.b32", [](Encoder &encoder) {
    encoder.expectOperands(3);
    encoder.operation.run = &matchAny;
    encoder.operation.counted = Class::Warp;
    encoder.operation.at[0] = encoder.result(encoder.operand(0), 4);
    encoder.operation.at[1] = encoder.input(encoder.operand(1), 4);
    encoder.operation.at[2] = encoder.input(encoder.operand(2), 4);
  });
}
