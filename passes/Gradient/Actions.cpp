//===- Actions.cpp - Functions that the runtime calls, and their slots -----------===//
#include "passes/Gradient/Actions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace sluice;

func::FuncOp sluice::createAction(ModuleOp module, Location location, StringRef name, ActionKind kind,
                                  StringRef graph) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto function = func::FuncOp::create(builder, location, name, builder.getFunctionType({}, {}));
  function->setAttr(actionAttrName, ActionKindAttr::get(module.getContext(), kind));
  function->setAttr(graphAttrName, builder.getStringAttr(graph));
  builder.setInsertionPointToStart(function.addEntryBlock());
  func::ReturnOp::create(builder, location);
  return function;
}

SlotBuilder::SlotBuilder(ModuleOp module) : builder(OpBuilder::atBlockBegin(module.getBody())) {
  for (Operation &op : *module.getBody())
    if (isa<ParameterOp, SlotOp>(op))
      builder.setInsertionPointAfter(&op);
}

SlotOp SlotBuilder::create(Location location, const Twine &name, Type type, SlotKind kind, StringRef parameter) {
  auto parameterName =
      parameter.empty() ? FlatSymbolRefAttr() : FlatSymbolRefAttr::get(builder.getContext(), parameter);
  return SlotOp::create(builder, location, name.str(), type, kind, parameterName, /*role=*/StringAttr(),
                        /*gates=*/ArrayAttr(), /*stage=*/IntegerAttr(), /*offset=*/IntegerAttr());
}

std::string sluice::gradientSlotName(StringRef parameter, unsigned use) {
  return ("gradient." + parameter + (use ? "." + Twine(use) : Twine())).str();
}

func::FuncOp sluice::createSum(ModuleOp module, Location location, StringRef name, Type type, bool inPlace,
                               double factor) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto function = func::FuncOp::create(builder, location, name, builder.getFunctionType({type, type}, type));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  Value sum = AddOp::create(builder, location, entry->getArgument(0), entry->getArgument(1));
  if (factor != 1)
    sum = ScaleOp::create(builder, location, sum, builder.getF64FloatAttr(factor));
  func::ReturnOp::create(builder, location, sum);
  if (inPlace)
    function.setArgAttr(0, updatesAttrName, builder.getI64IntegerAttr(0));
  return function;
}

func::FuncOp sluice::createZero(ModuleOp module, Location location, StringRef name, Type type) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto function = func::FuncOp::create(builder, location, name, builder.getFunctionType({}, type));
  function.setPrivate();
  builder.setInsertionPointToStart(function.addEntryBlock());
  func::ReturnOp::create(builder, location, ValueRange(ZeroOp::create(builder, location, type)));
  return function;
}

func::FuncOp sluice::createCopy(ModuleOp module, Location location, StringRef name, Type type) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto function = func::FuncOp::create(builder, location, name, builder.getFunctionType(type, type));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  func::ReturnOp::create(builder, location, entry->getArguments());
  return function;
}

std::string ActionHelpers::nextName(StringRef kind) { return ("train." + kind + "." + Twine(count++)).str(); }

func::FuncOp ActionHelpers::createSum(Location location, Type type, bool inPlace, double factor) {
  return sluice::createSum(module, location, nextName("sum"), type, inPlace, factor);
}

Value ActionHelpers::callZero(OpBuilder &builder, Location location, Type type) {
  func::FuncOp zero = createZero(module, location, nextName("zero"), type);
  return func::CallOp::create(builder, location, zero, ValueRange()).getResult(0);
}

Value ActionHelpers::callCopy(OpBuilder &builder, Value value) {
  func::FuncOp copy = createCopy(module, value.getLoc(), nextName("copy"), value.getType());
  return func::CallOp::create(builder, value.getLoc(), copy, value).getResult(0);
}

Value sluice::fetch(OpBuilder &builder, SlotOp slot) {
  return FetchOp::create(builder, slot.getLoc(), slot.getType(), slot.getSymName());
}

void sluice::store(OpBuilder &builder, Value value, SlotOp slot) {
  StoreOp::create(builder, slot.getLoc(), value, slot.getSymName());
}

Value sluice::isOpen(OpBuilder &builder, Location location, Value gates, int64_t index) {
  Value position = arith::ConstantIndexOp::create(builder, location, index);
  Value element = tensor::ExtractOp::create(builder, location, gates, position);
  Value zero = arith::ConstantOp::create(builder, location, builder.getFloatAttr(element.getType(), 0));
  return arith::CmpFOp::create(builder, location, arith::CmpFPredicate::OGT, element, zero);
}

void sluice::setStage(Operation *op, std::optional<int64_t> stage) {
  if (stage)
    op->setAttr(stageAttrName, Builder(op->getContext()).getI64IntegerAttr(*stage));
}

ValueRange sluice::createIf(OpBuilder &builder, Location location, TypeRange types, Value condition, BranchBuilder then,
                            BranchBuilder otherwise) {
  auto ifOp = scf::IfOp::create(builder, location, types, condition, /*withElseRegion=*/true);
  for (auto [block, build] : {std::pair(ifOp.thenBlock(), then), std::pair(ifOp.elseBlock(), otherwise)}) {
    OpBuilder inside = OpBuilder::atBlockEnd(block);
    scf::YieldOp::create(inside, location, build(inside));
  }
  return ifOp.getResults();
}

ValueRange sluice::appendResults(scf::IfOp branch, ValueRange then, ValueRange otherwise) {
  unsigned count = branch.getNumResults();
  branch.thenYield()->insertOperands(count, then);
  branch.elseYield()->insertOperands(count, otherwise);
  SmallVector<Type> types(branch.getResultTypes());
  llvm::append_range(types, then.getTypes());
  OpBuilder builder(branch);
  auto extended = scf::IfOp::create(builder, branch.getLoc(), types, branch.getCondition(), /*addThenBlock=*/false,
                                    /*addElseBlock=*/false);
  extended.getThenRegion().takeBody(branch.getThenRegion());
  extended.getElseRegion().takeBody(branch.getElseRegion());
  extended->setDiscardableAttrs(branch->getDiscardableAttrDictionary());
  branch->replaceAllUsesWith(extended->getResults().take_front(count));
  branch.erase();
  return extended->getResults().drop_front(count);
}
