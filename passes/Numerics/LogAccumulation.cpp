//===- LogAccumulation.cpp - Measures what the sums of one contraction lose -----------===//
#include "dialects/Sluice/ActionStage.h"
#include "dialects/Sluice/RuntimeScalars.h"
#include "dialects/Sluice/SluiceStatisticsOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/Gradient/Actions.h"
#include "passes/Numerics/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_LOGACCUMULATION
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// The contraction that is looked at, in the function that a call of an action runs.
struct Sampled {
  func::CallOp call;
  func::FuncOp function;
  LinearOp linear;

  explicit operator bool() const { return bool(call); }
};

struct LogAccumulation : sluice::impl::LogAccumulationBase<LogAccumulation> {
  using LogAccumulationBase::LogAccumulationBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbolTable(module);
    symbols = &symbolTable;
    Sampled sampled = find();
    if (failed(check(sampled)))
      return signalPassFailure();
    declareScalar(module, {"measures_accumulation", 0, "whether the step measures what sums lose"});
    auto action = sampled.call->getParentOfType<func::FuncOp>();
    auto slot =
        SlotBuilder(module).create(action.getLoc(), "train.accumulation_error", statisticType(), SlotKind::Result);
    slot->setAttr(statisticAttrName, StringAttr::get(&getContext(), accumulationErrorName));
    slot.setRole(StringRef(weight));
    if (action->hasAttr(stageAttrName))
      slot.setStage(stageOfAction(action));
    symbols->insert(slot);
    replace(sampled, slot);
  }

private:
  RankedTensorType statisticType() { return RankedTensorType::get({2}, Float64Type::get(&getContext())); }

  Sampled find();
  LinearOp findLinear(func::CallOp call, func::FuncOp function);
  LogicalResult check(const Sampled &sampled);
  func::FuncOp measure(const Sampled &sampled);
  void replace(const Sampled &sampled, SlotOp slot);
  Value drop(scf::IfOp branch, Value error);

  SymbolTable *symbols = nullptr;
};
} // namespace

/// The first forward contraction with the weight, in the order of the actions.
Sampled LogAccumulation::find() {
  Sampled sampled;
  for (ActionKind wanted : {ActionKind::Forward, ActionKind::Backward, ActionKind::BackwardInput})
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      auto kind = function->getAttrOfType<ActionKindAttr>(actionAttrName);
      if (!kind || kind.getValue() != wanted || sampled)
        continue;
      function.walk([&](func::CallOp call) {
        auto callee = symbols->lookup<func::FuncOp>(call.getCallee());
        LinearOp linear = callee ? findLinear(call, callee) : nullptr;
        if (!linear)
          return WalkResult::advance();
        sampled = {call, callee, linear};
        return WalkResult::interrupt();
      });
    }
  return sampled;
}

/// The contraction of the function whose weight is, for this call, the parameter; null if there is none.
LinearOp LogAccumulation::findLinear(func::CallOp call, func::FuncOp function) {
  LinearOp found;
  function.walk([&](LinearOp linear) {
    Value value = linear.getWeight();
    if (auto quantize = value.getDefiningOp<QuantizeOp>())
      value = quantize.getInput();
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument || argument.getOwner() != &function.getBody().front() || linear.getErrors() || linear.getHead())
      return WalkResult::advance();
    auto read = call.getOperand(argument.getArgNumber()).getDefiningOp<ReadOp>();
    if (!read || read.getSymbol() != weight)
      return WalkResult::advance();
    found = linear;
    return WalkResult::interrupt();
  });
  return found;
}

LogicalResult LogAccumulation::check(const Sampled &sampled) {
  ModuleOp module = getOperation();
  if (!symbols->lookup<ParameterOp>(weight))
    return module.emitError() << "logged sums expected the name of a weight of the model, found '" << weight << "'";
  if (!sampled)
    return module.emitError() << "logged sums expected the weight of a layer's matrix, found '" << weight << "'";
  LinearOp linear = sampled.linear;
  if (!linear.getAccumulation())
    return module.emitError() << "logged sums expected a weight whose products have narrow sums, found '" << weight
                              << "', whose sums are f32";
  auto type = cast<RankedTensorType>(linear.getInput().getType());
  int64_t most = type.getNumElements() / type.getShape().back();
  if (rows < 1 || rows > most)
    return module.emitError() << "logged sums expected 1 to " << most << " rows of '" << weight << "', found "
                              << int64_t(rows);
  return success();
}

/// A copy of the function that compares the sums with exact ones, which is its last result.
func::FuncOp LogAccumulation::measure(const Sampled &sampled) {
  func::FuncOp function = sampled.function;
  Operation *original = LinearOp(sampled.linear);
  OpBuilder builder(function);
  builder.setInsertionPointAfter(function);
  IRMapping mapping;
  auto copy = cast<func::FuncOp>(builder.clone(*function, mapping));
  copy.setSymName((function.getSymName() + ".measured").str());
  symbols->insert(copy);
  auto linear = cast<LinearOp>(mapping.lookup(original));
  builder.setInsertionPointAfter(linear);
  Location location = linear.getLoc();
  // The bias is added to the sum in f32 anyway.
  if (Value bias = linear.getBias()) {
    linear.getBiasMutable().clear();
    auto biased = AddOp::create(builder, location, linear.getResult(), bias);
    linear.getResult().replaceAllUsesExcept(biased.getResult(), biased);
    builder.setInsertionPointAfter(linear);
  }
  Value error = AccumulationErrorOp::create(builder, location, statisticType(), linear.getInput(), linear.getWeight(),
                                            linear.getResult(), linear.getTransposed(), uint64_t(rows));
  auto returned = cast<func::ReturnOp>(copy.getBody().front().getTerminator());
  returned.getOperandsMutable().append(error);
  (void)copy.insertResult(copy.getNumResults(), statisticType(), DictionaryAttr());
  return copy;
}

/// An `scf.if` with a result more: `error` where it is taken, zeros where a layer is dropped.
Value LogAccumulation::drop(scf::IfOp branch, Value error) {
  bool isThen = branch.getThenRegion().isAncestor(error.getParentRegion());
  scf::YieldOp dropped = isThen ? branch.elseYield() : branch.thenYield();
  OpBuilder builder(dropped);
  auto none = symbols->lookup<func::FuncOp>("train.accumulation_error.none");
  if (!none) {
    none = createZero(getOperation(), branch.getLoc(), "train.accumulation_error.none", error.getType());
    symbols->insert(none);
  }
  Value zero = func::CallOp::create(builder, branch.getLoc(), none, ValueRange()).getResult(0);
  return appendResults(branch, isThen ? error : zero, isThen ? zero : error).front();
}

/// Steps that measure call the copy, others the function as it was.
void LogAccumulation::replace(const Sampled &sampled, SlotOp slot) {
  func::CallOp call = sampled.call;
  Location location = call.getLoc();
  func::FuncOp measuring = measure(sampled);
  Block &entry = call->getParentOfType<func::FuncOp>().getBody().front();
  // Outside of branches, as it takes memory.
  OpBuilder builder(entry.findAncestorOpInBlock(*call));
  Value scalar = ScalarOp::create(builder, location, RankedTensorType::get({}, builder.getF64Type()),
                                  builder.getStringAttr("measures_accumulation"));
  Value number = tensor::ExtractOp::create(builder, location, scalar, ValueRange());
  Value zero = arith::ConstantOp::create(builder, location, builder.getF64FloatAttr(0));
  Value measures = arith::CmpFOp::create(builder, location, arith::CmpFPredicate::OGT, number, zero);

  builder.setInsertionPoint(call);
  auto then = [&](OpBuilder &inside) {
    return SmallVector<Value>(func::CallOp::create(inside, location, measuring, call.getOperands()).getResults());
  };
  auto otherwise = [&](OpBuilder &inside) {
    SmallVector<Value> values(
        func::CallOp::create(inside, location, sampled.function, call.getOperands()).getResults());
    // Nobody looks at it.
    values.push_back(ub::PoisonOp::create(inside, location, statisticType()));
    return values;
  };
  ValueRange results = createIf(builder, location, measuring.getResultTypes(), measures, then, otherwise);
  call->replaceAllUsesWith(results.drop_back());
  Value error = results.back();
  call.erase();
  while (auto branch = dyn_cast<scf::IfOp>(error.getParentBlock()->getParentOp()))
    error = drop(branch, error);
  builder.setInsertionPoint(entry.getTerminator());
  store(builder, error, slot);
}
