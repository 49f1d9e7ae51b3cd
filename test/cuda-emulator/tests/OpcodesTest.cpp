//===- OpcodesTest.cpp - Every opcode against its scalar reference ------------------------===//
#include "runtime/Philox.h"
#include "test/cuda-emulator/Emulator.h"
#include "test/cuda-emulator/tests/Machine.h"
#include "test/cuda-emulator/tests/Reference.h"
#include <gtest/gtest.h>
#include <set>
#include <sstream>

using namespace sluice::emulator::tests;

static constexpr unsigned threads = 512;

namespace {
/// PTX of a kernel that applies one instruction to operands in memory: p1 is [operand][thread] of 64 bits, p0 the
/// result. Threads whose number ends with 3 leave the instruction out, so that part of a warp runs.
class OpcodeKernel {
public:
  OpcodeKernel(const std::string &opcode, const Signature &signature) : opcode(opcode), signature(signature) {}

  std::string text() const {
    std::string body = ".reg .b16 %x16, %u16_<5>;\n.reg .b32 %x32, %u32_<5>;\n.reg .b64 %x64, %u64_<5>;\n"
                       ".reg .pred %x1, %u1_<5>;\n"
                       "mul.wide.u32 %d0, %t, 8;\nadd.s64 %d1, %p1, %d0;\nadd.s64 %d2, %p0, %d0;\n"
                       "and.b32 %r0, %t, 7;\nsetp.ne.s32 %q0, %r0, 3;\n";
    for (size_t i = 0; i < signature.operands.size(); ++i)
      body += load(i);
    body += "mov.b16 %x16, 0x5a5a;\nmov.b32 %x32, 0x5a5a5a5a;\nmov.b64 %x64, 0x5a5a5a5a5a5a5a5a;\n"
            "setp.eq.s32 %x1, %t, %t;\n@%q0 " +
            opcode + " " + result();
    for (size_t i = 0; i < signature.operands.size(); ++i)
      body += ", " + name(i);
    if (signature.constant)
      body += ", " + std::to_string(*signature.constant);
    return simpleKernel(2, body + ";\n" + store());
  }

  /// Bits of a register of a type: those of 8 bits lie in 16.
  static int registerBits(const Type &type) { return std::max(type.totalBits(), type.totalBits() == 1 ? 1 : 16); }

private:
  std::string result() const { return "%x" + std::to_string(registerBits(signature.result)); }
  std::string name(size_t i) const {
    return "%u" + std::to_string(registerBits(signature.operands[i])) + "_" + std::to_string(i);
  }
  std::string load(size_t i) const {
    std::string from = "[%d1+" + std::to_string(i * threads * 8) + "];\n";
    int bits = registerBits(signature.operands[i]);
    if (bits > 1)
      return "ld.global.b" + std::to_string(bits) + " " + name(i) + ", " + from;
    return "ld.global.b32 %r1, " + from + "and.b32 %r1, %r1, 1;\nsetp.ne.s32 " + name(i) + ", %r1, 0;\n";
  }
  std::string store() const {
    int bits = registerBits(signature.result);
    if (bits > 1)
      return "st.global.b" + std::to_string(bits) + " [%d2], " + result() + ";\n";
    return "selp.b32 %r2, 1, 0, %x1;\nst.global.b32 [%d2], %r2;\n";
  }

  const std::string &opcode;
  const Signature &signature;
};
} // namespace

/// Numbers at which types change what they do, and random ones, of which some are small.
static uint64_t drawOperand(const Type &type, unsigned thread, unsigned operand) {
  static const uint64_t words[] = {0,          1,          2,          31,         32,         33,         0xff,
                                   0x7fff,     0x8000,     0xffff,     0x7fffffff, 0x80000000, 0xffffffff, 0x3f800000,
                                   0xbf800000, 0x00000001, 0x007fffff, 0x00800000, 0x80000001, 0x7f800000, 0xff800000,
                                   0x7fc00000, 0x7f7fffff, 0x33800000, 0x4b800001, 0xcf000000, 0x4f000000, 0x3f000000,
                                   0x40200000, 0xc0200000, 0x387fe000, 0x477ff000};
  static const uint64_t longs[] = {0,
                                   1,
                                   0x8000000000000000,
                                   0x7fffffffffffffff,
                                   0xffffffffffffffff,
                                   0x3ff0000000000000,
                                   0xbff8000000000000,
                                   0x7ff0000000000000,
                                   0x7ff8000000000000,
                                   0x0000000000000001,
                                   0x41e0000000000000,
                                   0x43e0000000000000,
                                   0x4004000000000000,
                                   0x47efffffffffffff,
                                   0x36a0000000000000,
                                   0x8010000000000000};
  auto random = sluice::runtime::philox({thread, operand, 7, 9}, {1, 2});
  uint64_t wide = uint64_t(random[0]) << 32 | random[1];
  // 16-bit types get both halves of the words, f64 also every f32 exactly.
  unsigned pick = operand == 0 ? thread % 32 : thread / 16 % 32;
  bool isSpecial = random[2] % 4 != 0;
  if (type.bits == 64)
    return isSpecial ? longs[pick % 16] : random[2] & 4 ? wide : wide >> (random[3] % 64);
  if (type.bits == 16 || type.isPair || type.bits == 8)
    return isSpecial ? words[pick] >> 16 | words[(pick + thread) % 32] << 16 : wide;
  bool isNearOne = random[2] & 4;
  return isSpecial ? words[pick] : isNearOne ? (wide & 0x83ffffff) | 0x3c000000 : wide & 0xffffffff;
}

static bool isNaNOf(uint64_t bits, const Type &type) {
  Type element = type;
  element.isPair = false;
  return type.isFloat() && !type.isPair && decodeFloat(bits, element) != decodeFloat(bits, element);
}

/// Whether a result is that of the reference, or close enough to it. NaN of mov and the like keeps its bits.
static bool agrees(uint64_t found, uint64_t expected, const Signature &signature) {
  if (found == expected)
    return true;
  const Type &type = signature.result;
  bool isPayloadOpen = isNaNOf(found, type) && isNaNOf(expected, type) && type.bits == 64;
  if (isPayloadOpen)
    return true;
  return signature.tolerance &&
         (found > expected ? found - expected : expected - found) <= uint64_t(signature.tolerance);
}

/// Why an opcode differs from its reference, or nothing.
static std::string difference(Machine &machine, const std::string &opcode, const Signature &signature) {
  std::vector<uint64_t> operands(signature.operands.size() * threads);
  for (size_t i = 0; i < signature.operands.size(); ++i)
    for (unsigned thread = 0; thread < threads; ++thread)
      operands[i * threads + thread] = drawOperand(signature.operands[i], thread, unsigned(i));
  Address input = machine.put(operands), output = machine.put(std::vector<uint64_t>(threads));
  void *kernel = machine.kernel(OpcodeKernel(opcode, signature).text());
  check(machine.launch(kernel, 1, threads, {output, input}));
  std::vector<uint64_t> results = machine.get<uint64_t>(output, threads);
  check(cuMemFree_v2(input));
  check(cuMemFree_v2(output));
  int bits = OpcodeKernel::registerBits(signature.result);
  const uint64_t mask = bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
  for (unsigned thread = 0; thread < threads; ++thread) {
    std::vector<uint64_t> mine;
    for (size_t i = 0; i < signature.operands.size(); ++i) {
      int width = signature.operands[i].totalBits();
      mine.push_back(operands[i * threads + thread] & (width == 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1));
    }
    bool isLeftOut = thread % 8 == 3;
    uint64_t expected = isLeftOut ? (bits == 1 ? 1 : 0x5a5a5a5a5a5a5a5a) & mask : compute(signature, mine);
    // Integers of 8 bits fill their register by their sign.
    if (!isLeftOut && signature.result.bits == 8 && signature.result.isSigned() && (expected & 0x80))
      expected |= 0xff00;
    if (agrees(results[thread], expected, signature))
      continue;
    std::ostringstream text;
    text << opcode << std::hex;
    for (uint64_t operand : mine)
      text << " 0x" << operand;
    text << ": expected 0x" << expected << ", found 0x" << results[thread] << "\n";
    return text.str();
  }
  return "";
}

static std::vector<std::string> allOpcodes() {
  std::istringstream text(sluiceEmulatorOpcodes());
  std::vector<std::string> all;
  for (std::string line; std::getline(text, line);)
    all.push_back(line);
  return all;
}

/// What other tests look at: what moves memory, and what lanes, warps and blocks do together.
static bool hasTestOfItsOwn(const std::string &opcode) {
  static const char *const starts[] = {"ld.param", "ldmatrix", "mma.sync",   "cp.async", "shfl",   "vote",
                                       "redux",    "match",    "activemask", "bar",      "membar", "fence",
                                       "bra",      "ret",      "exit",       "trap"};
  for (const char *start : starts)
    if (opcode.compare(0, std::strlen(start), start) == 0)
      return true;
  return false;
}

TEST(Opcodes, AgreeWithTheReference) {
  Machine machine({{"INSTRUCTIONS", "100000000"}});
  size_t compared = 0;
  for (const std::string &opcode : allOpcodes()) {
    if (hasTestOfItsOwn(opcode))
      continue;
    std::optional<Signature> signature = signatureOf(opcode);
    ASSERT_TRUE(signature) << "no reference for " << opcode;
    EXPECT_EQ(difference(machine, opcode, *signature), "");
    ++compared;
  }
  EXPECT_GT(compared, 1000u);
  EXPECT_EQ(findings(), "");
}
