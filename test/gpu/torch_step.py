#!/usr/bin/env python3
"""Times the step of GPT-2 in PyTorch on a card, by events: what a user of PyTorch would have.

torch_step.py --layers=L --heads=H --width=C --vocabulary=V --batch=B --sequence=S --compute=f32|tf32|bf16|f16

The step is that of examples/gpt2.json without dropout: forward, backward, clipping to norm 1, a fused AdamW, on other
random tokens each time. Prints the median of 10 steps, as it is and compiled, a line each.
"""

import argparse
import statistics

import torch
from torch import nn
from torch.nn import functional as F

parser = argparse.ArgumentParser()
for name in ("layers", "heads", "width", "vocabulary", "batch", "sequence"):
    parser.add_argument(f"--{name}", type=int, required=True)
parser.add_argument("--compute", choices=["f32", "tf32", "bf16", "f16"], required=True)
sizes = parser.parse_args()


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        width = sizes.width
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.attended = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.hidden, self.output = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        heads = self.qkv(self.before_attention(x)).unflatten(2, (3, sizes.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_causal=True)
        x = x + self.attended(attended.transpose(1, 2).flatten(2))
        return x + self.output(F.gelu(self.hidden(self.before_mlp(x)), approximate="tanh"))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(sizes.vocabulary, sizes.width)
        self.positions = nn.Embedding(sizes.sequence, sizes.width)
        self.layers = nn.Sequential(*(Layer() for _ in range(sizes.layers)))
        self.norm = nn.LayerNorm(sizes.width)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, tokens, targets):
        x = self.norm(self.layers(self.tokens(tokens) + self.positions.weight))
        return F.cross_entropy((x @ self.tokens.weight.T).flatten(0, 1).float(), targets.flatten())


def milliseconds(model, loss_of, steps=10, warmup=3):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    narrow = {"bf16": torch.bfloat16, "f16": torch.float16}.get(sizes.compute)
    shape = (sizes.batch, sizes.sequence)
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(steps + 1)]
    for number in range(warmup + steps):
        if number >= warmup:
            marks[number - warmup].record()
        tokens, targets = (torch.randint(sizes.vocabulary, shape, device="cuda") for _ in range(2))
        with torch.autocast("cuda", narrow, enabled=narrow is not None):
            loss = loss_of(tokens, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    marks[steps].record()
    torch.cuda.synchronize()
    return statistics.median(a.elapsed_time(b) for a, b in zip(marks, marks[1:]))


torch.manual_seed(0)
torch.set_float32_matmul_precision("high" if sizes.compute == "tf32" else "highest")
trained = Model().cuda()
print(f"PyTorch {torch.__version__} {milliseconds(trained, trained):.2f} ms", flush=True)
print(f"compiled {milliseconds(trained, torch.compile(trained)):.2f} ms", flush=True)
