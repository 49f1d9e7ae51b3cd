//===- LlvmTest.cpp - Kernels that MLIR and LLVM make -------------------------------------===//
//
// Inputs/kernels.mlir goes through mlir-opt, mlir-translate and llc, where they are found.
//
//===----------------------------------------------------------------------===//
#include "runtime/Philox.h"
#include "test/cuda-emulator/tests/Machine.h"
#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace sluice::emulator::tests;

static const std::string toolFolder = SLUICE_LLVM_TOOLS;

/// The PTX of all kernels; empty where a tool is missing. Fails the test where one fails.
static const std::string &compiledKernels() {
  static const std::string ptx = [] {
    for (const char *tool : {"mlir-opt", "mlir-translate", "llc"})
      if (access((toolFolder + "/" + tool).c_str(), X_OK) != 0)
        return std::string();
    std::string command = toolFolder + "/mlir-opt " + SLUICE_TEST_INPUTS +
                          "/kernels.mlir --convert-scf-to-cf --convert-nvvm-to-llvm --convert-vector-to-llvm "
                          "--convert-arith-to-llvm --convert-cf-to-llvm --reconcile-unrealized-casts --inline "
                          "--symbol-dce | " +
                          toolFolder + "/mlir-translate --mlir-to-llvmir | " + toolFolder +
                          "/llc -O3 -march=nvptx64 -mcpu=sm_80 -mattr=+ptx70";
    std::string text;
    std::FILE *pipe = popen(command.c_str(), "r");
    for (int c; pipe && (c = std::fgetc(pipe)) != EOF;)
      text += char(c);
    EXPECT_TRUE(pipe && pclose(pipe) == 0);
    EXPECT_NE(text.find(".entry product"), std::string::npos) << text;
    return text;
  }();
  return ptx;
}

namespace {
struct Llvm : testing::Test {
  void SetUp() override {
    if (compiledKernels().empty())
      GTEST_SKIP() << "no mlir-opt, mlir-translate or llc in " << toolFolder;
  }
};
} // namespace

static std::vector<float> normals(size_t count, uint32_t seed) {
  std::vector<float> values;
  for (uint32_t i = 0; values.size() < count; ++i)
    values.push_back(float(sluice::runtime::normalPair(sluice::runtime::philox({i, seed, 0, 0}, {1, 2}))[0]));
  return values;
}

static uint16_t toBF16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static float fromBF16(uint16_t bits) {
  uint32_t wide = uint32_t(bits) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

static std::vector<uint16_t> toBF16(const std::vector<float> &values) {
  std::vector<uint16_t> bits;
  for (float value : values)
    bits.push_back(toBF16(value));
  return bits;
}

TEST_F(Llvm, NormOfRows) {
  Machine machine({{"SEED", "3"}});
  std::vector<float> x = normals(8 * 256, 1), w = normals(256, 2);
  Address input = machine.put(x), weights = machine.put(w), output = machine.allocate(x.size() * 4);
  check(machine.launch(machine.kernel(compiledKernels(), "norm"), 8, 32, {input, weights, output}));
  std::vector<float> y = machine.get<float>(output, x.size());
  for (int row = 0; row < 8; ++row) {
    double sum = 0;
    for (int i = 0; i < 256; ++i)
      sum += double(x[row * 256 + i]) * x[row * 256 + i];
    double scale = 1 / std::sqrt(sum / 256 + 1e-5);
    for (int i = 0; i < 256; ++i)
      ASSERT_NEAR(y[row * 256 + i], x[row * 256 + i] * scale * w[i], 2e-6);
  }
  EXPECT_EQ(findings(), "");
}

TEST_F(Llvm, PhiloxOfTheRuntime) {
  Machine machine;
  Address output = machine.allocate(96 * 16);
  check(machine.launch(machine.kernel(compiledKernels(), "philox"), 1, 96, {output, 0x12345678, 0x9abcdef0}));
  std::vector<uint32_t> found = machine.get<uint32_t>(output, 96 * 4);
  for (uint32_t thread = 0; thread < 96; ++thread) {
    auto expected = sluice::runtime::philox({thread, 0, 0, 0}, {0x12345678, 0x9abcdef0});
    for (int i = 0; i < 4; ++i)
      ASSERT_EQ(found[thread * 4 + i], expected[i]);
  }
}

TEST_F(Llvm, ActivationInBF16) {
  Machine machine;
  std::vector<uint16_t> x = toBF16(normals(100 * 8, 3));
  Address input = machine.put(x), output = machine.allocate(x.size() * 2);
  check(machine.launch(machine.kernel(compiledKernels(), "activation"), 2, 64, {input, output, 100}));
  std::vector<uint16_t> y = machine.get<uint16_t>(output, x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    double value = fromBF16(x[i]);
    EXPECT_NEAR(fromBF16(y[i]), value * std::tanh(value), std::fabs(value) * 0x1p-8);
  }
}

TEST_F(Llvm, ProductThroughTwoStages) {
  for (const char *copies : {"at-once", "late", "random"}) {
    Machine machine({{"COPIES", copies}, {"SEED", "4"}});
    std::vector<uint16_t> a = toBF16(normals(16 * 64, 5)), b = toBF16(normals(8 * 64, 6));
    Address left = machine.put(a), right = machine.put(b), output = machine.allocate(512);
    check(machine.launch(machine.kernel(compiledKernels(), "product"), 1, 32, {left, right, output}, 2 * 768));
    std::vector<float> c = machine.get<float>(output, 128);
    for (int row = 0; row < 16; ++row)
      for (int column = 0; column < 8; ++column) {
        double sum = 0;
        for (int k = 0; k < 64; ++k)
          sum += double(fromBF16(a[row * 64 + k])) * fromBF16(b[column * 64 + k]);
        ASSERT_NEAR(c[row * 8 + column], sum, 2e-5);
      }
    EXPECT_EQ(findings(), "");
  }
}

/// The product with one line changed; what is found.
static std::string findingOf(const std::string &from, const std::string &to) {
  std::string ptx = compiledKernels();
  size_t entry = ptx.find(".entry product"), at = ptx.find(from, entry);
  if (at == std::string::npos)
    return "no " + from;
  ptx.replace(at, from.size(), to);
  Machine machine({{"COPIES", "late"}});
  Address left = machine.put(std::vector<uint16_t>(16 * 64)), right = machine.put(std::vector<uint16_t>(8 * 64));
  Address output = machine.allocate(512);
  machine.launch(machine.kernel(ptx, "product"), 1, 32, {left, right, output}, 2 * 768);
  return findings();
}

TEST_F(Llvm, PlantedFaultsOfTheProduct) {
  auto expectFinding = [](const char *from, const char *to, const char *text) {
    std::string found = findingOf(from, to);
    EXPECT_NE(found.find(text), std::string::npos) << from << " " << found;
  };
  expectFinding("cp.async.wait_group \t1;", "", "read of what cp.async has not brought yet");
  expectFinding("cp.async.wait_group \t1;", "cp.async.wait_group 2;", "read of what cp.async has not brought yet");
  // The second stage begins inside of the first.
  expectFinding("768", "256", "cp.async");
}
