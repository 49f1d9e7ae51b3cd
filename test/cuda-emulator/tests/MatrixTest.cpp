//===- MatrixTest.cpp - ldmatrix and mma.sync ---------------------------------------------===//
//
// Products go through shared memory and ldmatrix as in a kernel. Their sums are compared with f64, and to the bit with
// the scalar reference of the compiler (passes/Numerics/ReferenceSums.h).
//
//===----------------------------------------------------------------------===//
#include "passes/Numerics/ReferenceSums.h"
#include "runtime/Philox.h"
#include "test/cuda-emulator/tests/Machine.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace sluice::emulator::tests;
using namespace sluice::precision;

namespace {
struct Shape {
  const char *type;
  FloatFormat format;
  int products;

  bool isTF32() const { return std::string(type) == "tf32"; }
  int bytes() const { return isTF32() ? 4 : 2; }
  int ofA() const { return products * bytes() / 8; }
  int ofB() const { return products * bytes() / 16; }
};

/// A [16][k] and B [column][k] as numbers, and C.
struct Operands {
  std::vector<float> a, b, c;
};
} // namespace

static const Shape shapes[] = {{"f16", FloatFormat::ieee(5, 10), 16}, {"f16", FloatFormat::ieee(5, 10), 8},
                               {"bf16", FloatFormat::ieee(8, 7), 16}, {"bf16", FloatFormat::ieee(8, 7), 8},
                               {"tf32", FloatFormat::ieee(8, 10), 8}, {"tf32", FloatFormat::ieee(8, 10), 4}};

static std::string registers(const std::string &name, int count) {
  std::string list;
  for (int i = 0; i < count; ++i)
    list += (i ? ", %" : "%") + name + std::to_string(i);
  return "{" + list + "}";
}

/// Lane 4 g + q loads what the manual gives it, four bytes at a time: A's rows g and g + 8, B's column g. p0 is the
/// result, p1 to p3 are A, B and C.
static std::string multiplyKernel(const Shape &shape) {
  int row = shape.products * shape.bytes();
  std::string body = ".reg .b32 %a<4>, %b<2>, %c<4>, %group, %quarter;\n"
                     "shr.u32 %group, %t, 2;\nand.b32 %quarter, %t, 3;\n";
  body += "mul.wide.u32 %d0, %group, " + std::to_string(row) +
          ";\nmul.wide.u32 %d1, %quarter, 4;\n"
          "add.s64 %d0, %d0, %d1;\nadd.s64 %d2, %p1, %d0;\nadd.s64 %d3, %p2, %d0;\n"
          "mul.wide.u32 %d4, %group, 32;\nmul.wide.u32 %d5, %quarter, 8;\nadd.s64 %d4, %d4, %d5;\n"
          "add.s64 %d6, %p3, %d4;\nadd.s64 %d7, %p0, %d4;\n";
  for (int i = 0; i < shape.ofA(); ++i)
    body += "ld.global.b32 %a" + std::to_string(i) + ", [%d2+" + std::to_string(i % 2 * 8 * row + i / 2 * 16) + "];\n";
  for (int i = 0; i < shape.ofB(); ++i)
    body += "ld.global.b32 %b" + std::to_string(i) + ", [%d3+" + std::to_string(i * 16) + "];\n";
  body += "ld.global.v2.f32 {%c0, %c1}, [%d6];\nld.global.v2.f32 {%c2, %c3}, [%d6+256];\n";
  std::string a = registers("a", shape.ofA()),
              b = shape.ofB() == 1 && shape.ofA() == 2 ? "{%b0}" : registers("b", shape.ofB());
  body += "mma.sync.aligned.m16n8k" + std::to_string(shape.products) + ".row.col.f32." + shape.type + "." + shape.type +
          ".f32 {%c0, %c1, %c2, %c3}, " + a + ", " + b + ", {%c0, %c1, %c2, %c3};\n";
  return simpleKernel(4, body + "st.global.v2.f32 [%d7], {%c0, %c1};\nst.global.v2.f32 [%d7+256], {%c2, %c3};\n");
}

/// Normal numbers, or with exponents far apart, or with infinities and NaN.
static Operands draw(const Shape &shape, unsigned seed, int kind) {
  Operands operands;
  Rounder rounder(shape.format, Rounding::NearestEven);
  unsigned index = 0;
  auto next = [&](bool isOperand) {
    auto words = sluice::runtime::philox({index++, seed, 3, 4}, {5, 6});
    double value = sluice::runtime::normalPair(words)[0];
    if (kind == 1)
      value = std::ldexp(value, int(words[2] % 60) - 30);
    if (kind == 2 && words[2] % 32 == 0)
      value = words[2] & 64 ? NAN : words[2] & 128 ? -HUGE_VAL : HUGE_VAL;
    if (words[3] % 16 == 0)
      value = 0;
    return float(!isOperand ? value : std::isfinite(value) ? rounder.saturate(value) : value);
  };
  for (int i = 0; i < 16 * shape.products; ++i)
    operands.a.push_back(next(true));
  for (int i = 0; i < 8 * shape.products; ++i)
    operands.b.push_back(next(true));
  for (int i = 0; i < 128; ++i) {
    // The reference takes C for a product, whose exponent is at least that of the operands' smallest normal number.
    float c = next(false);
    operands.c.push_back(std::fabs(c) < std::ldexp(1.0, shape.format.minExponent()) ? 0 : c);
  }
  return operands;
}

static std::vector<uint8_t> encode(const Shape &shape, const std::vector<float> &values) {
  std::vector<uint8_t> bytes(values.size() * shape.bytes());
  for (size_t i = 0; i < values.size(); ++i) {
    uint32_t code = shape.format.encode(values[i]);
    if (shape.isTF32()) {
      // The low bits of a tf32 operand do not count.
      code = code << 13 | 0x1234;
      if (std::isinf(values[i]))
        code &= ~0x1fffu;
    }
    std::memcpy(&bytes[i * shape.bytes()], &code, shape.bytes());
  }
  return bytes;
}

static std::vector<float> multiply(Machine &machine, const Shape &shape, const Operands &operands) {
  std::vector<uint8_t> a = encode(shape, operands.a), b = encode(shape, operands.b);
  Address result = machine.allocate(512), addresses[] = {machine.put(a), machine.put(b), machine.put(operands.c)};
  void *kernel = machine.kernel(multiplyKernel(shape));
  check(machine.launch(kernel, 1, 32, {result, addresses[0], addresses[1], addresses[2]}));
  return machine.get<float>(result, 128);
}

TEST(Matrix, FragmentsLieAsTheManualSays) {
  Machine machine;
  for (const Shape &shape : shapes) {
    Operands operands = draw(shape, 1, 0);
    std::vector<float> found = multiply(machine, shape, operands);
    for (int row = 0; row < 16; ++row)
      for (int column = 0; column < 8; ++column) {
        double sum = operands.c[row * 8 + column];
        for (int k = 0; k < shape.products; ++k)
          sum += double(operands.a[row * shape.products + k]) * operands.b[column * shape.products + k];
        EXPECT_NEAR(found[row * 8 + column], sum, 1e-5) << shape.type << " " << row << " " << column;
      }
  }
}

/// The sum that the reference makes of C and of the products, as one more product of C and 1. C is the accumulator,
/// which is what a group of its own leaves of it.
static float referenceSum(const Shape &shape, const Operands &operands, const Order &order, int row, int column) {
  Accumulation accumulation;
  accumulation.sum = FloatFormat::ieee(8, order.outputBits);
  accumulation.rounding = Rounding::TowardZero;
  accumulation.order = order;
  const int group = order.groupSize();
  std::vector<float> left(group), right(group);
  left[0] = operands.c[row * 8 + column];
  right[0] = 1;
  for (int k = 0; k < shape.products; ++k) {
    left.push_back(operands.a[row * shape.products + k]);
    right.push_back(operands.b[column * shape.products + k]);
  }
  return float(sumOfProducts(left, right, {shape.format, shape.format}, accumulation));
}

TEST(Matrix, SumsAreThoseOfTheReference) {
  std::string error;
  for (const char *capability : {"80", "90"})
    for (const Shape &shape : shapes)
      for (int kind : {0, 1, 2}) {
        Machine machine({{"CAPABILITY", capability}});
        bool isHopper = std::string(capability) == "90";
        Order order = *Order::parse(!isHopper ? "ampere-16" : shape.isTF32() ? "hopper-tf32" : "hopper-16", error);
        if (!isHopper && shape.isTF32())
          order = {8, 2, 24, 23};
        if (shape.products < order.block)
          order.block = shape.products, order.groups = isHopper ? 1 : order.groups / 2;
        for (unsigned seed = 0; seed < 4; ++seed) {
          Operands operands = draw(shape, seed, kind);
          std::vector<float> found = multiply(machine, shape, operands);
          for (int i = 0; i < 128; ++i) {
            float expected = referenceSum(shape, operands, order, i / 8, i % 8);
            if (std::isnan(expected) && std::isnan(found[i]))
              continue;
            ASSERT_EQ(found[i], expected)
                << shape.type << " k" << shape.products << " sm_" << capability << " " << kind;
          }
        }
      }
}

// A warp stores 32 rows of 16 bytes, and loads them as four matrices. p0 is [lane][4] words.
static std::string loadKernel(const std::string &variant, int count) {
  std::string body = R"(.shared .align 16 .b8 rows[512];
.reg .b32 %m<4>;
mov.u32 %r0, rows;
shl.b32 %r1, %t, 4;
add.s32 %r1, %r0, %r1;
shl.b32 %r2, %t, 3;
mov.b32 %m0, 0;
mov.b32 %m1, 0;
mov.b32 %m2, 0;
mov.b32 %m3, 0;
)";
  for (int i = 0; i < 8; ++i)
    body += "add.s32 %r3, %r2, " + std::to_string(i) + ";\ncvt.u16.u32 %h0, %r3;\nst.shared.b16 [%r1+" +
            std::to_string(2 * i) + "], %h0;\n";
  body += "bar.warp.sync -1;\nldmatrix.sync.aligned.m8n8.x" + std::to_string(count) + variant + ".shared.b16 " +
          registers("m", count) + ", [%r1];\nmul.wide.u32 %d0, %t, 16;\nadd.s64 %d0, %p0, %d0;\n";
  return simpleKernel(1, body + "st.global.v4.b32 [%d0], {%m0, %m1, %m2, %m3};\n");
}

TEST(Matrix, LdmatrixGivesLanesTheirElements) {
  Machine machine;
  for (int count : {1, 2, 4})
    for (bool isTransposed : {false, true}) {
      Address result = machine.allocate(512);
      void *kernel = machine.kernel(loadKernel(isTransposed ? ".trans" : "", count));
      check(machine.launch(kernel, 1, 32, {result}));
      std::vector<uint16_t> found = machine.get<uint16_t>(result, 256);
      for (int lane = 0; lane < 32; ++lane)
        for (int i = 0; i < 8; ++i) {
          // Element (row, column) of matrix m is 64 m + 8 row + column.
          int matrix = i / 2, row = lane / 4, column = lane % 4 * 2 + i % 2;
          int expected = matrix >= count ? 0 : 64 * matrix + (isTransposed ? 8 * column + row : 8 * row + column);
          EXPECT_EQ(found[lane * 8 + i], expected) << count << " " << isTransposed << " lane " << lane;
        }
    }
}

TEST(Matrix, PartOfAWarpIsRefused) {
  Machine machine;
  std::string text = loadKernel("", 1);
  text.insert(text.find("ldmatrix"), "setp.lt.s32 %q0, %t, 31;\n@%q0 ");
  Address result = machine.allocate(512);
  EXPECT_EQ(nameOf(machine.launch(machine.kernel(text), 1, 32, {result})), "CUDA_ERROR_LAUNCH_FAILED");
  EXPECT_NE(findings().find("ldmatrix by a part of the warp"), std::string::npos);
}
