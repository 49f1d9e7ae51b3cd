//===- VectorMathTest.cpp - The bounds of the functions in generated code ------------===//
//
// Every 67th f32 there is, of both signs, subnormal, infinite and NaN, against the C library in double precision.
//
//===--------------------------------------------------------------------------------===//
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Numerics/Passes.h"
#include "passes/Target/Pipeline.h"
#include "tools/Jit.h"
#include "tools/Register.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <limits>

using namespace sluice;

namespace {
struct Function {
  const char *name; // in the math dialect
  double (*reference)(double);
  double bound;                                             // ULP
  double largest = std::numeric_limits<double>::infinity(); // argument that the bound holds for
};

double reciprocalRoot(double x) { return 1 / std::sqrt(x); }

class VectorMath : public testing::TestWithParam<Function> {
protected:
  static constexpr int64_t count = 4096;
  static constexpr uint32_t stride = 67;

  /// Compiles y[i] = function(x[i]) for blocks of vectors.
  void compile(const char *function) {
    const char *text = R"(
      func.func @apply(%x: memref<{0}xf32>, %y: memref<{0}xf32>) {{
        %zero = arith.constant 0 : index
        %lanes = arith.constant 8 : index
        %count = arith.constant {0} : index
        scf.for %i = %zero to %count step %lanes {{
          %in = vector.load %x[%i] : memref<{0}xf32>, vector<8xf32>
          %out = math.{1} %in : vector<8xf32>
          vector.store %out, %y[%i] : memref<{0}xf32>, vector<8xf32>
        }
        return
      })";
    mlir::DialectRegistry registry;
    registerDialects(registry);
    mlir::MLIRContext context(registry);
    auto module = mlir::parseSourceString<mlir::ModuleOp>(llvm::formatv(text, count, function).str(), &context);
    Processor processor = llvm::cantFail(Processor::get("native"));
    mlir::PassManager manager(&context);
    manager.addPass(createPlanScratch());
    manager.addPass(createApproximateMath());
    buildLLVMPipeline(manager, LoweringOptions());
    ASSERT_TRUE(module && succeeded(manager.run(*module)));
    jit = llvm::cantFail(Jit::create(*module, processor));
  }

  void apply() {
    char scratch[64];
    void *arguments[] = {scratch, x, y};
    llvm::cantFail(jit->call("apply", arguments));
  }

  std::unique_ptr<Jit> jit;
  alignas(64) float x[count];
  alignas(64) float y[count];
};
} // namespace

/// Distance of `found` from `expected` in units of the last place of an f32 of that size.
static double ulps(float found, double expected) {
  auto rounded = static_cast<float>(expected);
  if (std::isnan(expected) || std::isnan(found))
    return std::isnan(expected) && std::isnan(found) ? 0 : HUGE_VAL;
  if (std::isinf(rounded) || std::isinf(found)) {
    // Next to the largest number, either may be rounded the other way.
    double largest = std::numeric_limits<float>::max();
    return rounded == found ||
                   (std::signbit(rounded) == std::signbit(found) && std::fabs(expected) > largest * (1 - 1e-6))
               ? 0
               : HUGE_VAL;
  }
  int exponent = std::max(std::ilogb(expected == 0 ? std::numeric_limits<float>::denorm_min() : expected), -126);
  return std::fabs(double(found) - expected) / std::ldexp(1.0, exponent - 23);
}

TEST_P(VectorMath, IsWithinItsBound) {
  const Function &function = GetParam();
  compile(function.name);
  double worst = 0;
  float worstAt = 0;
  for (uint64_t first = 0; first < uint64_t(1) << 32; first += count * uint64_t(stride)) {
    for (int64_t i = 0; i < count; ++i) {
      auto bits = static_cast<uint32_t>(first + i * stride);
      std::memcpy(&x[i], &bits, sizeof bits);
    }
    apply();
    for (int64_t i = 0; i < count; ++i) {
      if (std::fabs(x[i]) > function.largest)
        continue;
      double error = ulps(y[i], function.reference(x[i]));
      if (error > worst) {
        worst = error;
        worstAt = x[i];
      }
    }
  }
  EXPECT_LE(worst, function.bound) << "at " << worstAt;
  RecordProperty("worst", std::to_string(worst));
}

TEST_P(VectorMath, KeepsTheSignOfZero) {
  const Function &function = GetParam();
  compile(function.name);
  std::fill(std::begin(x), std::end(x), -0.0F);
  apply();
  auto expected = static_cast<float>(function.reference(-0.0));
  EXPECT_EQ(y[0], expected);
  EXPECT_EQ(std::signbit(y[0]), std::signbit(expected));
}

INSTANTIATE_TEST_SUITE_P(Functions, VectorMath,
                         testing::Values(Function{"exp", std::exp, 2}, Function{"exp2", std::exp2, 2},
                                         Function{"expm1", std::expm1, 3}, Function{"log", std::log, 2},
                                         Function{"log2", std::log2, 2}, Function{"log10", std::log10, 2},
                                         Function{"log1p", std::log1p, 3}, Function{"tanh", std::tanh, 3},
                                         Function{"erf", std::erf, 2}, Function{"rsqrt", reciprocalRoot, 2},
                                         Function{"sin", std::sin, 1, 1073741824.0},
                                         Function{"cos", std::cos, 1, 1073741824.0}),
                         [](const testing::TestParamInfo<Function> &info) { return std::string(info.param.name); });
