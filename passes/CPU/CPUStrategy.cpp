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
/// A block of C that fills the vector registers but for those that hold a row of B and an element of A, in f32.
struct RegisterBlock {
  StringRef feature;
  int64_t rows, columns, lanes;
};
constexpr RegisterBlock registerBlocks[] = {{"avx512vl", 12, 32, 16}, {"fma", 6, 16, 8}, {"sse2", 4, 8, 4}};

constexpr int64_t depthBytes = 256 * 4; // of a row of a panel: 16 columns of it are half of a first-level cache
constexpr int64_t blockBytesA =
    192 * 1024; // of the panels of A: they share 512 KB of second-level cache with those of B
constexpr int64_t blockBytesB = 384 * 1024; // of the panels of B, read one at a time
constexpr int64_t leastTasks = 24;          // blocks of C that are wanted while they stay worth their packing
constexpr int64_t leastRows = 96, leastColumns = 192;

/// Splits `size` evenly into blocks of at most `most`, rounded up to a multiple of `unit`.
int64_t evenBlock(int64_t size, int64_t most, int64_t unit) {
  int64_t blocks = llvm::divideCeil(size, std::max(most / unit, int64_t(1)) * unit);
  return llvm::alignTo(llvm::divideCeil(size, blocks), unit);
}

StrategyAttr strategyOf(const Contraction &contraction, const RegisterBlock &block) {
  int64_t bytes = contraction.elementType().getWidth() / 8;
  int64_t lanes = block.lanes * 4 / bytes, rows = block.rows, columns = block.columns * 4 / bytes;
  int64_t m = contraction.size(contraction.m), n = contraction.size(contraction.n);
  int64_t k = contraction.size(contraction.k), around = contraction.product(contraction.outer);
  int64_t depth = evenBlock(k, depthBytes / bytes, std::min<int64_t>(k, 8));
  int64_t mostRows = blockBytesA / (depthBytes / bytes) / bytes,
          mostColumns = blockBytesB / (depthBytes / bytes) / bytes;
  auto tasks = [&] {
    return around * llvm::divideCeil(m, evenBlock(m, mostRows, rows)) *
           llvm::divideCeil(n, evenBlock(n, mostColumns, columns));
  };
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
                           {evenBlock(m, mostRows, rows), evenBlock(n, mostColumns, columns), depth}, lanes);
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
    for (const RegisterBlock &candidate : registerBlocks)
      if (features.contains(candidate.feature)) {
        block = &candidate;
        return success();
      }
    block = std::end(registerBlocks) - 1;
    return success();
  }

  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](linalg::LinalgOp op) {
      if (!isContraction(op))
        return WalkResult::advance();
      FailureOr<Contraction> contraction = analyzeContraction(op);
      if (failed(contraction))
        return WalkResult::interrupt();
      op->setAttr(strategyAttrName, strategyOf(*contraction, *block));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  const RegisterBlock *block = nullptr;
};
} // namespace
