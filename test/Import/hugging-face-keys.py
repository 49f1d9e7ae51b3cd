"""Adds keys to a configuration and imports it: hugging-face-keys.py TOOL CONFIG."""

import json
import subprocess
import sys

tool, path = sys.argv[1:]
base = json.load(open(path))


def run(keys):
    json.dump({**base, **keys}, open("changed.json", "w"))
    return subprocess.run([tool, "changed.json"], capture_output=True, text=True)


plain = run({})
assert plain.returncode == 0 and not plain.stderr, plain.stderr

accepted = {
    "scale_attn_weights": [True], "scale_attn_by_inverse_layer_idx": [False], "reorder_and_upcast_attn": [False],
    "add_cross_attention": [False], "is_encoder_decoder": [False], "rope_scaling": [None], "pruned_heads": [{}],
    "rotary_dim": [0, None], "num_key_value_heads": [2], "head_dim": [4], "multi_query": [False], "alibi": [False],
    "position_embedding_type": ["absolute"], "logit_scale": [1, 1.0], "attention_bias": [True], "n_ctx": [6],
    "n_embd": [8], "n_head": [2, None], "n_positions": [6], "n_inner": [24], "d_model": [8],
    "architectures": [["GPT2LMHeadModel"], ["GPT2Model"], None], "auto_map": [{}, None],
    "transformers_version": ["5.0"], "bos_token_id": [1], "use_cache": [True], "task_specific_params": [{"a": 1}],
    "id2label": [{"0": "a"}], "something_new": [None], "sliding_window": [None], "num_experts": [0],
}
for turn in range(3):
    result = run({key: values[turn % len(values)] for key, values in accepted.items()})
    assert result.returncode == 0 and not result.stderr, result.stderr
    # What is accepted changes nothing of the model.
    assert result.stdout.split("sluice.parameter", 1)[1] == plain.stdout.split("sluice.parameter", 1)[1]

refused = {
    "scale_attn_weights": [False], "scale_attn_by_inverse_layer_idx": [True], "reorder_and_upcast_attn": [True],
    "add_cross_attention": [True], "is_encoder_decoder": [True], "rope_scaling": [{"type": "linear"}],
    "pruned_heads": [{"0": [1]}], "rotary_dim": [4], "rope_theta": [1e4], "num_key_value_heads": [1],
    "head_dim": [8], "multi_query": [True], "alibi": [True], "position_embedding_type": ["relative_key"],
    "logit_scale": [0.1], "attention_bias": [False], "mlp_bias": [False], "sliding_window": [4],
    "quantization_config": [{"bits": 4}], "num_experts": [8], "rms_norm_eps": [1e-5], "n_ctx": [5], "n_embd": [16],
    "n_head": [4], "n_positions": [12], "n_layer": [2], "n_inner": [32], "d_model": [9], "hidden_act": ["relu"],
    "layer_norm_eps": [1e-6], "architectures": [["LlamaForCausalLM"]], "auto_map": [{"AutoModel": "m.M"}],
    "activation_function": ["gelu_10"], "qk_layernorm": [True], "use_parallel_residual": [True],
}
for key, values in refused.items():
    for value in values:
        result = run({key: value})
        errors = result.stderr.count("error:")
        assert result.returncode != 0 and errors == 1 and "expected" in result.stderr, (key, value, result.stderr)

result = run({"hidden_act": "relu", "activation_function": "relu",
              "layer_norm_eps": 1e-6, "layer_norm_epsilon": 0.000001})
assert result.returncode == 0 and not result.stderr, result.stderr
result = run({"n_embd": 16})
assert "at '/hidden_size': expected 16 as 'n_embd' says, which is the same, found 8" in result.stderr, result.stderr

result = run({"flavour": 1, "colour": "red"})
assert result.returncode == 0 and result.stderr.count("warning:") == 1, result.stderr
assert "nothing is known of are ignored: 'flavour', 'colour'" in result.stderr, result.stderr
