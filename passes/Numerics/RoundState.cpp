//===- RoundState.cpp - Weights and moments of few bits -------------------------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "dialects/Sluice/SluiceStateOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/Numerics/DrawKeys.h"
#include "passes/Numerics/Passes.h"
#include "passes/Numerics/PrecisionPolicy.h"

namespace sluice {
#define GEN_PASS_DEF_ROUNDSTATE
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct RoundState : sluice::impl::RoundStateBase<RoundState> {
  using RoundStateBase::RoundStateBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::string problem;
    std::optional<precision::FloatFormat> found = findStateFormat(format, problem);
    if (!found) {
      module.emitError() << problem;
      return signalPassFailure();
    }
    SmallVector<Operation *> updates;
    MuonOp muon;
    module.walk([&](Operation *op) {
      if (isa<AdamWOp, SgdOp>(op))
        updates.push_back(op);
      else if (auto orthogonal = dyn_cast<MuonOp>(op))
        muon = orthogonal;
    });
    if (muon) {
      muon.emitOpError() << "expected the optimizer 'adamw' or 'sgd' to round weights to " << format
                         << ", found 'muon', whose products need more bits";
      return signalPassFailure();
    }
    SymbolTable symbolTable(module);
    symbols = &symbolTable;
    auto state = FormatAttr::get(&getContext(), *found);
    for (Operation *update : updates)
      round(update, state);
    WalkResult walked = module.walk([&](func::CallOp call) {
      return WalkResult(rounded.contains(symbols->lookup(call.getCallee())) ? passOperands(call) : success());
    });
    if (walked.wasInterrupted())
      return signalPassFailure();
    if (!updates.empty() && module->hasAttr(binaryAttrName))
      record(module);
  }

private:
  /// Makes an update round, with arguments of its function in addition.
  void round(Operation *update, FormatAttr state) {
    auto function = update->getParentOfType<func::FuncOp>();
    OpBuilder builder(update);
    rounded.insert(function);
    auto [key, id] = DrawKeys::addTo(function);
    Operation *rounding;
    if (auto adamw = dyn_cast<AdamWOp>(update))
      rounding = RoundedAdamWOp::create(builder, update->getLoc(), update->getResultTypes(), adamw.getParameter(),
                                        adamw.getGradient(), adamw.getFirst(), adamw.getSecond(), key, id,
                                        adamw.getScalars(), adamw.getDecays(), state);
    else {
      auto sgd = cast<SgdOp>(update);
      rounding =
          RoundedSgdOp::create(builder, update->getLoc(), update->getResultTypes(), sgd.getParameter(),
                               sgd.getGradient(), sgd.getMomentum(), key, id, sgd.getScalars(), sgd.getDecays(), state);
    }
    update->replaceAllUsesWith(rounding);
    update->erase();
  }

  /// Gives the call of an update what its parameter draws by. A copy on another stage draws as the parameter does.
  LogicalResult passOperands(func::CallOp call) {
    auto read = call.getOperand(0).getDefiningOp<ReadOp>();
    if (!read)
      return call.emitOpError() << "expected the parameter that is updated as first operand, found another value";
    auto parameter = symbols->lookup<ParameterOp>(read.getSymbol());
    keys.appendTo(call, parameter.getCopyOf().value_or(parameter.getSymName()));
    return success();
  }

  void record(ModuleOp module) {
    BinaryFacts facts = BinaryFacts::of(module);
    SmallVector<Attribute> techniques;
    if (facts.techniques)
      llvm::append_range(techniques, facts.techniques);
    techniques.push_back(StringAttr::get(&getContext(), "sluice-round-state{format=" + format + "}"));
    facts.techniques = ArrayAttr::get(&getContext(), techniques);
    facts.set(module);
  }

  SymbolTable *symbols = nullptr;
  llvm::SmallPtrSet<Operation *, 8> rounded; // functions
  DrawKeys keys;
};
} // namespace
