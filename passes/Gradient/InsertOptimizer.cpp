//===- InsertOptimizer.cpp - The norm and update actions ---------------------------===//
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

/// `(parameter, gradient, states..., scalars...) -> (parameter, states...)`, all but the gradient and the scalars
/// updated in place.
static func::FuncOp createUpdate(ModuleOp module, ParameterOp parameter, const OptimizerKind &kind, Type scalarType) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Type type = parameter.getType();
  SmallVector<Type> arguments(2 + kind.states.size(), type), results(1 + kind.states.size(), type);
  arguments.append(kind.scalars.size(), scalarType);
  auto function = func::FuncOp::create(builder, parameter.getLoc(), ("update." + parameter.getSymName()).str(),
                                       builder.getFunctionType(arguments, results));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  auto values = entry->getArguments();
  ValueRange scalars = values.take_back(kind.scalars.size());
  Operation *update;
  if (kind.name == "adamw")
    update = AdamWOp::create(builder, parameter.getLoc(), type, type, type, values[0], values[1], values[2], values[3],
                             scalars, parameter.getDecays());
  else
    update = SgdOp::create(builder, parameter.getLoc(), type, type, values[0], values[1], values[2], scalars,
                           parameter.getDecays());
  func::ReturnOp::create(builder, parameter.getLoc(), update->getResults());
  function.setArgAttr(0, updatesAttrName, builder.getI64IntegerAttr(0));
  for (unsigned state = 0; state < kind.states.size(); ++state)
    function.setArgAttr(2 + state, updatesAttrName, builder.getI64IntegerAttr(1 + state));
  return function;
}

static func::FuncOp createNorm(ModuleOp module, ParameterOp parameter, Type resultType) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto function = func::FuncOp::create(builder, parameter.getLoc(), ("norm." + parameter.getSymName()).str(),
                                       builder.getFunctionType(parameter.getType(), resultType));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  Value sum = SumOfSquaresOp::create(builder, parameter.getLoc(), resultType, entry->getArgument(0));
  func::ReturnOp::create(builder, parameter.getLoc(), sum);
  return function;
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
    SmallVector<std::pair<ParameterOp, SlotOp>> parameters;
    SymbolTable symbols(module);
    for (ParameterOp parameter : module.getOps<ParameterOp>())
      if (auto gradient = symbols.lookup<SlotOp>(gradientSlotName(parameter.getSymName(), 0)))
        parameters.push_back({parameter, gradient});
    if (parameters.empty())
      return;
    for (StringRef scalar : kind->scalars)
      declareScalar(module, scalar, 1);
    Location location = module.getLoc();
    func::FuncOp norm = createAction(module, location, "train.norm", ActionKind::Norm, "train");
    func::FuncOp update = createAction(module, location, "train.update", ActionKind::Update, "train");
    OpBuilder normBuilder(norm.getBody().front().getTerminator());
    OpBuilder updateBuilder(update.getBody().front().getTerminator());
    SlotBuilder slotBuilder(module);
    for (auto [parameter, gradient] : parameters) {
      addNorm(module, parameter, gradient, slotBuilder, normBuilder);
      addUpdate(module, parameter, gradient, *kind, slotBuilder, updateBuilder);
    }
  }

  Value fetch(OpBuilder &builder, SlotOp slot) {
    return FetchOp::create(builder, slot.getLoc(), slot.getType(), slot.getSymName());
  }

  void addNorm(ModuleOp module, ParameterOp parameter, SlotOp gradientSlot, SlotBuilder &slotBuilder,
               OpBuilder &builder) {
    Type type = RankedTensorType::get({}, builder.getF64Type());
    SlotOp slot =
        slotBuilder.create(parameter.getLoc(), ("norm_slot." + parameter.getSymName()).str(), type, SlotKind::Norm);
    slot.setRole(parameter.getSymName());
    Value gradient = fetch(builder, gradientSlot);
    auto call = func::CallOp::create(builder, parameter.getLoc(), createNorm(module, parameter, type), gradient);
    StoreOp::create(builder, parameter.getLoc(), call.getResult(0), slot.getSymName());
  }

  void addUpdate(ModuleOp module, ParameterOp parameter, SlotOp gradientSlot, const OptimizerKind &kind,
                 SlotBuilder &slotBuilder, OpBuilder &builder) {
    Location location = parameter.getLoc();
    auto type = cast<RankedTensorType>(parameter.getType());
    Type scalarType = RankedTensorType::get({}, type.getElementType());
    SmallVector<Value> operands = {ReadOp::create(builder, location, type, parameter.getSymName()),
                                   fetch(builder, gradientSlot)};
    SmallVector<SlotOp> states;
    for (StringRef role : kind.states) {
      SlotOp slot = slotBuilder.create(location, (role + "." + parameter.getSymName()).str(), type, SlotKind::State,
                                       parameter.getSymName());
      slot.setRole(role);
      states.push_back(slot);
      operands.push_back(fetch(builder, slot));
    }
    for (StringRef scalar : kind.scalars)
      operands.push_back(ScalarOp::create(builder, location, scalarType, scalar));
    auto call = func::CallOp::create(builder, location, createUpdate(module, parameter, kind, scalarType), operands);
    WriteOp::create(builder, location, call.getResult(0), parameter.getSymName());
    for (auto [slot, value] : llvm::zip_equal(states, call.getResults().drop_front()))
      StoreOp::create(builder, location, value, slot.getSymName());
  }
};
} // namespace
