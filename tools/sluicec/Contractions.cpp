//===- Contractions.cpp - What the sums of a step's products lose --------------------------===//
#include "tools/sluicec/Contractions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <algorithm>
#include <map>
#include <tuple>

using namespace mlir;
using namespace sluice;
using precision::FloatFormat;

/// Of a prediction: as many trials as give so many products, within bounds.
static constexpr int64_t productsOfTrials = 1 << 19, leastTrials = 16, mostTrials = 400;

std::optional<double> ContractionKind::logVarianceLost() const {
  precision::Accumulation sums = accumulation();
  if (!sums.order.sequential() || (sums.chunked() && sums.across != sums.sum))
    return std::nullopt;
  precision::Products products{length, formats.left.mantissaBits + formats.right.mantissaBits + 1, 1};
  return precision::logVarianceLost(products, sums.sum.mantissaBits, sums.chunk);
}

/// What a contraction rounds an operand to.
static FloatFormat formatOf(Value operand, TypeAttr computeType) {
  if (auto quantize = operand.getDefiningOp<QuantizeOp>())
    return quantize.getFormat().getValue();
  if (!computeType)
    return FloatFormat();
  std::string name, problem;
  llvm::raw_string_ostream(name) << computeType.getValue();
  return FloatFormat::parse(name, problem).value_or(FloatFormat());
}

/// Rows and columns that share a scale, "" if there is none.
static std::string scalesOf(Value operand) {
  std::string text;
  auto quantize = operand.getDefiningOp<QuantizeOp>();
  if (quantize && quantize.getScaledAttr())
    llvm::raw_string_ostream(text) << quantize.getScaledAttr();
  return text;
}

namespace {
/// Goes through functions as actions call them.
class Collector {
public:
  explicit Collector(ModuleOp module) : symbols(module) {}

  void visit(func::FuncOp function);
  ContractionReport take();

private:
  void add(AccumulationOpInterface op);
  void addException(ComputeTypeOpInterface op);
  std::string nameOf(Operation *op) const;
  std::string parameterBehind(Value value, size_t depth) const;
  std::string gradientThatTakes(Value value, size_t depth) const;

  SymbolTable symbols;
  SmallVector<func::CallOp> path; // from the action to the function that is visited
  std::map<std::tuple<unsigned, int64_t, std::string>, ContractionKind> kinds; // by pass, length and all else
  std::map<std::pair<std::string, std::string>, int64_t> exceptions;           // by op and operands
};
} // namespace

/// The parameter that a value is, read by who calls the function; depth counts the calls of the path.
std::string Collector::parameterBehind(Value value, size_t depth) const {
  while (auto quantize = value.getDefiningOp<QuantizeOp>())
    value = quantize.getInput();
  // Of a narrow copy.
  if (auto widened = value.getDefiningOp<arith::ExtFOp>())
    value = widened.getIn();
  if (auto read = value.getDefiningOp<ReadOp>())
    return read.getSymbol().str();
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || depth == 0 || !isa<func::FuncOp>(argument.getOwner()->getParentOp()))
    return "";
  func::CallOp call = path[depth - 1];
  return parameterBehind(call.getOperand(argument.getArgNumber()), depth - 1);
}

/// The parameter whose gradient's slot takes a value or a sum with it.
std::string Collector::gradientThatTakes(Value value, size_t depth) const {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    std::string name;
    if (auto store = dyn_cast<StoreOp>(user)) {
      StringRef symbol = store.getSymbol();
      if (symbol.consume_front("gradient."))
        name = symbol.str();
    } else if (isa<AddOp>(user)) {
      name = gradientThatTakes(user->getResult(0), depth);
    } else if (isa<scf::YieldOp>(user) && isa<scf::IfOp>(user->getParentOp())) {
      name = gradientThatTakes(user->getParentOp()->getResult(use.getOperandNumber()), depth);
    } else if (isa<func::ReturnOp>(user) && depth > 0) {
      func::CallOp call = path[depth - 1];
      name = gradientThatTakes(call.getResult(use.getOperandNumber()), depth - 1);
    }
    if (!name.empty())
      return name;
  }
  return "";
}

/// The weight, or where the op is in the model.
std::string Collector::nameOf(Operation *op) const {
  std::string name = isa<LinearOp>(op) ? parameterBehind(op->getOperand(1), path.size())
                                       : gradientThatTakes(op->getResult(0), path.size());
  if (!name.empty())
    return name;
  auto place = op->getLoc()->findInstanceOf<FileLineColLoc>();
  return place ? (place.getFilename().getValue() + ":" + Twine(place.getLine())).str() : "?";
}

void Collector::add(AccumulationOpInterface op) {
  auto linear = dyn_cast<LinearOp>(op.getOperation());
  auto product = dyn_cast<MatmulOp>(op.getOperation());
  bool isBackward = linear ? linear.getErrors() : product.getErrorsLhs() || product.getErrorsRhs();
  ContractionKind kind;
  static constexpr StringLiteral passes[] = {"forward", "input gradient", "weight gradient"};
  unsigned pass = !isBackward ? 0 : linear ? 1 : 2;
  kind.pass = passes[pass];
  kind.length = cast<ContractionOpInterface>(op.getOperation()).getForwardLength();
  TypeAttr computeType = cast<ComputeTypeOpInterface>(op.getOperation()).getComputeTypeAttr();
  Value left = op->getOperand(0), right = op->getOperand(1);
  kind.formats = {formatOf(left, computeType), formatOf(right, computeType)};
  kind.declared = op.getAccumulationAttr();
  kind.example = op;
  std::string key = kind.formats.left.name() + scalesOf(left) + "|" + kind.formats.right.name() + scalesOf(right) + "|";
  llvm::raw_string_ostream(key) << kind.declared;
  ContractionKind &known = kinds.insert({{pass, kind.length, key}, kind}).first->second;
  ++known.count;
  known.parameters.insert(nameOf(op));
}

void Collector::addException(ComputeTypeOpInterface op) {
  TypeAttr type = op.getComputeTypeAttr();
  std::string operands = "f32";
  if (type) {
    operands.clear();
    llvm::raw_string_ostream(operands) << type.getValue();
  }
  ++exceptions[{op->getName().stripDialect().str(), operands}];
}

void Collector::visit(func::FuncOp function) {
  function.walk([&](Operation *op) {
    if (auto product = dyn_cast<AccumulationOpInterface>(op); product && product.isOfLayer())
      return add(product);
    if (auto other = dyn_cast<ComputeTypeOpInterface>(op))
      return addException(other);
    auto call = dyn_cast<func::CallOp>(op);
    if (!call || call->hasAttr(repeatsAttrName))
      return;
    path.push_back(call);
    if (auto callee = symbols.lookup<func::FuncOp>(call.getCallee()))
      visit(callee);
    path.pop_back();
  });
}

ContractionReport Collector::take() {
  ContractionReport report;
  for (auto &[key, kind] : kinds)
    report.kinds.push_back(std::move(kind));
  for (auto &[key, count] : exceptions)
    report.exceptions.push_back({key.first, key.second, count});
  return report;
}

/// Passes that sum alike share the trials.
static void predict(std::vector<ContractionKind> &kinds) {
  std::map<std::tuple<int64_t, std::string, std::string, const void *>, precision::RelativeError> known;
  for (ContractionKind &kind : kinds) {
    auto [entry, isNew] = known.try_emplace(
        {kind.length, kind.formats.left.name(), kind.formats.right.name(), kind.declared.getAsOpaquePointer()});
    if (isNew) {
      precision::Trials trials;
      trials.count = std::clamp(productsOfTrials / std::max<int64_t>(kind.length, 1), leastTrials, mostTrials);
      entry->second = precision::simulateError(kind.length, kind.formats, kind.accumulation(), trials);
    }
    kind.predicted = entry->second;
  }
}

ContractionReport sluice::reportContractions(ModuleOp module) {
  Collector collector(module);
  for (ActionKind wanted : {ActionKind::Forward, ActionKind::Backward})
    for (auto function : module.getOps<func::FuncOp>()) {
      auto action = function->getAttrOfType<ActionKindAttr>(actionAttrName);
      auto graph = function->getAttrOfType<StringAttr>(graphAttrName);
      if (action && action.getValue() == wanted && graph && graph.getValue() == "train")
        collector.visit(function);
    }
  ContractionReport report = collector.take();
  predict(report.kinds);
  return report;
}
