//===- NarrowSumsTest.cpp - Emulated sums against the scalar reference, bit for bit -------===//
//
// Contractions of A [rows, terms] and B [terms, columns] in generated code against precision::sumOfProducts, of all
// named formats, roundings and orders. Operands are random codes of their formats: subnormal and large ones and zeros
// of both signs are among them, as are sums that overflow, cancel and tie.
//
// SLUICE_NARROW_SUMS_REPEATS=N repeats each with N sets of operands (default 1): 60 make 1e8 products.
//
//===--------------------------------------------------------------------------------===//
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Numerics/ReferenceSums.h"
#include "passes/Target/Pipeline.h"
#include "tools/Jit.h"
#include "tools/Register.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace sluice;
using precision::Accumulation;
using precision::FloatFormat;

namespace {
struct Case {
  const char *name, *left, *right, *accumulation;
};

FloatFormat formatOf(const char *name) {
  std::string problem;
  return *FloatFormat::parse(name, problem);
}

class NarrowSums : public testing::TestWithParam<Case> {
protected:
  static constexpr int64_t rows = 13, columns = 37, terms = 200;

  /// Compiles C = A B and notes how its sums are declared.
  void compile(const Case &test) {
    const char *text = R"(
      func.func @contract(%a: tensor<{0}x{1}xf32>, %b: tensor<{1}x{2}xf32>) -> tensor<{0}x{2}xf32> {{
        %zero = arith.constant 0.0 : f32
        %empty = tensor.empty() : tensor<{0}x{2}xf32>
        %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<{0}x{2}xf32>) -> tensor<{0}x{2}xf32>
        %c = linalg.contract indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                                              affine_map<(m, n, k) -> (m, n)>]
          {{sluice.accumulation = #sluice.accumulation<{3}>, sluice.formats = [#sluice.format<{4}>, #sluice.format<{5}>]}
          ins(%a, %b : tensor<{0}x{1}xf32>, tensor<{1}x{2}xf32>) outs(%fill : tensor<{0}x{2}xf32>)
          -> tensor<{0}x{2}xf32>
        return %c : tensor<{0}x{2}xf32>
      })";
    mlir::DialectRegistry registry;
    registerDialects(registry);
    mlir::MLIRContext context(registry);
    auto module = mlir::parseSourceString<mlir::ModuleOp>(
        llvm::formatv(text, rows, terms, columns, test.accumulation, test.left, test.right).str(), &context);
    ASSERT_TRUE(module);
    module->walk([&](mlir::Operation *op) {
      if (auto attribute = op->getAttrOfType<AccumulationAttr>(accumulationAttrName))
        accumulation = attribute.getValue();
    });
    Processor processor = llvm::cantFail(Processor::get("native"));
    mlir::PassManager manager(&context);
    buildLoweringPipeline(manager, LoweringOptions());
    ASSERT_TRUE(succeeded(manager.run(*module)));
    program.emplace(llvm::cantFail(JitFunction::create(*module, "contract", processor)));
  }

  /// Codes of the format that are numbers. Of f32 and bf16 exponents are limited, so that sums are within f32.
  static void fill(std::vector<float> &values, const FloatFormat &format, std::mt19937 &random) {
    for (float &value : values)
      do
        value = float(format.decode(uint32_t(random()) & uint32_t((uint64_t(1) << format.storageBits()) - 1)));
      while (!std::isfinite(value) || std::fabs(value) > 0x1p30F || (value != 0 && std::fabs(value) < 0x1p-40F));
  }

  Accumulation accumulation;
  std::optional<JitFunction> program;
};
} // namespace

TEST_P(NarrowSums, EqualTheReference) {
  const Case &test = GetParam();
  compile(test);
  precision::OperandFormats formats{formatOf(test.left), formatOf(test.right)};
  const char *text = std::getenv("SLUICE_NARROW_SUMS_REPEATS");
  std::mt19937 random(7);
  std::vector<float> a(rows * terms), b(terms * columns), c(rows * columns), column(terms);
  int64_t differences = 0;
  for (int repeats = text ? std::atoi(text) : 1; repeats > 0; --repeats) {
    fill(a, formats.left, random);
    fill(b, formats.right, random);
    llvm::cantFail(program->call({a.data(), b.data(), c.data()}));
    for (int64_t n = 0; n < columns; ++n) {
      for (int64_t k = 0; k < terms; ++k)
        column[k] = b[k * columns + n];
      for (int64_t m = 0; m < rows; ++m) {
        auto expected =
            float(precision::sumOfProducts(llvm::ArrayRef(a).slice(m * terms, terms), column, formats, accumulation));
        float found = c[m * columns + n];
        bool areEqual = std::isnan(expected) ? std::isnan(found)
                                             : llvm::bit_cast<uint32_t>(expected) == llvm::bit_cast<uint32_t>(found);
        if (!areEqual && ++differences <= 3)
          ADD_FAILURE() << "expected "
                        << llvm::formatv("{0} in row {1}, column {2}, found {3}", expected, m, n, found).str();
      }
    }
  }
  EXPECT_EQ(differences, 0);
}

class CancellingSums : public NarrowSums {};

/// -1 and (1 + 2^-13) (1 - 2^-13), a product that f32 has not: what is left of the sum is what the product left over.
TEST_P(CancellingSums, AreWhatProductsLeaveOver) {
  compile(GetParam());
  std::vector<float> a(rows * terms), b(terms * columns), c(rows * columns);
  for (int64_t m = 0; m < rows; ++m) {
    a[m * terms] = -1;
    a[m * terms + 1] = 1 + std::ldexp(1.0F, -13);
  }
  std::fill_n(b.begin(), columns, 1.0F);
  std::fill_n(b.begin() + columns, columns, 1 - std::ldexp(1.0F, -13));
  llvm::cantFail(program->call({a.data(), b.data(), c.data()}));
  EXPECT_EQ(c, std::vector<float>(rows * columns, -std::ldexp(1.0F, -26)));
}

INSTANTIATE_TEST_SUITE_P(Roundings, CancellingSums,
                         testing::Values(Case{"Nearest", "f32", "f32", "e6m9"},
                                         Case{"TowardZero", "f32", "f32", "e6m9, rounding = toward_zero"}),
                         [](const testing::TestParamInfo<Case> &info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Named, NarrowSums,
    testing::Values(
        Case{"Fp8Of2018", "f8E5M2", "f8E5M2", "e6m9, chunk = 64"},
        Case{"Hfp8Forward", "e4m3b4", "e4m3b4", "e6m9, chunk = 64"},
        Case{"Hfp8Backward", "e4m3b4", "f8E5M2", "e6m9, chunk = 64"}, Case{"WithoutChunks", "f8E5M2", "f8E5M2", "e6m9"},
        Case{"ChunksAcrossF32", "f8E5M2", "f8E4M3FN", "e6m9, chunk = 48, across = f32"},
        Case{"HalfPrecision", "f8E5M2", "f8E5M2", "e5m10, chunk = 64"},
        Case{"HalfOfE4M3", "f8E4M3FN", "f8E4M3FN", "e5m10"}, Case{"BrainFloat", "f8E5M2", "f8E5M2", "e8m7, chunk = 32"},
        Case{"ThreeBits", "f8E5M2", "f8E5M2", "e6m3, chunk = 16"},
        Case{"WideOperands", "bf16", "bf16", "e6m9, chunk = 64"},
        Case{"WideOperandsWideSum", "bf16", "bf16", "e8m13, chunk = 64"},
        Case{"UnroundedOperands", "f32", "f32", "e6m9, chunk = 64"},
        Case{"HalfOperands", "f16", "f16", "e8m10, chunk = 32"},
        Case{"TowardZero", "f8E5M2", "f8E5M2", "e6m9, chunk = 64, rounding = toward_zero"},
        Case{"HalfTowardZero", "f8E5M2", "f8E5M2", "e5m10, chunk = 64, rounding = toward_zero"},
        Case{"BrainFloatTowardZero", "f8E4M3FN", "f8E5M2", "e8m7, rounding = toward_zero"},
        Case{"HopperFp8", "f8E4M3FN", "f8E4M3FN",
             "e8m13, chunk = 128, across = f32, rounding = toward_zero, order = hopper_fp8"},
        Case{"HopperFp8OfE5M2", "f8E5M2", "f8E4M3FN", "e8m13, rounding = toward_zero, order = hopper_fp8"},
        Case{"AdaFp8", "f8E5M2", "f8E5M2", "e8m13, chunk = 64, across = f32, rounding = toward_zero, order = ada_fp8"},
        Case{"Hopper16", "bf16", "bf16", "f32, rounding = toward_zero, order = hopper_16"},
        Case{"HopperTf32", "tf32", "tf32", "f32, rounding = toward_zero, order = hopper_tf32"},
        Case{"Ampere16", "f16", "f16", "f32, rounding = toward_zero, order = ampere_16"}),
    [](const testing::TestParamInfo<Case> &info) { return std::string(info.param.name); });
