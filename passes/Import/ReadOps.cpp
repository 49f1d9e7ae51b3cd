//===- ReadOps.cpp - The ops of a description ---------------------------------- ===//
#include "passes/Import/DescriptionReader.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

void DescriptionReader::readModel(const JsonValue &model) {
  if (!model.isArray() || model.items.empty())
    return reader.fail(model, "expected an array of ops, found " + (model.isArray() ? "no op" : model.describe()));
  for (const JsonValue &item : model.items) {
    if (reader.failed())
      return;
    if (item.isObject() && item.find("repeat")) {
      int64_t outside = std::exchange(dropouts, 0);
      readRepeat(item);
      dropouts = outside;
      continue;
    }
    if (description.blocks.empty() || description.blocks.back().repeat != 0)
      description.blocks.push_back({reader.location(item), 0, "", {}});
    ModelOp op = readOp(item, /*endsBranch=*/false);
    description.blocks.back().ops.push_back(std::move(op));
  }
  description.width = width;
}

void DescriptionReader::readRepeat(const JsonValue &value) {
  if (!reader.object(value, "a repeated layer", {"repeat", "name", "body"}))
    return;
  ModelBlock block{reader.location(value), reader.size(*value.find("repeat"), 1, maxLayers), "", {}};
  if (const JsonValue *name = readName(value, "a repeated layer"))
    block.name = name->text;
  const JsonValue *body = reader.require(value, "body", "a repeated layer");
  if (reader.failed())
    return;
  description.layers += block.repeat;
  if (description.layers > maxLayers)
    return reader.fail(*value.find("repeat"),
                       "expected at most " + Twine(maxLayers) + " layers in all, found " + Twine(description.layers));
  if (width == 0)
    return reader.fail(value, "expected an op 'embedding' at the start of the model, found a repeated layer");
  int64_t attentionBefore = description.attentionWidths;
  block.ops = readBody(*body, "body", /*isBranch=*/false);
  description.attentionWidths = attentionBefore + (description.attentionWidths - attentionBefore) * block.repeat;
  description.blocks.push_back(std::move(block));
}

std::vector<ModelOp> DescriptionReader::readBody(const JsonValue &value, StringRef what, bool isBranch) {
  std::vector<ModelOp> ops;
  if (!value.isArray() || value.items.empty()) {
    reader.fail(value, "expected an array of ops, found " + (value.isArray() ? "no op" : value.describe()));
    return ops;
  }
  auto projects = [](const JsonValue &item) {
    const JsonValue *op = item.isObject() ? item.find("op") : nullptr;
    return op && (op->text == "linear" || op->text == "attention");
  };
  const JsonValue *last = nullptr; // the projection that ends the branch
  for (const JsonValue &item : value.items)
    if (isBranch && projects(item))
      last = &item;
  int64_t widthBefore = width;
  for (const JsonValue &item : value.items) {
    if (reader.failed())
      return ops;
    ops.push_back(readOp(item, &item == last));
  }
  if (width != widthBefore)
    reader.fail(value, "expected a " + what + " that keeps the width " + Twine(widthBefore) +
                           ", found one that gives " + Twine(width));
  return ops;
}

ArrayRef<std::pair<StringRef, DescriptionReader::OpReader>> DescriptionReader::getOpReaders() {
  static const auto readers = [] {
    SmallVector<std::pair<StringRef, OpReader>> readers = {
        {"embedding", &DescriptionReader::readEmbedding},
        {"position_embedding", &DescriptionReader::readPositionEmbedding},
        {"dropout", &DescriptionReader::readDropout}};
    for (const NormKind &kind : getNormKinds())
      readers.emplace_back(kind.name, &DescriptionReader::readNorm);
    readers.emplace_back("attention", &DescriptionReader::readAttention);
    readers.emplace_back("linear", &DescriptionReader::readLinear);
    for (const ActivationKind &kind : getActivationKinds())
      if (kind.name != readers.back().first) // a further form
        readers.emplace_back(kind.name, &DescriptionReader::readActivation);
    return readers;
  }();
  return readers;
}

ModelOp DescriptionReader::readOp(const JsonValue &value, bool endsBranch) {
  ModelOp op{ModelOp::Kind::Residual, reader.location(value)};
  op.endsBranch = endsBranch;
  const JsonValue *residual = value.isObject() ? value.find("residual") : nullptr;
  const JsonValue *name = value.isObject() ? value.find("op") : nullptr;
  if (value.isObject() && value.find("repeat")) {
    reader.fail(value, "expected 'repeat' in the list 'model' itself, found it within another op");
    return op;
  }
  if (!residual && !name) {
    if (value.isObject())
      reader.fail(value, "expected an object with a key 'op', 'residual' or 'repeat', found none of them");
    else
      reader.expected(value, "an op");
    return op;
  }
  if (!residual)
    reader.choice(*name, "one of the ops", llvm::to_vector(llvm::make_first_range(getOpReaders())));
  if (reader.failed())
    return op;
  bool isEmbedding = !residual && name->text == "embedding";
  if (isEmbedding != (width == 0)) {
    reader.fail(value, isEmbedding ? "expected one op 'embedding' in the model, found a second one"
                                   : "expected an op 'embedding' at the start of the model, found '" +
                                         (residual ? "residual" : name->text) + "'");
    return op;
  }
  if (residual) {
    if (reader.object(value, "a residual branch", {"residual"}))
      op.branch = readBody(*residual, "residual branch", /*isBranch=*/true);
  } else {
    auto isNamed = [&](const auto &entry) { return entry.first == name->text; };
    OpReader read = llvm::find_if(getOpReaders(), isNamed)->second;
    (this->*read)(value, op);
  }
  op.width = width;
  widest = std::max(widest, width);
  return op;
}

void DescriptionReader::readEmbedding(const JsonValue &value, ModelOp &op) {
  op.kind = ModelOp::Kind::Embedding;
  if (!reader.object(value, "an op 'embedding'", {"op", "name", "rows", "width", "init"}))
    return;
  const JsonValue *name = readName(value, "an op 'embedding'");
  const JsonValue *rows = reader.require(value, "rows", "an op 'embedding'");
  const JsonValue *columns = reader.require(value, "width", "an op 'embedding'");
  if (reader.failed())
    return;
  description.vocabulary = reader.size(*rows, 1, maxSize);
  width = reader.size(*columns, 1, maxSize);
  addParameter(op, name, ".weight", {description.vocabulary, width},
               initialValues(readInit(value.find("init"), embeddingInit), width));
  embeddings[name->text] = {rows, description.vocabulary, width};
}

void DescriptionReader::readPositionEmbedding(const JsonValue &value, ModelOp &op) {
  op.kind = ModelOp::Kind::PositionEmbedding;
  if (!reader.object(value, "an op 'position_embedding'", {"op", "name", "rows", "init"}))
    return;
  const JsonValue *name = readName(value, "an op 'position_embedding'");
  const JsonValue *rows = reader.require(value, "rows", "an op 'position_embedding'");
  if (reader.failed())
    return;
  positions.push_back({rows, reader.size(*rows, 1, maxSize), width});
  addParameter(op, name, ".weight", {positions.back().rows, width},
               initialValues(readInit(value.find("init"), embeddingInit), width));
}

void DescriptionReader::readDropout(const JsonValue &value, ModelOp &op) {
  op.kind = ModelOp::Kind::Dropout;
  if (!reader.object(value, "an op 'dropout'", {"op", "rate"}))
    return;
  if (const JsonValue *rate = reader.require(value, "rate", "an op 'dropout'"))
    op.rate = readRate(rate);
}

void DescriptionReader::readNorm(const JsonValue &value, ModelOp &op) {
  StringRef kind = value.find("op")->text;
  std::string what = ("an op '" + kind + "'").str();
  op.kind = ModelOp::Kind::Norm;
  op.norm = llvm::find_if(getNormKinds(), [&](const NormKind &norm) { return norm.name == kind; });
  SmallVector<StringRef> keys = {"op", "name", "epsilon"};
  if (op.norm->mayHaveBias)
    keys.push_back("bias");
  if (!reader.object(value, what, keys))
    return;
  const JsonValue *name = readName(value, what);
  const JsonValue *epsilon = value.find("epsilon"), *bias = value.find("bias");
  op.epsilon = epsilon ? reader.number(*epsilon, 0, 1) : 1e-5;
  if (epsilon && op.epsilon == 0)
    reader.expected(*epsilon, "a positive number");
  op.bias = op.norm->mayHaveBias && (!bias || reader.boolean(*bias));
  addParameter(op, name, ".weight", {width}, constant(1));
  if (op.bias)
    addParameter(op, name, ".bias", {width}, constant(0));
}

void DescriptionReader::readAttention(const JsonValue &value, ModelOp &op) {
  op.kind = ModelOp::Kind::Attention;
  if (!reader.object(value, "an op 'attention'",
                     {"op", "name", "heads", "causal", "dropout", "bias", "init", "output_init"}))
    return;
  const JsonValue *name = readName(value, "an op 'attention'");
  const JsonValue *heads = reader.require(value, "heads", "an op 'attention'");
  if (reader.failed())
    return;
  op.heads = reader.size(*heads, 1, maxSize);
  if (width % op.heads != 0)
    reader.fail(*heads, "expected a divisor of the width " + Twine(width) + ", found " +
                            (heads->isString() ? heads->describe() + " = " : "") + Twine(op.heads));
  const JsonValue *causal = value.find("causal"), *bias = value.find("bias");
  op.causal = !causal || reader.boolean(*causal);
  op.bias = !bias || reader.boolean(*bias);
  op.rate = readRate(value.find("dropout"));
  widest = std::max(widest, 3 * width);
  addParameter(op, name, ".c_attn.weight", {width, 3 * width},
               initialValues(readInit(value.find("init"), weightInit), width), /*matrices=*/3);
  if (op.bias)
    addParameter(op, name, ".c_attn.bias", {3 * width}, constant(0));
  addParameter(op, name, ".c_proj.weight", {width, width},
               initialValues(readInit(value.find("output_init"), op.endsBranch ? residualInit : weightInit), width),
               /*matrices=*/1);
  if (op.bias)
    addParameter(op, name, ".c_proj.bias", {width}, constant(0));
  description.attentionWidths += width;
}

void DescriptionReader::readLinear(const JsonValue &value, ModelOp &op) {
  op.kind = ModelOp::Kind::Linear;
  if (!reader.object(value, "an op 'linear'", {"op", "name", "outputs", "bias", "init"}))
    return;
  const JsonValue *name = readName(value, "an op 'linear'");
  const JsonValue *outputs = reader.require(value, "outputs", "an op 'linear'");
  const JsonValue *bias = value.find("bias");
  if (reader.failed())
    return;
  int64_t inputs = width;
  width = reader.size(*outputs, 1, maxSize);
  op.bias = !bias || reader.boolean(*bias);
  addParameter(op, name, ".weight", {inputs, width},
               initialValues(readInit(value.find("init"), op.endsBranch ? residualInit : weightInit), inputs),
               /*matrices=*/1);
  if (op.bias)
    addParameter(op, name, ".bias", {width}, constant(0));
}

void DescriptionReader::readActivation(const JsonValue &value, ModelOp &op) {
  StringRef name = value.find("op")->text;
  op.kind = ModelOp::Kind::Activation;
  SmallVector<const ActivationKind *> kinds;
  SmallVector<StringRef> keys = {"op"}, forms;
  for (const ActivationKind &kind : getActivationKinds())
    if (kind.name == name) {
      kinds.push_back(&kind);
      forms.push_back(kind.form);
    }
  op.activation = kinds.front();
  if (!op.activation->form.empty())
    keys.push_back("form");
  if (!reader.object(value, "an op '" + name + "'", keys))
    return;
  if (const JsonValue *form = value.find("form")) {
    std::string chosen = reader.choice(*form, "one of the forms", forms);
    op.activation = *llvm::find_if(kinds, [&](const ActivationKind *kind) { return kind->form == chosen; });
  }
}

Initializer DescriptionReader::readInit(const JsonValue *value, Initializer otherwise) {
  using Kind = Initializer::Kind;
  if (!value || reader.failed())
    return otherwise;
  if (value->isString()) {
    bool isUnit = reader.choice(*value, "one of the initializers", {"fan-in", "unit"}) == "unit";
    return {isUnit ? Kind::Normal : Kind::FanIn, 1};
  }
  StringRef key = value->isObject() && value->members.size() == 1 ? StringRef(value->members.front().first) : "";
  if (key != "normal" && key != "constant" && key != "fan_in") {
    reader.fail(*value, R"(expected an initializer, "fan-in", "unit", {"fan_in": 1}, {"normal": 0.02} or )"
                        R"({"constant": 0}, found )" +
                            (value->isObject() ? "other keys" : value->describe()));
    return otherwise;
  }
  const JsonValue &number = value->members.front().second;
  double parsed = reader.real(number);
  if (key == "constant")
    return {Kind::Constant, parsed};
  if (!(parsed > 0)) {
    reader.expected(number, key == "normal" ? "a positive standard deviation" : "a positive gain");
    return otherwise;
  }
  return {key == "normal" ? Kind::Normal : Kind::FanIn, parsed};
}

Attribute DescriptionReader::initialValues(Initializer init, int64_t inputs) {
  if (init.kind == Initializer::Kind::Constant)
    return constant(init.value);
  double scale = init.kind == Initializer::Kind::FanIn ? std::sqrt(static_cast<double>(inputs)) : 1;
  return NormalAttr::get(reader.getContext(), f64(init.value / scale));
}

double DescriptionReader::readRate(const JsonValue *value) {
  double rate = value ? reader.number(*value, 0, 1) : 0;
  if (value && options.dropout)
    rate = *options.dropout;
  if (rate != 0 && ++dropouts > maxOrdinals)
    reader.fail(*value, "expected at most " + Twine(maxOrdinals) + " dropouts in a layer, found more");
  return rate;
}

const JsonValue *DescriptionReader::readName(const JsonValue &op, StringRef what) {
  const JsonValue *name = reader.require(op, "name", what);
  if (name)
    reader.name(*name);
  return name;
}

void DescriptionReader::addParameter(ModelOp &op, const JsonValue *name, StringRef suffix, ArrayRef<int64_t> shape,
                                     Attribute init, int64_t matrices) {
  if (reader.failed())
    return;
  int64_t elements = 1;
  for (int64_t size : shape)
    if (__builtin_mul_overflow(elements, size, &elements) || elements > maxElements)
      return reader.fail(*name, "expected parameters of at most 2^38 elements, found '" + name->text + suffix +
                                    "' of " + Twine(shape.front()) + " x " + Twine(shape.back()));
  op.parameters.push_back({name->text + suffix.str(), llvm::to_vector<2>(shape), init, name, op.location, matrices});
}
