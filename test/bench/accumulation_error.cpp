//===- accumulation_error.cpp - What narrow sums lose, by the scalar reference ---------------===//
//
// sluice-bench-accumulation-error [PRODUCTS]: prints tables of sums of products, beside the bars that they should
// reach.
//
//   chunks        relative error of e6m9 sums to nearest of e5m2 operands, by the length of chunks
//   tensor cores  relative error of Hopper's sums of f8E4M3FN operands, promoted to f32 every 128 products and never
//   widths        n (1 - variance retention), measured toward zero, with the bits that the theory chooses and one less
//
// Relative errors are root mean squares over trials: of the sum's error against f64 of the same quantised operands,
// over that of the sum. Trials of a length sum PRODUCTS products in all, 4,194,304 by default.
//
//===----------------------------------------------------------------------===//
#include "passes/Numerics/SimulatedRetention.h"
#include "runtime/Philox.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

using namespace sluice::precision;

namespace {
enum class Operands { Uniform, Shifted, ZeroMean, Absolute };

/// Operands of one trial, quantised, and the sum of their products in f64.
struct Trial {
  std::vector<float> left, right;
  double exact = 0;
};

/// Mean squares over trials.
struct Error {
  double errors = 0, sums = 0;

  void add(double found, double exact) {
    errors += (found - exact) * (found - exact);
    sums += exact * exact;
  }
  double relative() const { return std::sqrt(errors / sums); }
};
} // namespace

static double drawOperand(Operands kind, double uniform, double normal) {
  switch (kind) {
  case Operands::Uniform:
    return uniform;
  case Operands::Shifted:
    return 0.5 + normal;
  case Operands::ZeroMean:
    return normal;
  case Operands::Absolute:
    return std::fabs(normal);
  }
  return 0;
}

static Trial drawTrial(Operands kind, const FloatFormat &format, int64_t length, uint32_t number) {
  Rounder rounder(format, Rounding::NearestEven);
  Trial trial;
  for (int64_t k = 0; k < length; ++k) {
    auto words = sluice::runtime::philox({uint32_t(k), number, uint32_t(kind), 0}, {22, 0});
    auto normals = sluice::runtime::normalPair(words);
    double left = drawOperand(kind, sluice::runtime::uniformDouble(words[0], words[1]), normals[0]);
    double right = drawOperand(kind, sluice::runtime::uniformDouble(words[2], words[3]), normals[1]);
    trial.left.push_back(float(rounder.saturate(left)));
    trial.right.push_back(float(rounder.saturate(right)));
    trial.exact += double(trial.left.back()) * double(trial.right.back());
  }
  return trial;
}

/// The relative error of each way to sum, over the same trials.
static std::vector<double> measure(Operands kind, const FloatFormat &format, int64_t length, int64_t products,
                                   const std::vector<Accumulation> &ways) {
  std::vector<Error> errors(ways.size());
  for (uint32_t number = 0; number < std::max<int64_t>(8, products / length); ++number) {
    Trial trial = drawTrial(kind, format, length, number);
    for (size_t way = 0; way < ways.size(); ++way)
      errors[way].add(sumOfProducts(trial.left, trial.right, {format, format}, ways[way]), trial.exact);
  }
  std::vector<double> relative;
  for (const Error &error : errors)
    relative.push_back(error.relative());
  return relative;
}

static void printChunks(int64_t products) {
  FloatFormat e6m9 = FloatFormat::ieee(6, 9);
  std::vector<Accumulation> ways;
  std::printf("| e6m9 to nearest, by chunk |");
  for (int64_t chunk = 1; chunk <= 4096; chunk *= 2) {
    ways.push_back({e6m9, chunk, e6m9, Rounding::NearestEven, {}});
    std::printf(chunk == 1 ? " none |" : " %lld |", (long long)chunk);
  }
  std::printf(" none over 64 | best chunk, sqrt(K) |\n");
  std::pair<Operands, const char *> kinds[] = {
      {Operands::Uniform, "uniform (0, 1)"}, {Operands::Shifted, "N(0.5, 1)"}, {Operands::ZeroMean, "N(0, 1)"}};
  for (auto [kind, name] : kinds)
    for (int64_t length : {4096, 65536}) {
      std::vector<double> errors = measure(kind, FloatFormat::ieee(5, 2), length, products, ways);
      std::printf("| %s, K = %lld |", name, (long long)length);
      size_t best = 0;
      for (size_t way = 0; way < ways.size(); ++way) {
        std::printf(" %.1e |", errors[way]);
        best = errors[way] < errors[best] ? way : best;
      }
      std::printf(" %.1f%s | %lld, %.0f%s |\n", errors[0] / errors[6], kind == Operands::Uniform ? " (bar: 5)" : "",
                  (long long)ways[best].chunk, std::sqrt(length),
                  kind == Operands::Uniform ? " (bar: within a factor of 4)" : "");
    }
}

static void printTensorCores(int64_t products) {
  FloatFormat f8E4M3FN{4, 3, 7, FloatFormat::Specials::NaNOnly}, e8m13 = FloatFormat::ieee(8, 13), f32;
  std::string error;
  Order hopper = *Order::parse("hopper-fp8", error);
  std::vector<Accumulation> ways = {{f32, 1, f32, Rounding::NearestEven, {}},
                                    {e8m13, 128, f32, Rounding::TowardZero, hopper},
                                    {e8m13, 1, f32, Rounding::TowardZero, hopper}};
  std::printf("\n| hopper-fp8 | f32 | promoted every 128 | never | never over promoted |\n");
  for (Operands kind : {Operands::ZeroMean, Operands::Absolute})
    for (int64_t length : {4096, 16384}) {
      std::vector<double> errors = measure(kind, f8E4M3FN, length, products, ways);
      bool zeroMean = kind == Operands::ZeroMean;
      std::printf("| %s, K = %lld | %.1e | %.1e (bar: %s) | %.1e | %.1f (bar: 5) |\n",
                  zeroMean ? "N(0, 1)" : "|N(0, 1)|", (long long)length, errors[0], errors[1],
                  zeroMean ? "2.5e-4" : "1e-3", errors[2], errors[2] / errors[1]);
    }
}

static void printWidths(int64_t products) {
  std::printf("\n| n | bits by theory | n (1 - retention), suitable below 3.9: theory | to nearest | toward zero | one "
              "bit less: theory | to nearest | toward zero |\n");
  for (int64_t length : {128, 384, 768, 2048, 4096}) {
    Products terms{length, 5, 1};
    int bits = smallestSumBits(terms).value_or(23);
    std::printf("| %lld | %d |", (long long)length, bits);
    for (int width : {bits, bits - 1}) {
      std::printf(" %.1f |", logVarianceLost(terms, width));
      for (Rounding rounding : {Rounding::NearestEven, Rounding::TowardZero}) {
        FloatFormat format = FloatFormat::ieee(8, width);
        Retention found = simulateRetention(terms, {format, 1, format, rounding, {}}, {products / length, 0});
        std::printf(" %.1f +- %.1f |", length * (1 - found.ratio), length * found.standardError);
      }
    }
    std::printf("\n");
  }
}

int main(int count, char **arguments) {
  int64_t products = count > 1 ? std::atoll(arguments[1]) : 4194304;
  printChunks(products);
  printTensorCores(products);
  printWidths(products);
  return 0;
}
