#!/usr/bin/env python3
"""check-recompute.py NONE LAYER: two plans of --explain=json, one with --recompute=layer. What it does not keep is what
it computes again, and backward takes longer by that."""
import json
import sys

none, layer = (json.load(open(path)) for path in sys.argv[1:])
for kept, repeated, layers in zip(none["stages"], layer["stages"], (1, 3), strict=True):
    assert kept["recomputed_layers"] == kept["recomputed_bytes"] == kept["recomputed_flops"] == 0, kept
    assert repeated["recomputed_layers"] == layers, repeated
    # 2 x 8 tokens of 16 units in f32; each tensor begins at a cache line.
    assert repeated["recomputed_input_bytes"] == layers * 2 * 8 * 16 * 4, repeated
    saved = kept["frame_bytes"] - repeated["frame_bytes"]
    assert saved == repeated["recomputed_bytes"] > 0, (kept, repeated)
    # The projections of attention and the inner layer's, but not the last one, and less for all else: for 4 micro-batches
    # of 16 tokens.
    products = layers * 4 * 16 * 2 * (4 + 2) * 16 * 16
    assert products < repeated["recomputed_flops"] < 2 * products, (products, repeated)
    assert repeated["forward"] == kept["forward"], (kept, repeated)
    assert 2 * kept["forward"] < repeated["backward"] < 3 * kept["forward"], (kept, repeated)
    assert kept["memory_bytes"] > repeated["memory_bytes"], (kept, repeated)
# The same contractions, each counted once.
assert layer["contractions"] == none["contractions"], "expected the same contractions"
