//===- ParserTest.cpp - PTX that is read, and PTX that is refused -------------------------===//
#include "test/cuda-emulator/tests/Machine.h"
#include <gtest/gtest.h>

using namespace sluice::emulator::tests;

/// What the driver's log says of a module that it refuses.
static std::string refusal(const std::string &ptx) {
  Machine machine;
  try {
    machine.kernel(ptx);
  } catch (const std::exception &error) {
    return error.what();
  }
  return "taken";
}

static std::string refusalOfBody(const std::string &body) { return refusal(simpleKernel(0, body)); }

TEST(Parser, UnknownInstructionsHaveNameAndLine) {
  EXPECT_EQ(refusalOfBody("wgmma.fence.sync.aligned;\n"),
            "CUDA_ERROR_INVALID_PTX: PTX line 14: unknown instruction 'wgmma.fence.sync.aligned'");
  for (const char *opcode :
       {"add.rz.f32 %r0, %r1, %r2", "brx.idx %r0, table", "call f", "ld.local.b32 %r0, [%d0]",
        "st.const.b32 [%d0], %r0", "ld.global.v8.b32 {%r0, %r1}, [%d0]", "atom.global.min.f32 %r0, [%d0], %r1",
        "elect.sync %r0|%q0, -1", "mbarrier.init.shared.b64 [%r0], 1", "ld.global.b128 %r0, [%d0]"})
    EXPECT_NE(refusalOfBody(std::string(opcode) + ";\n").find("unknown instruction '"), std::string::npos) << opcode;
}

TEST(Parser, WrongOperandsAreRefused) {
  const std::pair<const char *, const char *> wrong[] = {
      {"add.s32 %r0, %r1;", "expected 3 operands of 'add.s32', found 2"},
      {"add.s32 %r0, %r1, %d0;", "expected 32 bits as an operand of 'add.s32', found '%d0'"},
      {"add.s64 %r0, %d1, %d0;", "expected a register of 64 bits as the result of 'add.s64', found '%r0'"},
      {"add.s32 5, %r1, %r0;", "expected a register as the result of 'add.s32'"},
      {"add.f32 %r0, %r1, 0d3FF0000000000000;", "expected a constant of 32 bits"},
      {"mov.u32 %r0, %nosuch;", "unknown register '%nosuch'"},
      {"mov.u32 %r0, nosuch;", "unknown variable 'nosuch'"},
      {"ld.param.b32 %r0, [nosuch];", "unknown parameter 'nosuch'"},
      {"bra nowhere;", "expected a label of the kernel behind 'bra'"},
      {"@%r0 bra nowhere;", "expected a predicate behind '@'"},
      {"setp.eq.s32 %r0, %r1, %r2;", "expected a predicate as an operand"},
      {"ld.global.v2.b32 %r0, [%d0];", "expected a vector of 2"},
      {"ld.global.b32 %r0, [%r1];", "expected an address of 64 bits, found '%r1'"},
      {"cp.async.cg.shared.global [%r0], [%d0], 8;", "unexpected number of bytes"},
      {"add.s32 %r0, %r1, 08z;", "expected a number"},
      {"add.s32 %r0, %r1, 1", "expected ';'"},
      {"mov.b32 %r0, 0f3F80;", "expected 8 hexadecimal digits"},
      {".reg .b32 %r0;", "register '%r0' is declared twice"},
      {"a:\na:\n", "label 'a' is defined twice"},
      {".local .b8 stack[8];", "unknown directive '.local'"},
      {"{\n", "expected '}'"},
      {"mov.b32 %r0, 5 / 0;", "expected a divisor other than 0"},
  };
  for (auto [body, message] : wrong) {
    std::string found = refusalOfBody(std::string(body) + "\n");
    EXPECT_NE(found.find(message), std::string::npos) << body << ": " << found;
    EXPECT_NE(found.find("PTX line 1"), std::string::npos) << found;
  }
}

TEST(Parser, WrongModulesAreRefused) {
  const std::pair<const char *, const char *> wrong[] = {
      {"", "PTX line 1: expected '.version', found 'the end of the text'"},
      {".version 8\n", "expected a version such as 8.0, found '8'"},
      {".version 8.0\n.target cuda\n", "expected an architecture such as sm_80, found 'cuda'"},
      {".version 8.0\n.target sm_80\n.address_size 32\n", "expected an address size of 64, found '32'"},
      {".version 8.0\n.target sm_80\n.address_size 64\n.func f() { ret; }\n", "PTX line 4: unknown directive '.func'"},
      {".version 8.0\n.target sm_80\n.address_size 64\n/* never", "PTX line 4: expected the end of a comment"},
      {".version 8.0\n.target sm_80\n.address_size 64\n.global .b32 x[2] = {1, 2, 3};\n",
       "too many initial values of 'x'"},
      {".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k() {\n.shared .b8 x[49153];\nmov.u32 %r0, "
       "x;\n}\n",
       "PTX line 5: expected at most 49152 bytes of static shared memory in kernel 'k'"},
  };
  for (auto [text, message] : wrong) {
    std::string found = refusal(text);
    EXPECT_NE(found.find(message), std::string::npos) << found;
  }
}

TEST(Parser, TargetsAndVersionsMustFit) {
  auto header = [](const char *version, const char *target) {
    return std::string(".version ") + version + "\n.target " + target +
           "\n.address_size 64\n.visible .entry k() { ret; }\n";
  };
  EXPECT_NE(refusal(header("8.0", "sm_90")).find("CUDA_ERROR_NO_BINARY_FOR_GPU"), std::string::npos);
  EXPECT_NE(refusal(header("8.0", "sm_80a")).find("taken"), std::string::npos);
  EXPECT_NE(refusal(header("9.9", "sm_80")).find("CUDA_ERROR_UNSUPPORTED_PTX_VERSION"), std::string::npos);
  Machine machine({{"DRIVER", "11040"}, {"CAPABILITY", "90"}});
  EXPECT_NE(machine.kernel(header("7.4", "sm_90")), nullptr);
  EXPECT_THROW(machine.kernel(header("7.5", "sm_90")), std::exception);
  EXPECT_THROW(machine.kernel(header("7.4", "sm_80a")), std::exception);
  const char cubin[] = "\x7f"
                       "ELF and what follows";
  void *module = nullptr;
  EXPECT_EQ(nameOf(cuModuleLoadData(&module, cubin)), "CUDA_ERROR_NO_BINARY_FOR_GPU");
}

TEST(Parser, WhatCompilersWriteIsRead) {
  Machine machine;
  std::string ptx = R"(//
// Generated by LLVM NVPTX Back-End
//
.version 8.0
.target sm_80, debug
.address_size 64
	// .globl	k
.file 1 "a.cu", 123, 45
.visible .entry k(
	.param .u64 .ptr .global .align 1 k_param_0
)
.reqntid 32, 1, 1
{
	.reg .pred 	%p<3>;
	.reg .b32 	%r<9>, %extra;
	.reg .b64 	%rd<5>;
	.loc 1 3 7
	.loc	1 4 8, function_name $L__info_string0, inlined_at 1 9 1
// %bb.0:
	.pragma "nounroll";
	ld.param.b64 	%rd1, [k_param_0];
	mov.b32 %r1, 2 * 3 + 4;
	mov.b32 %r2, (1 + 2) * -5;
	mov.b32 %r3, 0x10 - 0b11;
	mov.b32 %extra, WARP_SZ;
	{ ; }
$L__BB0_1:
	/* a comment
	   of two lines */ st.global.v4.b32 [%rd1+4*0], {%r1, %r2, %r3, %extra};
	@!%p1 bra 	$L__BB0_2;
$L__BB0_2:
	ret;
}
.section .debug_abbrev
{
.b8 1
}
)";
  Address result = machine.allocate(16);
  check(machine.launch(machine.kernel(ptx), 1, 32, {result}));
  EXPECT_EQ(machine.get<int32_t>(result, 4), (std::vector<int32_t>{10, -15, 13, 32}));
  EXPECT_NE(machine.launch(machine.kernel(ptx), 1, 64, {result}), 0);
  EXPECT_NE(findings().find("another block than its .reqntid"), std::string::npos);
}
