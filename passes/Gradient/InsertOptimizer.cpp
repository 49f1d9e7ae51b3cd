//===- InsertOptimizer.cpp - The norm and update actions ---------------------------===//
#include "dialects/Sluice/RuntimeScalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Gradient/Actions.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

namespace sluice {
#define GEN_PASS_DEF_INSERTOPTIMIZER
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// How a parameter is updated: the op, its state tensors, and its scalars in the op's order.
struct Rule {
  Optimizer op;
  SmallVector<StringRef> states, scalars;
  /// Scalars of this state that the update itself computes, and what decays each; in f64.
  SmallVector<std::pair<StringRef, StringRef>, 0> corrections = {};
};

/// The rules for parameters that are hidden matrices and for all others.
struct Rules {
  Rule hidden, others;
};
} // namespace

static Rules rulesOf(Optimizer optimizer) {
  auto adamw = [](StringRef learningRate) {
    return Rule{Optimizer::AdamW,
                {"exp_avg", "exp_avg_sq"},
                {learningRate, "beta1", "beta2", "epsilon", "weight_decay", "bias_correction1", "bias_correction2",
                 "clip_scale"}};
  };
  auto momentum = [](Optimizer op) {
    return Rule{op, {"momentum_buffer"}, {"learning_rate", "momentum", "weight_decay", "clip_scale"}};
  };
  switch (optimizer) {
  case Optimizer::AdamW:
    return {adamw("learning_rate"), adamw("learning_rate")};
  case Optimizer::Sgd:
    return {momentum(Optimizer::Sgd), momentum(Optimizer::Sgd)};
  case Optimizer::Muon:
    return {momentum(Optimizer::Muon), adamw("adamw_learning_rate")};
  }
  llvm_unreachable("no such optimizer");
}

/// The rule for a parameter that steps may skip: 1 - beta^n for its own n updates is state that the update computes.
static Rule withOwnCorrections(Rule rule) {
  if (rule.op == Optimizer::AdamW)
    rule.corrections = {{"bias_correction1", "beta1"}, {"bias_correction2", "beta2"}};
  return rule;
}

/// A group of parameters is copied together for its products, so it is bounded: in elements, since large matrices keep
/// all threads busy one by one, and in parameters, so that deep models have few kinds of groups.
static constexpr int64_t mostGroupElements = 1 << 20, mostGroupSize = 16;

static int64_t positionOf(ArrayRef<StringRef> names, StringRef name) { return llvm::find(names, name) - names.begin(); }

/// Which gradients an update gets: none where the layers that have the parameter were dropped, two where a loss is not
/// clipped.
struct Gradients {
  bool clipped = true, unclipped = false;
  int64_t count() const { return clipped + unclipped; }
};

/// Moves a bias correction on: from 1 - beta^n to 1 - beta^(n+1). In f64, since 1 - beta may be small.
static Value moveCorrection(OpBuilder &builder, Location location, Value correction, Value beta) {
  auto constant = [&](double value) -> Value {
    auto type = cast<ShapedType>(correction.getType());
    return arith::ConstantOp::create(builder, location, DenseElementsAttr::get(type, value));
  };
  Value power = MulOp::create(builder, location, AddOp::create(builder, location, correction, constant(-1)), beta);
  return AddOp::create(builder, location, power, constant(1));
}

/// `(parameters..., gradients..., states..., corrections..., scalars...) -> (parameters..., states...,
/// corrections...)`, states and corrections updated in place, for `count` parameters like `parameter`.
static func::FuncOp createUpdate(ModuleOp module, ParameterOp parameter, int64_t count, const Rule &rule,
                                 Type scalarType, Gradients gradients) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Location location = parameter.getLoc();
  Type type = parameter.getType();
  int64_t firstState = count * (1 + gradients.count()), stateCount = count * rule.states.size();
  int64_t correctionCount = rule.corrections.size();
  SmallVector<Type> arguments(firstState + stateCount, type), results(count + stateCount, type);
  Type correctionType = RankedTensorType::get({}, builder.getF64Type());
  arguments.append(correctionCount, correctionType);
  results.append(correctionCount, correctionType);
  arguments.append(rule.scalars.size() + gradients.unclipped, scalarType);
  arguments.append(correctionCount, correctionType);
  std::string name = (gradients.clipped ? "update." : "update.dropped.") + parameter.getSymName().str();
  auto function = func::FuncOp::create(builder, location, name, builder.getFunctionType(arguments, results));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  auto values = entry->getArguments();
  SmallVector<Value> parameters(values.take_front(count)), states(values.slice(firstState, stateCount));
  int64_t firstScalar = firstState + stateCount + correctionCount;
  SmallVector<Value> scalars(values.slice(firstScalar, rule.scalars.size())), sums, corrections;
  for (int64_t index = count; index < 2 * count; ++index) {
    Value gradient = gradients.clipped ? Value(values[index]) : ZeroOp::create(builder, location, type);
    if (gradients.unclipped) {
      Value clipped = MulOp::create(builder, location, gradient, scalars[positionOf(rule.scalars, "clip_scale")]);
      Value unclipped = MulOp::create(builder, location, values[count + index], values[firstScalar + scalars.size()]);
      gradient = AddOp::create(builder, location, clipped, unclipped);
    }
    sums.push_back(gradient);
  }
  if (gradients.unclipped) {
    auto one =
        DenseElementsAttr::get(cast<ShapedType>(scalarType), builder.getFloatAttr(getElementTypeOrSelf(scalarType), 1));
    scalars[positionOf(rule.scalars, "clip_scale")] = arith::ConstantOp::create(builder, location, one);
  }
  for (auto [index, correction] : llvm::enumerate(rule.corrections)) {
    Value beta = values.take_back(correctionCount)[index];
    corrections.push_back(moveCorrection(builder, location, values[firstState + stateCount + index], beta));
    scalars[positionOf(rule.scalars, correction.first)] = corrections.back();
  }
  bool decays = parameter.getDecays();
  Operation *update;
  if (rule.op == Optimizer::AdamW)
    update = AdamWOp::create(builder, location, type, type, type, parameters[0], sums[0], states[0], states[1], scalars,
                             decays);
  else if (rule.op == Optimizer::Sgd)
    update = SgdOp::create(builder, location, type, type, parameters[0], sums[0], states[0], scalars, decays);
  else
    update = MuonOp::create(builder, location, results, parameters, sums, states, scalars, *parameter.getHiddenParts(),
                            decays);
  SmallVector<Value> updated(update->getResults());
  updated.append(corrections);
  func::ReturnOp::create(builder, location, updated);
  for (int64_t state = 0; state < stateCount + correctionCount; ++state)
    function.setArgAttr(firstState + state, updatesAttrName, builder.getI64IntegerAttr(count + state));
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
    std::optional<Optimizer> found = symbolizeOptimizer(optimizer);
    if (!found) {
      module.emitError() << "expected the optimizer 'adamw', 'sgd' or 'muon', found '" << optimizer << "'";
      return signalPassFailure();
    }
    if (droppedState != "move" && droppedState != "skip") {
      module.emitError() << "expected the dropped state 'move' or 'skip', found '" << droppedState << "'";
      return signalPassFailure();
    }
    Rules rules = rulesOf(*found);
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
    bool anyHidden = llvm::any_of(parameters, isHidden);
    if (rules.hidden.op == Optimizer::Muon && !anyHidden) {
      module.emitError() << "expected a parameter with 'hidden_parts' for the optimizer 'muon', found none";
      return signalPassFailure();
    }
    for (const Rule &rule : {rules.hidden, rules.others})
      for (StringRef scalar : rule.scalars)
        declareScalar(module, {scalar});
    Location location = module.getLoc();
    func::FuncOp norm = createAction(module, location, "train.norm", ActionKind::Norm, "train");
    func::FuncOp update = createAction(module, location, "train.update", ActionKind::Update, "train");
    OpBuilder normBuilder(norm.getBody().front().getTerminator());
    OpBuilder updateBuilder(update.getBody().front().getTerminator());
    SlotBuilder slotBuilder(module);
    for (Trained trained : parameters) {
      // A tied parameter counts once.
      if (trained.parameter.getCopyOf())
        continue;
      addNorm(trained.parameter, trained.gradient, "norm", slotBuilder, normBuilder);
      if (trained.unclipped) {
        declareScalar(module, {"unclipped_scale"});
        addNorm(trained.parameter, trained.unclipped, "unclipped_norm", slotBuilder, normBuilder)
            ->setAttr(unclippedAttrName, UnitAttr::get(&getContext()));
      }
    }
    for (ArrayRef<Trained> group : groupParameters(parameters, rules.hidden))
      addUpdate(group, ruleFor(group.front(), rules), slotBuilder, updateBuilder);
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
    Value sum = there ? createIf(builder, location, type, there, measure, none).front() : measure(builder).front();
    setStage(sum.getDefiningOp(), parameter.getStage());
    store(builder, sum, slot);
    return slot;
  }

  static bool isHidden(Trained trained) { return trained.parameter.getHiddenParts().has_value(); }

  Rule ruleFor(Trained trained, const Rules &rules) {
    Rule rule = isHidden(trained) ? rules.hidden : rules.others;
    return droppedState == "skip" && trained.gradient.getGates() ? withOwnCorrections(rule) : rule;
  }

  /// The parameters that an update takes: one, or for Muon several that are updated alike in every step.
  SmallVector<SmallVector<Trained>> groupParameters(ArrayRef<Trained> parameters, const Rule &hidden) {
    Builder builder(&getContext());
    SmallVector<SmallVector<Trained>> groups;
    llvm::MapVector<Attribute, SmallVector<Trained>> alike;
    for (Trained trained : parameters) {
      if (hidden.op != Optimizer::Muon || !isHidden(trained)) {
        groups.push_back({trained});
        continue;
      }
      ParameterOp parameter = trained.parameter;
      Attribute gates = trained.gradient.getGatesAttr();
      Attribute key = builder.getArrayAttr(
          {parameter.getTypeAttr(), parameter.getHiddenPartsAttr(), gates ? gates : builder.getUnitAttr(),
           builder.getI64IntegerAttr(parameter.getStage().value_or(0)), builder.getBoolAttr(parameter.getDecays()),
           builder.getBoolAttr(bool(trained.unclipped))});
      alike[key].push_back(trained);
    }
    for (auto &[key, all] : alike) {
      int64_t elements = cast<ShapedType>(all.front().parameter.getType()).getNumElements();
      // Even parts, so that most of them are equal functions.
      size_t count = llvm::divideCeil(all.size(), std::clamp<int64_t>(mostGroupElements / elements, 1, mostGroupSize));
      for (size_t part = 0; part < count; ++part) {
        size_t begin = all.size() * part / count, end = all.size() * (part + 1) / count;
        groups.emplace_back(all.begin() + begin, all.begin() + end);
      }
    }
    return groups;
  }

  /// What an update takes. Weights and states also come out of it, in this order.
  struct Operands {
    SmallVector<Value> weights, gradients, states, scalars, betas;
    Value unclippedScale;      // null where every loss is clipped
    SmallVector<SlotOp> slots; // of the states
  };

  /// Adds the slots of the group's states. Corrections are those of its first parameter.
  void addStates(ArrayRef<Trained> group, const Rule &rule, SlotBuilder &slotBuilder, OpBuilder &builder,
                 Operands &operands) {
    auto add = [&](ParameterOp parameter, StringRef role, Type type) {
      SlotOp slot = slotBuilder.create(parameter.getLoc(), role + "." + parameter.getSymName(), type, SlotKind::State,
                                       parameter.getSymName());
      slot.setRole(role);
      operands.slots.push_back(slot);
      operands.states.push_back(fetch(builder, slot));
    };
    for (StringRef role : rule.states)
      for (Trained trained : group)
        add(trained.parameter, role, trained.parameter.getType());
    for (auto [role, beta] : rule.corrections)
      add(group.front().parameter, role, RankedTensorType::get({}, builder.getF64Type()));
  }

  /// Outside of branches, as each takes memory.
  Operands readOperands(ArrayRef<Trained> group, const Rule &rule, SlotBuilder &slotBuilder, OpBuilder &builder) {
    ParameterOp first = group.front().parameter;
    Location location = first.getLoc();
    bool hasUnclipped = bool(group.front().unclipped);
    Operands operands;
    for (Trained trained : group) {
      operands.weights.push_back(ReadOp::create(builder, location, first.getType(), trained.parameter.getSymName()));
      operands.gradients.push_back(fetch(builder, trained.gradient));
    }
    for (Trained trained : group)
      if (hasUnclipped)
        operands.gradients.push_back(fetch(builder, trained.unclipped));
    addStates(group, rule, slotBuilder, builder, operands);
    auto readScalar = [&](StringRef name, Type element) {
      return ScalarOp::create(builder, location, RankedTensorType::get({}, element), name);
    };
    Type element = getElementTypeOrSelf(first.getType());
    for (StringRef scalar : rule.scalars)
      operands.scalars.push_back(readScalar(scalar, element));
    if (hasUnclipped)
      operands.unclippedScale = readScalar("unclipped_scale", element);
    for (auto [role, beta] : rule.corrections)
      operands.betas.push_back(readScalar(beta, builder.getF64Type()));
    return operands;
  }

  /// Calls the update of a group with its gradients, or without them.
  SmallVector<Value> callUpdate(OpBuilder &builder, ParameterOp first, const Rule &rule, const Operands &operands,
                                Gradients given) {
    SmallVector<Value> values(operands.weights);
    if (given.clipped)
      values.append(operands.gradients);
    values.append(operands.states);
    values.append(operands.scalars);
    if (given.unclipped)
      values.push_back(operands.unclippedScale);
    values.append(operands.betas);
    Type scalarType = RankedTensorType::get({}, getElementTypeOrSelf(first.getType()));
    func::FuncOp update =
        createUpdate(getOperation(), first, int64_t(operands.weights.size()), rule, scalarType, given);
    return SmallVector<Value>(func::CallOp::create(builder, first.getLoc(), update, values).getResults());
  }

  void addUpdate(ArrayRef<Trained> group, const Rule &rule, SlotBuilder &slotBuilder, OpBuilder &builder) {
    ParameterOp first = group.front().parameter;
    Location location = first.getLoc();
    Operands operands = readOperands(group, rule, slotBuilder, builder);
    SmallVector<Value> values(operands.weights);
    values.append(operands.states);
    auto update = [&](OpBuilder &inside) {
      return callUpdate(inside, first, rule, operands, {true, bool(operands.unclippedScale)});
    };
    // Without a gradient the moments decay and move the parameter on, or all stay as they are.
    auto drop = [&](OpBuilder &inside) {
      return droppedState == "skip" ? values : callUpdate(inside, first, rule, operands, {false, false});
    };
    SmallVector<Value> updated;
    if (Value there = isThere(builder, *symbols, group.front().gradient))
      updated = SmallVector<Value>(createIf(builder, location, TypeRange(ValueRange(values)), there, update, drop));
    else
      updated = update(builder);
    setStage(updated.front().getDefiningOp(), first.getStage());
    for (auto [trained, value] : llvm::zip(group, updated))
      WriteOp::create(builder, location, value, ParameterOp(trained.parameter).getSymName());
    for (auto [slot, value] : llvm::zip_equal(operands.slots, ArrayRef(updated).drop_front(group.size())))
      store(builder, value, slot);
  }

  SymbolTable *symbols = nullptr;
};
} // namespace
