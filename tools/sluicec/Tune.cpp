//===- Tune.cpp - Measures strategies of contractions on this machine ----------------===//
#include "tools/sluicec/Tune.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Buffers/Passes.h"
#include "passes/CPU/Passes.h"
#include "passes/Table/StepLayout.h"
#include "passes/Target/Pipeline.h"
#include "tools/Jit.h"
#include "llvm/Support/Format.h"
#include <chrono>
#include <cmath>
#include <cstring>
#include <map>
#include <thread>

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

/// Long enough that a disturbance of some milliseconds does not decide.
static constexpr double secondsACandidate = 0.1;
static constexpr int leastRuns = 3;

namespace {
/// A contraction by itself, compiled with one strategy.
class Trial {
public:
  Trial(linalg::LinalgOp op, StrategyAttr strategy, const Processor &processor) {
    MLIRContext *context = op->getContext();
    OwningOpRef<ModuleOp> module = ModuleOp::create(op.getLoc());
    ImplicitLocOpBuilder builder = ImplicitLocOpBuilder::atBlockEnd(op.getLoc(), module->getBody());
    // Buffers of their own: views in the model become whole ones of the same shape.
    SmallVector<Type> types = {getStepType(context)};
    for (Type type : op->getOperandTypes()) {
      auto memref = cast<MemRefType>(type);
      types.push_back(MemRefType::get(memref.getShape(), memref.getElementType()));
      runtime::Memory &operand = operands.emplace_back(memref.getNumElements() * memref.getElementTypeBitWidth() / 8);
      // Untouched memory is one page, which would be read from the cache.
      std::memset(operand.data(), 0, operand.size());
    }
    auto function = func::FuncOp::create(builder, name, builder.getFunctionType(types, {}));
    builder.setInsertionPointToStart(function.addEntryBlock());
    IRMapping mapping;
    for (auto [operand, argument] : llvm::zip_equal(op->getOperands(), function.getArguments().drop_front()))
      mapping.map(operand, argument);
    builder.clone(*op, mapping)->setAttr(strategyAttrName, strategy);
    func::ReturnOp::create(builder);

    PassManager manager(context);
    manager.addNestedPass<func::FuncOp>(createExpandContractions());
    manager.addPass(createOutlineParallel());
    manager.addPass(createPlanScratch());
    buildLLVMPipeline(manager, LoweringOptions());
    if (failed(manager.run(*module)))
      return;
    llvm::Expected<JitFunction> made = JitFunction::create(*module, name, processor);
    if (!made) {
      llvm::consumeError(made.takeError());
      return;
    }
    compiled = std::move(*made);
    compiled->startPool(std::max(1u, std::thread::hardware_concurrency()));
  }

  /// Seconds of the fastest of several runs; nothing where the strategy could not be compiled.
  std::optional<double> measure() {
    if (!compiled)
      return std::nullopt;
    run();
    double best = HUGE_VAL, total = 0;
    for (int count = 0; count < leastRuns || total < secondsACandidate; ++count) {
      auto start = std::chrono::steady_clock::now();
      run();
      double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      best = std::min(best, seconds);
      total += seconds;
    }
    return best;
  }

private:
  static constexpr StringLiteral name = "contraction";

  void run() {
    auto data = llvm::map_to_vector(operands, [](const runtime::Memory &memory) -> void * { return memory.data(); });
    llvm::cantFail(compiled->call(data));
  }

  std::vector<runtime::Memory> operands;
  std::optional<JitFunction> compiled;
};
} // namespace

llvm::Error sluice::tuneContractions(ModuleOp module, const Processor &processor, TuneCache &cache) {
  // No pass that makes strategies has run.
  module.getContext()->loadDialect<cpu::CPUDialect>();
  TargetAttr target = processor.describe(module.getContext());
  std::map<std::string, Contraction> found;
  module.walk([&](linalg::LinalgOp op) {
    if (!isContraction(op) || op->getParentOfType<scf::ForallOp>())
      return;
    // Narrow sums have one strategy, and nothing to measure.
    if (FailureOr<Contraction> contraction = analyzeContraction(op); succeeded(contraction) && !contraction->narrow)
      found.insert({TuneCache::keyOf(*contraction), *contraction});
  });
  size_t number = 0;
  for (auto &[key, contraction] : found) {
    llvm::errs() << "tuning " << ++number << " of " << found.size() << ": " << key;
    if (cache.find(processor.getName(), key, module.getContext())) {
      llvm::errs() << ": known\n";
      continue;
    }
    StrategyAttr best;
    double bestSeconds = HUGE_VAL, suggestedSeconds = 0;
    for (StrategyAttr candidate : strategyCandidates(contraction, target)) {
      std::optional<double> seconds = Trial(contraction.op, candidate, processor).measure();
      if (!seconds)
        return llvm::createStringError("cannot compile the contraction " + key);
      if (!best)
        suggestedSeconds = *seconds;
      if (*seconds < bestSeconds) {
        best = candidate;
        bestSeconds = *seconds;
      }
    }
    cache.set(processor.getName(), key, best);
    llvm::errs() << llvm::format(": %.2f of the time of the suggested strategy\n", bestSeconds / suggestedSeconds);
  }
  return llvm::Error::success();
}
