//===- WarpTest.cpp - What lanes of a warp do together ------------------------------------===//
#include "test/cuda-emulator/tests/Machine.h"
#include <gtest/gtest.h>

using namespace sluice::emulator::tests;

/// Runs a warp whose lane i has 3 i + 1 in %r0, and stores %r1.
static std::vector<uint32_t> run(Machine &machine, const std::string &body, unsigned threads = 32) {
  Address result = machine.put(std::vector<uint32_t>(threads, 77));
  std::string text = "mul.lo.s32 %r0, %t, 3;\nadd.s32 %r0, %r0, 1;\nmov.b32 %r1, 99;\n" + body +
                     "\nmul.wide.u32 %d0, %t, 4;\nadd.s64 %d0, %p0, %d0;\nst.global.b32 [%d0], %r1;\n";
  check(machine.launch(machine.kernel(simpleKernel(1, text)), 1, threads, {result}));
  return machine.get<uint32_t>(result, threads);
}

template <typename F> static std::vector<uint32_t> lanes(F valueOf) {
  std::vector<uint32_t> values;
  for (int lane = 0; lane < 32; ++lane)
    values.push_back(uint32_t(valueOf(lane)));
  return values;
}

static uint32_t of(int lane) { return uint32_t(3 * lane + 1); }

TEST(Warp, Shuffles) {
  Machine machine;
  EXPECT_EQ(run(machine, "shfl.sync.bfly.b32 %r1, %r0, 5, 31, -1;"), lanes([](int i) { return of(i ^ 5); }));
  EXPECT_EQ(run(machine, "shfl.sync.idx.b32 %r1, %r0, 7, 31, -1;"), lanes([](int) { return of(7); }));
  EXPECT_EQ(run(machine, "shfl.sync.down.b32 %r1, %r0, 4, 31, -1;"),
            lanes([](int i) { return of(i + 4 < 32 ? i + 4 : i); }));
  EXPECT_EQ(run(machine, "shfl.sync.up.b32 %r1, %r0, 4, 0, -1;"), lanes([](int i) { return of(i >= 4 ? i - 4 : i); }));
  // Segments of eight lanes: the mask of the last operand has the bits that name a segment.
  EXPECT_EQ(run(machine, "shfl.sync.down.b32 %r1, %r0, 4, 0x181f, -1;"),
            lanes([](int i) { return of(i % 8 + 4 < 8 ? i + 4 : i); }));
  EXPECT_EQ(run(machine, "shfl.sync.up.b32 %r1, %r0, 4, 0x1800, -1;"),
            lanes([](int i) { return of(i % 8 >= 4 ? i - 4 : i); }));
  EXPECT_EQ(run(machine, "shfl.sync.idx.b32 %r1, %r0, 2, 0x181f, -1;"), lanes([](int i) { return of(i / 8 * 8 + 2); }));
  EXPECT_EQ(run(machine, "shfl.sync.down.b32 %r2|%q0, %r0, 4, 31, -1;\nselp.b32 %r1, 1, 0, %q0;"),
            lanes([](int i) { return i + 4 < 32; }));
}

TEST(Warp, ShufflesOfAPart) {
  Machine machine;
  EXPECT_EQ(run(machine, "setp.lt.u32 %q0, %t, 16;\n@%q0 shfl.sync.bfly.b32 %r1, %r0, 3, 31, 0xffff;"),
            lanes([](int i) { return i < 16 ? of(i ^ 3) : 99; }));
}

TEST(Warp, Votes) {
  Machine machine;
  std::string set = "setp.gt.u32 %q0, %r0, 40;\n";
  EXPECT_EQ(run(machine, set + "vote.sync.ballot.b32 %r1, %q0, -1;"), lanes([](int) { return 0xffffc000u; }));
  EXPECT_EQ(run(machine, set + "vote.sync.any.pred %q1, %q0, -1;\nselp.b32 %r1, 1, 0, %q1;"),
            lanes([](int) { return 1; }));
  EXPECT_EQ(run(machine, set + "vote.sync.all.pred %q1, %q0, -1;\nselp.b32 %r1, 1, 0, %q1;"),
            lanes([](int) { return 0; }));
  EXPECT_EQ(run(machine, set + "vote.sync.all.pred %q1, !%q0, -1;\nselp.b32 %r1, 1, 0, %q1;"),
            lanes([](int) { return 0; }));
  EXPECT_EQ(run(machine, set + "vote.sync.uni.pred %q1, %q0, -1;\nselp.b32 %r1, 1, 0, %q1;"),
            lanes([](int) { return 0; }));
  EXPECT_EQ(run(machine, set + "@%q0 activemask.b32 %r1;"), lanes([](int i) { return i >= 14 ? 0xffffc000u : 99; }));
}

TEST(Warp, Reductions) {
  Machine machine;
  EXPECT_EQ(run(machine, "redux.sync.add.s32 %r1, %r0, -1;"), lanes([](int) { return 3 * 496 + 32; }));
  EXPECT_EQ(run(machine, "redux.sync.max.u32 %r1, %r0, -1;"), lanes([](int) { return 94; }));
  EXPECT_EQ(run(machine, "sub.s32 %r0, %r0, 50;\nredux.sync.min.s32 %r1, %r0, -1;"), lanes([](int) { return -49; }));
  EXPECT_EQ(run(machine, "sub.s32 %r0, %r0, 50;\nredux.sync.min.u32 %r1, %r0, -1;"), lanes([](int) { return 2; }));
  EXPECT_EQ(run(machine, "redux.sync.max.s32 %r1, %r0, -1;"), lanes([](int) { return 94; }));
  EXPECT_EQ(run(machine, "redux.sync.add.u32 %r1, %r0, -1;"), lanes([](int) { return 3 * 496 + 32; }));
  EXPECT_EQ(run(machine, "redux.sync.and.b32 %r1, %r0, -1;"), lanes([](int) { return 0; }));
  EXPECT_EQ(run(machine, "redux.sync.or.b32 %r1, %r0, -1;"), lanes([](int) { return 127; }));
  EXPECT_EQ(run(machine, "redux.sync.xor.b32 %r1, %t, -1;"), lanes([](int) { return 0; }));
  EXPECT_EQ(run(machine, "and.b32 %r2, %t, 3;\nmatch.any.sync.b32 %r1, %r2, -1;"),
            lanes([](int i) { return 0x11111111u << i % 4; }));
}

TEST(Warp, SpecialRegisters) {
  Machine machine;
  EXPECT_EQ(run(machine, "mov.u32 %r1, %laneid;"), lanes([](int i) { return i; }));
  EXPECT_EQ(run(machine, "mov.u32 %r1, %lanemask_lt;"), lanes([](int i) { return (1u << i) - 1; }));
  EXPECT_EQ(run(machine, "mov.u32 %r1, %lanemask_le;"), lanes([](int i) { return i == 31 ? ~0u : (2u << i) - 1; }));
  EXPECT_EQ(run(machine, "mov.u32 %r1, %lanemask_eq;"), lanes([](int i) { return 1u << i; }));
  EXPECT_EQ(run(machine, "mov.u32 %r1, %lanemask_ge;"), lanes([](int i) { return ~0u << i; }));
  EXPECT_EQ(run(machine, "mov.u32 %r1, %lanemask_gt;"), lanes([](int i) { return i == 31 ? 0 : ~0u << (i + 1); }));
  std::vector<uint32_t> warps = run(machine, "mov.u32 %r1, %warpid;", 70);
  EXPECT_EQ(warps[31], 0u);
  EXPECT_EQ(warps[32], 1u);
  EXPECT_EQ(warps[69], 2u);
}

TEST(Warp, TimeGoesOnFromReadToRead) {
  Machine machine;
  EXPECT_EQ(run(machine, R"(.reg .b64 %a, %b;
mov.u64 %a, %globaltimer;
mov.u32 %r2, 0;
WAIT: add.u32 %r2, %r2, 1;
mov.u64 %b, %globaltimer;
sub.u64 %b, %b, %a;
setp.lt.u64 %q0, %b, 2000000;
@%q0 bra WAIT;
setp.lt.u64 %q0, %b, 2000000000;
setp.gt.and.u32 %q0, %r2, 1, %q0;
selp.u32 %r1, 1, 0, %q0;)"),
            lanes([](int) { return 1; }));
}
