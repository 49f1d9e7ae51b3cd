//===- RoundState.cpp - Weights and moments of few bits -------------------------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "dialects/Sluice/SluiceStateOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/Numerics/Passes.h"
#include "passes/Numerics/PrecisionPolicy.h"
#include "runtime/Philox.h"

namespace sluice {
#define GEN_PASS_DEF_ROUNDSTATE
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// The words that draws for a parameter are keyed by. A copy on another stage draws as the parameter does.
static DenseElementsAttr idOf(ParameterOp parameter) {
  uint64_t hash = runtime::hashName(parameter.getCopyOf().value_or(parameter.getSymName()));
  auto type = RankedTensorType::get({2}, IntegerType::get(parameter.getContext(), 32));
  return DenseElementsAttr::get(type, {int32_t(uint32_t(hash)), int32_t(uint32_t(hash >> 32))});
}

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
    for (auto function : module.getOps<func::FuncOp>()) {
      Value key; // one an action
      WalkResult walked = function.walk([&](func::CallOp call) {
        return WalkResult(rounded.contains(symbols->lookup(call.getCallee())) ? passOperands(call, key) : success());
      });
      if (walked.wasInterrupted())
        return signalPassFailure();
    }
    if (!updates.empty() && module->hasAttr(binaryAttrName))
      record(module);
  }

private:
  /// Makes an update round, with arguments of its function in addition.
  void round(Operation *update, FormatAttr state) {
    auto function = update->getParentOfType<func::FuncOp>();
    OpBuilder builder(update);
    rounded.insert(function);
    auto addArgument = [&](int64_t words) -> Value {
      unsigned index = function.getNumArguments();
      (void)function.insertArgument(index, RankedTensorType::get({words}, builder.getI32Type()), {}, update->getLoc());
      return function.getArgument(index);
    };
    Value key = addArgument(4), id = addArgument(2);
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

  /// Gives the call of an update the key of the step, which is read at most once, and what its parameter draws by.
  LogicalResult passOperands(func::CallOp call, Value &key) {
    auto read = call.getOperand(0).getDefiningOp<ReadOp>();
    if (!read)
      return call.emitOpError() << "expected the parameter that is updated as first operand, found another value";
    // Outside of branches, as each takes memory.
    Block &entry = call->getParentOfType<func::FuncOp>().getBody().front();
    OpBuilder builder = OpBuilder::atBlockBegin(&entry);
    if (!key)
      key = KeyOp::create(builder, call.getLoc(), RankedTensorType::get({4}, builder.getI32Type()));
    builder.setInsertionPointAfterValue(key);
    Value &id = ids[{&entry, read.getSymbol()}];
    if (!id)
      id = arith::ConstantOp::create(builder, call.getLoc(), idOf(symbols->lookup<ParameterOp>(read.getSymbol())));
    call.getOperandsMutable().append({key, id});
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
  llvm::DenseMap<std::pair<Block *, StringRef>, Value> ids;
};
} // namespace
