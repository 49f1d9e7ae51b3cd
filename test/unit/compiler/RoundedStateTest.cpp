//===- RoundedStateTest.cpp - Updates that round weights and moments at random ------------===//
//
// SGD and AdamW in generated code, against the formulas in double with precision::Rounder and runtime::philox, bit for
// bit: with values of every size, zeros of both signs, sums that cancel and sums that overflow.
//
//===--------------------------------------------------------------------------------===//
#include "dialects/Sluice/Rounding.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Target/Pipeline.h"
#include "runtime/Philox.h"
#include "tools/Jit.h"
#include "tools/Register.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace sluice;
using precision::FloatFormat;
using precision::Rounder;

namespace {
/// How an update is compiled.
struct Case {
  const char *name, *format, *shape; // the shape as "4x8"
  bool decays;
};

class RoundedState : public testing::TestWithParam<Case> {
protected:
  /// `states` values a parameter beside it, and so many scalars.
  void compile(const Case &test, const char *op, int states, int scalarCount) {
    count = 1;
    llvm::SmallVector<llvm::StringRef> sizes;
    llvm::StringRef(test.shape).split(sizes, 'x');
    for (llvm::StringRef size : sizes)
      count *= std::stoll(size.str());
    std::string type = llvm::formatv("tensor<{0}xf32>", test.shape).str(), arguments, operands = "%p, %g",
                results = type;
    std::string scalars, types = type + ", tensor<4xi32>, tensor<2xi32>";
    for (int i = 0; i < states; ++i) {
      arguments += llvm::formatv(", %m{0}: {1}", i, type);
      operands += llvm::formatv(", %m{0}", i);
      results += ", " + type;
    }
    for (int i = 0; i < scalarCount; ++i) {
      arguments += llvm::formatv(", %s{0}: tensor<f32>", i);
      scalars += llvm::formatv("{0}%s{1}", i ? ", " : "", i);
      types += ", tensor<f32>";
    }
    std::string names = "%r#0";
    for (int i = 1; i <= states; ++i)
      names += llvm::formatv(", %r#{0}", i);
    std::string text = llvm::formatv(R"(
      func.func @update(%p: {0}, %g: {0}{1}, %key: tensor<4xi32>, %id: tensor<2xi32>) -> ({2}) {{
        %r:{3} = sluice.rounded_{4} {5} scalars({6}) {7} to <{8}> key %key id %id : {9}
        return {10} : {2}
      })",
                                     type, arguments, results, states + 1, op, operands, scalars,
                                     test.decays ? "decays" : "", test.format, types, names)
                           .str();
    mlir::DialectRegistry registry;
    registerDialects(registry);
    mlir::MLIRContext context(registry);
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    Processor processor = llvm::cantFail(Processor::get("native"));
    mlir::PassManager manager(&context);
    buildLoweringPipeline(manager, LoweringOptions());
    ASSERT_TRUE(module && succeeded(manager.run(*module)));
    program.emplace(llvm::cantFail(JitFunction::create(*module, "update", processor)));
    program->startPool(2);
    std::string problem;
    format = *FloatFormat::parse(test.format, problem);
    for (auto *values : {&p, &g, &newP})
      values->resize(count);
    for (auto *values : {&m, &newM})
      values->resize(states, std::vector<float>(count));
  }

  void call(std::vector<float> scalars) {
    llvm::SmallVector<void *> operands = {p.data(), g.data()};
    for (std::vector<float> &state : m)
      operands.push_back(state.data());
    for (float &scalar : scalars)
      operands.push_back(&scalar);
    operands.append({key.data(), id.data(), newP.data()});
    for (std::vector<float> &state : newM)
      operands.push_back(state.data());
    llvm::cantFail(program->call(operands));
  }

  runtime::PhiloxCounter wordsOf(int64_t element) const {
    return runtime::philox({uint32_t(element), id[0], key[2], id[1]}, {key[0], key[1]});
  }

  double add(double left, double right, uint32_t random) const {
    return Rounder(format, precision::Rounding::Stochastic).add(left, right, random);
  }

  /// Magnitudes from below the format's smallest to above its largest number, now and then zeros and what is none.
  static float draw(std::mt19937 &random) {
    static constexpr float special[] = {0.0F, -0.0F, INFINITY, NAN, 0x1p-40F, -0x1p-39F, 0x1.ffcp31F, 0x1.fffp31F};
    if (random() % 64 == 0)
      return special[random() % std::size(special)];
    float fraction = 1 + std::ldexp(float(random() % (1 << 23)), -23);
    return std::ldexp(random() % 2 ? fraction : -fraction, int(random() % 76) - 43);
  }

  void expectEqual(const char *what, int64_t element, float found, double expected) {
    bool areEqual = std::isnan(expected) ? std::isnan(found)
                                         : llvm::bit_cast<uint32_t>(found) == llvm::bit_cast<uint32_t>(float(expected));
    if (!areEqual && ++differences <= 3)
      ADD_FAILURE()
          << llvm::formatv("expected {0} {1} of element {2}, found {3}", what, expected, element, found).str();
  }

  int64_t count = 0, differences = 0;
  FloatFormat format;
  std::optional<JitFunction> program;
  std::vector<float> p, g, newP;
  std::vector<std::vector<float>> m, newM;
  std::array<uint32_t, 4> key = {17, 0x80000003, 5, 9};
  std::array<uint32_t, 2> id = {0xCBF29CE4, 0x84222325};
};

using RoundedSgd = RoundedState;
using RoundedAdamW = RoundedState;
using UnbiasedState = RoundedState;
} // namespace

TEST_P(RoundedSgd, EqualsTheReference) {
  const Case &test = GetParam();
  compile(test, "sgd", 1, 4);
  float rate = 0.3F, momentum = 0.9F, decay = 0.01F, clip = 0.7F;
  std::mt19937 random(3);
  for (key[2] = 0; key[2] < 40; ++key[2]) {
    for (int64_t i = 0; i < count; ++i) {
      p[i] = draw(random);
      g[i] = draw(random);
      m[0][i] = draw(random);
      // Sums that cancel: the clipped gradient is a value of the format, and the old momentum is near what it takes
      // away.
      if (random() % 4 == 0 && std::isfinite(g[i])) {
        auto value = float(precision::quantize(g[i], format));
        g[i] = value / clip;
        m[0][i] = -value / momentum;
        p[i] = 0;
      }
    }
    call({rate, momentum, decay, clip});
    for (int64_t i = 0; i < count; ++i) {
      runtime::PhiloxCounter words = wordsOf(i);
      float clipped = clip * g[i];
      double gradient = test.decays ? add(clipped, double(decay) * p[i], words[0]) : add(clipped, -0.0, words[0]);
      double newMomentum = add(gradient, double(momentum) * m[0][i], words[1]);
      expectEqual("momentum", i, newM[0][i], newMomentum);
      expectEqual("weight", i, newP[i], add(p[i], -double(rate) * newMomentum, words[2]));
    }
  }
  EXPECT_EQ(differences, 0);
}

TEST_P(RoundedAdamW, EqualsTheReference) {
  const Case &test = GetParam();
  compile(test, "adamw", 2, 8);
  float rate = 0.01F, beta1 = 0.9F, beta2 = 0.95F, epsilon = 1e-8F, decay = 0.1F, c1 = 0.1F, c2 = 0.05F, clip = 0.7F;
  std::mt19937 random(4);
  for (key[2] = 0; key[2] < 40; ++key[2]) {
    for (int64_t i = 0; i < count; ++i) {
      p[i] = draw(random);
      g[i] = std::ldexp(draw(random), -8);
      m[0][i] = draw(random);
      m[1][i] = std::fabs(draw(random));
    }
    call({rate, beta1, beta2, epsilon, decay, c1, c2, clip});
    for (int64_t i = 0; i < count; ++i) {
      runtime::PhiloxCounter words = wordsOf(i);
      float clipped = clip * g[i], share = (1 - beta1) * clipped;
      auto first = float(add(share, double(beta1) * m[0][i], words[0]));
      float square = clipped * clipped, kept = beta2 * m[1][i], added = (1 - beta2) * square;
      float second = kept + added, root = std::sqrt(second / c2), step = rate * (first / c1) / (root + epsilon);
      float lost = rate * decay * p[i], taken = test.decays ? lost + step : step;
      expectEqual("first moment", i, newM[0][i], first);
      expectEqual("second moment", i, newM[1][i], second);
      expectEqual("weight", i, newP[i], add(p[i], -double(taken), words[1]));
    }
  }
  EXPECT_EQ(differences, 0);
}

static const Case shapes[] = {{"Matrix", "e6m9", "37x53", true},
                              {"Vector", "e6m9", "1961", false},
                              {"Stack", "e6m9", "3x5x131", true},
                              {"Half", "f16", "37x53", false},
                              {"BrainFloat", "bf16", "1961", true}};
static std::string nameOf(const testing::TestParamInfo<Case> &info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Shapes, RoundedSgd, testing::ValuesIn(shapes), nameOf);
INSTANTIATE_TEST_SUITE_P(Shapes, RoundedAdamW, testing::ValuesIn(shapes), nameOf);

namespace {
/// A mean of independent numbers that are 0 on average: how many standard errors from 0 it is.
struct Mean {
  double sum = 0, variance = 0;

  void add(double value, double itsVariance) {
    sum += value;
    variance += itsVariance;
  }
  double standardErrors() const { return sum / std::sqrt(variance); }
};
} // namespace

/// 1e7 draws for a weight and as many for a gradient, in units of the last place: the part f that does not fit goes up
/// with probability f, so that the error is 0 on average and its variance f (1 - f). Neighbours, the two roundings of
/// an element, and steps are independent: the mean of the product of their errors is 0.
TEST_P(UnbiasedState, InTenMillionDraws) {
  compile(GetParam(), "sgd", 1, 4);
  std::mt19937 random(5);
  Mean weights, gradients, neighbours, roundings, steps;
  std::vector<double> errors(count), variances(count); // of weights: of this step below i, of the one before from there
  for (key[2] = 0; key[2] < 10; ++key[2]) {
    for (int64_t i = 0; i < count; ++i) {
      p[i] = llvm::bit_cast<float>(0x3F800000 | uint32_t(random() % (1 << 23)));
      g[i] = llvm::bit_cast<float>(0xBF800000 | uint32_t(random() % (1 << 23)));
    }
    call({/*rate=*/0, /*momentum=*/0, /*decay=*/0, /*clip=*/1});
    for (int64_t i = 0; i < count; ++i) {
      auto error = [](float rounded, float exact) { return std::ldexp(double(rounded) - exact, 9); };
      auto variance = [](float exact) {
        double scaled = std::ldexp(std::fabs(exact), 9), part = scaled - std::floor(scaled);
        return part * (1 - part);
      };
      double ofWeight = error(newP[i], p[i]), ofGradient = error(newM[0][i], g[i]);
      double expectedOfWeight = variance(p[i]);
      weights.add(ofWeight, expectedOfWeight);
      gradients.add(ofGradient, variance(g[i]));
      roundings.add(ofWeight * ofGradient, expectedOfWeight * variance(g[i]));
      if (i > 0)
        neighbours.add(ofWeight * errors[i - 1], expectedOfWeight * variances[i - 1]);
      if (key[2] > 0)
        steps.add(ofWeight * errors[i], expectedOfWeight * variances[i]);
      errors[i] = ofWeight;
      variances[i] = expectedOfWeight;
    }
  }
  for (const Mean &mean : {weights, gradients, neighbours, roundings, steps})
    EXPECT_LT(std::fabs(mean.standardErrors()), 4);
}

INSTANTIATE_TEST_SUITE_P(Draws, UnbiasedState, testing::Values(Case{"Million", "e6m9", "1000x1000", false}), nameOf);
