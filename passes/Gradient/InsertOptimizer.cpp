//===- InsertOptimizer.cpp - The norm and update actions ---------------------------===//
#include "dialects/Sluice/RuntimeScalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "passes/Gradient/Actions.h"

namespace sluice {
#define GEN_PASS_DEF_INSERTOPTIMIZER
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct OptimizerKind {
  StringRef name;
  ArrayRef<StringRef> states;
  ArrayRef<StringRef> scalars;
};
} // namespace

static const StringRef adamwStates[] = {"exp_avg", "exp_avg_sq"};
static const StringRef adamwScalars[] = {
    "learning_rate", "beta1", "beta2", "epsilon", "weight_decay", "bias_correction1", "bias_correction2", "clip_scale"};
static const StringRef sgdStates[] = {"momentum_buffer"};
static const StringRef sgdScalars[] = {"learning_rate", "momentum", "weight_decay", "clip_scale"};
static const OptimizerKind optimizers[] = {{"adamw", adamwStates, adamwScalars}, {"sgd", sgdStates, sgdScalars}};

static int64_t positionOf(ArrayRef<StringRef> names, StringRef name) { return llvm::find(names, name) - names.begin(); }

/// Which gradients an update gets: none where the layers that have the parameter were dropped, two where a loss is not
/// clipped.
struct Gradients {
  bool clipped = true, unclipped = false;
  int64_t count() const { return clipped + unclipped; }
};

/// `(parameter, gradients..., states..., scalars...) -> (parameter, states...)`, all but the gradients and the scalars
/// updated in place.
static func::FuncOp createUpdate(ModuleOp module, ParameterOp parameter, const OptimizerKind &kind, Type scalarType,
                                 Gradients gradients) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Location location = parameter.getLoc();
  Type type = parameter.getType();
  int64_t firstState = 1 + gradients.count();
  SmallVector<Type> arguments(firstState + kind.states.size(), type), results(1 + kind.states.size(), type);
  arguments.append(kind.scalars.size() + gradients.unclipped, scalarType);
  std::string name = (gradients.clipped ? "update." : "update.dropped.") + parameter.getSymName().str();
  auto function = func::FuncOp::create(builder, location, name, builder.getFunctionType(arguments, results));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  auto values = entry->getArguments();
  SmallVector<Value> scalars(values.slice(firstState + kind.states.size(), kind.scalars.size()));
  Value gradient = gradients.clipped ? Value(values[1]) : ZeroOp::create(builder, location, type);
  if (gradients.unclipped) {
    Value &clip = scalars[positionOf(kind.scalars, "clip_scale")];
    Value clipped = MulOp::create(builder, location, gradient, clip);
    Value unclipped = MulOp::create(builder, location, values[2], values.back());
    gradient = AddOp::create(builder, location, clipped, unclipped);
    auto one =
        DenseElementsAttr::get(cast<ShapedType>(scalarType), builder.getFloatAttr(getElementTypeOrSelf(scalarType), 1));
    clip = arith::ConstantOp::create(builder, location, one);
  }
  auto states = values.slice(firstState, kind.states.size());
  Operation *update;
  if (kind.name == "adamw")
    update = AdamWOp::create(builder, location, type, type, type, values[0], gradient, states[0], states[1], scalars,
                             parameter.getDecays());
  else
    update =
        SgdOp::create(builder, location, type, type, values[0], gradient, states[0], scalars, parameter.getDecays());
  func::ReturnOp::create(builder, location, update->getResults());
  function.setArgAttr(0, updatesAttrName, builder.getI64IntegerAttr(0));
  for (unsigned state = 0; state < kind.states.size(); ++state)
    function.setArgAttr(firstState + state, updatesAttrName, builder.getI64IntegerAttr(1 + state));
  return function;
}

static func::FuncOp createNorm(ModuleOp module, ParameterOp parameter, StringRef prefix, Type resultType) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto function = func::FuncOp::create(builder, parameter.getLoc(), (prefix + "." + parameter.getSymName()).str(),
                                       builder.getFunctionType(parameter.getType(), resultType));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  Value sum = SumOfSquaresOp::create(builder, parameter.getLoc(), resultType, entry->getArgument(0));
  func::ReturnOp::create(builder, parameter.getLoc(), sum);
  return function;
}

/// Whether one of the gates that the gradient comes through was open in this step; null where there are none.
static Value isThere(OpBuilder &builder, SymbolTable &symbols, SlotOp gradient) {
  Value there;
  if (!gradient.getGates())
    return there;
  for (auto gate : gradient.getGates()->getAsRange<GateAttr>()) {
    Value counts = fetch(builder, symbols.lookup<SlotOp>(gate.getSlot().getAttr()));
    Value open = isOpen(builder, gradient.getLoc(), counts, gate.getIndex());
    there = there ? Value(arith::OrIOp::create(builder, gradient.getLoc(), there, open)) : open;
  }
  return there;
}

namespace {
struct InsertOptimizer : sluice::impl::InsertOptimizerBase<InsertOptimizer> {
  using InsertOptimizerBase::InsertOptimizerBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    const OptimizerKind *kind = llvm::find_if(optimizers, [&](auto &candidate) { return candidate.name == optimizer; });
    if (kind == std::end(optimizers)) {
      module.emitError() << "expected the optimizer 'adamw' or 'sgd', found '" << optimizer << "'";
      return signalPassFailure();
    }
    if (droppedState != "move" && droppedState != "skip") {
      module.emitError() << "expected the dropped state 'move' or 'skip', found '" << droppedState << "'";
      return signalPassFailure();
    }
    SymbolTable symbolTable(module);
    symbols = &symbolTable;
    SmallVector<Trained> parameters;
    for (ParameterOp parameter : module.getOps<ParameterOp>()) {
      std::string name = gradientSlotName(parameter.getSymName(), 0);
      if (auto gradient = symbols->lookup<SlotOp>(name))
        parameters.push_back({parameter, gradient, symbols->lookup<SlotOp>("unclipped_" + name)});
    }
    if (parameters.empty())
      return;
    for (StringRef scalar : kind->scalars)
      declareScalar(module, {scalar});
    Location location = module.getLoc();
    func::FuncOp norm = createAction(module, location, "train.norm", ActionKind::Norm, "train");
    func::FuncOp update = createAction(module, location, "train.update", ActionKind::Update, "train");
    OpBuilder normBuilder(norm.getBody().front().getTerminator());
    OpBuilder updateBuilder(update.getBody().front().getTerminator());
    SlotBuilder slotBuilder(module);
    for (const Trained &trained : parameters) {
      addNorm(trained.parameter, trained.gradient, "norm", slotBuilder, normBuilder);
      if (trained.unclipped) {
        declareScalar(module, {"unclipped_scale"});
        addNorm(trained.parameter, trained.unclipped, "unclipped_norm", slotBuilder, normBuilder)
            ->setAttr(unclippedAttrName, UnitAttr::get(&getContext()));
      }
      addUpdate(trained, *kind, slotBuilder, updateBuilder);
    }
  }

private:
  struct Trained {
    ParameterOp parameter;
    SlotOp gradient, unclipped; // the second null where every loss is clipped
  };

  SlotOp addNorm(ParameterOp parameter, SlotOp gradient, StringRef prefix, SlotBuilder &slotBuilder,
                 OpBuilder &builder) {
    Location location = parameter.getLoc();
    Type type = RankedTensorType::get({}, builder.getF64Type());
    SlotOp slot = slotBuilder.create(location, prefix + "_slot." + parameter.getSymName(), type, SlotKind::Norm);
    slot.setRole(parameter.getSymName());
    auto measure = [&](OpBuilder &inside) {
      func::FuncOp norm = createNorm(getOperation(), parameter, prefix, type);
      return SmallVector<Value>(func::CallOp::create(inside, location, norm, fetch(inside, gradient)).getResults());
    };
    auto none = [&](OpBuilder &inside) {
      std::string name = (prefix + ".dropped." + parameter.getSymName()).str();
      func::FuncOp zero = createZero(getOperation(), location, name, type);
      return SmallVector<Value>(func::CallOp::create(inside, location, zero, ValueRange()).getResults());
    };
    Value there = isThere(builder, *symbols, gradient);
    store(builder, there ? createIf(builder, location, type, there, measure, none).front() : measure(builder).front(),
          slot);
    return slot;
  }

  void addUpdate(const Trained &trained, const OptimizerKind &kind, SlotBuilder &slotBuilder, OpBuilder &builder) {
    ParameterOp parameter = trained.parameter;
    Location location = parameter.getLoc();
    auto type = cast<RankedTensorType>(parameter.getType());
    Type scalarType = RankedTensorType::get({}, type.getElementType());
    SmallVector<Value> values = {ReadOp::create(builder, location, type, parameter.getSymName())}, gradients, scalars;
    gradients.push_back(fetch(builder, trained.gradient));
    if (trained.unclipped)
      gradients.push_back(fetch(builder, trained.unclipped));
    SmallVector<SlotOp> states;
    for (StringRef role : kind.states) {
      SlotOp slot = slotBuilder.create(location, role + "." + parameter.getSymName(), type, SlotKind::State,
                                       parameter.getSymName());
      slot.setRole(role);
      states.push_back(slot);
      values.push_back(fetch(builder, slot));
    }
    for (StringRef scalar : kind.scalars)
      scalars.push_back(ScalarOp::create(builder, location, scalarType, scalar));

    auto call = [&](OpBuilder &inside, Gradients given) {
      SmallVector<Value> operands = {values.front()};
      if (given.clipped)
        operands.append(gradients);
      operands.append(values.begin() + 1, values.end());
      operands.append(scalars);
      if (given.unclipped)
        operands.push_back(ScalarOp::create(inside, location, scalarType, "unclipped_scale"));
      func::FuncOp update = createUpdate(getOperation(), parameter, kind, scalarType, given);
      return SmallVector<Value>(func::CallOp::create(inside, location, update, operands).getResults());
    };
    auto update = [&](OpBuilder &inside) { return call(inside, {true, bool(trained.unclipped)}); };
    // Without a gradient the moments decay and move the parameter on, or all stay as they are.
    auto drop = [&](OpBuilder &inside) { return droppedState == "skip" ? values : call(inside, {false, false}); };
    SmallVector<Value> updated;
    if (Value there = isThere(builder, *symbols, trained.gradient))
      updated =
          SmallVector<Value>(createIf(builder, location, SmallVector<Type>(values.size(), type), there, update, drop));
    else
      updated = update(builder);
    WriteOp::create(builder, location, updated.front(), parameter.getSymName());
    for (auto [slot, value] : llvm::zip_equal(states, ArrayRef(updated).drop_front()))
      store(builder, value, slot);
  }

  SymbolTable *symbols = nullptr;
};
} // namespace
