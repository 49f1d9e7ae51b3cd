//===- StatisticsTest.cpp - What rounding and sums lose, in generated code ----------------===//
//
// Counts against those that the scalar reference of rounding gives, over numbers of all sizes with ties, zeros,
// infinities and NaNs; errors of sums against loops in double.
//
//===--------------------------------------------------------------------------------===//
#include "dialects/Sluice/Rounding.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Target/Pipeline.h"
#include "tools/Jit.h"
#include "tools/Register.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace sluice;
using precision::FloatFormat;

namespace {
constexpr int64_t rows = 6, columns = 202;

/// A function of a module, compiled for this machine.
JitFunction compile(const std::string &text, const char *name, unsigned threads) {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  mlir::MLIRContext context(registry);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  mlir::PassManager manager(&context);
  buildLoweringPipeline(manager, LoweringOptions());
  EXPECT_TRUE(module && succeeded(manager.run(*module)));
  JitFunction function = llvm::cantFail(JitFunction::create(*module, name, llvm::cantFail(Processor::get("native"))));
  function.startPool(threads);
  return function;
}

FloatFormat formatOf(const char *name) {
  std::string problem;
  return *FloatFormat::parse(name, problem);
}

class Counts : public testing::TestWithParam<const char *> {
protected:
  /// What one call for all elements counts, in groups of `group` rows and columns that have scales if `isScaled`.
  void compare(bool isScaled, int64_t groupRows, int64_t groupColumns) {
    const char *text = R"(
      func.func @count(%x: tensor<2x{0}x{1}xf32>) -> tensor<2xf64> {{
        %0 = sluice.count_roundings %x to <{2}> {3} : tensor<2x{0}x{1}xf32> to tensor<2xf64>
        return %0 : tensor<2xf64>
      })";
    std::string scaled = isScaled ? llvm::formatv("scaled [{0}, {1}]", groupRows, groupColumns).str() : "";
    JitFunction function = compile(llvm::formatv(text, rows / 2, columns, GetParam(), scaled).str(), "count", 2);
    int64_t saturatedOfAll = 0, underflowedOfAll = 0;
    for (uint32_t round = 0; round < 32; ++round) {
      std::vector<float> x = numbers(round);
      std::array<double, 2> found = {-1, -1};
      llvm::cantFail(function.call({x.data(), found.data()}));
      auto [saturated, underflowed] = count(x, isScaled, groupRows, groupColumns);
      EXPECT_EQ(found[0], double(saturated)) << "round " << round;
      EXPECT_EQ(found[1], double(underflowed)) << "round " << round;
      saturatedOfAll += saturated;
      underflowedOfAll += underflowed;
    }
    EXPECT_GT(saturatedOfAll, 0);
    EXPECT_GT(underflowedOfAll, 0);
  }

private:
  /// Bits of all kinds, and what lies at the limits of the format: its largest number, half of its smallest, and their
  /// neighbours. Every other round has no infinities, which would be the only number in a group that is not zero.
  std::vector<float> numbers(uint32_t round) {
    FloatFormat format = formatOf(GetParam());
    std::vector<float> x(rows * columns);
    for (size_t i = 0; i < x.size(); ++i) {
      uint32_t bits = uint32_t(i + 1) * 2654435761u + round * 40503u * 65537u;
      x[i] = llvm::bit_cast<float>(bits);
      if (round % 2 && std::isinf(x[i]))
        x[i] = 0;
    }
    if (round % 2)
      for (size_t i = 0; i < x.size(); i += 3)
        x[i] = std::ldexp(std::sin(float(i + round)), int(i * 7 % 41) - 30);
    float most = float(format.maxFinite()), tie = float(format.quantum() / 2);
    float limits[] = {most,
                      -most,
                      std::nextafter(most, INFINITY),
                      tie,
                      -tie,
                      std::nextafter(tie, 1.0f),
                      0.0f,
                      -0.0f,
                      std::nextafter(tie, 0.0f),
                      NAN,
                      round % 2 ? 0.0f : -INFINITY};
    std::copy(std::begin(limits), std::end(limits), x.begin() + 5);
    return x;
  }

  std::pair<int64_t, int64_t> count(const std::vector<float> &x, bool isScaled, int64_t groupRows,
                                    int64_t groupColumns) {
    FloatFormat format = formatOf(GetParam());
    auto startOf = [](int64_t index, int64_t size) { return size ? index / size * size : 0; };
    auto endOf = [&](int64_t index, int64_t size, int64_t extent) {
      return size ? std::min(startOf(index, size) + size, extent) : extent;
    };
    int64_t saturated = 0, underflowed = 0;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column) {
        int exponent = 0;
        if (isScaled) {
          double largest = 0;
          for (int64_t r = startOf(row, groupRows); r < endOf(row, groupRows, rows); ++r)
            for (int64_t c = startOf(column, groupColumns); c < endOf(column, groupColumns, columns); ++c)
              if (double size = std::fabs(x[r * columns + c]); size > largest)
                largest = size;
          // Infinity scales as the number behind the largest one.
          largest = std::min(largest, std::ldexp(1.0, 128));
          exponent = -126;
          while (exponent < 126 && std::ldexp(largest, -exponent) > format.maxFinite())
            ++exponent;
        }
        double exact = std::ldexp(double(x[row * columns + column]), -exponent);
        saturated += std::fabs(exact) > format.maxFinite();
        underflowed += exact != 0 && precision::quantize(exact, format) == 0;
      }
    return {saturated, underflowed};
  }
};
} // namespace

TEST_P(Counts, AreThoseOfTheReference) { compare(/*isScaled=*/false, 0, 0); }

INSTANTIATE_TEST_SUITE_P(Formats, Counts,
                         testing::Values("f8E5M2", "f8E4M3FN", "e4m3b4", "f16", "bf16", "tf32", "e6m9", "e8m22"),
                         [](const testing::TestParamInfo<const char *> &info) { return std::string(info.param); });

class CountsOfGroups : public Counts {};

TEST_P(CountsOfGroups, OfARow) { compare(/*isScaled=*/true, 1, 64); }
TEST_P(CountsOfGroups, OfAColumn) { compare(/*isScaled=*/true, 4, 1); }
TEST_P(CountsOfGroups, OfAll) { compare(/*isScaled=*/true, 0, 0); }

INSTANTIATE_TEST_SUITE_P(Formats, CountsOfGroups, testing::Values("f8E4M3FN", "f8E5M2"),
                         [](const testing::TestParamInfo<const char *> &info) { return std::string(info.param); });

/// Sums in chunks of 1-6-9, of 3 of 9 rows: rows 0, 3 and 6.
static void compareErrors(bool isTransposed) {
  constexpr int64_t sampled = 3, all = 9, length = 300, outputs = 20;
  const char *text = R"(
    func.func @error(%x: tensor<3x3x300xf32>, %w: tensor<{0}xf32>)
        -> (tensor<2xf64>, tensor<3x3x300xf32>, tensor<{0}xf32>, tensor<3x3x20xf32>) {{
      %xq = sluice.quantize %x to <f8E5M2> : tensor<3x3x300xf32>
      %wq = sluice.quantize %w to <f8E5M2> : tensor<{0}xf32>
      %y = sluice.linear %xq, %wq {1} {{accumulation = #sluice.accumulation<e6m9, chunk = 64>}
          : tensor<3x3x300xf32>, tensor<{0}xf32> to tensor<3x3x20xf32>
      %0 = sluice.accumulation_error %xq, %wq, %y {1} rows 3
          : tensor<3x3x300xf32>, tensor<{0}xf32>, tensor<3x3x20xf32> to tensor<2xf64>
      return %0, %xq, %wq, %y : tensor<2xf64>, tensor<3x3x300xf32>, tensor<{0}xf32>, tensor<3x3x20xf32>
    })";
  std::string module = llvm::formatv(text, isTransposed ? "20x300" : "300x20", isTransposed ? "transposed" : "").str();
  JitFunction function = compile(module, "error", 2);
  std::vector<float> x(all * length), w(length * outputs), xq(x.size()), wq(w.size()), y(all * outputs);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = std::sin(float(i) * 1.7f);
  for (size_t i = 0; i < w.size(); ++i)
    w[i] = std::cos(float(i) * 0.9f);
  std::array<double, 2> found = {-1, -1};
  llvm::cantFail(function.call({x.data(), w.data(), found.data(), xq.data(), wq.data(), y.data()}));
  double errors = 0, squares = 0;
  for (int64_t row = 0; row < all; row += all / sampled)
    for (int64_t o = 0; o < outputs; ++o) {
      double exact = 0;
      for (int64_t k = 0; k < length; ++k)
        exact += double(xq[row * length + k]) * double(wq[isTransposed ? o * length + k : k * outputs + o]);
      errors += (y[row * outputs + o] - exact) * (y[row * outputs + o] - exact);
      squares += exact * exact;
    }
  EXPECT_GT(errors, 0);
  EXPECT_NEAR(found[0], errors, 1e-9 * errors);
  EXPECT_NEAR(found[1], squares, 1e-9 * squares);
}

TEST(AccumulationError, IsThatOfTheSampledRows) { compareErrors(/*isTransposed=*/false); }
TEST(AccumulationError, IsThatOfATransposedWeight) { compareErrors(/*isTransposed=*/true); }
