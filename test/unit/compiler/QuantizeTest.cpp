//===- QuantizeTest.cpp - Rounding to formats in generated code ---------------------------===//
//
// Every 67th f32 there is, of both signs, subnormal, infinite and NaN, against LLVM's APFloat where it has the format,
// which is what `convert-arith-to-apfloat` calls, and else against the scalar reference. What exceeds a format becomes
// its largest number here, and what is infinite too.
//
//===--------------------------------------------------------------------------------===//
#include "dialects/Sluice/Rounding.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Target/Pipeline.h"
#include "tools/Jit.h"
#include "tools/Register.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace sluice;
using precision::FloatFormat;

namespace {
struct Case {
  const char *name;
  const llvm::fltSemantics &(*semantics)(); // null: LLVM has none
};

class Quantize : public testing::TestWithParam<Case> {
protected:
  static constexpr int64_t count = 4096;
  static constexpr uint32_t stride = 67;

  void compile(const char *format, const char *scaled = "") {
    const char *text = R"(
      func.func @quantize(%x: tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32> {{
        %y = sluice.quantize %x to <{2}> {3} : tensor<{0}x{1}xf32>
        return %y : tensor<{0}x{1}xf32>
      })";
    mlir::DialectRegistry registry;
    registerDialects(registry);
    mlir::MLIRContext context(registry);
    auto module = mlir::parseSourceString<mlir::ModuleOp>(llvm::formatv(text, rows, count / rows, format, scaled).str(),
                                                          &context);
    Processor processor = llvm::cantFail(Processor::get("native"));
    mlir::PassManager manager(&context);
    buildLoweringPipeline(manager, LoweringOptions());
    ASSERT_TRUE(module && succeeded(manager.run(*module)));
    program.emplace(llvm::cantFail(JitFunction::create(*module, "quantize", processor)));
    program->startPool(1);
  }

  static constexpr int64_t rows = 16;
  std::optional<JitFunction> program;
  std::vector<float> x = std::vector<float>(count), y = std::vector<float>(count);
};
} // namespace

static FloatFormat formatOf(const char *name) {
  std::string problem;
  return *FloatFormat::parse(name, problem);
}

/// What APFloat makes of the number, saturated.
static float expectedOf(float x, const Case &test, const FloatFormat &format) {
  if (!test.semantics)
    return float(precision::quantize(x, format));
  if (std::isnan(x))
    return x;
  llvm::APFloat value(x);
  bool losesInfo;
  value.convert(test.semantics(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  if (!value.isFinite())
    return std::copysign(float(format.maxFinite()), x);
  value.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return value.convertToFloat();
}

TEST_P(Quantize, IsTheNearestValue) {
  const Case &test = GetParam();
  FloatFormat format = formatOf(test.name);
  compile(test.name);
  int64_t differences = 0;
  for (uint64_t first = 0; first < uint64_t(1) << 32; first += count * uint64_t(stride)) {
    for (int64_t i = 0; i < count; ++i)
      x[i] = llvm::bit_cast<float>(uint32_t(first + i * stride));
    llvm::cantFail(program->call({x.data(), y.data()}));
    for (int64_t i = 0; i < count; ++i) {
      float expected = expectedOf(x[i], test, format);
      bool areEqual = std::isnan(expected) ? std::isnan(y[i])
                                           : llvm::bit_cast<uint32_t>(expected) == llvm::bit_cast<uint32_t>(y[i]);
      if (!areEqual && ++differences <= 3)
        ADD_FAILURE() << llvm::formatv("expected {0} of {1}, found {2}", expected, x[i], y[i]).str();
    }
  }
  EXPECT_EQ(differences, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, Quantize,
    testing::Values(Case{"f8E5M2", llvm::APFloatBase::Float8E5M2}, Case{"f8E4M3FN", llvm::APFloatBase::Float8E4M3FN},
                    Case{"f16", llvm::APFloatBase::IEEEhalf}, Case{"bf16", llvm::APFloatBase::BFloat},
                    Case{"tf32", llvm::APFloatBase::FloatTF32}, Case{"e4m3b4", nullptr}, Case{"e6m9", nullptr}),
    [](const testing::TestParamInfo<Case> &info) { return std::string(info.param.name); });

class QuantizeGroups : public Quantize {};

/// Of each group the largest element decides the scale: the least power of two by which it does not exceed the format.
TEST_P(QuantizeGroups, HaveAScaleEach) {
  constexpr int64_t columns = count / rows, group = 96; // the last group of a row is shorter
  FloatFormat format = formatOf(GetParam().name);
  compile(GetParam().name, "scaled [1, 96]");
  for (int64_t i = 0; i < count; ++i)
    x[i] = std::ldexp(std::sin(float(i)), int(i * 7 % 61) - 30 + int(i / group) % 40);
  llvm::cantFail(program->call({x.data(), y.data()}));
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t start = 0; start < columns; start += group) {
      int64_t end = std::min(start + group, columns);
      float largest = 0;
      for (int64_t c = start; c < end; ++c)
        largest = std::max(largest, std::fabs(x[row * columns + c]));
      int exponent = -126;
      while (std::ldexp(largest, -exponent) > format.maxFinite())
        ++exponent;
      for (int64_t c = start; c < end; ++c) {
        double scaled = std::ldexp(double(x[row * columns + c]), -exponent);
        EXPECT_EQ(y[row * columns + c], float(std::ldexp(precision::quantize(scaled, format), exponent)));
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, QuantizeGroups, testing::Values(Case{"f8E4M3FN", nullptr}, Case{"f8E5M2", nullptr}),
                         [](const testing::TestParamInfo<Case> &info) { return std::string(info.param.name); });
