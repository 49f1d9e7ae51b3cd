//===- CountRoundings.cpp - Counts what rounding to formats loses ---------------------===//
#include "dialects/Sluice/ActionStage.h"
#include "dialects/Sluice/SluiceStatisticsOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/Gradient/Actions.h"
#include "passes/Numerics/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_COUNTROUNDINGS
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// What is counted apart: weights and activations, and gradients of the loss.
static constexpr StringLiteral kinds[] = {roundedValuesName, roundedErrorsName};
static constexpr size_t errors = 1;

namespace {
/// For each kind a value, null where nothing of it is rounded.
using ByKind = std::array<Value, 2>;

/// Where a function adds what it counts: for each kind an argument, which a result updates; -1 where there is none.
struct Counter {
  int argument[2] = {-1, -1}, result[2] = {-1, -1};

  bool counts() const { return argument[0] >= 0 || argument[1] >= 0; }
};

struct CountRoundings : sluice::impl::CountRoundingsBase<CountRoundings> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbolTable(module);
    symbols = &symbolTable;
    for (auto function : module.getOps<func::FuncOp>())
      if (isAction(function))
        function.walk([&](func::CallOp call) {
          auto callee = symbols->lookup<func::FuncOp>(call.getCallee());
          if (callee && !call->hasAttr(repeatsAttrName) && !counters.contains(callee))
            counters[callee] = countIn(callee);
        });
    if (failed(checkOtherCalls(module)))
      return signalPassFailure();
    for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (isAction(function))
        addUp(function);
  }

private:
  /// Whether the runtime calls the function for a micro-batch that is trained on.
  static bool isAction(func::FuncOp function) {
    auto kind = function->getAttrOfType<ActionKindAttr>(actionAttrName);
    return kind && llvm::is_contained({ActionKind::Forward, ActionKind::Backward, ActionKind::BackwardInput,
                                       ActionKind::BackwardWeight},
                                      kind.getValue());
  }

  Counter counterOf(func::CallOp call) { return counters.lookup(symbols->lookup<func::FuncOp>(call.getCallee())); }

  Counter countIn(func::FuncOp function);
  LogicalResult checkOtherCalls(ModuleOp module);
  void addUp(func::FuncOp action);
  void addUp(Block &block, ByKind &sums);
  func::CallOp passOn(func::CallOp call, const Counter &counter, ByKind &sums);
  void passOn(scf::IfOp branch, ByKind &sums);
  func::FuncOp clearing(Location location);

  SymbolTable *symbols = nullptr;
  llvm::DenseMap<Operation *, Counter> counters; // by function
  func::FuncOp clear;
};
} // namespace

/// Whether what is rounded is a gradient of the loss for a contraction.
static bool roundsErrors(QuantizeOp op) {
  return llvm::any_of(op->getUses(), [](OpOperand &use) {
    if (auto linear = dyn_cast<LinearOp>(use.getOwner()))
      return linear.getErrors() && &use == &linear.getInputMutable();
    auto product = dyn_cast<MatmulOp>(use.getOwner());
    return product && ((product.getErrorsLhs() && &use == &product.getLhsMutable()) ||
                       (product.getErrorsRhs() && &use == &product.getRhsMutable()));
  });
}

/// Puts counts beside what rounds in a function, and adds them to arguments in place.
Counter CountRoundings::countIn(func::FuncOp function) {
  Counter counter;
  SmallVector<QuantizeOp> ops;
  // Rounding to f32 is none.
  function.walk([&](QuantizeOp op) {
    if (op.getFormat().getValue() != precision::FloatFormat() && !op.use_empty())
      ops.push_back(op);
  });
  if (ops.empty())
    return counter;
  Block &entry = function.getBody().front();
  auto returned = cast<func::ReturnOp>(entry.getTerminator());
  OpBuilder builder(function);
  auto type = RankedTensorType::get({2}, builder.getF64Type());
  ByKind sums;
  for (QuantizeOp op : ops) {
    builder.setInsertionPointAfter(op);
    Value counts =
        CountRoundingsOp::create(builder, op.getLoc(), type, op.getInput(), op.getFormatAttr(), op.getScaledAttr());
    Value &sum = sums[roundsErrors(op) ? errors : 0];
    sum = sum ? AddOp::create(builder, op.getLoc(), sum, counts).getResult() : counts;
  }
  builder.setInsertionPoint(returned);
  for (size_t kind : {0, 1}) {
    if (!sums[kind])
      continue;
    counter.argument[kind] = function.getNumArguments();
    counter.result[kind] = returned.getNumOperands();
    DictionaryAttr updates = builder.getDictionaryAttr(
        builder.getNamedAttr(updatesAttrName, builder.getI64IntegerAttr(counter.result[kind])));
    (void)function.insertArgument(counter.argument[kind], type, updates, function.getLoc());
    returned.getOperandsMutable().append(
        AddOp::create(builder, function.getLoc(), sums[kind], entry.getArguments().back()).getResult());
    (void)function.insertResult(counter.result[kind], type, DictionaryAttr());
  }
  return counter;
}

/// Functions that count have arguments that nobody else passes.
LogicalResult CountRoundings::checkOtherCalls(ModuleOp module) {
  WalkResult walked = module.walk([&](func::CallOp call) {
    if (!counterOf(call).counts())
      return WalkResult::advance();
    bool repeats = call->hasAttr(repeatsAttrName);
    if (isAction(call->getParentOfType<func::FuncOp>()) && !repeats)
      return WalkResult::advance();
    if (repeats)
      call.emitOpError() << "repeats '" << call.getCallee()
                         << "', which counts what it rounds: expected a function of its own, as sluice-trim-repeated "
                            "makes them";
    else
      call.emitOpError() << "expected '" << call.getCallee()
                         << "', which rounds, to be called by forward and backward actions alone";
    return WalkResult::interrupt();
  });
  return failure(walked.wasInterrupted());
}

/// `@train.roundings.none(%a)`, which returns zeros in the place of %a.
func::FuncOp CountRoundings::clearing(Location location) {
  if (clear)
    return clear;
  OpBuilder builder = OpBuilder::atBlockEnd(getOperation().getBody());
  auto type = RankedTensorType::get({2}, builder.getF64Type());
  clear = func::FuncOp::create(builder, location, "train.roundings.none", builder.getFunctionType(type, type));
  clear.setPrivate();
  builder.setInsertionPointToStart(clear.addEntryBlock());
  func::ReturnOp::create(builder, location, ValueRange(ZeroOp::create(builder, location, type)));
  clear.setArgAttr(0, updatesAttrName, builder.getI64IntegerAttr(0));
  symbols->insert(clear);
  return clear;
}

/// Sums of an action begin at zero, go from call to call in their slots, and stay there.
void CountRoundings::addUp(func::FuncOp action) {
  bool counts[2] = {false, false};
  action.walk([&](func::CallOp call) {
    for (size_t kind : {0, 1})
      counts[kind] |= counterOf(call).argument[kind] >= 0;
  });
  Block &entry = action.getBody().front();
  OpBuilder builder = OpBuilder::atBlockBegin(&entry);
  ByKind sums;
  SlotOp slots[2];
  for (size_t kind : {0, 1}) {
    if (!counts[kind])
      continue;
    slots[kind] = SlotBuilder(getOperation())
                      .create(action.getLoc(), action.getSymName() + "." + kinds[kind],
                              RankedTensorType::get({2}, builder.getF64Type()), SlotKind::Result);
    slots[kind]->setAttr(statisticAttrName, builder.getStringAttr(kinds[kind]));
    if (action->hasAttr(stageAttrName))
      slots[kind].setStage(stageOfAction(action));
    symbols->insert(slots[kind]);
    Value before = fetch(builder, slots[kind]);
    sums[kind] = func::CallOp::create(builder, action.getLoc(), clearing(action.getLoc()), before).getResult(0);
  }
  addUp(entry, sums);
  builder.setInsertionPoint(entry.getTerminator());
  for (size_t kind : {0, 1})
    if (slots[kind])
      store(builder, sums[kind], slots[kind]);
}

void CountRoundings::addUp(Block &block, ByKind &sums) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (auto call = dyn_cast<func::CallOp>(op)) {
      if (Counter counter = counterOf(call); counter.counts())
        passOn(call, counter, sums);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      passOn(branch, sums);
    }
  }
}

/// Gives a call the sums so far.
func::CallOp CountRoundings::passOn(func::CallOp call, const Counter &counter, ByKind &sums) {
  SmallVector<Value> operands(call.getOperands());
  for (size_t kind : {0, 1})
    if (counter.argument[kind] >= 0)
      operands.push_back(sums[kind]);
  OpBuilder builder(call);
  auto counting =
      func::CallOp::create(builder, call.getLoc(), symbols->lookup<func::FuncOp>(call.getCallee()), operands);
  counting->setDiscardableAttrs(call->getDiscardableAttrDictionary());
  for (size_t kind : {0, 1})
    if (counter.result[kind] >= 0)
      sums[kind] = counting.getResult(counter.result[kind]);
  call->replaceAllUsesWith(counting->getResults().take_front(call.getNumResults()));
  call.erase();
  return counting;
}

/// Each branch goes on from the sums so far, and one that counts nothing leaves them.
void CountRoundings::passOn(scf::IfOp branch, ByKind &sums) {
  ByKind ofBranch[2] = {sums, sums};
  if (branch.getElseRegion().empty())
    return;
  addUp(*branch.thenBlock(), ofBranch[0]);
  addUp(*branch.elseBlock(), ofBranch[1]);
  SmallVector<size_t> changed;
  SmallVector<Value> then, otherwise;
  for (size_t kind : {0, 1})
    if (ofBranch[0][kind] != sums[kind] || ofBranch[1][kind] != sums[kind]) {
      changed.push_back(kind);
      then.push_back(ofBranch[0][kind]);
      otherwise.push_back(ofBranch[1][kind]);
    }
  if (changed.empty())
    return;
  for (auto [kind, sum] : llvm::zip_equal(changed, appendResults(branch, then, otherwise)))
    sums[kind] = sum;
}
