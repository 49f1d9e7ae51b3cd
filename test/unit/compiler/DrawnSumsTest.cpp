//===- DrawnSumsTest.cpp - Sums that round stochastically, against the scalar reference ----===//
//
// Contractions in generated code whose sums draw, against precision::sumOfProducts with the words that
// `sluice.rounded_sum` describes, by runtime::philox: bit for bit, for vectors and register blocks of two kinds of
// processors, on two threads, for chunks of every length, for loops around the product, and for results whose rows are
// not contiguous. And the mean of what 1e7 draws round. SLUICE_NARROW_SUMS_REPEATS=N repeats each with N sets of
// operands and of draws.
//
//===--------------------------------------------------------------------------------===//
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Numerics/ReferenceSums.h"
#include "passes/Target/Pipeline.h"
#include "runtime/Philox.h"
#include "tools/Jit.h"
#include "tools/Register.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstdlib>
#include <map>
#include <random>

using namespace sluice;
using precision::Accumulation;
using precision::Addition;
using precision::FloatFormat;

namespace {
/// A contraction as "mk,kn->mn", whose letters have sizes.
struct Case {
  const char *name, *left, *right, *result;
  std::map<char, int64_t> sizes;
  const char *format, *accumulation;
};

FloatFormat formatOf(const char *name) {
  std::string problem;
  return *FloatFormat::parse(name, problem);
}

/// The word of product k of an element, for the contraction of that key and ordinal.
uint32_t wordOf(runtime::PhiloxKey key, uint32_t ordinal, uint32_t element, int64_t k, Addition addition) {
  uint32_t contraction = 2 * ordinal + (addition == Addition::Across);
  return runtime::philox({element, uint32_t(k / 4), contraction, 0}, key)[k % 4];
}

std::string typeOf(llvm::StringRef letters, const std::map<char, int64_t> &sizes) {
  std::string type = "tensor<";
  for (char letter : letters)
    type += std::to_string(sizes.at(letter)) + "x";
  return type + "f32>";
}

int64_t countOf(llvm::StringRef letters, const std::map<char, int64_t> &sizes) {
  int64_t count = 1;
  for (char letter : letters)
    count *= sizes.at(letter);
  return count;
}

/// Compiles the function `contract` for a processor.
class Program {
public:
  Program(const std::string &text, const char *processorName, unsigned threads) {
    mlir::DialectRegistry registry;
    registerDialects(registry);
    mlir::MLIRContext context(registry);
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    Processor processor = llvm::cantFail(Processor::get(processorName));
    mlir::PassManager manager(&context);
    LoweringOptions options;
    options.processor = processorName;
    buildLoweringPipeline(manager, options);
    if (!module || failed(manager.run(*module)))
      return;
    function.emplace(llvm::cantFail(JitFunction::create(*module, "contract", processor)));
    function->startPool(threads);
  }

  explicit operator bool() const { return function.has_value(); }
  void call(llvm::ArrayRef<void *> operands) { llvm::cantFail(function->call(operands)); }

private:
  std::optional<JitFunction> function;
};

/// The accumulation of that text.
Accumulation accumulationOf(const char *text) {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  mlir::MLIRContext context(registry);
  context.loadDialect<SluiceDialect>();
  auto attribute = mlir::parseAttribute(llvm::formatv("#sluice.accumulation<{0}>", text).str(), &context);
  return llvm::cast<AccumulationAttr>(attribute).getValue();
}

/// Codes of the format that are numbers; those of f32 are limited, so that products are not lost in a sum.
void fill(std::vector<float> &values, const FloatFormat &format, std::mt19937 &random) {
  uint32_t codes = uint32_t((uint64_t(1) << format.storageBits()) - 1);
  for (float &value : values)
    do
      value = float(format.decode(uint32_t(random()) & codes));
    while (!std::isfinite(value) || std::fabs(value) > 0x1p20F || (value != 0 && std::fabs(value) < 0x1p-20F));
}

void expectEqual(float expected, float found, const std::string &place, int64_t &differences) {
  bool areEqual =
      std::isnan(expected) ? std::isnan(found) : llvm::bit_cast<uint32_t>(expected) == llvm::bit_cast<uint32_t>(found);
  if (!areEqual && ++differences <= 3)
    ADD_FAILURE() << llvm::formatv("expected {0} in {1}, found {2}", expected, place, found).str();
}

class DrawnSums : public testing::TestWithParam<Case> {
protected:
  static constexpr runtime::PhiloxKey key = {0x12345678, 0xfedcba98};
  static constexpr uint32_t ordinal = 5;

  static std::string mapOf(llvm::StringRef loops, llvm::StringRef letters) {
    auto listOf = [](llvm::StringRef some) {
      std::string list;
      for (char letter : some)
        list += (list.empty() ? "" : ", ") + std::string(1, letter);
      return list;
    };
    return llvm::formatv("affine_map<({0}) -> ({1})>", listOf(loops), listOf(letters)).str();
  }

  static std::string textOf(const Case &test) {
    std::string loops = test.result, kinds;
    for (char letter : llvm::StringRef(test.left))
      if (!llvm::StringRef(loops).contains(letter))
        loops += letter;
    for (char letter : llvm::StringRef(test.right))
      if (!llvm::StringRef(loops).contains(letter))
        loops += letter;
    for (char letter : loops)
      kinds += std::string(kinds.empty() ? "" : ", ") +
               (llvm::StringRef(test.result).contains(letter) ? "\"parallel\"" : "\"reduction\"");
    return llvm::formatv(R"(
      func.func @contract(%a: {0}, %b: {1}, %key: tensor<2xi32>) -> {2} {{
        %zero = arith.constant 0.0 : f32
        %i0 = arith.constant 0 : index
        %i1 = arith.constant 1 : index
        %low = tensor.extract %key[%i0] : tensor<2xi32>
        %high = tensor.extract %key[%i1] : tensor<2xi32>
        %empty = tensor.empty() : {2}
        %fill = linalg.fill ins(%zero : f32) outs(%empty : {2}) -> {2}
        %c = linalg.generic {{indexing_maps = [{3}, {4}, {5}], iterator_types = [{6}]}
          ins(%a, %b : {0}, {1}) outs(%fill : {2})
          attrs = {{sluice.accumulation = #sluice.accumulation<{7}>,
                   sluice.formats = [#sluice.format<{8}>, #sluice.format<{8}>]} {{
        ^bb0(%x: f32, %y: f32, %sum: f32):
          %new = sluice.rounded_sum %sum plus %x times %y key %low, %high ordinal {9}
          linalg.yield %new : f32
        } -> {2}
        return %c : {2}
      })",
                         typeOf(test.left, test.sizes), typeOf(test.right, test.sizes), typeOf(test.result, test.sizes),
                         mapOf(loops, test.left), mapOf(loops, test.right), mapOf(loops, test.result), kinds,
                         test.accumulation, test.format, ordinal)
        .str();
  }

  /// What an operand has along the sum at an element of the result.
  static std::vector<float> termsOf(const Case &test, llvm::StringRef letters, const std::vector<float> &values,
                                    int64_t element) {
    std::map<char, int64_t> at;
    for (char letter : llvm::reverse(llvm::StringRef(test.result))) {
      at[letter] = element % test.sizes.at(letter);
      element /= test.sizes.at(letter);
    }
    std::string summed;
    for (char letter : llvm::StringRef(test.left))
      if (!llvm::StringRef(test.result).contains(letter))
        summed += letter;
    std::vector<float> terms(countOf(summed, test.sizes));
    for (size_t k = 0; k < terms.size(); ++k) {
      int64_t rest = k, index = 0;
      for (char letter : llvm::reverse(summed)) {
        at[letter] = rest % test.sizes.at(letter);
        rest /= test.sizes.at(letter);
      }
      for (char letter : letters)
        index = index * test.sizes.at(letter) + at[letter];
      terms[k] = values[index];
    }
    return terms;
  }
};
} // namespace

TEST_P(DrawnSums, EqualTheReferenceOnTwoProcessors) {
  const Case &test = GetParam();
  FloatFormat format = formatOf(test.format);
  Accumulation accumulation = accumulationOf(test.accumulation);
  std::mt19937 random(7);
  std::vector<float> a(countOf(test.left, test.sizes)), b(countOf(test.right, test.sizes)),
      c(countOf(test.result, test.sizes));
  const char *text = std::getenv("SLUICE_NARROW_SUMS_REPEATS");
  int repeats = text ? std::atoi(text) : 1;
  int64_t differences = 0;
  for (const char *processor : {"native", "x86-64-v3"}) {
    Program program(textOf(test), processor, /*threads=*/2);
    ASSERT_TRUE(bool(program));
    for (int repeat = 0; repeat < repeats; ++repeat) {
      fill(a, format, random);
      fill(b, format, random);
      runtime::PhiloxKey words = {key[0] + repeat, key[1]};
      program.call({a.data(), b.data(), words.data(), c.data()});
      for (size_t element = 0; element < c.size(); ++element) {
        auto word = [&](int64_t k, Addition addition) {
          return wordOf(words, ordinal, uint32_t(element), k, addition);
        };
        auto expected = float(precision::sumOfProducts(termsOf(test, test.left, a, int64_t(element)),
                                                       termsOf(test, test.right, b, int64_t(element)), {format, format},
                                                       accumulation, word));
        expectEqual(expected, c[element], llvm::formatv("element {0} on {1}", element, processor).str(), differences);
      }
    }
  }
  EXPECT_EQ(differences, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, DrawnSums,
    testing::Values(
        Case{"Chunks",
             "mk",
             "kn",
             "mn",
             {{'m', 13}, {'k', 200}, {'n', 37}},
             "f8E5M2",
             "e6m9, chunk = 64, rounding = stochastic"},
        Case{"WithoutChunks",
             "mk",
             "nk",
             "mn",
             {{'m', 13}, {'k', 203}, {'n', 37}},
             "f8E5M2",
             "e6m9, rounding = stochastic"},
        Case{"OddChunks",
             "mk",
             "kn",
             "mn",
             {{'m', 5}, {'k', 103}, {'n', 65}},
             "f8E4M3FN",
             "e6m9, chunk = 50, rounding = stochastic"},
        Case{"AcrossF32",
             "mk",
             "kn",
             "mn",
             {{'m', 6}, {'k', 100}, {'n', 48}},
             "f8E5M2",
             "e6m5, chunk = 32, across = f32, rounding = stochastic"},
        Case{"AcrossFewerBits",
             "mk",
             "kn",
             "mn",
             {{'m', 6}, {'k', 100}, {'n', 48}},
             "f8E5M2",
             "e6m9, chunk = 32, across = e6m4, rounding = stochastic"},
        Case{"UnroundedOperands",
             "mk",
             "kn",
             "mn",
             {{'m', 7}, {'k', 64}, {'n', 33}},
             "f32",
             "e6m9, chunk = 16, rounding = stochastic"},
        Case{"BrainFloat", "mk", "kn", "mn", {{'m', 7}, {'k', 64}, {'n', 33}}, "bf16", "e8m7, rounding = stochastic"},
        Case{"ManyRows",
             "mk",
             "kn",
             "mn",
             {{'m', 200}, {'k', 16}, {'n', 300}},
             "f8E5M2",
             "e6m3, chunk = 8, rounding = stochastic"},
        Case{"WeightGradient",
             "btm",
             "btn",
             "mn",
             {{'b', 3}, {'t', 20}, {'m', 18}, {'n', 34}},
             "f8E5M2",
             "e6m9, chunk = 16, rounding = stochastic"},
        Case{"LoopsAround",
             "bmk",
             "bkn",
             "bmn",
             {{'b', 4}, {'m', 9}, {'k', 24}, {'n', 20}},
             "f8E5M2",
             "e6m9, rounding = stochastic"},
        Case{"RowsInTwoDimensions",
             "bmk",
             "nk",
             "bmn",
             {{'b', 4}, {'m', 9}, {'k', 24}, {'n', 20}},
             "f8E5M2",
             "e6m9, rounding = stochastic"},
        Case{"OperandsChangePlaces",
             "mk",
             "kn",
             "nm",
             {{'m', 40}, {'k', 24}, {'n', 11}},
             "f8E5M2",
             "e6m9, chunk = 8, rounding = stochastic"},
        Case{"RowsApart",
             "bmk",
             "bkn",
             "mnb",
             {{'b', 3}, {'m', 9}, {'k', 24}, {'n', 20}},
             "f8E5M2",
             "e6m9, chunk = 8, rounding = stochastic"},
        Case{"OneRow", "k", "kn", "n", {{'k', 24}, {'n', 20}}, "f8E5M2", "e6m9, rounding = stochastic"}),
    [](const testing::TestParamInfo<Case> &info) { return std::string(info.param.name); });

/// Of ops of the graph: by the words of the step, of the call and of the contraction.
TEST(DrawnSumsOfOps, DrawByStepCallAndOrdinal) {
  const char *text = R"(
    func.func @contract(%x: tensor<2x3x40xf32>, %w: tensor<40x9xf32>, %d: tensor<2x3x9xf32>, %key: tensor<4xi32>,
                        %id: tensor<2xi32>) -> (tensor<2x3x9xf32>, tensor<40x9xf32>) {
      %xq = sluice.quantize %x to <f8E5M2> : tensor<2x3x40xf32>
      %wq = sluice.quantize %w to <f8E5M2> : tensor<40x9xf32>
      %dq = sluice.quantize %d to <f8E5M2> : tensor<2x3x9xf32>
      %y = sluice.linear %xq, %wq key %key : tensor<4xi32> id %id : tensor<2xi32> ordinal 3
          {accumulation = #sluice.accumulation<e6m5, rounding = stochastic>}
          : tensor<2x3x40xf32>, tensor<40x9xf32> to tensor<2x3x9xf32>
      %g = sluice.matmul %xq, %dq transpose_lhs reduce_leading key %key : tensor<4xi32> id %id : tensor<2xi32> ordinal 4
          {accumulation = #sluice.accumulation<e6m5, rounding = stochastic>}
          : tensor<2x3x40xf32>, tensor<2x3x9xf32> to tensor<40x9xf32>
      return %y, %g : tensor<2x3x9xf32>, tensor<40x9xf32>
    })";
  constexpr int64_t rows = 6, inputs = 40, outputs = 9;
  FloatFormat format = formatOf("f8E5M2");
  Accumulation accumulation = accumulationOf("e6m5, rounding = stochastic");
  std::mt19937 random(3);
  std::vector<float> x(rows * inputs), w(inputs * outputs), d(rows * outputs), y(rows * outputs), g(inputs * outputs);
  for (std::vector<float> *values : {&x, &w, &d})
    fill(*values, format, random);
  std::array<uint32_t, 4> key = {11, 12, 13, 14};
  std::array<uint32_t, 2> id = {21, 22};
  Program program(text, "native", /*threads=*/1);
  ASSERT_TRUE(bool(program));
  program.call({x.data(), w.data(), d.data(), key.data(), id.data(), y.data(), g.data()});

  runtime::PhiloxCounter words = runtime::philox({id[0], key[3], key[2], id[1]}, {key[0], key[1]});
  int64_t differences = 0;
  auto check = [&](const char *what, uint32_t ordinal, int64_t element, const std::vector<float> &left,
                   const std::vector<float> &right, float found) {
    auto word = [&](int64_t k, Addition addition) {
      return wordOf({words[0], words[1]}, ordinal, uint32_t(element), k, addition);
    };
    auto expected = float(precision::sumOfProducts(left, right, {format, format}, accumulation, word));
    expectEqual(expected, found, llvm::formatv("{0} {1}", what, element).str(), differences);
  };
  auto column = [](const std::vector<float> &values, int64_t count, int64_t from, int64_t step) {
    std::vector<float> terms(count);
    for (int64_t k = 0; k < count; ++k)
      terms[k] = values[from + k * step];
    return terms;
  };
  for (int64_t n = 0; n < outputs; ++n) {
    for (int64_t m = 0; m < rows; ++m)
      check("result", 3, m * outputs + n, column(x, inputs, m * inputs, 1), column(w, inputs, n, outputs),
            y[m * outputs + n]);
    for (int64_t i = 0; i < inputs; ++i)
      check("gradient", 4, i * outputs + n, column(x, rows, i, inputs), column(d, rows, n, outputs),
            g[i * outputs + n]);
  }
  EXPECT_EQ(differences, 0);
}

/// 65,536 sums of 160 equal terms: 1e7 draws. To nearest all would err alike.
TEST(DrawnSumsOfOps, AreUnbiased) {
  constexpr int64_t size = 256, terms = 160;
  std::string text = llvm::formatv(R"(
    func.func @contract(%x: tensor<{0}x{1}xf32>, %w: tensor<{1}x{0}xf32>, %key: tensor<4xi32>, %id: tensor<2xi32>)
        -> tensor<{0}x{0}xf32> {{
      %y = sluice.linear %x, %w key %key : tensor<4xi32> id %id : tensor<2xi32> ordinal 0
          {{accumulation = #sluice.accumulation<e6m5, chunk = 40, rounding = stochastic>}
          : tensor<{0}x{1}xf32>, tensor<{1}x{0}xf32> to tensor<{0}x{0}xf32>
      return %y : tensor<{0}x{0}xf32>
    })",
                                   size, terms)
                         .str();
  std::vector<float> x(size * terms, 0.375F), w(terms * size, 1.25F), y(size * size);
  std::array<uint32_t, 4> key = {1, 2, 3, 4};
  std::array<uint32_t, 2> id = {5, 6};
  Program program(text, "native", /*threads=*/2);
  ASSERT_TRUE(bool(program));
  program.call({x.data(), w.data(), key.data(), id.data(), y.data()});
  double sum = 0, squares = 0;
  for (float value : y) {
    double error = value - terms * 0.375 * 1.25;
    sum += error;
    squares += error * error;
  }
  double mean = sum / y.size(), standardError = std::sqrt(squares / y.size() / y.size());
  EXPECT_GT(squares, 0);
  EXPECT_LT(std::fabs(mean), 4 * standardError);
}
