//===- ReadDescription.cpp - A description but for its ops ------------------------ ===//
#include "passes/Import/DescriptionReader.h"
#include <functional>

using namespace mlir;
using namespace sluice;

std::optional<Description> DescriptionReader::run() {
  if (!reader.object(root, "a model description",
                     {"$schema", "name", "tokenizer", "dimensions", "init", "residual_init", "embedding_init", "model",
                      "objective", "training"}))
    return std::nullopt;
  if (const JsonValue *schema = root.find("$schema"))
    reader.string(*schema);
  if (const JsonValue *name = reader.require(root, "name", "a model description"))
    description.name = reader.name(*name);
  if (const JsonValue *dimensions = root.find("dimensions"))
    reader.defineDimensions(*dimensions, maxSize);
  weightInit = readInit(root.find("init"), weightInit);
  residualInit = readInit(root.find("residual_init"), weightInit);
  embeddingInit = readInit(root.find("embedding_init"), weightInit);
  const JsonValue *model = reader.require(root, "model", "a model description");
  if (!reader.failed())
    readModel(*model);
  const JsonValue *objective = reader.require(root, "objective", "a model description");
  if (!reader.failed())
    readObjective(*objective);
  if (!reader.failed())
    readTokenizer();
  if (!reader.failed())
    readTraining(root.find("training"));
  if (!reader.failed())
    checkNames();
  if (reader.failed())
    return std::nullopt;
  nameRates();
  return std::move(description);
}

void DescriptionReader::readObjective(const JsonValue &value) {
  description.objectiveLocation = reader.location(value);
  if (!reader.object(value, "an objective", {"op", "tied", "name", "init", "scale"}))
    return;
  const JsonValue *op = reader.require(value, "op", "an objective");
  if (op)
    reader.choice(*op, "the objective", {"linear_cross_entropy"});
  if (const JsonValue *scale = value.find("scale")) {
    description.headScale = reader.real(*scale);
    if (!(description.headScale > 0))
      reader.expected(*scale, "a positive scale");
  }
  const JsonValue *tied = value.find("tied"), *name = value.find("name");
  if (!tied == !name)
    reader.fail(value,
                "expected either 'tied', the name of an embedding, or 'name', that of a weight of its own, found " +
                    Twine(tied ? "both" : "none"));
  if (reader.failed())
    return;
  if (name) {
    readName(value, "an objective");
    ModelOp head{ModelOp::Kind::Linear, description.objectiveLocation};
    addParameter(head, name, ".weight", {description.vocabulary, width},
                 initialValues(readInit(value.find("init"), weightInit), width));
    if (reader.failed())
      return;
    description.headParameter = head.parameters.front();
    description.head = head.parameters.front().name;
    return;
  }
  reader.name(*tied);
  if (const JsonValue *init = value.find("init"))
    reader.fail(*init, "expected no 'init' of a tied weight, which its embedding initializes");
  auto table = embeddings.find(tied->text);
  if (table == embeddings.end())
    return reader.expected(*tied, "the name of the model's embedding, '" + embeddings.begin()->first() + "'");
  if (table->second.width != width)
    return reader.fail(*tied, "expected an embedding as wide as the model's result, " + Twine(width) + ", found " +
                                  Twine(table->second.width));
  description.head = tied->text + ".weight";
}

void DescriptionReader::readTokenizer() {
  const JsonValue *value = root.find("tokenizer");
  if (!value)
    return;
  if (reader.choice(*value, "one of the tokenizers", {"bytes", "none"}) == "bytes" && description.vocabulary < 256)
    reader.fail(*value, "expected a vocabulary of at least 256 for 'bytes', found " + Twine(description.vocabulary));
}

int64_t DescriptionReader::readCount(const JsonValue *object, StringRef key, StringRef flag, int64_t option,
                                     int64_t otherwise) {
  const JsonValue *value = object ? object->find(key) : nullptr;
  int64_t count = value ? reader.size(*value, 1, maxSize) : otherwise;
  if (option < 0 || option > maxSize)
    reader.failFlag("expected " + flag + " from 1 to " + Twine(maxSize) + ", found " + Twine(option));
  return option ? option : count;
}

static bool anyMatrix(ArrayRef<ModelOp> ops) {
  return llvm::any_of(ops, [](const ModelOp &op) {
    return op.kind == ModelOp::Kind::Linear || op.kind == ModelOp::Kind::Attention || anyMatrix(op.branch);
  });
}

void DescriptionReader::readTraining(const JsonValue *value) {
  TrainingDefaults &training = description.training;
  if (value && !reader.object(*value, "the training block",
                              {"batch", "sequence", "micro_batches", "optimizer", "grad_clip", "steps", "lr",
                               "adamw_lr", "lr_schedule", "min_lr", "warmup"}))
    return;
  int64_t longest = 0; // without position embeddings there is no limit
  for (const Table &table : positions)
    longest = longest ? std::min(longest, table.rows) : table.rows;
  training.batch = readCount(value, "batch", "--batch", options.batch, 1);
  training.microBatches = readCount(value, "micro_batches", "--microbatches", options.microBatches, 1);
  training.sequence = readCount(value, "sequence", "--seq", options.sequence, longest);
  if (reader.failed())
    return;
  const JsonValue *sequence = value ? value->find("sequence") : nullptr;
  if (training.sequence == 0)
    return reader.fail(value ? *value : root, "expected a key 'sequence' in the training block, found none");
  if (options.sequence && longest && training.sequence > longest)
    return reader.failFlag("expected --seq of at most " + Twine(longest) +
                           ", the rows of the position embedding, found " + Twine(options.sequence));
  for (const Table &table : positions)
    if (training.sequence > table.rows)
      return reader.fail(sequence ? *sequence : *table.value,
                         "expected at least as many position rows as tokens in a sequence, found " + Twine(table.rows) +
                             " rows for " + Twine(training.sequence) + " tokens");
  int64_t elements;
  if (__builtin_mul_overflow(training.batch * training.sequence, widest, &elements) || elements > maxElements ||
      training.batch * training.sequence > maxSize) {
    if (options.batch || options.sequence)
      return reader.failFlag("expected activations of at most 2^38 elements, found --batch=" + Twine(training.batch) +
                             " x --seq=" + Twine(training.sequence) + " x width " + Twine(widest));
    return reader.fail(value ? *value : root, "expected activations of at most 2^38 elements, found batch " +
                                                  Twine(training.batch) + " x sequence " + Twine(training.sequence) +
                                                  " x width " + Twine(widest));
  }
  if (options.optimizer)
    training.optimizer = *options.optimizer;
  if (value) {
    if (const JsonValue *optimizer = value->find("optimizer"))
      readOptimizer(*optimizer);
    if (const JsonValue *clip = value->find("grad_clip"))
      training.gradientClip = reader.number(*clip, 0, infinity);
    if (const JsonValue *rate = value->find("lr"))
      training.learningRate = reader.number(*rate, 0, infinity);
    for (StringRef key : {"min_lr", "adamw_lr"})
      if (const JsonValue *rate = value->find(key))
        reader.number(*rate, 0, infinity);
    if (const JsonValue *schedule = value->find("lr_schedule"))
      reader.choice(*schedule, "one of the schedules", {"constant", "linear", "cosine", "wsd"});
    for (StringRef key : {"warmup", "steps"})
      if (const JsonValue *count = value->find(key))
        reader.size(*count, 0, std::numeric_limits<int64_t>::max());
  }
  if (options.gradientClip)
    training.gradientClip = *options.gradientClip;
  auto hasMatrix = [](const ModelBlock &block) { return block.repeat && anyMatrix(block.ops); };
  if (training.optimizer != Optimizer::Muon || llvm::any_of(description.blocks, hasMatrix))
    return;
  StringRef missing =
      "expected an op 'linear' or 'attention' in a repeated layer, whose weight the optimizer 'muon' is "
      "for, found none";
  if (options.optimizer)
    return reader.failFlag("--optimizer=muon: " + missing);
  reader.fail(value && value->find("optimizer") ? *value->find("optimizer") : root, missing);
}

void DescriptionReader::readOptimizer(const JsonValue &value) {
  TrainingDefaults &training = description.training;
  if (!value.isObject())
    return reader.expected(value, "an optimizer, such as {\"type\": \"adamw\"}");
  const JsonValue *type = reader.require(value, "type", "an optimizer");
  if (reader.failed())
    return;
  SmallVector<StringRef> names;
  for (uint32_t value = 0; value <= getMaxEnumValForOptimizer(); ++value)
    names.push_back(stringifyOptimizer(static_cast<Optimizer>(value)));
  std::string name = reader.choice(*type, "one of the optimizers", names);
  Optimizer optimizer = *symbolizeOptimizer(name);
  SmallVector<StringRef> keys = {"type", "weight_decay"};
  if (optimizer != Optimizer::Sgd)
    keys.append({"beta1", "beta2", "eps"});
  if (optimizer != Optimizer::AdamW)
    keys.push_back("momentum");
  if (!reader.object(value, "an optimizer '" + Twine(name) + "'", keys))
    return;
  if (!options.optimizer)
    training.optimizer = optimizer;
  auto read = [&](StringRef key, double limit, double &result) {
    if (const JsonValue *member = value.find(key))
      result = reader.number(*member, 0, limit);
  };
  read("beta1", 1, training.beta1);
  read("beta2", 1, training.beta2);
  read("eps", infinity, training.epsilon);
  if (value.find("momentum"))
    read("momentum", 1, training.momentum.emplace());
  read("weight_decay", infinity, training.weightDecay);
}

void DescriptionReader::checkNames() {
  llvm::StringMap<const JsonValue *> names;
  std::function<void(const ModelOp &, const Twine &)> check = [&](const ModelOp &op, const Twine &prefix) {
    for (const ParameterSpec &parameter : op.parameters) {
      std::string name = (prefix + parameter.name).str();
      auto [place, isNew] = names.try_emplace(name, parameter.source);
      if (!isNew)
        reader.fail(*parameter.source, "expected a name of its own, found '" + parameter.source->text +
                                           "', which makes another parameter '" + name + "' beside the one of '" +
                                           place->second->pointer + "'");
    }
    for (const ModelOp &inner : op.branch)
      check(inner, prefix);
  };
  for (const ModelBlock &block : description.blocks)
    for (int64_t layer = 0, end = std::max<int64_t>(block.repeat, 1); layer != end && !reader.failed(); ++layer) {
      std::string prefix = block.repeat ? block.name + "." + std::to_string(layer) + "." : "";
      for (const ModelOp &op : block.ops)
        check(op, prefix);
    }
  if (description.headParameter) {
    ModelOp head{ModelOp::Kind::Linear, description.objectiveLocation, {*description.headParameter}};
    check(head, "");
  }
}

void DescriptionReader::nameRates() {
  SmallVector<std::pair<ModelOp *, StringRef>> places;
  std::function<void(ModelOp &, StringRef)> collect = [&](ModelOp &op, StringRef place) {
    if (op.rate > 0)
      places.push_back({&op, op.kind == ModelOp::Kind::Attention ? "attention" : place});
    for (ModelOp &inner : op.branch)
      collect(inner, "residual");
  };
  for (ModelBlock &block : description.blocks)
    for (ModelOp &op : block.ops)
      collect(op, block.repeat ? "residual" : "embedding");
  bool isOne = llvm::all_of(places, [&](auto &place) { return place.first->rate == places.front().first->rate; });
  llvm::StringMap<std::vector<double>> ratesOf;
  for (auto [op, place] : places) {
    std::vector<double> &rates = ratesOf[place];
    size_t index = llvm::find(rates, op->rate) - rates.begin();
    op->rateScalar = isOne ? "dropout" : ("dropout." + place + (index ? "." + Twine(index + 1) : Twine())).str();
    if (index < rates.size())
      continue;
    rates.push_back(op->rate);
    if (!isOne || description.rates.empty())
      description.rates.push_back({op->rateScalar, op->rate});
  }
}

std::optional<Description> sluice::readDescription(const JsonValue &root, StringRef file, const ImportOptions &options,
                                                   MLIRContext *context) {
  return DescriptionReader(root, file, options, context).run();
}
