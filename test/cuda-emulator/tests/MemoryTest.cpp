//===- MemoryTest.cpp - Loads, stores and atomics -----------------------------------------===//
#include "test/cuda-emulator/tests/Machine.h"
#include <gtest/gtest.h>

using namespace sluice::emulator::tests;

namespace {
/// A load into a register of a width, and what the register then has of bytes 0x80, 0x91, 0xa2, ...
struct Load {
  const char *spelling;
  int registerBits;
  uint64_t expected;
};
} // namespace

static std::vector<uint8_t> pattern() {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < 64; ++i)
    bytes.push_back(uint8_t(0x80 + 0x11 * i));
  return bytes;
}

TEST(Memory, LoadsExtendToTheirRegister) {
  static const Load loads[] = {{"b8", 16, 0x80},
                               {"u8", 32, 0x80},
                               {"s8", 16, 0xff80},
                               {"s8", 32, 0xffffff80},
                               {"s8", 64, ~uint64_t(127)},
                               {"u8", 64, 0x80},
                               {"b16", 16, 0x9180},
                               {"u16", 32, 0x9180},
                               {"s16", 32, 0xffff9180},
                               {"s16", 64, 0xffffffffffff9180},
                               {"b32", 32, 0xb3a29180},
                               {"u32", 64, 0xb3a29180},
                               {"s32", 64, 0xffffffffb3a29180},
                               {"f32", 32, 0xb3a29180},
                               {"b64", 64, 0xf7e6d5c4b3a29180},
                               {"f64", 64, 0xf7e6d5c4b3a29180}};
  Machine machine;
  Address input = machine.put(pattern());
  for (const Load &load : loads)
    for (const char *kind :
         {"global", "global.nc", "volatile.global", "relaxed.gpu.global", "global.L1::no_allocate", ""}) {
      std::string spelling = std::string("ld") + (*kind ? "." : "") + kind + "." + load.spelling;
      std::string bits = std::to_string(load.registerBits);
      std::string body = ".reg .b" + bits + " %x;\n" + spelling + " %x, [%p1];\nst.global.b" + bits + " [%p0], %x;\n";
      Address result = machine.put(std::vector<uint64_t>(1));
      check(machine.launch(machine.kernel(simpleKernel(2, body)), 1, 1, {result, input}));
      EXPECT_EQ(machine.get<uint64_t>(result, 1)[0], load.expected) << spelling << " " << bits;
    }
}

/// Copies each lane's `bytes` from p1 to p0 by vectors of a type, through shared memory and back.
static std::string vectorKernel(const std::string &type, int count, int bytes) {
  std::string bits = std::to_string(std::max(16, std::stoi(type.substr(1)))), list = count == 1 ? "%x0" : "{%x0";
  for (int i = 1; i < count; ++i)
    list += ", %x" + std::to_string(i);
  list += count == 1 ? "" : "}";
  std::string suffix = (count == 1 ? "." : ".v" + std::to_string(count) + ".") + type;
  std::string stride = std::to_string(bytes);
  return simpleKernel(
      2, ".shared .align 16 .b8 tile[4096];\n.reg .b" + bits + " %x<4>;\nmul.wide.u32 %d0, %t, " + stride +
             ";\nadd.s64 %d1, %p1, %d0;\nadd.s64 %d2, %p0, %d0;\nmov.u32 %r0, tile;\n"
             "mad.lo.s32 %r0, %t, " +
             stride + ", %r0;\nld.global" + suffix + " " + list + ", [%d1];\nst.shared" + suffix + " [%r0], " + list +
             ";\nld.shared" + suffix + " " + list + ", [%r0];\nst.global" + suffix + " [%d2], " + list + ";\n");
}

TEST(Memory, VectorsOfEveryWidth) {
  Machine machine;
  // A whole warp goes by ranges, a part of one lane by lane.
  for (unsigned threads : {128u, 77u})
    for (auto [type, bytes] : {std::pair("b8", 1), std::pair("b16", 2), std::pair("b32", 4), std::pair("b64", 8)})
      for (int count : {1, 2, 4}) {
        if (bytes * count > 16)
          continue;
        std::vector<uint8_t> input(threads * bytes * count);
        for (size_t i = 0; i < input.size(); ++i)
          input[i] = uint8_t(i * 37 + i / 256);
        Address from = machine.put(input), to = machine.put(std::vector<uint8_t>(input.size()));
        check(machine.launch(machine.kernel(vectorKernel(type, count, bytes * count)), 1, threads, {to, from}));
        EXPECT_EQ(machine.get<uint8_t>(to, input.size()), input) << type << " v" << count;
      }
  EXPECT_EQ(findings(), "");
}

// A register that nobody reads is written all the same, and must not be where another one is.
TEST(Memory, VectorsOfWhichOneElementIsRead) {
  Machine machine;
  Address from = machine.put(std::vector<uint32_t>{10, 11, 12, 13}), to = machine.put(std::vector<uint32_t>(1));
  for (uint32_t read = 0; read < 4; ++read)
    for (const char *list : {"{%x0, %x1, %x2, %x3}", "{%x3, %x2, %x1, %x0}", "{%x1, %x3, %x0, %x2}"}) {
      std::string name = std::string(list).substr(1 + 5 * read, 3);
      std::string body =
          std::string(".reg .b32 %x<4>;\nld.global.v4.b32 ") + list + ", [%p1];\nst.global.b32 [%p0], " + name + ";\n";
      check(machine.launch(machine.kernel(simpleKernel(2, body)), 1, 1, {to, from}));
      EXPECT_EQ(machine.get<uint32_t>(to, 1)[0], 10 + read) << list;
    }
}

TEST(Memory, ParametersOfEveryKind) {
  Machine machine;
  std::string ptx = R"(.version 7.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 .ptr .global .align 16 out, .param .u8 byte, .param .s16 half, .param .f32 single,
  .param .align 16 .b8 block[32], .param .f64 wide)
.maxntid 32, 1, 1
.minnctapersm 1
{
.reg .b16 %h<2>;
.reg .b32 %r<8>;
.reg .b64 %d<4>;
ld.param.b64 %d0, [out];
ld.param.u8 %h0, [byte];
ld.param.s16 %r1, [half];
ld.param.b32 %r2, [single];
ld.param.v2.b32 {%r3, %r4}, [block+8];
ld.param.b32 %r5, [block+28];
ld.param.f64 %d1, [wide];
cvt.u32.u16 %r0, %h0;
st.global.v4.b32 [%d0], {%r0, %r1, %r2, %r3};
st.global.v2.b32 [%d0+16], {%r4, %r5};
st.global.b64 [%d0+24], %d1;
}
)";
  void *kernel = machine.kernel(ptx);
  Address out = machine.allocate(32);
  uint8_t byte = 200;
  int16_t half = -5;
  float single = 1.5f;
  uint32_t block[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  double wide = 2;
  void *parameters[] = {&out, &byte, &half, &single, block, &wide};
  check(cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr));
  std::vector<uint32_t> expected = {200, uint32_t(-5), 0x3fc00000, 2, 3, 7, 0, 0x40000000};
  EXPECT_EQ(machine.get<uint32_t>(out, 8), expected);
  // The same from one buffer: its layout is that of a C structure.
  uint8_t buffer[72] = {};
  std::memcpy(buffer, &out, 8);
  buffer[8] = 201;
  std::memcpy(buffer + 10, &half, 2);
  std::memcpy(buffer + 12, &single, 4);
  std::memcpy(buffer + 16, block, 32);
  std::memcpy(buffer + 48, &wide, 8);
  size_t size = 56;
  void *extra[] = {reinterpret_cast<void *>(1), buffer, reinterpret_cast<void *>(2), &size, nullptr};
  check(cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, extra));
  expected[0] = 201;
  EXPECT_EQ(machine.get<uint32_t>(out, 8), expected);
  EXPECT_EQ(nameOf(cuLaunchKernel(kernel, 1, 1, 1, 33, 1, 1, 0, nullptr, parameters, nullptr)),
            "CUDA_ERROR_INVALID_VALUE");
}

TEST(Memory, VariablesOfModules) {
  Machine machine;
  std::string ptx = R"(.version 7.0
.target sm_80
.address_size 64
.global .align 4 .b32 counts[4] = {7, 8, -1};
.const .align 8 .f32 factors[2] = {0f3F800000, 2.5};
.extern .shared .align 16 .b8 dynamic[];
.shared .align 4 .b8 other[64];
.visible .entry k(.param .u64 out)
{
.shared .align 4 .b32 mine[4];
.reg .b32 %r<8>;
.reg .b64 %d<8>;
ld.param.u64 %d0, [out];
ld.global.b32 %r0, [counts+8];
ld.const.f32 %r1, [factors+4];
mov.b64 %d1, counts;
ld.global.b32 %r2, [%d1+4];
mov.u32 %r3, dynamic;
st.shared.b32 [dynamic], %r2;
st.shared.b32 [mine], %r0;
cvta.shared.u64 %d3, 16;
ld.b32 %r4, [%d3];
st.global.v4.b32 [%d0], {%r0, %r1, %r3, %r4};
st.global.b32 [counts], 99;
ret;
}
)";
  void *module = nullptr, *kernel = nullptr;
  check(cuModuleLoadData(&module, ptx.c_str()));
  check(cuModuleGetFunction(&kernel, module, "k"));
  Address out = machine.allocate(16), counts = 0;
  size_t bytes = 0;
  check(machine.launch(kernel, 1, 1, {out}, 64));
  // The kernel names 16 bytes of its own, behind which the dynamic part begins.
  std::vector<uint32_t> expected = {~0u, 0x40200000, 16, 8};
  EXPECT_EQ(machine.get<uint32_t>(out, 4), expected);
  check(cuModuleGetGlobal_v2(&counts, &bytes, module, "counts"));
  EXPECT_EQ(bytes, 16u);
  EXPECT_EQ(machine.get<uint32_t>(counts, 4), (std::vector<uint32_t>{99, 8, ~0u, 0}));
  EXPECT_EQ(nameOf(cuModuleGetGlobal_v2(&counts, &bytes, module, "other2")), "CUDA_ERROR_NOT_FOUND");
  check(cuModuleUnload(module));
  EXPECT_EQ(nameOf(cuModuleGetFunction(&kernel, module, "k")), "CUDA_ERROR_INVALID_HANDLE");
}

TEST(Memory, DynamicSharedMemoryHasALimit) {
  Machine machine;
  void *kernel = machine.kernel(simpleKernel(1, "st.global.b32 [%p0], %t;\n"));
  Address out = machine.allocate(4);
  EXPECT_EQ(nameOf(machine.launch(kernel, 1, 1, {out}, 64 << 10)), "CUDA_ERROR_INVALID_VALUE");
  EXPECT_NE(findings().find("more than the 49152 that it may have"), std::string::npos);
  check(cuFuncSetAttribute(kernel, 8, 64 << 10));
  check(machine.launch(kernel, 1, 1, {out}, 64 << 10));
  EXPECT_NE(cuFuncSetAttribute(kernel, 8, 300 << 10), 0);
}

namespace {
struct Atomic {
  const char *spelling; ///< behind "atom."
  uint64_t before, by, after;
};
} // namespace

TEST(Memory, Atomics) {
  static const Atomic atomics[] = {{"global.add.u32", 5, 7, 12},
                                   {"shared.add.u32", 5, 7, 12},
                                   {"add.u32", 5, 7, 12},
                                   {"global.add.s32", 5, ~0u - 1, 3},
                                   {"global.min.s32", 5, ~0u, ~0u},
                                   {"global.min.u32", 5, ~0u, 5},
                                   {"global.max.s32", 5, ~0u, 5},
                                   {"relaxed.gpu.global.max.u32", 5, ~0u, ~0u},
                                   {"global.and.b32", 0xff, 0x3c, 0x3c},
                                   {"global.or.b32", 0xf0, 0x0f, 0xff},
                                   {"global.xor.b32", 0xff, 0x0f, 0xf0},
                                   {"global.exch.b32", 1, 2, 2},
                                   {"global.inc.u32", 5, 5, 0},
                                   {"global.inc.u32", 4, 5, 5},
                                   {"global.dec.u32", 0, 5, 5},
                                   {"global.dec.u32", 4, 5, 3},
                                   {"global.add.f32", 0x3f800000, 0x40000000, 0x40400000},
                                   {"global.add.u64", 1, uint64_t(1) << 40, (uint64_t(1) << 40) + 1},
                                   {"global.add.f64", 0x3ff0000000000000, 0x4000000000000000, 0x4008000000000000},
                                   {"global.exch.b64", 1, ~uint64_t(0), ~uint64_t(0)},
                                   {"acq_rel.sys.global.max.s64", 1, ~uint64_t(0), 1}};
  Machine machine;
  for (const Atomic &atomic : atomics)
    for (bool hasResult : {true, false}) {
      std::string spelling = atomic.spelling, bits = spelling.substr(spelling.size() - 2);
      bool isShared = spelling.find("shared") != std::string::npos;
      Address memory = machine.put(std::vector<uint64_t>{atomic.before, 0});
      std::string body =
          ".shared .align 8 .b64 cell;\n.reg .b" + bits + " %x, %y;\nld.global.b" + bits + " %x, [%p0];\n";
      body += isShared ? "st.shared.b" + bits + " [cell], %x;\n" : "";
      body += "mov.b" + bits + " %y, " + std::to_string(int64_t(atomic.by)) + ";\n";
      body += (hasResult ? "atom." + spelling + " %x, [" : "red." + spelling + " [") + (isShared ? "cell" : "%p0") +
              "], %y;\n";
      body += isShared ? "ld.shared.b" + bits + " %y, [cell];\nst.global.b" + bits + " [%p0], %y;\n" : "";
      check(machine.launch(machine.kernel(simpleKernel(1, body + "st.global.b" + bits + " [%p0+8], %x;\n")), 1, 1,
                           {memory}));
      std::vector<uint64_t> expected = {atomic.after, atomic.before};
      EXPECT_EQ(machine.get<uint64_t>(memory, 2), expected) << spelling;
    }
}

TEST(Memory, CompareAndSwap) {
  Machine machine;
  Address memory = machine.put(std::vector<uint32_t>{5, 0});
  std::string body = "atom.acq_rel.sys.global.cas.b32 %r0, [%p0], %t, 9;\nsetp.eq.s32 %q0, %t, 5;\n"
                     "@%q0 st.global.b32 [%p0+4], %r0;\n";
  check(machine.launch(machine.kernel(simpleKernel(1, body)), 1, 32, {memory}));
  EXPECT_EQ(machine.get<uint32_t>(memory, 2), (std::vector<uint32_t>{9, 5}));
}

TEST(Memory, CopiesWithZeroFill) {
  // Lane i takes i mod 17 bytes of 16.
  for (const char *copies : {"at-once", "late", "random"}) {
    Machine machine({{"COPIES", copies}});
    std::vector<uint8_t> input(32 * 16);
    for (size_t i = 0; i < input.size(); ++i)
      input[i] = uint8_t(i % 255 + 1);
    std::string body = R"(.shared .align 16 .b8 tile[512];
mov.u32 %r0, tile;
shl.b32 %r1, %t, 4;
add.s32 %r0, %r0, %r1;
cvt.u64.u32 %d0, %r1;
add.s64 %d1, %p1, %d0;
rem.u32 %r2, %t, 17;
cp.async.cg.shared.global [%r0], [%d1], 16, %r2;
cp.async.wait_all;
ld.shared.v4.b32 {%r3, %r4, %r5, %r6}, [%r0];
add.s64 %d2, %p0, %d0;
st.global.v4.b32 [%d2], {%r3, %r4, %r5, %r6};
)";
    Address from = machine.put(input), to = machine.allocate(512);
    check(machine.launch(machine.kernel(simpleKernel(2, body)), 1, 32, {to, from}));
    for (int lane = 0; lane < 32; ++lane)
      for (int i = lane % 17; i < 16; ++i)
        input[lane * 16 + i] = 0;
    EXPECT_EQ(machine.get<uint8_t>(to, 512), input);
  }
}
