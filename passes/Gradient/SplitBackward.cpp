//===- SplitBackward.cpp - What reaches input gradients, and the rest of backward ---------===//
#include "dialects/Pipe/PipeDialect.h"
#include "dialects/Sluice/ActionStage.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Gradient/Actions.h"
#include "passes/Gradient/BackwardHalves.h"
#include "passes/Gradient/SplitAction.h"
#include "passes/Gradient/UsedValues.h"
#include "llvm/ADT/BitVector.h"

namespace sluice {
#define GEN_PASS_DEF_SPLITBACKWARD
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

static std::optional<ActionKind> kindOf(func::FuncOp function) {
  auto kind = function->getAttrOfType<ActionKindAttr>(actionAttrName);
  return kind ? std::optional(kind.getValue()) : std::nullopt;
}

/// Whether programs of devices run the halves of backward.
static bool runsHalves(ModuleOp module) {
  bool runs = false;
  for (auto pipeline : module.getOps<pipe::PipelineOp>())
    pipeline.walk([&](pipe::RunOp run) {
      runs |= run.getKind() == pipe::RunKind::BackwardInput || run.getKind() == pipe::RunKind::BackwardWeight;
    });
  return runs;
}

namespace {
/// A call in an action: by itself, or all that one branch of an `scf.if` computes.
struct CallSite {
  func::CallOp call;
  scf::IfOp branch; // null where the call is by itself
};

struct SplitBackward : sluice::impl::SplitBackwardBase<SplitBackward> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!runsHalves(module))
      return;
    SymbolTable symbolTable(module);
    symbols = &symbolTable;
    SmallVector<func::FuncOp> actions;
    for (auto function : module.getOps<func::FuncOp>())
      if (kindOf(function) == ActionKind::Backward)
        actions.push_back(function);
    for (auto &[callee, sites] : findSites())
      if (failed(split(symbols->lookup<func::FuncOp>(callee), sites)))
        return signalPassFailure();
    SlotBuilder slots(module);
    for (func::FuncOp action : actions)
      keptBytes += splitAction(action, halves, symbolTable, slots);
    for (auto message : module.getOps<MessageOp>())
      if (message.getAction() == ActionKind::Backward)
        message.setAction(ActionKind::BackwardInput);
    remark::analysis(module.getLoc(), remark::RemarkOpts::name("SplitBackward").category("gradient"))
        << remark::metric("functions", functionCount) << remark::metric("kept_bytes", keptBytes)
        << remark::metric("repeated_flops", repeatedFlops);
  }

private:
  using Sites = SmallVector<CallSite, 1>;

  llvm::MapVector<StringAttr, Sites> findSites();
  bool isGradient(Value value);
  llvm::BitVector findWeightResults(ArrayRef<CallSite> sites);
  LogicalResult split(func::FuncOp function, ArrayRef<CallSite> sites);
  void splitCall(func::CallOp call, const BackwardHalves &cut);
  void splitBranch(const CallSite &site, const BackwardHalves &cut);

  SymbolTable *symbols = nullptr;
  llvm::SmallPtrSet<Operation *, 16> halves; // calls of input halves, or what is around them in actions
  int64_t functionCount = 0, keptBytes = 0, repeatedFlops = 0;
};
} // namespace

/// What a call in an action is, if nothing but it is computed where it stands.
static std::optional<CallSite> siteOf(func::CallOp call) {
  Operation *parent = call->getParentOp();
  if (isa<func::FuncOp>(parent))
    return CallSite{call, nullptr};
  auto branch = dyn_cast<scf::IfOp>(parent);
  if (!branch || branch.getElseRegion().empty() || !isa<func::FuncOp>(branch->getParentOp()))
    return std::nullopt;
  bool isAlone = call->getBlock() == branch.thenBlock() && llvm::hasNItems(*branch.thenBlock(), 2) &&
                 llvm::all_of(branch.thenYield().getOperands(), [&](Value v) { return v.getDefiningOp() == call; });
  return isAlone ? std::optional(CallSite{call, branch}) : std::nullopt;
}

/// The calls of each function that backward actions call and nothing else does.
llvm::MapVector<StringAttr, SplitBackward::Sites> SplitBackward::findSites() {
  llvm::MapVector<StringAttr, Sites> sites;
  llvm::DenseSet<StringAttr> others;
  getOperation().walk([&](func::CallOp call) {
    StringAttr callee = call.getCalleeAttr().getAttr();
    std::optional<CallSite> site = siteOf(call);
    if (site && kindOf(call->getParentOfType<func::FuncOp>()) == ActionKind::Backward)
      sites[callee].push_back(*site);
    else
      others.insert(callee);
  });
  sites.remove_if([&](auto &entry) { return others.contains(entry.first); });
  return sites;
}

/// Whether the value goes into gradients of parameters and nowhere else.
bool SplitBackward::isGradient(Value value) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    auto store = dyn_cast<StoreOp>(user);
    return store && symbols->lookup<SlotOp>(store.getSymbol()).getKind() == SlotKind::Gradient;
  });
}

/// The results that are gradients of parameters wherever they are used.
llvm::BitVector SplitBackward::findWeightResults(ArrayRef<CallSite> sites) {
  llvm::BitVector weights(sites.front().call->getNumResults(), true), isUsed(weights.size());
  for (CallSite site : sites) {
    auto note = [&](unsigned result, Value value) {
      if (!isGradient(value))
        weights.reset(result);
      if (!value.use_empty())
        isUsed.set(result);
    };
    if (!site.branch)
      for (OpResult result : site.call->getResults())
        note(result.getResultNumber(), result);
    else
      for (auto [yielded, result] : llvm::zip_equal(site.branch.thenYield().getOperands(), site.branch.getResults()))
        note(cast<OpResult>(yielded).getResultNumber(), result);
  }
  return weights &= isUsed;
}

LogicalResult SplitBackward::split(func::FuncOp function, ArrayRef<CallSite> sites) {
  std::optional<BackwardHalves> cut = cutBackward(function, findWeightResults(sites));
  if (!cut)
    return success();
  for (const CallSite &site : sites) {
    if (site.branch)
      splitBranch(site, *cut);
    else
      splitCall(site.call, *cut);
    repeatedFlops += cut->repeatedFlops;
  }
  ++functionCount;
  // A half that has both an activation and its gradient computes them together.
  OpPassManager join(func::FuncOp::getOperationName());
  join.addPass(createJoinForwardBackward());
  for (func::FuncOp half : {cut->input, cut->weight}) {
    symbols->insert(half);
    if (failed(runPipeline(join, half)))
      return failure();
  }
  symbols->erase(function);
  return success();
}

static SmallVector<Value> select(ValueRange values, ArrayRef<unsigned> indices) {
  return llvm::map_to_vector(indices, [&](unsigned index) { return values[index]; });
}

/// The operands of the weight half: those of the whole function that it takes, and what is kept.
static SmallVector<Value> weightOperands(func::CallOp call, const BackwardHalves &cut, ValueRange ofInput) {
  SmallVector<Value> operands = select(call.getOperands(), cut.weightArguments);
  llvm::append_range(operands, select(ofInput, cut.kept));
  return operands;
}

void SplitBackward::splitCall(func::CallOp call, const BackwardHalves &cut) {
  OpBuilder builder(call);
  auto input = func::CallOp::create(builder, call.getLoc(), cut.input, select(call.getOperands(), cut.inputArguments));
  auto weight = func::CallOp::create(builder, call.getLoc(), cut.weight, weightOperands(call, cut, input.getResults()));
  for (auto [indices, half] : {std::pair(&cut.inputResults, input), std::pair(&cut.weightResults, weight)})
    for (auto [place, index] : llvm::enumerate(*indices))
      call.getResult(index).replaceAllUsesWith(half.getResult(place));
  halves.insert(input);
  call.erase();
}

/// Clones what computes the values in their block, and returns them.
static SmallVector<Value> cloneSlice(OpBuilder &builder, Block &block, ArrayRef<Value> values) {
  llvm::SmallPtrSet<Operation *, 16> needed;
  SmallVector<Value> open(values);
  while (!open.empty()) {
    Operation *definition = open.pop_back_val().getDefiningOp();
    if (definition && definition->getBlock() == &block && needed.insert(definition).second)
      llvm::append_range(open, valuesUsedBy(definition));
  }
  IRMapping mapping;
  for (Operation &op : block.without_terminator())
    if (needed.contains(&op))
      builder.clone(op, mapping);
  return llvm::map_to_vector(values, [&](Value value) { return mapping.lookupOrDefault(value); });
}

void SplitBackward::splitBranch(const CallSite &site, const BackwardHalves &cut) {
  func::CallOp call = site.call;
  scf::IfOp branch = site.branch;
  OpBuilder builder(branch);
  Location location = branch.getLoc();
  Block &dropped = *branch.elseBlock();
  // Results of the branch by result of the call.
  auto otherwise = [&](OpBuilder &inside, ArrayRef<unsigned> results, TypeRange types) {
    SmallVector<Value> values;
    for (unsigned result : results) {
      OperandRange yielded = branch.thenYield().getOperands();
      auto place = llvm::find(yielded, Value(call.getResult(result)));
      values.push_back(place == yielded.end() ? Value() : branch.elseYield().getOperand(place - yielded.begin()));
    }
    SmallVector<Value> known = llvm::filter_to_vector(values, [](Value value) { return bool(value); });
    SmallVector<Value> cloned = cloneSlice(inside, dropped, known);
    auto *next = cloned.begin();
    for (Value &value : values)
      value = value ? *next++ : Value();
    // What is kept is not looked at where the layer is dropped.
    values.resize(types.size());
    for (auto [value, type] : llvm::zip_equal(values, types))
      if (!value)
        value = ub::PoisonOp::create(inside, location, type);
    return values;
  };
  auto build = [&](func::FuncOp half, ArrayRef<Value> operands, ArrayRef<unsigned> results) {
    TypeRange types = half.getResultTypes();
    auto then = [&](OpBuilder &inside) {
      return SmallVector<Value>(func::CallOp::create(inside, location, half, operands).getResults());
    };
    return createIf(builder, location, types, branch.getCondition(), then,
                    [&](OpBuilder &inside) { return otherwise(inside, results, types); });
  };
  ValueRange input = build(cut.input, select(call.getOperands(), cut.inputArguments), cut.inputResults);
  halves.insert(input.front().getDefiningOp());
  ValueRange weight = build(cut.weight, weightOperands(call, cut, input), cut.weightResults);
  for (auto [yielded, result] : llvm::zip_equal(branch.thenYield().getOperands(), branch.getResults())) {
    unsigned index = cast<OpResult>(yielded).getResultNumber();
    const unsigned *place = llvm::find(cut.inputResults, index);
    result.replaceAllUsesWith(place != cut.inputResults.end()
                                  ? input[place - cut.inputResults.begin()]
                                  : weight[llvm::find(cut.weightResults, index) - cut.weightResults.begin()]);
  }
  branch.erase();
}
