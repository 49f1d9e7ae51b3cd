//===- OwnKernels.cpp - Kernels that no program has -----------------------===//

#include "runtime/cuda/OwnKernels.h"

using namespace sluice::cuda;

/// A kernel whose threads share the elements at two addresses: %x of the first and %y of the second are read, and %x is
/// written. What is rounded is rounded as on the host.
static std::string elementwise(const std::string &name, const char *type, int shift, const char *body) {
  std::string t = type, registers = ".reg ." + t + " %x, %y, %z, %a;";
  return std::string(".visible .entry ") + name + R"((.param .u64 p0, .param .u64 p1, .param .u64 p2, .param .u64 p3) {
  .reg .pred %p; .reg .b32 %r<5>; .reg .b64 %rd<8>; )" +
         registers + R"(
  ld.param.u64 %rd0, [p0];
  ld.param.u64 %rd1, [p1];
  ld.param.u64 %rd2, [p2];
  mov.u32 %r0, %ctaid.x;
  mov.u32 %r1, %ntid.x;
  mov.u32 %r2, %tid.x;
  mov.u32 %r3, %nctaid.x;
  mul.wide.u32 %rd3, %r0, %r1;
  cvt.u64.u32 %rd4, %r2;
  add.u64 %rd3, %rd3, %rd4;
  mul.wide.u32 %rd4, %r3, %r1;
  ld.param.u32 %r4, [p3];
  cvt.rn.)" +
         t + R"(.s32 %a, %r4;
LOOP:
  setp.ge.u64 %p, %rd3, %rd2;
  @%p bra DONE;
  shl.b64 %rd5, %rd3, )" +
         std::to_string(shift) + R"(;
  add.u64 %rd6, %rd0, %rd5;
  add.u64 %rd7, %rd1, %rd5;
  ld.global.)" +
         t + R"( %x, [%rd6];
  ld.global.)" +
         t + R"( %y, [%rd7];
)" + body +
         R"(
  st.global.)" +
         t + R"( [%rd6], %x;
  add.u64 %rd3, %rd3, %rd4;
  bra LOOP;
DONE:
  ret;
}
)";
}

/// Infinities and NaN have all bits of the exponent; `mask` has those of a word, of a double its upper.
static std::string watch(const std::string &name, int offset) {
  return std::string(".visible .entry ") + name + R"((.param .u64 p0, .param .u64 p1) {
  .reg .pred %p; .reg .b32 %r<2>; .reg .b64 %rd<2>;
  ld.param.u64 %rd0, [p0];
  ld.param.u64 %rd1, [p1];
  ld.global.u32 %r0, [%rd0+)" +
         std::to_string(offset) + "];\n  and.b32 %r0, %r0, " + (offset > 0 ? "0x7ff00000" : "0x7f800000") +
         ";\n  setp.ne.u32 %p, %r0, " + (offset > 0 ? "0x7ff00000" : "0x7f800000") + R"(;
  @%p bra DONE;
  mov.u32 %r1, 1;
  st.global.u32 [%rd1], %r1;
DONE:
  ret;
}
)";
}

/// The same sums in the same order as on the host, so that both decide alike.
static std::string decide(const std::string &name) {
  return std::string(".visible .entry ") + name + R"((.param .u64 squares, .param .u64 unclipped, .param .u64 numbers,
    .param .u64 count, .param .u64 watched, .param .u64 gate, .param .u64 factor, .param .u64 rule) {
  .reg .pred %p<5>; .reg .b32 %r<7>; .reg .b64 %rd<11>; .reg .f64 %d<11>;
  ld.param.u64 %rd0, [squares];
  ld.param.u64 %rd1, [unclipped];
  ld.param.u64 %rd2, [numbers];
  ld.param.u64 %rd3, [count];
  ld.param.u64 %rd4, [watched];
  ld.param.u64 %rd5, [gate];
  ld.param.u64 %rd6, [factor];
  ld.param.u64 %rd10, [rule];
  ld.global.f64 %d0, [%rd10];
  ld.global.f64 %d1, [%rd10+8];
  ld.global.f64 %d2, [%rd10+16];
  mov.f64 %d3, 0d0000000000000000;
  mov.f64 %d4, 0d0000000000000000;
  setp.ne.u64 %p1, %rd1, 0;
NEXT:
  setp.eq.u64 %p0, %rd3, 0;
  @%p0 bra SUMMED;
  ld.global.u32 %r0, [%rd2];
  mul.wide.u32 %rd7, %r0, 8;
  add.u64 %rd8, %rd0, %rd7;
  ld.global.f64 %d5, [%rd8];
  add.rn.f64 %d3, %d3, %d5;
  add.u64 %rd9, %rd1, %rd7;
  @%p1 ld.global.f64 %d6, [%rd9];
  @%p1 add.rn.f64 %d4, %d4, %d6;
  add.u64 %rd2, %rd2, 4;
  sub.u64 %rd3, %rd3, 1;
  bra NEXT;
SUMMED:
  sqrt.rn.f64 %d3, %d3;
  div.rn.f64 %d3, %d3, %d2;
  mov.f64 %d7, 0d7FF0000000000000;
  abs.f64 %d8, %d3;
  setp.lt.f64 %p2, %d8, %d7;
  sqrt.rn.f64 %d4, %d4;
  abs.f64 %d8, %d4;
  setp.lt.and.f64 %p2, %d8, %d7, %p2;
  ld.global.u32 %r1, [%rd4];
  setp.eq.and.u32 %p2, %r1, 0, %p2;
  ld.global.u32 %r4, [%rd4+4];
  ld.global.u32 %r5, [%rd10+28];
  setp.eq.and.u32 %p3, %r4, 0, %p2;
  selp.u32 %r2, 1, 0, %p3;
  selp.u32 %r6, 0, %r5, %p2;
  or.b32 %r4, %r4, %r6;
  st.global.u32 [%rd4+4], %r4;
  st.global.u32 [%rd5], %r2;
  mov.u32 %r3, 0;
  st.global.u32 [%rd4], %r3;
  setp.eq.u64 %p3, %rd6, 0;
  @%p3 bra DONE;
  mov.f64 %d9, 0d3FF0000000000000;
  setp.gt.f64 %p4, %d0, 0d0000000000000000;
  @!%p4 bra SCALED;
  add.rn.f64 %d10, %d3, %d1;
  div.rn.f64 %d10, %d0, %d10;
  setp.lt.f64 %p4, %d10, %d9;
  selp.f64 %d9, %d10, %d9, %p4;
SCALED:
  div.rn.f64 %d9, %d9, %d2;
  st.global.f64 [%rd6], %d9;
DONE:
  ret;
}
)";
}

static std::string gather(const std::string &name) {
  return std::string(".visible .entry ") + name + R"((.param .u64 table) {
  .reg .pred %p; .reg .b32 %r<4>; .reg .b64 %rd<9>;
  ld.param.u64 %rd0, [table];
  mov.u32 %r0, %ctaid.x;
  mul.wide.u32 %rd1, %r0, 24;
  add.u64 %rd1, %rd0, %rd1;
  ld.global.u64 %rd2, [%rd1];
  ld.global.u64 %rd3, [%rd1+8];
  ld.global.u64 %rd4, [%rd1+16];
  mov.u32 %r1, %tid.x;
  mov.u32 %r2, %ntid.x;
  cvt.u64.u32 %rd5, %r1;
  cvt.u64.u32 %rd6, %r2;
LOOP:
  setp.ge.u64 %p, %rd5, %rd4;
  @%p bra DONE;
  shl.b64 %rd7, %rd5, 2;
  add.u64 %rd8, %rd3, %rd7;
  ld.global.u32 %r3, [%rd8];
  add.u64 %rd8, %rd2, %rd7;
  st.global.u32 [%rd8], %r3;
  add.u64 %rd5, %rd5, %rd6;
  bra LOOP;
DONE:
  ret;
}
)";
}

std::string sluice::cuda::ownName(OwnKernel kernel, uint32_t element) {
  static const char *const names[] = {"add", "extrapolate", "watch", "decide", "gather"};
  return std::string("sluice_") + names[static_cast<size_t>(kernel)] + (element == SLUICE_F64 ? "_f64" : "_f32");
}

std::string sluice::cuda::ownPtx() {
  std::string text = ".version 7.0\n.target sm_80\n.address_size 64\n";
  for (sluice_element element : {SLUICE_F32, SLUICE_F64}) {
    bool isDouble = element == SLUICE_F64;
    std::string type = isDouble ? "f64" : "f32";
    int shift = isDouble ? 3 : 2;
    text += elementwise(ownName(OwnKernel::Add, element), type.c_str(), shift,
                        ("  add.rn." + type + " %x, %x, %y;").c_str());
    // %y + ahead (%y - %x)
    text += elementwise(
        ownName(OwnKernel::Extrapolate, element), type.c_str(), shift,
        ("  sub.rn." + type + " %z, %y, %x;\n  mul.rn." + type + " %z, %a, %z;\n  add.rn." + type + " %x, %y, %z;")
            .c_str());
    text += watch(ownName(OwnKernel::Watch, element), isDouble ? 4 : 0);
    text += decide(ownName(OwnKernel::Decide, element));
    text += gather(ownName(OwnKernel::Gather, element));
  }
  return text;
}
