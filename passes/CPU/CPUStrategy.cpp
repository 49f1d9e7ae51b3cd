//===- CPUStrategy.cpp - How contractions become loops on a processor --------------===//
#include "passes/CPU/Contraction.h"
#include "passes/CPU/Passes.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

namespace sluice {
#define GEN_PASS_DEF_CPUSTRATEGY
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// Rows and columns of a block of C that fills the vector registers but for those that hold a row of B and an element
/// of A, in f32.
struct RegisterBlock {
  int64_t rows, columns;
};

/// What a processor's vectors allow.
struct Registers {
  StringRef feature;
  int64_t lanes;
  RegisterBlock blocks[2]; // the one with fewer loads a multiplication first
  int64_t panelBytes;      // of a panel of B, which shares a first-level cache with one of A
};
constexpr Registers registers[] = {{"avx512vl", 16, {{8, 48}, {12, 32}}, 32 * 1024},
                                   {"fma", 8, {{4, 24}, {6, 16}}, 24 * 1024},
                                   {"sse2", 4, {{4, 8}, {4, 8}}, 24 * 1024}};

constexpr int64_t depthBytes = 256 * 4;     // of a row of a panel, at most
constexpr int64_t blockBytesA = 256 * 1024; // of the panels of A, half of a second-level cache
constexpr int64_t blockBytesB = 384 * 1024; // of the panels of B, read one at a time
constexpr int64_t leastTasks = 24;          // blocks of C that are wanted while they stay worth their packing
constexpr int64_t mostColumnsInPlace = 512; // of C, for which A, read more slowly where it lies, is not worth packing
constexpr int64_t leastRows = 96, leastColumns = 64;

/// Splits `size` evenly into blocks of at most `most`, rounded up to a multiple of `unit`.
int64_t evenBlock(int64_t size, int64_t most, int64_t unit) {
  int64_t blocks = llvm::divideCeil(size, std::max(most / unit, int64_t(1)) * unit);
  return llvm::alignTo(llvm::divideCeil(size, blocks), unit);
}

/// The block that computes least beyond the edges of an m x n matrix.
RegisterBlock chooseRegisterBlock(const Registers &registers, int64_t m, int64_t n, int64_t bytes) {
  auto scaled = [&](RegisterBlock block) { return RegisterBlock{block.rows, block.columns * 4 / bytes}; };
  auto area = [&](RegisterBlock block) {
    return llvm::alignTo(m, block.rows) * llvm::alignTo(n, scaled(block).columns);
  };
  return scaled(area(registers.blocks[1]) < area(registers.blocks[0]) ? registers.blocks[1] : registers.blocks[0]);
}

StrategyAttr strategyOf(const Contraction &contraction, const Registers &registers) {
  int64_t bytes = contraction.elementType().getWidth() / 8;
  int64_t m = contraction.size(contraction.m), n = contraction.size(contraction.n);
  int64_t k = contraction.size(contraction.k), around = contraction.product(contraction.outer);
  RegisterBlock block = chooseRegisterBlock(registers, m, n, bytes);
  int64_t rows = block.rows, columns = block.columns;
  int64_t depth = evenBlock(k, std::min(depthBytes, registers.panelBytes / columns) / bytes, std::min<int64_t>(k, 8));
  int64_t mostRows = blockBytesA / depthBytes, mostColumns = blockBytesB / depthBytes;
  auto tasks = [&] {
    return around * llvm::divideCeil(m, evenBlock(m, mostRows, rows)) *
           llvm::divideCeil(n, evenBlock(n, mostColumns, columns));
  };
  bool packsA = !contraction.isContiguous(contraction.a, contraction.k) || m % rows != 0 || n > mostColumnsInPlace;
  // Fewer, larger blocks pack less; more of them keep more threads busy.
  while (tasks() < leastTasks) {
    if (mostColumns > leastColumns && n > leastColumns)
      mostColumns /= 2;
    else if (mostRows > leastRows && m > leastRows)
      mostRows /= 2;
    else
      break;
  }
  return StrategyAttr::get(contraction.op->getContext(), {rows, columns},
                           {evenBlock(m, mostRows, rows), evenBlock(n, mostColumns, columns), depth},
                           registers.lanes * 4 / bytes, packsA);
}

struct CPUStrategy : sluice::impl::CPUStrategyBase<CPUStrategy> {
  using CPUStrategyBase::CPUStrategyBase;

  LogicalResult initialize(MLIRContext *context) override {
    llvm::StringSet<llvm::MallocAllocator> features;
    if (cpu == "native") {
      for (auto &feature : llvm::sys::getHostCPUFeatures())
        if (feature.second)
          features.insert(feature.first());
    } else {
      if (llvm::X86::parseArchX86(cpu, /*Only64Bit=*/true) == llvm::X86::CK_None)
        return emitError(UnknownLoc::get(context)) << "unknown processor '" << cpu << "'";
      SmallVector<StringRef> names;
      llvm::X86::getFeaturesForCPU(cpu, names);
      for (StringRef name : names)
        features.insert(name);
    }
    chosen = llvm::find_if(registers, [&](const Registers &each) { return features.contains(each.feature); });
    if (chosen == std::end(registers))
      chosen = std::end(registers) - 1;
    return success();
  }

  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](linalg::LinalgOp op) {
      if (!isContraction(op))
        return WalkResult::advance();
      FailureOr<Contraction> contraction = analyzeContraction(op);
      if (failed(contraction))
        return WalkResult::interrupt();
      op->setAttr(strategyAttrName, strategyOf(*contraction, *chosen));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  const Registers *chosen = nullptr;
};
} // namespace
