//===- ControlTest.cpp - Branches, barriers and orders ------------------------------------===//
#include "test/cuda-emulator/tests/Machine.h"
#include <gtest/gtest.h>

using namespace sluice::emulator::tests;

static const char *const storeResult = "mul.wide.u32 %d0, %g, 4;\nadd.s64 %d0, %p0, %d0;\nst.global.b32 [%d0], %r1;\n";

TEST(Control, LanesMeetAgainAfterABranch) {
  // Odd lanes go one way, even ones the other, and a shuffle of all follows. The blocks lie as LLVM may put them: what
  // comes first in the text is where both ways end.
  Machine machine;
  std::string body = std::string(R"(and.b32 %r0, %t, 1;
setp.eq.s32 %q0, %r0, 0;
bra start;
join:
shfl.sync.bfly.b32 %r1, %r2, 1, 31, -1;
)") + storeResult + R"(ret;
start:
@%q0 bra even;
add.s32 %r2, %t, 1000;
bra join;
even:
add.s32 %r2, %t, 2000;
bra join;
)";
  Address result = machine.allocate(256);
  check(machine.launch(machine.kernel(simpleKernel(1, body)), 1, 64, {result}));
  std::vector<uint32_t> found = machine.get<uint32_t>(result, 64);
  for (uint32_t i = 0; i < 64; ++i)
    EXPECT_EQ(found[i], (i ^ 1) + (i % 2 ? 2000 : 1000));
}

TEST(Control, LoopsOfDifferentLengths) {
  // Lane i adds up 1 to i, in a loop within which it branches again.
  Machine machine;
  std::string body = std::string(R"(mov.b32 %r1, 0;
mov.b32 %r2, 0;
loop:
setp.ge.u32 %q0, %r2, %t;
@%q0 bra done;
add.s32 %r2, %r2, 1;
and.b32 %r3, %r2, 1;
setp.eq.s32 %q1, %r3, 0;
@!%q1 bra odd;
add.s32 %r1, %r1, %r2;
bra loop;
odd:
add.s32 %r1, %r1, %r2;
bra.uni loop;
done:
bar.sync 0;
)") + storeResult;
  Address result = machine.allocate(400);
  check(machine.launch(machine.kernel(simpleKernel(1, body)), 1, 100, {result}));
  std::vector<uint32_t> found = machine.get<uint32_t>(result, 100);
  for (uint32_t i = 0; i < 100; ++i)
    EXPECT_EQ(found[i], i * (i + 1) / 2);
}

TEST(Control, EarlyReturnsAndGuardedOnes) {
  Machine machine;
  std::string body = std::string("mov.b32 %r1, 5;\nsetp.gt.u32 %q0, %t, 9;\n@%q0 ret;\n") + storeResult + "exit;\n";
  Address result = machine.put(std::vector<uint32_t>(64));
  check(machine.launch(machine.kernel(simpleKernel(1, body)), 1, 64, {result}));
  std::vector<uint32_t> found = machine.get<uint32_t>(result, 64);
  for (uint32_t i = 0; i < 64; ++i)
    EXPECT_EQ(found[i], i > 9 ? 0u : 5u);
}

TEST(Control, ScopesHaveTheirOwnNames) {
  Machine machine;
  std::string body = std::string(R"(mov.b32 %r1, 1;
{
.reg .b32 %r1;
mov.b32 %r1, 9;
setp.eq.s32 %q0, %t, %t;
@%q0 bra over;
mov.b32 %r1, 8;
over:
mov.b32 %r2, %r1;
}
{
bra over;
over:
add.s32 %r1, %r1, %r2;
}
)") + storeResult;
  Address result = machine.allocate(128);
  check(machine.launch(machine.kernel(simpleKernel(1, body)), 1, 32, {result}));
  EXPECT_EQ(machine.get<uint32_t>(result, 32), std::vector<uint32_t>(32, 10));
}

// Warp 0 makes four values one after the other, warp 1 takes them: barriers 1 and 2 of 64 threads, of which one side
// only arrives.
static const char *const producerBody = R"(.shared .align 4 .b8 slot[128];
mov.u32 %r8, slot;
and.b32 %r9, %t, 31;
shl.b32 %r9, %r9, 2;
add.s32 %r8, %r8, %r9;
mov.b32 %r1, 0;
mov.b32 %r2, 0;
setp.ge.u32 %q0, %t, 32;
@%q0 bra consumer;
producer:
mad.lo.s32 %r3, %r2, 100, %t;
st.shared.b32 [%r8], %r3;
bar.arrive 1, 64;
bar.sync 2, 64;
add.s32 %r2, %r2, 1;
setp.lt.u32 %q1, %r2, 4;
@%q1 bra producer;
bra end;
consumer:
bar.sync 1, 64;
ld.shared.b32 %r3, [%r8];
add.s32 %r1, %r1, %r3;
bar.arrive 2, 64;
add.s32 %r2, %r2, 1;
setp.lt.u32 %q1, %r2, 4;
@%q1 bra consumer;
end:
)";

TEST(Control, NamedBarriersOrderAProducer) {
  for (const char *seed : {"0", "1", "2", "3"}) {
    Machine machine({{"SEED", seed}});
    Address result = machine.allocate(3 * 256);
    void *kernel = machine.kernel(simpleKernel(1, std::string(producerBody) + storeResult));
    EXPECT_EQ(nameOf(machine.launch(kernel, 3, 64, {result})), "CUDA_SUCCESS");
    EXPECT_EQ(findings(), "");
    std::vector<uint32_t> found = machine.get<uint32_t>(result, 192);
    for (uint32_t i = 0; i < 192; ++i)
      EXPECT_EQ(found[i], i % 64 < 32 ? 0 : 600 + 4 * (i % 32));
  }
}

TEST(Control, ProducerThatDoesNotWaitIsFound) {
  for (const char *seed : {"0", "1"}) {
    Machine machine({{"SEED", seed}});
    std::string body = producerBody;
    body.erase(body.find("bar.sync 2, 64;"), 15);
    body.erase(body.find("bar.arrive 2, 64;"), 17);
    Address result = machine.allocate(256);
    void *kernel = machine.kernel(simpleKernel(1, body + storeResult));
    EXPECT_EQ(nameOf(machine.launch(kernel, 1, 64, {result})), "CUDA_ERROR_LAUNCH_FAILED");
    std::string found = findings();
    // By the order, the producer stores too early, or comes to the barrier a second time.
    EXPECT_TRUE(found.find("race in shared memory") != std::string::npos ||
                found.find("the warp arrives twice") != std::string::npos)
        << found;
  }
}

TEST(Control, BlocksRunInEveryOrder) {
  // Each block takes the next number: an order that shows.
  std::vector<std::vector<uint32_t>> orders;
  for (const char *seed : {"0", "1", "2", "1"}) {
    Machine machine({{"SEED", seed}});
    std::string body =
        "setp.ne.s32 %q0, %t, 0;\n@%q0 ret;\natom.global.add.u32 %r1, [%p1], 1;\nmul.wide.u32 %d0, %n, 4;\n"
        "add.s64 %d0, %p0, %d0;\nst.global.b32 [%d0], %r1;\n";
    Address result = machine.allocate(128), counter = machine.put(std::vector<uint32_t>(1));
    check(machine.launch(machine.kernel(simpleKernel(2, body)), 32, 64, {result, counter}, 0, machine.stream()));
    orders.push_back(machine.get<uint32_t>(result, 32));
  }
  for (uint32_t i = 0; i < 32; ++i)
    EXPECT_EQ(orders[0][i], i);
  EXPECT_NE(orders[1], orders[0]);
  EXPECT_NE(orders[1], orders[2]);
  EXPECT_EQ(orders[1], orders[3]);
}

TEST(Control, GridsAndBlocksOfThreeDimensions) {
  Machine machine;
  std::string body = R"(mov.u32 %r0, %tid.y;
mov.u32 %r1, %tid.z;
mov.u32 %r2, %ctaid.y;
mov.u32 %r3, %ctaid.z;
mov.u32 %r4, %nctaid.y;
mov.u32 %r5, %ntid.y;
mov.u32 %r6, %nctaid.x;
mov.u32 %r7, %ntid.x;
mad.lo.s32 %r10, %r3, %r4, %r2;
mad.lo.s32 %r10, %r10, %r6, %n;
mad.lo.s32 %r11, %r1, %r5, %r0;
mad.lo.s32 %r11, %r11, %r7, %t;
mov.u32 %r12, %ntid.z;
mul.lo.s32 %r13, %r12, %r5;
mul.lo.s32 %r13, %r13, %r7;
mad.lo.s32 %g, %r10, %r13, %r11;
add.s32 %r1, %g, 3;
)" + std::string(storeResult);
  Address result = machine.allocate(4 * 5 * 4 * 3 * 7 * 3 * 2);
  void *parameters[] = {&result};
  check(cuLaunchKernel(machine.kernel(simpleKernel(1, body)), 5, 4, 3, 7, 3, 2, 0, nullptr, parameters, nullptr));
  std::vector<uint32_t> found = machine.get<uint32_t>(result, 5 * 4 * 3 * 7 * 3 * 2);
  for (uint32_t i = 0; i < found.size(); ++i)
    ASSERT_EQ(found[i], i + 3);
}
