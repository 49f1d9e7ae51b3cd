//===- BuildModel.cpp - From a checked description to a module ------------------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "dialects/Sluice/RuntimeScalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "passes/Import/Description.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace sluice;

namespace {

/// Calls `visit` for every parameter of `ops`, branches included, in the order of use.
void forEachParameter(ArrayRef<ModelOp> ops, llvm::function_ref<void(const ParameterSpec &)> visit) {
  for (const ModelOp &op : ops) {
    for (const ParameterSpec &parameter : op.parameters)
      visit(parameter);
    forEachParameter(op.branch, visit);
  }
}

/// The run-time scalars of the dropouts of `ops`, branches included.
void collectRates(ArrayRef<ModelOp> ops, llvm::SetVector<StringRef> &rates) {
  for (const ModelOp &op : ops) {
    if (op.rate > 0)
      rates.insert(op.rateScalar);
    collectRates(op.branch, rates);
  }
}

std::string layerName(const ModelBlock &block, int64_t layer) { return block.name + "." + std::to_string(layer); }

/// Builds one graph: `train`, `eval` or `logits`.
class GraphBuilder {
public:
  GraphBuilder(const Description &description, OpBuilder &builder, int64_t batch, bool training)
      : description(description), builder(builder), batch(batch), training(training),
        sequence(description.training.sequence) {}

  void buildLoss(StringRef name);
  void buildLogits();

private:
  /// What ops refer to outside and inside of layers: the same names, other values.
  struct Scope {
    llvm::StringMap<Value> parameters, rates;
    Value key, layer;
    int64_t ordinal = 0; // of the next dropout
  };

  /// The scalars that the block's dropouts need, none unless this is training.
  llvm::SetVector<StringRef> ratesOf(const ModelBlock &block) {
    llvm::SetVector<StringRef> rates;
    if (training)
      collectRates(block.ops, rates);
    return rates;
  }
  Block *open(StringRef name, ArrayRef<Type> inputs, Type result);
  Value buildBlocks(Value tokens);
  Value buildLayer(const ModelBlock &block, int64_t index, int64_t depth, Value stream);
  Value buildOps(ArrayRef<ModelOp> ops, Value stream, Scope &scope);
  Value buildOp(const ModelOp &op, Value stream, Scope &scope);
  Value buildPositions(const ModelOp &op, Value stream, Scope &scope);
  Value buildAttention(const ModelOp &op, Value stream, Scope &scope);

  Value read(const ParameterSpec &parameter, StringRef name);
  void readAll(ArrayRef<ModelOp> ops, Scope &scope);
  Value headInput(Value tokens);
  Value head();
  Value key(Location location);
  Value rate(Location location, StringRef scalar);
  Value layerNumber(Location location, int64_t number);
  RankedTensorType floats(ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, builder.getF32Type()); }
  RankedTensorType integers(ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, builder.getI32Type()); }

  const Description &description;
  OpBuilder &builder;
  int64_t batch;
  bool training;
  int64_t sequence;
  Scope outside;
  Value keyValue;
  llvm::StringMap<Value> rateValues;
};

} // namespace

Value GraphBuilder::read(const ParameterSpec &parameter, StringRef name) {
  return ReadOp::create(builder, parameter.location, floats(parameter.shape), name);
}

void GraphBuilder::readAll(ArrayRef<ModelOp> ops, Scope &scope) {
  forEachParameter(
      ops, [&](const ParameterSpec &parameter) { scope.parameters[parameter.name] = read(parameter, parameter.name); });
}

Value GraphBuilder::key(Location location) {
  if (!keyValue)
    keyValue = KeyOp::create(builder, location, integers({4}));
  return keyValue;
}

Value GraphBuilder::rate(Location location, StringRef scalar) {
  Value &value = rateValues[scalar];
  if (!value)
    value = ScalarOp::create(builder, location, RankedTensorType::get({}, builder.getF64Type()), scalar);
  return value;
}

Value GraphBuilder::layerNumber(Location location, int64_t number) {
  auto value = DenseElementsAttr::get(integers({1}), static_cast<int32_t>(number));
  return arith::ConstantOp::create(builder, location, value);
}

/// What the head multiplies: the last layer's result, scaled.
Value GraphBuilder::headInput(Value tokens) {
  Value stream = buildBlocks(tokens);
  if (description.headScale == 1)
    return stream;
  return ScaleOp::create(builder, description.objectiveLocation, stream.getType(), stream,
                         builder.getF64FloatAttr(description.headScale));
}

Value GraphBuilder::head() {
  if (description.headParameter)
    return read(*description.headParameter, description.head);
  return outside.parameters.lookup(description.head);
}

Block *GraphBuilder::open(StringRef name, ArrayRef<Type> inputs, Type result) {
  auto graph = GraphOp::create(builder, description.location, name, builder.getFunctionType(inputs, result),
                               /*arg_attrs=*/nullptr, /*res_attrs=*/nullptr);
  SmallVector<Location> locations(inputs.size(), description.location);
  return builder.createBlock(&graph.getBody(), {}, inputs, locations);
}

void GraphBuilder::buildLoss(StringRef name) {
  OpBuilder::InsertionGuard guard(builder);
  Type tokens = integers({batch, sequence});
  Block *body = open(name, {tokens, tokens}, floats({}));
  Value stream = headInput(body->getArgument(0));
  Location location = description.objectiveLocation;
  auto loss = LinearCrossEntropyOp::create(builder, location, floats({}), floats({batch, sequence}), stream, head(),
                                           body->getArgument(1), /*compute_type=*/TypeAttr());
  ReturnOp::create(builder, location, loss.getLoss());
}

void GraphBuilder::buildLogits() {
  OpBuilder::InsertionGuard guard(builder);
  Type result = floats({batch, description.vocabulary});
  Block *body = open("logits", {integers({batch, sequence}), integers({1})}, result);
  Value stream = headInput(body->getArgument(0));
  Location location = description.objectiveLocation;
  Value rows = ReshapeOp::create(builder, location, floats({batch * sequence, description.width}), stream);
  Value row = EmbeddingOp::create(builder, location, floats({1, description.width}), body->getArgument(1), rows);
  Value scores = LinearOp::create(builder, location, result, row, head(), /*bias=*/Value(), /*transposed=*/true,
                                  /*errors=*/false, /*head=*/true, /*compute_type=*/TypeAttr(), AccumulationAttr())
                     .getResult();
  ReturnOp::create(builder, location, scores);
}

Value GraphBuilder::buildBlocks(Value tokens) {
  Value stream = tokens;
  int64_t depth = 0;
  for (const ModelBlock &block : description.blocks) {
    for (int64_t index = 0; index != block.repeat; ++index)
      stream = buildLayer(block, index, ++depth, stream);
    if (block.repeat != 0)
      continue;
    readAll(block.ops, outside);
    llvm::SetVector<StringRef> rates = ratesOf(block);
    if (!rates.empty() && !outside.layer) {
      outside.key = key(block.location);
      outside.layer = layerNumber(block.location, 0);
    }
    for (StringRef scalar : rates)
      outside.rates[scalar] = rate(block.location, scalar);
    stream = buildOps(block.ops, stream, outside);
  }
  return stream;
}

Value GraphBuilder::buildLayer(const ModelBlock &block, int64_t index, int64_t depth, Value stream) {
  std::string name = layerName(block, index);
  SmallVector<std::string> names;
  SmallVector<Value> parameters, broadcasts, scalars;
  forEachParameter(block.ops, [&](const ParameterSpec &parameter) {
    names.push_back(parameter.name);
    parameters.push_back(read(parameter, name + "." + parameter.name));
  });
  llvm::SetVector<StringRef> rates = ratesOf(block);
  if (!rates.empty()) {
    broadcasts.push_back(key(block.location));
    scalars.push_back(layerNumber(block.location, depth));
    for (StringRef scalar : rates)
      scalars.push_back(rate(block.location, scalar));
  }
  auto layer = LayerOp::create(builder, block.location, stream.getType(), stream, parameters, broadcasts, scalars, name,
                               builder.getI64IntegerAttr(depth), builder.getI64IntegerAttr(description.layers));
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Location> locations(layer->getNumOperands(), block.location);
  for (auto [location, value] : llvm::zip(locations, layer->getOperands()))
    location = value.getLoc();
  Block *body = builder.createBlock(&layer.getBody(), {}, layer->getOperandTypes(), locations);
  Scope scope;
  for (auto [name, argument] : llvm::zip(names, body->getArguments().drop_front(1)))
    scope.parameters[name] = argument;
  if (!rates.empty()) {
    scope.key = body->getArgument(1 + parameters.size());
    scope.layer = body->getArgument(2 + parameters.size());
    for (auto [scalar, argument] : llvm::zip(rates, body->getArguments().drop_front(3 + parameters.size())))
      scope.rates[scalar] = argument;
  }
  Value result = buildOps(block.ops, body->getArgument(0), scope);
  YieldOp::create(builder, block.location, result);
  return layer.getResult(0);
}

Value GraphBuilder::buildOps(ArrayRef<ModelOp> ops, Value stream, Scope &scope) {
  for (const ModelOp &op : ops)
    stream = buildOp(op, stream, scope);
  return stream;
}

Value GraphBuilder::buildOp(const ModelOp &op, Value stream, Scope &scope) {
  Location location = op.location;
  auto parameter = [&](size_t i) {
    return i < op.parameters.size() ? scope.parameters.lookup(op.parameters[i].name) : Value();
  };
  Type type = floats({batch, sequence, op.width});
  switch (op.kind) {
  case ModelOp::Kind::Embedding:
    return EmbeddingOp::create(builder, location, type, stream, parameter(0));
  case ModelOp::Kind::PositionEmbedding:
    return buildPositions(op, stream, scope);
  case ModelOp::Kind::Dropout:
    if (!training || op.rate == 0)
      return stream;
    return DropoutOp::create(builder, location, type, stream, scope.key, scope.layer, scope.rates.lookup(op.rateScalar),
                             builder.getI64IntegerAttr(scope.ordinal++));
  case ModelOp::Kind::Norm:
    return op.norm->build(builder, location, stream, parameter(0), parameter(1), builder.getF64FloatAttr(op.epsilon));
  case ModelOp::Kind::Attention:
    return buildAttention(op, stream, scope);
  case ModelOp::Kind::Linear:
    return LinearOp::create(builder, location, type, stream, parameter(0), parameter(1), /*transposed=*/false,
                            /*errors=*/false, /*head=*/false, /*compute_type=*/TypeAttr(), AccumulationAttr())
        .getResult();
  case ModelOp::Kind::Activation:
    return op.activation->build(builder, location, stream);
  case ModelOp::Kind::Residual:
    return AddOp::create(builder, location, type, stream, buildOps(op.branch, stream, scope), /*residual=*/true);
  }
  llvm_unreachable("no such kind");
}

Value GraphBuilder::buildPositions(const ModelOp &op, Value stream, Scope &scope) {
  Value table = scope.parameters.lookup(op.parameters[0].name);
  if (op.parameters[0].shape[0] != sequence)
    table = SliceRowsOp::create(builder, op.location, floats({sequence, op.width}), table);
  return AddOp::create(builder, op.location, stream, table);
}

Value GraphBuilder::buildAttention(const ModelOp &op, Value stream, Scope &scope) {
  Location location = op.location;
  size_t step = op.bias ? 2 : 1; // parameters of a projection
  auto project = [&](Value input, size_t first, int64_t outputs) {
    Value weight = scope.parameters.lookup(op.parameters[first].name);
    Value bias = op.bias ? scope.parameters.lookup(op.parameters[first + 1].name) : Value();
    return LinearOp::create(builder, location, floats({batch, sequence, outputs}), input, weight, bias,
                            /*transposed=*/false, /*errors=*/false, /*head=*/false, /*compute_type=*/TypeAttr(),
                            AccumulationAttr())
        .getResult();
  };
  Type type = floats({batch, sequence, op.width});
  Value joined = project(stream, 0, 3 * op.width);
  auto parts = SplitOp::create(builder, location, TypeRange{type, type, type}, joined);
  bool random = training && op.rate > 0;
  auto attention =
      AttentionOp::create(builder, location, type, floats({batch, op.heads, sequence}), parts.getResult(0),
                          parts.getResult(1), parts.getResult(2), random ? scope.key : Value(),
                          random ? scope.layer : Value(), random ? scope.rates.lookup(op.rateScalar) : Value(),
                          builder.getI64IntegerAttr(op.heads), op.causal ? builder.getUnitAttr() : UnitAttr(),
                          builder.getI64IntegerAttr(random ? scope.ordinal++ : 0), /*compute_type=*/TypeAttr());
  return project(attention.getResult(), step, op.width);
}

//===-- The module -------------------------------------------------------------------===//

/// Adds the parameters and returns the number of their elements.
static int64_t buildParameters(const Description &description, OpBuilder &builder) {
  int64_t elements = 0;
  auto build = [&](const ParameterSpec &parameter, const Twine &name, bool isHidden) {
    auto type = RankedTensorType::get(parameter.shape, builder.getF32Type());
    auto parts = isHidden && parameter.matrices ? builder.getI64IntegerAttr(parameter.matrices) : IntegerAttr();
    ParameterOp::create(builder, parameter.location, builder.getStringAttr(name), TypeAttr::get(type), parameter.init,
                        parameter.shape.size() >= 2 ? builder.getUnitAttr() : UnitAttr(), parts,
                        /*stage=*/IntegerAttr(), /*copy_of=*/FlatSymbolRefAttr(), /*readers=*/DenseI64ArrayAttr(),
                        /*in_place=*/UnitAttr(), /*offset=*/IntegerAttr(), /*narrow_type=*/TypeAttr(),
                        /*narrow_offset=*/IntegerAttr());
    elements += type.getNumElements();
  };
  for (const ModelBlock &block : description.blocks)
    for (int64_t layer = 0, end = std::max<int64_t>(block.repeat, 1); layer != end; ++layer) {
      std::string prefix = block.repeat ? layerName(block, layer) + "." : "";
      forEachParameter(
          block.ops, [&](const ParameterSpec &parameter) { build(parameter, prefix + parameter.name, block.repeat); });
    }
  if (description.headParameter)
    build(*description.headParameter, description.headParameter->name, /*isHidden=*/false);
  return elements;
}

static void declareScalars(const Description &description, ModuleOp module) {
  const TrainingDefaults &training = description.training;
  auto declare = [&](StringRef name, double value, StringRef help, ScalarRange range = {}) {
    declareScalar(module, {name, value, help, range});
  };
  declare("learning_rate", training.learningRate, "step size of the optimizer, set by the schedule");
  bool isMuon = training.optimizer == Optimizer::Muon;
  if (isMuon)
    declare("adamw_learning_rate", 1e-3, "step size of AdamW beside Muon, set by the schedule");
  if (training.optimizer == Optimizer::AdamW || isMuon) {
    declare("beta1", training.beta1, "decay of AdamW's mean of gradients", ScalarRange::fraction());
    declare("beta2", training.beta2, "decay of AdamW's mean of squared gradients", ScalarRange::fraction());
    declare("epsilon", training.epsilon, "added to AdamW's root of the mean of squares", ScalarRange::atLeast(0));
    declare("bias_correction1", 1, "1 - beta1^(steps + 1), set every step");
    declare("bias_correction2", 1, "1 - beta2^(steps + 1), set every step");
  }
  if (training.optimizer == Optimizer::Sgd || isMuon)
    declare("momentum", training.momentum.value_or(isMuon ? 0.95 : 0.9), "decay of the momentum of SGD or Muon",
            ScalarRange::fraction());
  declare("weight_decay", training.weightDecay, "decay of parameters of rank 2 or more", ScalarRange::atLeast(0));
  declare("clip_scale", 1, "what gradient clipping multiplies gradients by, set every step");
  declare("loss_gradient", 1, "gradient of the loss of a micro-batch, loss_scale/micro-batches, set every step");
  declare("loss_scale", 1, "what the loss is multiplied by before backward and gradients are divided by after it",
          ScalarRange::above(0));
  for (const DropoutRate &rate : description.rates)
    declare(rate.scalar, rate.rate, "share of elements that dropout zeroes", ScalarRange::fraction());
}

OwningOpRef<ModuleOp> sluice::buildModel(const Description &description, StringRef text, MLIRContext *context) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(description.location, description.name);
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  const TrainingDefaults &training = description.training;
  int64_t elements = buildParameters(description, builder);
  GraphBuilder(description, builder, training.batch, /*training=*/true).buildLoss("train");
  GraphBuilder(description, builder, training.batch, /*training=*/false).buildLoss("eval");
  GraphBuilder(description, builder, /*batch=*/1, /*training=*/false).buildLogits();

  double flops = 6.0 * static_cast<double>(elements) +
                 12.0 * static_cast<double>(description.attentionWidths) * static_cast<double>(training.sequence);
  BinaryFacts facts;
  facts.model =
      ModelAttr::get(context, builder.getStringAttr(description.name), builder.getStringAttr(text), training.batch,
                     training.sequence, description.vocabulary, training.microBatches, training.optimizer,
                     builder.getF64FloatAttr(training.gradientClip), builder.getF64FloatAttr(flops));
  auto nameGraph = [&](StringRef name) -> Attribute {
    return GraphAttr::get(context, builder.getStringAttr(name), /*inputs=*/ArrayAttr());
  };
  facts.graphs = builder.getArrayAttr({nameGraph("train"), nameGraph("eval"), nameGraph("logits")});
  facts.set(*module);
  declareScalars(description, *module);
  return module;
}
