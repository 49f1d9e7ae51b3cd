//===- HuggingFaceKeys.cpp - Keys of Hugging Face configurations ---------------===//
#include "passes/Import/HuggingFaceKeys.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace sluice;

//===-- Names ----------------------------------------------------------------------===//

/// All names of a key, the one of GPT-2 first.
static SmallVector<StringRef> spellingsOf(StringRef key) {
  static constexpr StringLiteral spellings[] = {
      "n_embd hidden_size",         "n_layer num_hidden_layers",
      "n_head num_attention_heads", "n_positions max_position_embeddings n_ctx",
      "n_inner intermediate_size",
  };
  for (StringRef line : spellings)
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

/// Names of other families for what GPT-2 has too. Transformers does not read them in a GPT-2, so they may only repeat.
static constexpr std::pair<StringLiteral, StringLiteral> mirrors[] = {
    {"d_model", "n_embd"},
    {"num_layers", "n_layer"},
    {"num_heads", "n_head"},
    {"ffn_dim", "n_inner"},
    {"hidden_act", "activation_function"},
    {"hidden_activation", "activation_function"},
    {"activation", "activation_function"},
    {"layer_norm_eps", "layer_norm_epsilon"},
};

static void checkMirrors(Reader &reader, const JsonValue &config) {
  for (const auto &[name, key] : mirrors) {
    const JsonValue *value = config.find(name);
    if (!value || isNull(*value))
      continue;
    const JsonValue *known = findConfigValue(reader, config, key);
    if (!known || !areEqual(*value, *known))
      reader.expected(*value,
                      (known ? known->describe() : "nothing") + " as '" + key + "' says, which is the key of GPT-2");
  }
}

//===-- What makes another model ------------------------------------------------------===//

/// Keys, and the values beside null under which they change nothing.
static constexpr std::pair<StringLiteral, StringLiteral> neutralValues[] = {
    // GPT-2's own.
    {"scale_attn_weights", "true"},
    {"scale_attn_by_inverse_layer_idx", "false"},
    {"reorder_and_upcast_attn", "false"},
    {"add_cross_attention", "false"},
    {"is_encoder_decoder", "false"},
    {"tie_encoder_decoder", "false"},
    {"chunk_size_feed_forward", "0"},
    {"cross_attention_hidden_size", ""},
    {"pruned_heads", "{}"},
    // Of other families, which a configuration of GPT-2 may have been made to look like.
    {"alibi", "false"},
    {"use_alibi", "false"},
    {"position_embedding_type", "absolute learned"},
    {"rope_scaling", "{}"},
    {"rope_parameters", "{}"},
    {"rope_theta", ""},
    {"rotary", "false"},
    {"rotary_dim", "0"},
    {"rotary_pct", "0"},
    {"rotary_emb_fraction", "0"},
    {"partial_rotary_factor", "0"},
    {"use_rope", "false"},
    {"sliding_window", ""},
    {"use_sliding_window", "false"},
    {"window_size", ""},
    {"attention_layers", ""},
    {"attention_types", ""},
    {"layer_types", ""},
    {"multi_query", "false"},
    {"multi_query_attention", "false"},
    {"new_decoder_architecture", "false"},
    {"parallel_attn", "false"},
    {"parallel_attention", "false"},
    {"use_parallel_residual", "false"},
    {"qk_layernorm", "false"},
    {"qk_norm", "false"},
    {"use_qk_norm", "false"},
    {"attn_logit_softcapping", ""},
    {"final_logit_softcapping", ""},
    {"attention_multiplier", "1"},
    {"embedding_multiplier", "1"},
    {"residual_multiplier", "1"},
    {"logits_scaling", "1"},
    {"logit_scale", "1"},
    {"embeddings_scale", "1"},
    {"width_scale", "1"},
    {"mup_width_scale", "1"},
    {"mup_embeddings_scale", "1"},
    {"mup_output_alpha", "1"},
    {"mup_scale_qk_dot_by_d", "false"},
    {"rms_norm", "false"},
    {"use_rms_norm", "false"},
    {"rms_norm_eps", ""},
    {"norm_type", "layer_norm layernorm"},
    {"normalization_function", "layer_norm layernorm"},
    {"use_bias", "true"},
    {"bias", "true"},
    {"attention_bias", "true"},
    {"mlp_bias", "true"},
    {"lm_head_bias", "false"},
    {"gated_mlp", "false"},
    {"post_norm", "false"},
    {"do_layer_norm_before", "true"},
    {"num_experts", "0 1"},
    {"num_local_experts", "0 1"},
    {"n_experts", "0 1"},
    {"n_routed_experts", "0"},
    {"num_nextn_predict_layers", "0"},
    {"word_embed_proj_dim", ""},
    {"embedding_size", ""},
    {"quantization_config", ""},
    {"auto_map", "{}"},
};

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
  for (StringRef key : {"num_key_value_heads", "num_kv_heads", "n_head_kv"})
    checkDerived(reader, config, key, headsValue, "the number of heads, as other attention is not supported");
  if (headsValue > 0)
    for (StringRef key : {"head_dim", "kv_channels", "d_kv"})
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
  static constexpr StringLiteral derived[] = {"num_key_value_heads", "num_kv_heads", "n_head_kv", "head_dim",
                                              "kv_channels",         "d_kv"};
  return llvm::any_of(canonical, [&](StringRef name) { return llvm::is_contained(spellingsOf(name), key); }) ||
         llvm::is_contained(derived, key) || llvm::is_contained(llvm::make_first_range(mirrors), key) ||
         llvm::is_contained(llvm::make_first_range(neutralValues), key);
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
  for (const auto &[key, neutral] : neutralValues)
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
