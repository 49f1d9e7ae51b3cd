//===- LauncherTest.cpp - Tests of kernels of the runtime -----------------===//

#include "runtime/cuda/Launcher.h"
#include "LineTraining.h"
#include "runtime/cuda/Machine.h"

#include <cmath>
#include <cstring>

using namespace sluice::cuda;
using namespace sluice::runtime;

namespace {

const std::map<std::string, std::string> kTwo = {{"DEVICES", "2"}};

/// The first card of two, and memory of both.
struct TwoCards {
  LineProgram program{LineProgram::Form::Kernels, 2, 1};
  Machine machine{program.binary, /*isSynchronous=*/false};
  Stream &stream = machine.stream(0);
  Launcher launcher{program.binary, machine.kernelsOf(0), stream};
  CardMemory near{machine.card(0), 4096}, far{machine.card(1), 4096};
  std::vector<char> host = std::vector<char>(4096);

  void upload(const CardMemory &to) {
    stream.upload(to.address(), static_cast<const void *>(host.data()), int64_t(host.size()));
  }
  void download(const CardMemory &from) {
    stream.download(host.data(), from.address(), int64_t(host.size()));
    stream.finish();
  }
};

/// Whether so many bytes, wherever they begin, and nothing else go to the other card.
bool areCopied() {
  TwoCards two;
  for (int64_t bytes : {1, 2, 4, 6, 8, 12, 16, 1023, 2048})
    for (int64_t from : {0, 1, 4, 8})
      for (int64_t into : {0, 2, 4, 8}) {
        std::vector<char> expected(two.host.size(), 7);
        std::fill(two.host.begin(), two.host.end(), char(7));
        two.upload(two.far);
        two.stream.finish();
        for (size_t i = 0; i < two.host.size(); ++i)
          two.host[i] = char(i * 37 + i / 256);
        std::copy_n(two.host.begin() + from, bytes, expected.begin() + into);
        two.upload(two.near);
        two.launcher.copyToPeer(two.far.address() + Address(into), two.near.address() + Address(from), bytes);
        two.download(two.far);
        if (two.stream.hasFailed() || two.host != expected)
          return false;
      }
  return true;
}

TEST(LauncherTest, CopiesToAnotherCard) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EMULATED(kTwo, areCopied());
}

/// What the kernel decides of so many terms, of which the first two have values, and one at the end.
struct Decided {
  double first = 4, second = 5, last = 0, unclipped = 0;
  UpdateRule rule = {1.5, 0, 2, 0, 1};
  int32_t stopped = 0;

  /// Whether the step updates, whether later ones stop, and the factor.
  bool is(int32_t gate, int32_t stops, double factor) const {
    constexpr Address kCount = 300, kValues = 0, kTable = 4096, kResult = 12288, kRule = 12352;
    TwoCards two;
    CardMemory memory(two.machine.card(0), 16384);
    std::vector<char> host(16384);
    auto put = [&](Address at, auto value) { std::memcpy(host.data() + at, &value, sizeof(value)); };
    for (Address i = 0; i < kCount; ++i) {
      put(kValues + 8 * i, i == 0 ? first : i == 1 ? second : i == kCount - 1 ? last : 0.0);
      put(kTable + 16 * i, memory.address() + kValues + 8 * i);
      put(kTable + 16 * i + 8, i == kCount - 1 ? memory.address() + kResult + 16 : Address(0));
    }
    put(kResult, stopped);
    put(kResult + 16, unclipped);
    put(kRule, rule);
    two.stream.upload(memory.address(), static_cast<const void *>(host.data()), int64_t(host.size()));
    two.launcher.launchOne(OwnKernel::Decide, SLUICE_F64,
                           {memory.address() + kTable, kCount, memory.address() + kResult,
                            memory.address() + kResult + 4, memory.address() + kResult + 8, memory.address() + kRule});
    two.stream.download(host.data(), memory.address(), int64_t(host.size()));
    two.stream.finish();
    auto get = [&](Address at, auto value) {
      std::memcpy(&value, host.data() + at, sizeof(value));
      return value;
    };
    return !two.stream.hasFailed() && get(kResult, int32_t()) == stops && get(kResult + 4, int32_t()) == gate &&
           (gate == 0 || get(kResult + 8, double()) == factor);
  }
};

Decided with(double Decided::*member, double value) {
  Decided decided;
  decided.*member = value;
  return decided;
}

/// Rules {largest norm, epsilon, loss scale}, and the norm of what carries a loss scale.
Decided withRule(UpdateRule rule) {
  Decided decided;
  decided.rule = rule;
  return decided;
}

Decided whereStopped() {
  Decided decided;
  decided.stopped = 1;
  return decided;
}

TEST(LauncherTest, DecidesByAllTerms) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // A norm of 3 with a loss scale of 2, which is 1.5 without.
  EXPECT_EMULATED(kTwo, Decided().is(1, 0, 0.5));
  EXPECT_EMULATED(kTwo, with(&Decided::last, 16).is(1, 0, 1.5 / 2.5 / 2));
  EXPECT_EMULATED(kTwo, withRule({0, 0, 2, 0, 1}).is(1, 0, 0.5));
  EXPECT_EMULATED(kTwo, withRule({0.75, 0, 2, 0, 1}).is(1, 0, 0.25));
  EXPECT_EMULATED(kTwo, withRule({0.75, 0.5, 2, 0, 1}).is(1, 0, 0.1875));
  EXPECT_EMULATED(kTwo, with(&Decided::unclipped, 9).is(1, 0, 0.5));
  EXPECT_EMULATED(kTwo, whereStopped().is(0, 1, 0));
  for (double Decided::*member : {&Decided::first, &Decided::second, &Decided::last, &Decided::unclipped})
    for (double bad : {HUGE_VAL, std::nan("")}) {
      static Decided decided;
      decided = with(member, bad);
      EXPECT_EMULATED(kTwo, decided.is(0, 1, 0));
    }
}

} // namespace
