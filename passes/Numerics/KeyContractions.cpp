//===- KeyContractions.cpp - What sums that round stochastically draw by --------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/Numerics/DrawKeys.h"
#include "passes/Numerics/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_KEYCONTRACTIONS
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// Whether the sums round stochastically and have nothing to draw by yet.
static bool needsKey(AccumulationOpInterface op) {
  AccumulationAttr accumulation = op.getAccumulationAttr();
  return accumulation && accumulation.getValue().rounding == precision::Rounding::Stochastic && !op.getKey();
}

namespace {
struct KeyContractions : sluice::impl::KeyContractionsBase<KeyContractions> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SetVector<func::FuncOp> drawing;
    WalkResult walked = module.walk([&](AccumulationOpInterface op) {
      if (!needsKey(op))
        return WalkResult::advance();
      auto function = op->getParentOfType<func::FuncOp>();
      if (function && !function->hasAttr(actionAttrName) && drawing.insert(function))
        numberContractions(function);
      if (function && !function->hasAttr(actionAttrName))
        return WalkResult::advance();
      op.emitOpError() << "expected sums that round stochastically in a function that actions call";
      return WalkResult::interrupt();
    });
    if (walked.wasInterrupted())
      return signalPassFailure();
    SymbolTable symbols(module);
    for (auto function : module.getOps<func::FuncOp>())
      function.walk([&](func::CallOp call) {
        auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
        if (!drawing.contains(callee))
          return;
        if (!function->hasAttr(actionAttrName)) {
          call.emitOpError() << "expected an action around a call of '" << call.getCallee()
                             << "', whose sums round stochastically";
          return signalPassFailure();
        }
        passOperands(call);
      });
  }

private:
  /// Gives all contractions of a function that need it the key, and each a number of its own.
  static void numberContractions(func::FuncOp function) {
    DrawKeys::Arguments arguments = DrawKeys::addTo(function);
    int64_t ordinal = 0;
    Builder builder(function);
    function.walk([&](AccumulationOpInterface op) {
      if (!needsKey(op))
        return;
      op.getKeyMutable().assign(arguments.key);
      op.getIdMutable().assign(arguments.id);
      op.setOrdinalAttr(builder.getI64IntegerAttr(ordinal++));
    });
  }

  /// A function that an action calls again draws other words: it is a backward of another loss. What repeats forward
  /// draws what that drew.
  void passOperands(func::CallOp call) {
    if (call->hasAttr(repeatsAttrName))
      return keys.appendTo(call, call.getCallee());
    auto action = call->getParentOfType<func::FuncOp>();
    int64_t before = calls[{action, call.getCalleeAttr().getAttr()}]++;
    keys.appendTo(call, before == 0 ? call.getCallee().str() : (call.getCallee() + "#" + Twine(before)).str());
  }

  DrawKeys keys;
  llvm::DenseMap<std::pair<Operation *, StringAttr>, int64_t> calls; // so far, by action and function
};
} // namespace
