//===- HuggingFace.cpp - Hugging Face configurations to descriptions ---------------------===//
#include "passes/Import/Description.h"
#include "passes/Import/HuggingFaceKeys.h"
#include "passes/Import/Reader.h"
#include "runtime/HuggingFaceKeys.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace sluice;

/// GPT-2 with its configuration's values in place of `$key`.
static constexpr StringLiteral gpt2Template = R"json({
  "name": "$name",
  "tokenizer": "$tokenizer",
  "dimensions": {"vocabulary": $vocab_size, "context": $n_positions, "width": $n_embd, "heads": $n_head,
                 "layers": $n_layer, "hidden": $n_inner},
  "init": {"normal": $initializer_range},
  "residual_init": {"normal": "$initializer_range/sqrt(2*layers)"},
  "model": [
    {"op": "embedding", "name": "wte", "rows": "vocabulary", "width": "width"},
    {"op": "position_embedding", "name": "wpe", "rows": "context"},
    {"op": "dropout", "rate": $embd_pdrop},
    {"repeat": "layers", "name": "h", "body": [
      {"residual": [
        {"op": "layer_norm", "name": "ln_1", "epsilon": $layer_norm_epsilon},
        {"op": "attention", "name": "attn", "heads": "heads", "causal": true, "dropout": $attn_pdrop},
        {"op": "dropout", "rate": $resid_pdrop}]},
      {"residual": [
        {"op": "layer_norm", "name": "ln_2", "epsilon": $layer_norm_epsilon},
        {"op": "linear", "name": "mlp.c_fc", "outputs": "hidden"},
        $activation,
        {"op": "linear", "name": "mlp.c_proj", "outputs": "width"},
        {"op": "dropout", "rate": $resid_pdrop}]}]},
    {"op": "layer_norm", "name": "ln_f", "epsilon": $layer_norm_epsilon}],
  "objective": {"op": "linear_cross_entropy", $head},
  "training": {"batch": 4, "sequence": "context", "grad_clip": 1.0, "lr": 3e-4,
               "optimizer": {"type": "adamw", "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01}}
})json";

namespace {

/// Reads the values of a configuration, with the defaults of transformers' GPT2Config.
class Translator {
public:
  Translator(const JsonValue &config, StringRef file, MLIRContext *context)
      : reader(file, context), config(config), file(file) {}

  std::unique_ptr<JsonValue> run(std::string &text);

private:
  const JsonValue *find(StringRef key) { return findConfigValue(reader, config, key); }
  void integer(StringRef key, StringRef otherwise) {
    const JsonValue *value = find(key);
    if (value && value->kind != JsonValue::Kind::Integer)
      reader.expected(*value, "an integer");
    values[key] = value ? std::to_string(reader.size(*value, 1, (int64_t(1) << 31) - 1)) : otherwise.str();
  }
  void number(StringRef key, StringRef otherwise, double limit) {
    const JsonValue *value = find(key);
    if (value)
      reader.number(*value, 0, limit);
    values[key] = value ? value->describe() : otherwise.str();
  }
  /// The activation as an op of descriptions.
  void readActivation() {
    llvm::MapVector<StringRef, const runtime::ConfigActivation *> activations;
    for (const runtime::ConfigActivation &activation : runtime::configActivations)
      for (StringRef spelling : llvm::split(activation.names, ' '))
        activations[spelling] = &activation;
    const JsonValue *value = find("activation_function");
    std::string spelling = value ? reader.choice(*value, "one of the activation functions",
                                                 llvm::to_vector(llvm::make_first_range(activations)))
                                 : "gelu_new";
    const runtime::ConfigActivation &activation = *activations.lookup(spelling);
    StringRef op = activation.op, form = activation.form;
    std::string formText = form.empty() ? "" : (R"(, "form": ")" + form + "\"").str();
    values["activation"] = (R"({"op": ")" + op + "\"" + formText + "}").str();
  }
  /// Moves the description's nodes to the places in the configuration that they come from.
  void relocate(JsonValue &node, const JsonValue *origin);

  Reader reader;
  const JsonValue &config;
  StringRef file;
  llvm::StringMap<std::string> values;
};

} // namespace

/// The configuration's key behind a node of the template, by the end of its pointer.
static StringRef originOf(StringRef pointer) {
  static constexpr std::pair<StringLiteral, StringLiteral> origins[] = {{"/dimensions/vocabulary", "vocab_size"},
                                                                        {"/dimensions/context", "n_positions"},
                                                                        {"/dimensions/width", "n_embd"},
                                                                        {"/dimensions/heads", "n_head"},
                                                                        {"/dimensions/layers", "n_layer"},
                                                                        {"/dimensions/hidden", "n_inner"},
                                                                        {"/init/normal", "initializer_range"},
                                                                        {"/residual_init/normal", "initializer_range"},
                                                                        {"/0/rows", "vocab_size"},
                                                                        {"/0/width", "n_embd"},
                                                                        {"/1/rows", "n_positions"},
                                                                        {"/repeat", "n_layer"},
                                                                        {"/heads", "n_head"},
                                                                        {"/outputs", "n_inner"},
                                                                        {"/form", "activation_function"},
                                                                        {"/epsilon", "layer_norm_epsilon"},
                                                                        {"/1/dropout", "attn_pdrop"},
                                                                        {"/2/rate", "embd_pdrop"},
                                                                        {"/training/sequence", "n_positions"},
                                                                        {"/tied", "tie_word_embeddings"}};
  if (pointer.contains("/residual/") && pointer.ends_with("/rate"))
    return "resid_pdrop";
  for (const auto &[suffix, key] : origins)
    if (pointer.ends_with(suffix))
      return key;
  return "";
}

void Translator::relocate(JsonValue &node, const JsonValue *origin) {
  if (const JsonValue *found = find(originOf(node.pointer)))
    origin = found;
  for (JsonValue &item : node.items)
    relocate(item, origin);
  for (auto &[key, member] : node.members)
    relocate(member, origin);
  node.pointer = origin->pointer;
  node.line = origin->line;
  node.column = origin->column;
}

std::unique_ptr<JsonValue> Translator::run(std::string &text) {
  const JsonValue *type = reader.require(config, "model_type", "a Hugging Face configuration");
  if (type)
    reader.choice(*type, "the model type", {"gpt2"});
  for (auto [key, otherwise] : {std::pair<StringRef, StringRef>("vocab_size", "50257"),
                                {"n_positions", "1024"},
                                {"n_embd", "768"},
                                {"n_head", "12"},
                                {"n_layer", "12"},
                                {"n_inner", "\"4*width\""}})
    integer(key, otherwise);
  for (StringRef key : {"embd_pdrop", "attn_pdrop", "resid_pdrop"})
    number(key, "0.1", 1);
  number("layer_norm_epsilon", "1e-5", 1);
  number("initializer_range", "0.02", 1e6);
  readActivation();
  checkConfigKeys(reader, config);
  const JsonValue *tie = find("tie_word_embeddings");
  values["head"] = !tie || reader.boolean(*tie) ? R"("tied": "wte")" : R"("name": "lm_head")";
  values["tokenizer"] = values["vocab_size"] == "256" ? "bytes" : "none";
  values["name"] = "gpt2";
  if (reader.failed())
    return nullptr;

  std::string original = std::move(text);
  text.clear();
  for (StringRef rest = gpt2Template; !rest.empty();) {
    auto [before, after] = rest.split('$');
    StringRef key = after.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    text += before;
    text += values.lookup(key);
    rest = after.drop_front(key.size());
  }
  std::unique_ptr<JsonValue> root = parseJson(text, file, reader.getContext());
  if (!root)
    return nullptr;
  text = compactJson(text);
  // For `export`, whose config.json transformers open.
  text.insert(1, "\"hugging_face\":" + original + ",");
  relocate(*root, &config);
  return root;
}

bool sluice::isHuggingFaceConfig(const JsonValue &root) { return root.find("model_type") && !root.find("model"); }

std::unique_ptr<JsonValue> sluice::translateHuggingFaceConfig(const JsonValue &config, StringRef file,
                                                              MLIRContext *context, std::string &text) {
  return Translator(config, file, context).run(text);
}
