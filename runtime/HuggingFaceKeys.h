//===- HuggingFaceKeys.h - Keys of GPT-2 configurations ---------*- C++ -*-===//
//
// What the compiler reads of a config.json, and the runtime compares with the model that was compiled.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_HUGGINGFACEKEYS_H
#define SLUICE_RUNTIME_HUGGINGFACEKEYS_H

#include <string_view>
#include <utility>

namespace sluice::runtime {

/// Names that transformers know a key by, the one of GPT-2 first; keys with one name are left out.
inline constexpr std::string_view configSpellings[] = {
    "n_embd hidden_size",         "n_layer num_hidden_layers",
    "n_head num_attention_heads", "n_positions max_position_embeddings n_ctx",
    "n_inner intermediate_size",
};

/// Names of other families for what GPT-2 has too. Transformers does not read them in a GPT-2, so they may only repeat.
inline constexpr std::pair<std::string_view, std::string_view> configMirrors[] = {
    {"d_model", "n_embd"},
    {"num_layers", "n_layer"},
    {"num_heads", "n_head"},
    {"ffn_dim", "n_inner"},
    {"hidden_act", "activation_function"},
    {"hidden_activation", "activation_function"},
    {"activation", "activation_function"},
    {"layer_norm_eps", "layer_norm_epsilon"},
};

/// Names for the number of heads, and for the width of one, which follow from others in a GPT-2.
inline constexpr std::string_view configHeadCounts[] = {"num_key_value_heads", "num_kv_heads", "n_head_kv"};
inline constexpr std::string_view configHeadWidths[] = {"head_dim", "kv_channels", "d_kv"};

/// Activations: the op and the form of descriptions, and its names in configurations, with spaces between them.
struct ConfigActivation {
  std::string_view op, form, names;
};
inline constexpr ConfigActivation configActivations[] = {
    {"relu", "", "relu"},
    {"silu", "", "silu swish"},
    {"quick_gelu", "", "quick_gelu"},
    // Three spellings of one function, whose results differ by rounding alone.
    {"gelu", "tanh", "gelu_new gelu_fast gelu_pytorch_tanh"},
    {"gelu", "erf", "gelu"},
};

/// Keys, and the values beside null under which they change nothing.
inline constexpr std::pair<std::string_view, std::string_view> neutralConfigValues[] = {
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

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_HUGGINGFACEKEYS_H
