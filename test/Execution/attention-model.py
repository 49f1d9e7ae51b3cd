"""Writes a model whose layers are attention: attention-model.py WIDTH SEQUENCE HEADS[:whole][:DROPOUT] ...

Each argument is a layer with so many heads, causal unless it is `whole`.
"""

import json
import sys

width, sequence = map(int, sys.argv[1:3])
body = []
for number, text in enumerate(sys.argv[3:]):
    heads, *options = text.split(":")
    attention = {"op": "attention", "name": f"attn{number}", "heads": int(heads), "causal": "whole" not in options}
    for option in options:
        if option != "whole":
            attention["dropout"] = float(option)
    body.append({"residual": [{"op": "layer_norm", "name": f"ln{number}"}, attention]})
print(
    json.dumps(
        {
            "name": "attention",
            "dimensions": {"vocabulary": 256, "context": sequence, "width": width},
            "model": [
                {"op": "embedding", "name": "wte", "rows": "vocabulary", "width": "width"},
                {"op": "position_embedding", "name": "wpe", "rows": "context"},
                {"repeat": 1, "name": "h", "body": body},
                {"op": "layer_norm", "name": "ln_f"},
            ],
            "objective": {"op": "linear_cross_entropy", "tied": "wte"},
            "training": {"batch": 2, "sequence": "context", "lr": 1e-3},
        }
    )
)
