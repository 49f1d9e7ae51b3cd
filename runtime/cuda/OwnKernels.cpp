//===- OwnKernels.cpp - Kernels that no program has -----------------------===//

#include "runtime/cuda/OwnKernels.h"

using namespace sluice::cuda;

/// A kernel whose threads share elements: `body` is what one does with the elements at %rd6 and %rd7, which lie at two
/// addresses. %r4 is the last parameter's low word.
static std::string shared(const std::string &name, const std::string &registers, const std::string &prologue, int shift,
                          const std::string &body) {
  return ".visible .entry " + name + R"((.param .u64 p0, .param .u64 p1, .param .u64 p2, .param .u64 p3) {
  .reg .pred %p; .reg .b32 %r<5>; .reg .b64 %rd<8>; )" +
         registers + R"(
  ld.param.u64 %rd0, [p0];
  ld.param.u64 %rd1, [p1];
  ld.param.u64 %rd2, [p2];
  ld.param.u32 %r4, [p3];
  mov.u32 %r0, %ctaid.x;
  mov.u32 %r1, %ntid.x;
  mov.u32 %r2, %tid.x;
  mov.u32 %r3, %nctaid.x;
  mul.wide.u32 %rd3, %r0, %r1;
  cvt.u64.u32 %rd4, %r2;
  add.u64 %rd3, %rd3, %rd4;
  mul.wide.u32 %rd4, %r3, %r1;
)" + prologue +
         R"(
LOOP:
  setp.ge.u64 %p, %rd3, %rd2;
  @%p bra DONE;
  shl.b64 %rd5, %rd3, )" +
         std::to_string(shift) + R"(;
  add.u64 %rd6, %rd0, %rd5;
  add.u64 %rd7, %rd1, %rd5;
)" + body +
         R"(
  add.u64 %rd3, %rd3, %rd4;
  bra LOOP;
DONE:
  ret;
}
)";
}

/// One of these that writes %x, of elements %x and %y; %a is the last parameter. What is rounded is rounded as on the
/// host.
static std::string elementwise(const std::string &name, const std::string &type, int shift, const std::string &body) {
  return shared(name, ".reg ." + type + " %x, %y, %z, %a;", "  cvt.rn." + type + ".s32 %a, %r4;", shift,
                "  ld.global." + type + " %x, [%rd6];\n  ld.global." + type + " %y, [%rd7];\n" + body +
                    "\n  st.global." + type + " [%rd6], %x;");
}

static std::string copy(const std::string &name, const std::string &type, int shift) {
  return shared(name, type == "b64" ? ".reg .b64 %x;" : ".reg .b32 %x;", "", shift,
                "  ld.global." + type + " %x, [%rd7];\n  st.global." + type + " [%rd6], %x;");
}

/// Infinities and NaN have all bits of the exponent; `mask` has those of a word, of a double its upper.
static std::string watch(const std::string &name, int offset) {
  return std::string(".visible .entry ") + name + R"((.param .u64 p0, .param .u64 p1) {
  .reg .pred %p; .reg .b32 %r<1>; .reg .b64 %rd<3>;
  ld.param.u64 %rd0, [p0];
  ld.param.u64 %rd2, [p1];
  ld.global.u32 %r0, [%rd0+)" +
         std::to_string(offset) + "];\n  and.b32 %r0, %r0, " + (offset > 0 ? "0x7ff00000" : "0x7f800000") +
         ";\n  setp.ne.u32 %p, %r0, " + (offset > 0 ? "0x7ff00000" : "0x7f800000") + R"(;
  @%p bra DONE;
  mov.b64 %rd1, 0x7ff8000000000000;
  st.global.b64 [%rd2], %rd1;
DONE:
  ret;
}
)";
}

/// The same sums in the same order as on the host, so that both decide alike. Terms may lie on other cards, so that as
/// many are read at once as there are threads; the first of these adds them up.
static std::string decide(const std::string &name) {
  return std::string(".visible .entry ") + name + R"((.param .u64 table, .param .u64 count, .param .u64 stopped,
    .param .u64 gate, .param .u64 factor, .param .u64 rule) {
  .reg .pred %p<5>; .reg .b32 %r<13>; .reg .b64 %rd<11>; .reg .f64 %d<11>;
  .shared .align 8 .f64 squares[)" +
         std::to_string(kDecidingThreads) + R"(];
  .shared .align 8 .f64 unclipped[)" +
         std::to_string(kDecidingThreads) + R"(];
  ld.param.u64 %rd2, [table];
  ld.param.u64 %rd3, [count];
  ld.param.u64 %rd4, [stopped];
  ld.param.u64 %rd5, [gate];
  ld.param.u64 %rd6, [factor];
  ld.param.u64 %rd10, [rule];
  cvt.u32.u64 %r0, %rd3;
  mov.u32 %r1, %tid.x;
  mov.u32 %r2, squares;
  mov.u32 %r3, unclipped;
  shl.b32 %r5, %r1, 3;
  add.u32 %r6, %r2, %r5;
  add.u32 %r7, %r3, %r5;
  mul.wide.u32 %rd7, %r1, 16;
  add.u64 %rd2, %rd2, %rd7;
  mov.f64 %d3, 0d0000000000000000;
  mov.f64 %d4, 0d0000000000000000;
NEXT:
  setp.eq.u32 %p0, %r0, 0;
  @%p0 bra SUMMED;
  min.u32 %r8, %r0, )" +
         std::to_string(kDecidingThreads) + R"(;
  setp.ge.u32 %p1, %r1, %r8;
  @%p1 bra READ;
  ld.global.u64 %rd8, [%rd2];
  ld.global.f64 %d5, [%rd8];
  st.shared.f64 [%r6], %d5;
  ld.global.u64 %rd9, [%rd2+8];
  setp.ne.u64 %p1, %rd9, 0;
  mov.f64 %d6, 0d0000000000000000;
  @%p1 ld.global.f64 %d6, [%rd9];
  st.shared.f64 [%r7], %d6;
READ:
  bar.sync 0;
  setp.ne.u32 %p1, %r1, 0;
  @%p1 bra ADDED;
  mov.u32 %r9, %r8;
  mov.u32 %r10, %r2;
  mov.u32 %r11, %r3;
ADD:
  ld.shared.f64 %d5, [%r10];
  add.rn.f64 %d3, %d3, %d5;
  ld.shared.f64 %d6, [%r11];
  add.rn.f64 %d4, %d4, %d6;
  add.u32 %r10, %r10, 8;
  add.u32 %r11, %r11, 8;
  sub.u32 %r9, %r9, 1;
  setp.ne.u32 %p1, %r9, 0;
  @%p1 bra ADD;
ADDED:
  bar.sync 0;
  sub.u32 %r0, %r0, %r8;
  add.u64 %rd2, %rd2, )" +
         std::to_string(16 * kDecidingThreads) + R"(;
  bra NEXT;
SUMMED:
  setp.ne.u32 %p1, %r1, 0;
  @%p1 bra DONE;
  ld.global.f64 %d0, [%rd10];
  ld.global.f64 %d1, [%rd10+8];
  ld.global.f64 %d2, [%rd10+16];
  sqrt.rn.f64 %d3, %d3;
  div.rn.f64 %d3, %d3, %d2;
  mov.f64 %d7, 0d7FF0000000000000;
  abs.f64 %d8, %d3;
  setp.lt.f64 %p2, %d8, %d7;
  sqrt.rn.f64 %d4, %d4;
  abs.f64 %d8, %d4;
  setp.lt.and.f64 %p2, %d8, %d7, %p2;
  ld.global.u32 %r4, [%rd4];
  ld.global.u32 %r5, [%rd10+28];
  setp.eq.and.u32 %p3, %r4, 0, %p2;
  selp.u32 %r2, 1, 0, %p3;
  selp.u32 %r6, 0, %r5, %p2;
  or.b32 %r4, %r4, %r6;
  st.global.u32 [%rd4], %r4;
  st.global.u32 [%rd5], %r2;
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

static std::string mark(const std::string &name) {
  return std::string(".visible .entry ") + name + R"((.param .u64 time) {
  .reg .b64 %rd<2>;
  ld.param.u64 %rd0, [time];
  mov.u64 %rd1, %globaltimer;
  st.global.u64 [%rd0], %rd1;
  ret;
}
)";
}

std::string sluice::cuda::ownName(OwnKernel kernel, uint32_t element) {
  static const char *const names[] = {"add", "extrapolate", "watch", "decide", "gather", "copy", "copy_bytes", "mark"};
  return std::string("sluice_") + names[static_cast<size_t>(kernel)] + (element == SLUICE_F64 ? "_f64" : "_f32");
}

const char *sluice::cuda::describe(OwnKernel kernel) {
  static const char *const texts[] = {"the sum of gradients",     "the prediction of weights",
                                      "the look at a loss",       "the decision whether a step updates",
                                      "the gathering of results", "a copy to another card",
                                      "a copy to another card",   "a mark of time"};
  return texts[static_cast<size_t>(kernel)];
}

std::string sluice::cuda::ownPtx() {
  std::string text = ".version 7.0\n.target sm_80\n.address_size 64\n";
  for (sluice_element element : {SLUICE_F32, SLUICE_F64}) {
    bool isDouble = element == SLUICE_F64;
    std::string type = isDouble ? "f64" : "f32";
    int shift = isDouble ? 3 : 2;
    text += elementwise(ownName(OwnKernel::Add, element), type, shift, "  add.rn." + type + " %x, %x, %y;");
    // %y + ahead (%y - %x)
    text += elementwise(ownName(OwnKernel::Extrapolate, element), type, shift,
                        "  sub.rn." + type + " %z, %y, %x;\n  mul.rn." + type + " %z, %a, %z;\n  add.rn." + type +
                            " %x, %y, %z;");
    text += watch(ownName(OwnKernel::Watch, element), isDouble ? 4 : 0);
    text += decide(ownName(OwnKernel::Decide, element));
    text += gather(ownName(OwnKernel::Gather, element));
    text += copy(ownName(OwnKernel::Copy, element), isDouble ? "b64" : "b32", shift);
    text += copy(ownName(OwnKernel::CopyBytes, element), "u8", 0);
    text += mark(ownName(OwnKernel::Mark, element));
  }
  return text;
}
