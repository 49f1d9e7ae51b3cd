//===- HuggingFaceKeys.cpp - Keys of Hugging Face configurations ---------------===//
#include "passes/Import/HuggingFaceKeys.h"
#include "mlir/IR/Diagnostics.h"
#include "runtime/HuggingFaceKeys.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace sluice;

//===-- Names ----------------------------------------------------------------------===//

/// All names of a key, the one of GPT-2 first.
static SmallVector<StringRef> spellingsOf(StringRef key) {
  for (StringRef line : runtime::configSpellings)
    if (line.split(' ').first == key) {
      SmallVector<StringRef> words;
      line.split(words, ' ');
      return words;
    }
  return {key};
}

static bool isNull(const JsonValue &value) { return value.kind == JsonValue::Kind::Null; }

/// Whether two values say the same: 1e-5 and 0.00001 do.
static bool areEqual(const JsonValue &a, const JsonValue &b) {
  if (a.isNumber() && b.isNumber())
    return a.real == b.real;
  return a.kind == b.kind && a.boolean == b.boolean && a.text == b.text && !a.isArray() && !a.isObject();
}

const JsonValue *sluice::findConfigValue(Reader &reader, const JsonValue &config, StringRef key) {
  const JsonValue *found = nullptr;
  StringRef foundName;
  for (StringRef name : spellingsOf(key)) {
    const JsonValue *value = config.find(name);
    if (!value || isNull(*value))
      continue;
    if (!found) {
      found = value;
      foundName = name;
    } else if (!areEqual(*found, *value)) {
      reader.expected(*value, found->describe() + " as '" + foundName + "' says, which is the same");
    }
  }
  return found;
}

static void checkMirrors(Reader &reader, const JsonValue &config) {
  for (auto [name, key] : runtime::configMirrors) {
    const JsonValue *value = config.find(name);
    if (!value || isNull(*value))
      continue;
    const JsonValue *known = findConfigValue(reader, config, key);
    if (!known || !areEqual(*value, *known))
      reader.expected(*value, (known ? known->describe() : "nothing") + " as '" + std::string(key) +
                                  "' says, which is the key of GPT-2");
  }
}

//===-- What makes another model ------------------------------------------------------===//

/// Whether a value is one of `neutral`: words, or `{}` for an object or an array without members.
static bool isNeutral(const JsonValue &value, StringRef neutral) {
  SmallVector<StringRef> words;
  neutral.split(words, ' ', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  if (value.isObject() || value.isArray())
    return llvm::is_contained(words, "{}") && value.members.empty() && value.items.empty();
  double number = 0;
  return llvm::any_of(words, [&](StringRef word) {
    if (value.isNumber())
      return !word.getAsDouble(number) && number == value.real;
    return word == (value.isString() ? StringRef(value.text) : StringRef(value.describe()));
  });
}

static std::string spelled(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

/// Refuses a size that is not what GPT-2 derives from its others.
static void checkDerived(Reader &reader, const JsonValue &config, StringRef key, double value, StringRef meaning) {
  const JsonValue *found = config.find(key);
  if (found && !isNull(*found) && !(found->isNumber() && found->real == value))
    reader.expected(*found, spelled(value) + ", " + meaning);
}

static void checkDerivedSizes(Reader &reader, const JsonValue &config) {
  constexpr double defaultWidth = 768, defaultHeads = 12;
  const JsonValue *width = findConfigValue(reader, config, "n_embd"),
                  *heads = findConfigValue(reader, config, "n_head");
  double widthValue = width ? width->real : defaultWidth, headsValue = heads ? heads->real : defaultHeads;
  for (StringRef key : runtime::configHeadCounts)
    checkDerived(reader, config, key, headsValue, "the number of heads, as other attention is not supported");
  if (headsValue > 0)
    for (StringRef key : runtime::configHeadWidths)
      checkDerived(reader, config, key, widthValue / headsValue, "the width of a head");
}

//===-- What changes nothing ------------------------------------------------------------===//

/// Keys that say nothing of the model: what generation does, what files are called, heads for other tasks.
static bool isHarmless(StringRef key) {
  static constexpr StringLiteral read = "model_type vocab_size embd_pdrop attn_pdrop resid_pdrop initializer_range "
                                        "tie_word_embeddings architectures ";
  static constexpr StringLiteral ofFiles =
      "transformers_version torch_dtype dtype _name_or_path name_or_path tokenizer_class torchscript use_bfloat16 "
      "tf_legacy_loss _attn_implementation attn_implementation _attn_implementation_autoset _commit_hash "
      "model_parallel gradient_checkpointing ";
  static constexpr StringLiteral ofTasks =
      "id2label label2id num_labels finetuning_task problem_type task_specific_params summary_type summary_use_proj "
      "summary_activation summary_proj_to_labels summary_first_dropout summary_hidden_size classifier_dropout "
      "classifier_pdrop ";
  static constexpr StringLiteral ofOutput =
      "use_cache output_attentions output_hidden_states output_scores output_past return_dict "
      "return_dict_in_generate is_decoder n_special predict_special_tokens remove_invalid_values ";
  static constexpr StringLiteral ofGeneration =
      "bos_token_id eos_token_id pad_token_id sep_token_id unk_token_id cls_token_id mask_token_id "
      "decoder_start_token_id do_sample early_stopping max_length min_length num_beams num_beam_groups "
      "num_return_sequences temperature top_k top_p typical_p diversity_penalty repetition_penalty length_penalty "
      "no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids exponential_decay_length_penalty "
      "forced_bos_token_id forced_eos_token_id suppress_tokens begin_suppress_tokens prefix ";
  SmallVector<StringRef> words;
  for (StringRef list :
       {StringRef(read), StringRef(ofFiles), StringRef(ofTasks), StringRef(ofOutput), StringRef(ofGeneration)})
    list.split(words, ' ');
  return llvm::is_contained(words, key);
}

/// Whether the key is one of those above that are compared with a value.
static bool isChecked(StringRef key) {
  static constexpr StringLiteral canonical[] = {
      "n_embd", "n_layer", "n_head", "n_positions", "n_inner", "activation_function", "layer_norm_epsilon"};
  auto isKey = [&](StringRef name) { return name == key; };
  return llvm::any_of(canonical, [&](StringRef name) { return llvm::is_contained(spellingsOf(name), key); }) ||
         llvm::any_of(runtime::configHeadCounts, isKey) || llvm::any_of(runtime::configHeadWidths, isKey) ||
         llvm::any_of(llvm::make_first_range(runtime::configMirrors), isKey) ||
         llvm::any_of(llvm::make_first_range(runtime::neutralConfigValues), isKey);
}

static void checkArchitectures(Reader &reader, const JsonValue &config) {
  const JsonValue *names = config.find("architectures");
  if (!names || isNull(*names))
    return;
  for (const JsonValue &name : names->items)
    if (!name.isString() || !StringRef(name.text).contains("GPT2"))
      reader.expected(name, "an architecture of GPT-2, such as 'GPT2LMHeadModel'");
}

void sluice::checkConfigKeys(Reader &reader, const JsonValue &config) {
  for (auto [key, neutral] : runtime::neutralConfigValues)
    if (const JsonValue *value = config.find(key); value && !isNull(*value) && !isNeutral(*value, neutral)) {
      std::string known = neutral.empty() ? "null" : llvm::join(llvm::split(neutral, ' '), " or ");
      reader.expected(*value, known + ", as other forms of GPT-2 are not supported");
    }
  checkMirrors(reader, config);
  checkDerivedSizes(reader, config);
  checkArchitectures(reader, config);
  std::string unknown;
  for (const auto &[key, value] : config.members)
    if (!isHarmless(key) && !isChecked(key) && !isNull(value))
      unknown += (unknown.empty() ? "'" : ", '") + key + "'";
  if (!unknown.empty() && !reader.failed())
    emitWarning(reader.location(config)) << "keys of the configuration that nothing is known of are ignored: "
                                         << unknown;
}
