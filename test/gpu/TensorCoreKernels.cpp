//===- TensorCoreKernels.cpp - Chains of single tensor-core instructions -------------------===//
#include "test/gpu/TensorCoreKernels.h"

using namespace sluice::gpu;
using sluice::precision::FloatFormat;

std::string Instruction::name() const {
  return (isWarpgroup ? "wgmma.m64n8k" : "mma.sync.m16n8k") + std::to_string(products()) + "." + type;
}

int Instruction::leastCapability() const { return isWarpgroup ? 90 : operandBytes() == 1 ? 89 : 80; }

bool Instruction::runsOn(int capability) const {
  return isWarpgroup ? capability == 90 : capability >= leastCapability();
}

std::vector<Instruction> sluice::gpu::instructions() {
  std::vector<Instruction> all;
  std::pair<const char *, FloatFormat> types[] = {{"f16", FloatFormat::ieee(5, 10)},
                                                  {"bf16", FloatFormat::ieee(8, 7)},
                                                  {"tf32", FloatFormat::ieee(8, 10)},
                                                  {"e4m3", {4, 3, 7, FloatFormat::Specials::NaNOnly}},
                                                  {"e5m2", FloatFormat::ieee(5, 2)}};
  for (bool isWarpgroup : {false, true})
    for (const auto &[type, format] : types)
      all.push_back({isWarpgroup, type, format});
  return all;
}

/// Both kernels: what reads the parameters, a loop over steps, and what stores the sums %d0 to %d3 of a thread: columns
/// 2 (lane mod 4) and the next one, of row %row and of the eighth after it.
static std::string frame(const std::string &target, int threads, const std::string &rowsOfTile,
                         const std::string &registers, const std::string &setUp, const std::string &step) {
  return target +
         ".address_size 64\n.visible .entry multiply(.param .u64 a, .param .u64 b, .param .u64 result, "
         ".param .u32 steps)\n.maxntid " +
         std::to_string(threads) + R"(, 1, 1
{
  .reg .f32 %d<4>;
  .reg .b32 %lane, %group, %quarter, %row, %tile, %steps, %index;
  .reg .b64 %a, %b, %result, %offset;
  .reg .pred %more;
)" + registers +
         R"(
  ld.param.u64 %a, [a];
  ld.param.u64 %b, [b];
  ld.param.u64 %result, [result];
  ld.param.u32 %steps, [steps];
  cvta.to.global.u64 %a, %a;
  cvta.to.global.u64 %b, %b;
  cvta.to.global.u64 %result, %result;
  mov.u32 %tile, %ctaid.x;
  mov.u32 %lane, %tid.x;
  and.b32 %lane, %lane, 31;
  shr.u32 %group, %lane, 2;
  and.b32 %quarter, %lane, 3;
  mov.f32 %d0, 0f00000000;
  mov.f32 %d1, 0f00000000;
  mov.f32 %d2, 0f00000000;
  mov.f32 %d3, 0f00000000;
  mul.lo.u32 %index, %tile, %steps;
  mul.wide.u32 %offset, %index, )" +
         rowsOfTile + R"( * 32;
  add.u64 %a, %a, %offset;
  mul.wide.u32 %offset, %index, 8 * 32;
  add.u64 %b, %b, %offset;
)" + setUp +
         "loop:\n" + step + R"(  add.u64 %a, %a, )" + rowsOfTile + R"( * 32;
  add.u64 %b, %b, 8 * 32;
  sub.u32 %steps, %steps, 1;
  setp.ne.u32 %more, %steps, 0;
  @%more bra.uni loop;

  mad.lo.u32 %index, %tile, )" +
         rowsOfTile + R"(, %row;
  mul.wide.u32 %offset, %index, 8 * 4;
  add.u64 %result, %result, %offset;
  mul.wide.u32 %offset, %quarter, 2 * 4;
  add.u64 %result, %result, %offset;
  st.global.v2.f32 [%result], {%d0, %d1};
  st.global.v2.f32 [%result + 8 * 8 * 4], {%d2, %d3};
  ret;
}
)";
}

/// Thread (group g, quarter q) has bytes 4q to 4q + 3 and 16 + 4q to 16 + 4q + 3 of rows g and g + 8 and of column g.
static std::string kernelOfWarp(const Instruction &instruction) {
  std::string type = instruction.type;
  std::string target =
      instruction.operandBytes() == 1 ? ".version 8.4\n.target sm_89\n" : ".version 7.0\n.target sm_80\n";
  std::string shape = "m16n8k" + std::to_string(instruction.products());
  std::string setUp = R"(  mov.u32 %row, %group;
  mul.wide.u32 %offset, %group, 32;
  add.u64 %a, %a, %offset;
  add.u64 %b, %b, %offset;
  mul.wide.u32 %offset, %quarter, 4;
  add.u64 %a, %a, %offset;
  add.u64 %b, %b, %offset;
)";
  std::string step = R"(  ld.global.b32 %x0, [%a];
  ld.global.b32 %x1, [%a + 8 * 32];
  ld.global.b32 %x2, [%a + 16];
  ld.global.b32 %x3, [%a + 8 * 32 + 16];
  ld.global.b32 %y0, [%b];
  ld.global.b32 %y1, [%b + 16];
  mma.sync.aligned.)" +
                     shape + ".row.col.f32." + type + "." + type + R"(.f32
      {%d0, %d1, %d2, %d3}, {%x0, %x1, %x2, %x3}, {%y0, %y1}, {%d0, %d1, %d2, %d3};
)";
  return frame(target, 32, "16", "  .reg .b32 %x<4>, %y<2>;\n", setUp, step);
}

/// Shared memory holds blocks of 8 rows by 16 bytes: those of the first 16 bytes of a row and of the last lie 128 bytes
/// apart, those of the next 8 rows 256. A thread copies 16 bytes of A, the first 16 threads those of B.
static std::string kernelOfWarpgroup(const Instruction &instruction) {
  std::string type = instruction.type;
  std::string registers = R"(  .shared .align 128 .b8 rows[2048];
  .shared .align 128 .b8 columns[256];
  .reg .b32 %thread, %half, %ofRows, %ofColumns, %mine, %w<4>;
  .reg .b64 %rows, %columns;
  .reg .pred %copies, %adds;
)";
  // Descriptors: the address in units of 16 bytes, 128 bytes to the next block along the sum, 256 to the next rows.
  std::string setUp = R"(  mov.u32 %thread, %tid.x;
  shr.u32 %row, %thread, 5;
  mad.lo.u32 %row, %row, 16, %group;
  setp.lt.u32 %copies, %thread, 16;
  setp.eq.u32 %adds, %lane, %lane;
  mul.wide.u32 %offset, %thread, 16;
  add.u64 %a, %a, %offset;
  add.u64 %b, %b, %offset;
  and.b32 %half, %thread, 1;
  shr.u32 %mine, %thread, 1;
  and.b32 %index, %mine, 7;
  shr.u32 %mine, %mine, 3;
  mul.lo.u32 %mine, %mine, 256;
  mad.lo.u32 %mine, %index, 16, %mine;
  mad.lo.u32 %mine, %half, 128, %mine;
  mov.u32 %ofRows, rows;
  mov.u32 %ofColumns, columns;
  shr.u32 %index, %ofRows, 4;
  cvt.u64.u32 %rows, %index;
  or.b64 %rows, %rows, 0x0000001000080000;
  shr.u32 %index, %ofColumns, 4;
  cvt.u64.u32 %columns, %index;
  or.b64 %columns, %columns, 0x0000001000080000;
  add.u32 %ofRows, %ofRows, %mine;
  add.u32 %ofColumns, %ofColumns, %mine;
)";
  // Operands of 16 bits may be transposed: two more zeros say that they are not.
  std::string flags = instruction.operandBytes() == 2 ? "%adds, 1, 1, 0, 0" : "%adds, 1, 1";
  std::string step = R"(  ld.global.v4.b32 {%w0, %w1, %w2, %w3}, [%a];
  st.shared.v4.b32 [%ofRows], {%w0, %w1, %w2, %w3};
  @%copies ld.global.v4.b32 {%w0, %w1, %w2, %w3}, [%b];
  @%copies st.shared.v4.b32 [%ofColumns], {%w0, %w1, %w2, %w3};
  fence.proxy.async.shared::cta;
  bar.sync 0;
  wgmma.fence.sync.aligned;
  wgmma.mma_async.sync.aligned.m64n8k)" +
                     std::to_string(instruction.products()) + ".f32." + type + "." + type + R"(
      {%d0, %d1, %d2, %d3}, %rows, %columns, )" +
                     flags + R"(;
  wgmma.commit_group.sync.aligned;
  wgmma.wait_group.sync.aligned 0;
  bar.sync 0;
)";
  return frame(".version 8.0\n.target sm_90a\n", 128, "64", registers, setUp, step);
}

std::string sluice::gpu::kernelOf(const Instruction &instruction) {
  return instruction.isWarpgroup ? kernelOfWarpgroup(instruction) : kernelOfWarp(instruction);
}
