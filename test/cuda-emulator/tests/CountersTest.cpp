//===- CountersTest.cpp - What kernels cost -----------------------------------------------===//
#include "test/cuda-emulator/Emulator.h"
#include "test/cuda-emulator/tests/Machine.h"
#include <gtest/gtest.h>

using namespace sluice::emulator::tests;

namespace {
struct Counted {
  std::string line;

  uint64_t operator[](const std::string &name) const {
    size_t at = line.find("\"" + name + "\": ");
    return at == std::string::npos ? ~uint64_t(0) : std::strtoull(line.c_str() + at + name.size() + 4, nullptr, 10);
  }
};

/// Accesses with a shift of the thread's number as their offset, and what they cost.
struct Pattern {
  const char *access;
  int stride; ///< bytes from thread to thread
  uint64_t sectors, leastSectors, wavefronts, leastWavefronts;
};
} // namespace

static Counted count(const std::string &body, unsigned threads, size_t bytes) {
  Machine machine;
  sluiceEmulatorSet("SLUICE_EMULATOR_COUNT", "1");
  sluiceEmulatorTakeCounters();
  Address memory = machine.put(std::vector<uint8_t>(bytes));
  check(machine.launch(machine.kernel(simpleKernel(1, body)), 1, threads, {memory}));
  sluiceEmulatorSet("SLUICE_EMULATOR_COUNT", "0");
  return {sluiceEmulatorTakeCounters()};
}

TEST(Counters, SectorsAndWavefronts) {
  static const Pattern patterns[] = {{"ld.global.b32 %r1, [%d1]", 4, 4, 4, 0, 0},
                                     {"ld.global.b32 %r1, [%d1]", 8, 8, 4, 0, 0},
                                     {"ld.global.b32 %r1, [%d1]", 32, 32, 4, 0, 0},
                                     {"ld.global.b32 %r1, [%d1]", 0, 1, 1, 0, 0},
                                     {"ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%d1]", 16, 16, 16, 0, 0},
                                     {"st.global.b16 [%d1], %h0", 2, 2, 2, 0, 0},
                                     {"st.shared.b32 [%r8], %r0", 4, 0, 0, 1, 1},
                                     {"st.shared.b32 [%r8], %r0", 8, 0, 0, 2, 1},
                                     {"st.shared.b32 [%r8], %r0", 128, 0, 0, 32, 1},
                                     {"st.shared.v4.b32 [%r8], {%r0, %r0, %r0, %r0}", 16, 0, 0, 4, 4},
                                     {"st.shared.v4.b32 [%r8], {%r0, %r0, %r0, %r0}", 128, 0, 0, 32, 4},
                                     {"st.shared.v2.b32 [%r8], {%r0, %r0}", 8, 0, 0, 2, 2},
                                     {"@%q0 st.shared.b32 [%r8], %r0", 128, 0, 0, 16, 1}};
  for (const Pattern &pattern : patterns) {
    std::string body =
        ".shared .align 16 .b8 tile[4096];\nmov.b32 %r0, 1;\nmov.b16 %h0, 1;\nsetp.lt.s32 %q0, %t, 16;\n"
        "mul.lo.s32 %r9, %t, " +
        std::to_string(pattern.stride) +
        ";\nmov.u32 %r8, tile;\nadd.s32 %r8, %r8, %r9;\ncvt.u64.u32 %d1, %r9;\nadd.s64 %d1, %p0, %d1;\n" +
        pattern.access + ";\n";
    Counted counted = count(body, 32, 4096);
    EXPECT_EQ(counted["sectors"], pattern.sectors) << pattern.access << " " << pattern.stride;
    EXPECT_EQ(counted["least_sectors"], pattern.leastSectors) << pattern.access << " " << pattern.stride;
    EXPECT_EQ(counted["wavefronts"], pattern.wavefronts) << pattern.access << " " << pattern.stride;
    EXPECT_EQ(counted["least_wavefronts"], pattern.leastWavefronts) << pattern.access << " " << pattern.stride;
    bool hasConflicts = pattern.wavefronts > pattern.leastWavefronts;
    EXPECT_EQ(counted.line.find("\"conflicts\": {}") == std::string::npos, hasConflicts) << counted.line;
  }
}

TEST(Counters, InstructionsByClass) {
  Counted counted = count("add.s32 %r0, %t, 1;\nadd.f32 %r1, %r0, %r0;\nbar.sync 0;\nbar.sync 0;\n", 96, 4);
  EXPECT_EQ(counted["launches"], 1u);
  EXPECT_EQ(counted["blocks"], 1u);
  EXPECT_EQ(counted["barriers"], 2u);
  EXPECT_EQ(counted["float"], 3u);
  // An addition, and the multiplication that every kernel of the tests begins with.
  EXPECT_EQ(counted["integer"], 6u);
  EXPECT_EQ(counted["parameter"], 3u);
  EXPECT_EQ(counted["control"], 9u);
  EXPECT_EQ(counted["mma"], 0u);
}
