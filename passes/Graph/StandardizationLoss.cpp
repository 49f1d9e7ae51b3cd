//===- StandardizationLoss.cpp - Standardized units in place of norms -------------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "dialects/Sluice/RuntimeScalars.h"
#include "passes/Graph/Choices.h"
#include "passes/Graph/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace sluice {
#define GEN_PASS_DEF_STANDARDIZATIONLOSS
#include "passes/Graph/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// What is standardized, the weight that names it, and where the term is computed.
struct Site {
  Value units, weight;
  Operation *before;
};

/// What the loss adds to a layer, or to the graph itself.
struct Terms {
  SmallVector<Value> terms;
  SmallVector<std::pair<std::string, Value>> ranges; // by the names of their metrics
};

constexpr double epsilon = 1e-6;
} // namespace

/// Whether the norm stands outside of layers, and no layer behind it.
static bool isFinal(Operation *norm) {
  if (!isa<GraphOp>(norm->getParentOp()))
    return false;
  return llvm::none_of(llvm::make_range(norm->getIterator(), norm->getBlock()->end()), llvm::IsaPred<LayerOp>);
}

/// Whether the linear is the first contraction behind the residual stream.
static bool readsStream(LinearOp linear) {
  Value value = linear.getInput();
  while (Operation *definition = value.getDefiningOp()) {
    auto add = dyn_cast<AddOp>(definition);
    if (isa<LayerOp>(definition) || (add && add.getResidual()) || definition->getNumOperands() == 0)
      return true;
    if (isa<ContractionOpInterface>(definition))
      return false;
    value = definition->getOperand(0);
  }
  return true;
}

/// The read of a parameter that a layer may take as an argument; null where it is something else.
static ReadOp findRead(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  auto layer = argument ? dyn_cast<LayerOp>(argument.getOwner()->getParentOp()) : nullptr;
  if (layer)
    value = layer.getInputs()[argument.getArgNumber()];
  return value.getDefiningOp<ReadOp>();
}

/// The parameter's name within its layer, without ".weight": "mlp.c_fc".
static std::string nameWithinLayer(Value weight, LayerOp layer) {
  ReadOp read = findRead(weight);
  StringRef name = read ? read.getSymbol() : "units";
  if (layer && name.starts_with((layer.getName() + ".").str()))
    name = name.drop_front(layer.getName().size() + 1);
  name.consume_back(".weight");
  return name.str();
}

/// The layer with the targets as a further broadcast input; returns the block's argument.
static Value addTargets(LayerOp layer, Value targets) {
  unsigned index = layer.getActivations().size() + layer.getParameters().size() + layer.getBroadcasts().size();
  layer.getBroadcastsMutable().append(targets);
  return layer.getBody().insertArgument(index, targets.getType(), targets.getLoc());
}

/// The layer with `values` of its body as further results.
static LayerOp addResults(LayerOp layer, ValueRange values) {
  layer.getBody().front().getTerminator()->insertOperands(layer.getNumResults(), values);
  SmallVector<Type> types(layer.getResultTypes());
  llvm::append_range(types, values.getTypes());
  OpBuilder builder(layer);
  OperationState state(layer.getLoc(), LayerOp::getOperationName(), layer->getOperands(), types, layer->getAttrs());
  state.addRegion()->takeBody(layer.getBody());
  auto wider = cast<LayerOp>(builder.create(state));
  layer.replaceAllUsesWith(wider.getResults().take_front(layer.getNumResults()));
  layer.erase();
  return wider;
}

/// Drops inputs of the layer that its body does not use.
static void dropUnusedParameters(LayerOp layer) {
  unsigned first = layer.getActivations().size();
  for (unsigned index = layer.getParameters().size(); index-- > 0;)
    if (layer.getBody().getArgument(first + index).use_empty()) {
      layer.getBody().eraseArgument(first + index);
      layer.getParametersMutable().erase(index);
    }
}

namespace {
struct StandardizationLoss : sluice::impl::StandardizationLossBase<StandardizationLoss> {
  using StandardizationLossBase::StandardizationLossBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto train = module.lookupSymbol<GraphOp>("train");
    if (failed(check(module, train)) || failed(addTerms(train)))
      return signalPassFailure();
    llvm::SetVector<StringAttr> dropped;
    for (GraphOp graph : module.getOps<GraphOp>())
      if (failed(removeNorms(graph, dropped)))
        return signalPassFailure();
    int64_t elements = 0;
    for (StringAttr name : dropped)
      if (SymbolTable::symbolKnownUseEmpty(name, module)) {
        auto parameter = module.lookupSymbol<ParameterOp>(name);
        elements += cast<ShapedType>(parameter.getType()).getNumElements();
        parameter.erase();
      }
    countOut(elements);
    declareScalar(module, {"lambda", lambda, "weight of the standardization loss", ScalarRange::atLeast(0)});
  }

private:
  /// Takes removed parameters out of the model's FLOPs.
  void countOut(int64_t elements) {
    BinaryFacts facts = BinaryFacts::of(getOperation());
    if (!facts.model)
      return;
    facts.model =
        facts.model.withFlopsPerToken(facts.model.getFlopsPerToken().getValueAsDouble() - 6.0 * double(elements));
    facts.set(getOperation());
  }

  LogicalResult check(ModuleOp module, GraphOp train) {
    auto isOneOf = [&](StringRef value, StringRef option, ArrayRef<StringRef> choices) {
      return expectOneOf(module, "standardization loss", option, value, choices);
    };
    if (!(lambda >= 0))
      return module.emitError() << "standardization loss expected lambda of at least 0, found " << double(lambda);
    if (failed(isOneOf(site, "site", {"linear-output", "input-of-norm"})) ||
        failed(isOneOf(units, "units", {"sum", "mean"})) || failed(isOneOf(clipScope, "clip-scope", {"total", "task"})))
      return failure();
    if (!train)
      return module.emitError() << "expected a graph 'train', to whose loss terms are added";
    WalkResult previous = train.walk([](StandardizationLossOp op) {
      op.emitError() << "expected a model without a standardization loss, found one";
      return WalkResult::interrupt();
    });
    return failure(previous.wasInterrupted());
  }

  SmallVector<NormOpInterface> removedNorms(GraphOp graph) {
    SmallVector<NormOpInterface> norms;
    graph.walk([&](NormOpInterface norm) {
      if (!(keepFinal && isFinal(norm)))
        norms.push_back(norm);
    });
    return norms;
  }

  SmallVector<Site> findSites(GraphOp train) {
    SmallVector<Site> sites;
    if (site == "input-of-norm")
      for (NormOpInterface norm : removedNorms(train))
        sites.push_back({norm.getInput(), norm.getWeight(), norm});
    else
      train.walk([&](LinearOp linear) {
        if (readsStream(linear))
          sites.push_back({linear.getResult(), linear.getWeight(), linear->getNextNode()});
      });
    return sites;
  }

  LogicalResult addTerms(GraphOp train) {
    SmallVector<Site> sites = findSites(train);
    if (sites.empty())
      return train.emitError() << (site == "input-of-norm"
                                       ? "expected a normalization layer, whose input is standardized, found none"
                                       : "expected a linear layer on the residual stream, which is standardized, "
                                         "found none");
    Value targets;
    train.walk([&](LinearCrossEntropyOp loss) { targets = loss.getTargets(); });
    if (!targets || targets.getParentBlock() != &train.getBody().front())
      return train.emitError() << "expected a cross-entropy, whose targets say which positions count, found none";

    llvm::MapVector<Operation *, Terms> terms; // by layer; what stands outside belongs to the graph
    llvm::DenseMap<Operation *, Value> targetsIn = {{train, targets}};
    for (const Site &each : sites) {
      Operation *parent = each.before->getParentOp();
      auto layer = dyn_cast<LayerOp>(parent);
      Value &local = targetsIn[parent];
      if (!local)
        local = addTargets(layer, targets);
      addTerm(each, local, nameWithinLayer(each.weight, layer) + ".range", terms[parent]);
    }
    collect(train, terms);
    return success();
  }

  void addTerm(const Site &place, Value targets, StringRef name, Terms &terms) {
    OpBuilder builder(place.before);
    auto type = cast<RankedTensorType>(place.units.getType());
    Location location = place.units.getLoc();
    auto floats = [&](ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, type.getElementType()); };
    Type unitType = floats(type.getShape().take_back());
    auto term =
        StandardizationLossOp::create(builder, location, floats({}), unitType, unitType, floats({4}), place.units,
                                      targets, /*averaged=*/units == "mean", llvm::APFloat(epsilon));
    terms.terms.push_back(term.getLoss());
    terms.ranges.push_back({name.str(), term.getRange()});
  }

  /// Passes the terms of layers to the graph and makes them part of what it returns.
  void collect(GraphOp train, llvm::MapVector<Operation *, Terms> &terms) {
    auto end = cast<ReturnOp>(train.getBody().front().getTerminator());
    OpBuilder builder(end);
    Location location = end.getLoc();
    SmallVector<Value> values(end.getOperands());
    SmallVector<DictionaryAttr> attributes;
    train.getAllResultAttrs(attributes);
    attributes.resize(values.size(), builder.getDictionaryAttr({}));
    auto addResult = [&](Value value, ArrayRef<NamedAttribute> what) {
      values.push_back(value);
      attributes.push_back(builder.getDictionaryAttr(what));
    };
    auto named = [&](StringRef name, StringRef value) {
      return builder.getNamedAttr(name, builder.getStringAttr(value));
    };

    Value sum;
    SmallVector<std::pair<Value, SmallVector<NamedAttribute>>> ranges;
    for (auto &[parent, inside] : terms) {
      SmallVector<Value> outside = inside.terms;
      if (auto layer = dyn_cast<LayerOp>(parent)) {
        // Each term by itself: a part of a layer may be dropped without the others.
        SmallVector<Value> yielded = inside.terms;
        llvm::append_range(yielded, llvm::make_second_range(inside.ranges));
        layer = addResults(layer, yielded);
        ValueRange results = layer.getResults().take_back(yielded.size());
        outside = SmallVector<Value>(results.take_front(inside.terms.size()));
        for (auto [range, value] : llvm::zip_equal(inside.ranges, results.take_back(inside.ranges.size())))
          ranges.push_back({value, {named(metricAttrName, range.first), named(layerAttrName, layer.getName())}});
      }
      for (Value term : outside)
        sum = sum ? AddOp::create(builder, location, sum, term) : term;
    }

    Value weight = ScalarOp::create(builder, location, sum.getType(), "lambda");
    Value weighted = MulOp::create(builder, location, sum, weight);
    if (clipScope == "total") {
      Value task = values[0];
      values[0] = AddOp::create(builder, location, task, weighted);
      addResult(task, named(metricAttrName, "loss"));
    } else {
      addResult(weighted, builder.getNamedAttr(unclippedAttrName, builder.getUnitAttr()));
    }
    addResult(sum, named(metricAttrName, "standardization_loss"));
    for (auto &[value, what] : ranges)
      addResult(value, what);
    end.getOperandsMutable().assign(values);
    train.setFunctionType(builder.getFunctionType(train.getArgumentTypes(), ValueRange(values).getTypes()));
    train.setAllResultAttrs(attributes);
  }

  /// Puts what a norm leaves in its place; `dropped` collects the names of parameters that the graph does not read any
  /// more.
  LogicalResult removeNorms(GraphOp graph, llvm::SetVector<StringAttr> &dropped) {
    llvm::SetVector<ReadOp> reads;
    for (NormOpInterface norm : removedNorms(graph)) {
      if (!llvm::all_of(llvm::drop_begin(norm->getResults()), [](Value value) { return value.use_empty(); }))
        return norm.emitError() << "expected a norm whose statistics nothing else uses";
      Value left = norm.getInput();
      if (keepScaleShift) {
        OpBuilder builder(norm);
        left = MulOp::create(builder, norm->getLoc(), left, norm.getWeight());
        if (norm.getBias())
          left = AddOp::create(builder, norm->getLoc(), left, norm.getBias());
      }
      for (Value parameter : {norm.getWeight(), norm.getBias()})
        if (ReadOp read = parameter ? findRead(parameter) : nullptr)
          reads.insert(read);
      norm->getResult(0).replaceAllUsesWith(left);
      norm->erase();
    }
    for (LayerOp layer : graph.getOps<LayerOp>())
      dropUnusedParameters(layer);
    for (ReadOp read : reads)
      if (read.use_empty()) {
        dropped.insert(read.getSymbolAttr().getAttr());
        read.erase();
      }
    return success();
  }
};
} // namespace
