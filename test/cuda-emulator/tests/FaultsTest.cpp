//===- FaultsTest.cpp - Planted faults, each found by its name ----------------------------===//
#include "test/cuda-emulator/tests/Machine.h"
#include <gtest/gtest.h>

using namespace sluice::emulator::tests;

namespace {
/// A kernel that is right, and what each fault changes in it.
struct Planted {
  const char *name;
  const char *from, *to; ///< text that is replaced, once
  const char *status;    ///< what the driver answers
  const char *finding;   ///< what the finding says
};

void PrintTo(const Planted &planted, std::ostream *out) { *out << planted.name; }

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  if (at == std::string::npos)
    throw std::runtime_error("no '" + from + "' to replace");
  return text.replace(at, from.size(), to);
}

class InShared : public testing::TestWithParam<Planted> {};
} // namespace

// 128 threads reverse 256 numbers of their block through shared memory, which cp.async brings there.
static const char *const reverseBody = R"(.shared .align 16 .b8 tile[1024];
mul.wide.u32 %d0, %g, 8;
add.s64 %d1, %p0, %d0;
shl.b32 %r0, %t, 3;
mov.u32 %r1, tile;
add.s32 %r2, %r1, %r0;
cp.async.ca.shared.global [%r2], [%d1], 8;
cp.async.commit_group;
cp.async.wait_group 0;
bar.sync 0;
sub.s32 %r3, 127, %t;
shl.b32 %r3, %r3, 3;
add.s32 %r4, %r1, %r3;
ld.shared.v2.b32 {%r5, %r6}, [%r4];
bar.sync 0;
st.shared.v2.b32 [%r2], {%r6, %r5};
bar.sync 0;
ld.shared.b32 %r7, [%r2+4];
ld.shared.b32 %r8, [%r2];
add.s64 %d2, %p1, %d0;
st.global.v2.b32 [%d2], {%r8, %r7};
)";

static constexpr size_t reversed = 4 * 256;

/// Runs the kernel on four blocks; what the driver answers. `result` gets the output if all is well.
static int reverse(Machine &machine, const std::string &body, std::vector<uint32_t> &result) {
  std::vector<uint32_t> input(reversed);
  for (size_t i = 0; i < input.size(); ++i)
    input[i] = uint32_t(i);
  Address from = machine.put(input), to = machine.allocate(4 * reversed);
  int status = machine.launch(machine.kernel(simpleKernel(2, body)), 4, 128, {from, to});
  if (!status)
    result = machine.get<uint32_t>(to, reversed);
  return status;
}

TEST(Faults, RightKernelHasNone) {
  for (const char *copies : {"at-once", "late", "random"})
    for (const char *seed : {"0", "1", "2"}) {
      Machine machine({{"COPIES", copies}, {"SEED", seed}});
      std::vector<uint32_t> result;
      EXPECT_EQ(reverse(machine, reverseBody, result), 0);
      EXPECT_EQ(findings(), "");
      for (size_t i = 0; i < result.size(); ++i)
        ASSERT_EQ(result[i], i / 256 * 256 + 255 - i % 256) << copies << " " << seed;
    }
}

TEST_P(InShared, IsFound) {
  const Planted &planted = GetParam();
  for (const char *copies : {"at-once", "late"})
    for (const char *seed : {"0", "7"}) {
      Machine machine({{"COPIES", copies}, {"SEED", seed}});
      std::vector<uint32_t> result;
      EXPECT_EQ(nameOf(reverse(machine, replaced(reverseBody, planted.from, planted.to), result)), planted.status);
      std::string found = findings();
      EXPECT_NE(found.find("kernel 'k', PTX line "), std::string::npos) << found;
      EXPECT_NE(found.find(planted.finding), std::string::npos) << found;
    }
}

static const Planted inShared[] = {
    {"BarrierAfterCopyRemoved", "cp.async.wait_group 0;\nbar.sync 0;", "cp.async.wait_group 0;",
     "CUDA_ERROR_LAUNCH_FAILED", "in shared memory"},
    {"BarrierBeforeStoreRemoved", "[%r4];\nbar.sync 0;", "[%r4];", "CUDA_ERROR_LAUNCH_FAILED", "race in shared memory"},
    {"WaitRemoved", "cp.async.wait_group 0;", "", "CUDA_ERROR_LAUNCH_FAILED",
     "read of what cp.async has not brought yet, because nobody waited for it"},
    {"WaitForTheWrongGroup", "cp.async.wait_group 0;", "cp.async.wait_group 1;", "CUDA_ERROR_LAUNCH_FAILED",
     "read of what cp.async has not brought yet"},
    {"BarrierBeforeTheWait", "cp.async.wait_group 0;\nbar.sync 0;", "bar.sync 0;\ncp.async.wait_group 0;",
     "CUDA_ERROR_LAUNCH_FAILED", "in shared memory"},
    {"CommitRemoved", "cp.async.commit_group;", "", "CUDA_ERROR_LAUNCH_FAILED", "cp.async has not brought yet"},
    {"CopyRemoved", "cp.async.ca.shared.global [%r2], [%d1], 8;", "", "CUDA_ERROR_LAUNCH_FAILED",
     "read of memory that was never written"},
    {"CopyTooShort", "[%d1], 8;", "[%d1], 4;", "CUDA_ERROR_LAUNCH_FAILED", "read of memory that was never written"},
    {"WrongStrideIntoShared", "shl.b32 %r0, %t, 3;", "shl.b32 %r0, %t, 4;", "CUDA_ERROR_ILLEGAL_ADDRESS",
     "access out of bounds"},
    {"OneBehindShared", "sub.s32 %r3, 127, %t;", "sub.s32 %r3, 128, %t;", "CUDA_ERROR_ILLEGAL_ADDRESS",
     "access out of bounds"},
    {"MisalignedVector", "ld.shared.v2.b32 {%r5, %r6}, [%r4];", "ld.shared.v2.b32 {%r5, %r6}, [%r4+4];",
     "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned access"},
    {"DivergentBarrier", "bar.sync 0;\nsub", "setp.lt.s32 %q0, %t, 16;\n@%q0 bra join;\nbar.sync 0;\njoin:\nsub",
     "CUDA_ERROR_LAUNCH_FAILED", "divergent barrier"},
    {"BarrierOfTooMany", "bar.sync 0;\nsub", "setp.lt.s32 %q0, %t, 32;\n@%q0 ret;\nbar.sync 0;\nsub",
     "CUDA_ERROR_LAUNCH_FAILED", "deadlock: barrier 0 waits for 128 threads, 96 arrived"},
    {"BarrierCountOffByAWarp", "bar.sync 0;\nsub", "bar.sync 1, 96;\nsub", "CUDA_ERROR_LAUNCH_FAILED",
     "in shared memory"},
    {"BlocksShareTheirOutput", "mul.wide.u32 %d0, %g, 8;\nadd.s64 %d1, %p0, %d0;",
     "mul.wide.u32 %d0, %t, 8;\nadd.s64 %d1, %p0, %d0;", "CUDA_ERROR_LAUNCH_FAILED", "race in global memory"},
    {"OneElementBehindTheInput", "add.s64 %d1, %p0, %d0;", "add.s64 %d1, %p0, %d0;\nadd.s64 %d1, %d1, 8;",
     "CUDA_ERROR_ILLEGAL_ADDRESS", "access out of bounds"},
    {"MisalignedStore", "st.global.v2.b32 [%d2],", "st.global.v2.b32 [%d2+4],", "CUDA_ERROR_MISALIGNED_ADDRESS",
     "misaligned access"},
    {"LanesStoreToOnePlace", "st.shared.v2.b32 [%r2]", "st.shared.v2.b32 [%r1]", "CUDA_ERROR_LAUNCH_FAILED", "race"},
    {"ShuffleWithLanesThatAreNotThere", "bar.sync 0;\nsub",
     "bar.sync 0;\nsetp.lt.s32 %q0, %t, 16;\n@%q0 shfl.sync.bfly.b32 %r9, %t, 1, 31, -1;\nsub",
     "CUDA_ERROR_LAUNCH_FAILED", "divergent .sync instruction"},
    {"Trap", "bar.sync 0;\nsub", "bar.sync 0;\ntrap;\nsub", "CUDA_ERROR_LAUNCH_FAILED", "trap"},
    {"NeverEnds", "bar.sync 0;\nsub", "again:\nbra again;\nsub", "CUDA_ERROR_LAUNCH_TIMEOUT",
     "the kernel does not end"},
};

INSTANTIATE_TEST_SUITE_P(Faults, InShared, testing::ValuesIn(inShared),
                         [](const testing::TestParamInfo<Planted> &info) { return std::string(info.param.name); });

TEST(Faults, BarrierThatComesBeforeTheWait) {
  // Warp 1 waits for its copy only behind the barrier, so that warp 0 may read too early, also if it does not.
  for (const char *copies : {"at-once", "late"}) {
    Machine machine({{"COPIES", copies}});
    std::string body = R"(.shared .align 4 .b8 tile[128];
and.b32 %r0, %t, 31;
shl.b32 %r0, %r0, 2;
mov.u32 %r1, tile;
add.s32 %r1, %r1, %r0;
cvt.u64.u32 %d0, %r0;
setp.lt.u32 %q0, %t, 32;
@%q0 bra consumer;
add.s64 %d1, %p1, %d0;
cp.async.ca.shared.global [%r1], [%d1], 4;
cp.async.commit_group;
bar.sync 0;
cp.async.wait_group 0;
ret;
consumer:
bar.sync 0;
ld.shared.b32 %r2, [%r1];
add.s64 %d2, %p0, %d0;
st.global.b32 [%d2], %r2;
)";
    Address to = machine.allocate(128), from = machine.put(std::vector<uint32_t>(32));
    EXPECT_EQ(nameOf(machine.launch(machine.kernel(simpleKernel(2, body)), 1, 64, {to, from})),
              "CUDA_ERROR_LAUNCH_FAILED");
    std::string found = findings();
    EXPECT_NE(found.find("race in shared memory"), std::string::npos) << found;
  }
}

TEST(Faults, WriteOfWhatAnotherWarpReadBefore) {
  // Warp 1 comes to the barrier last, goes on and reads; warp 0 then writes, and nobody reads that.
  Machine machine;
  std::string body = R"(.shared .align 4 .b32 cell[32];
and.b32 %r0, %t, 31;
shl.b32 %r0, %r0, 2;
mov.u32 %r1, cell;
add.s32 %r1, %r1, %r0;
setp.lt.u32 %q0, %t, 32;
@%q0 st.shared.b32 [%r1], %t;
bar.sync 0;
@!%q0 ld.shared.b32 %r2, [%r1];
@%q0 st.shared.b32 [%r1], %r0;
)";
  EXPECT_EQ(nameOf(machine.launch(machine.kernel(simpleKernel(0, body)), 1, 64, {})), "CUDA_ERROR_LAUNCH_FAILED");
  std::string found = findings();
  EXPECT_NE(found.find("race in shared memory: write at 0x0, which warp 1 accesses"), std::string::npos) << found;
}

TEST(Faults, BlockWritesWhatOthersRead) {
  // All blocks read a row, which the last one then changes.
  for (const char *seed : {"0", "1", "2"}) {
    Machine machine({{"SEED", seed}});
    std::string body = "mul.wide.u32 %d0, %t, 4;\nadd.s64 %d0, %p0, %d0;\nld.global.b32 %r0, [%d0];\n"
                       "setp.eq.s32 %q0, %n, 3;\n@%q0 st.global.b32 [%d0], %t;\n";
    Address row = machine.put(std::vector<uint32_t>(32));
    EXPECT_EQ(nameOf(machine.launch(machine.kernel(simpleKernel(1, body)), 4, 32, {row})), "CUDA_ERROR_LAUNCH_FAILED");
    std::string found = findings();
    EXPECT_NE(found.find("race in global memory"), std::string::npos) << found;
  }
}
