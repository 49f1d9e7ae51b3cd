#!/usr/bin/env python3
"""What a user of PyTorch would time: reads one job a line as JSON from stdin, prints one line of JSON for each.

  {"job": "contraction", "m": M, "k": K, "n": N, "product": "NN|NT|TN", "bf16": false, "threads": T}     -> {"gflops": median}
  {"job": "step", "layers": L, "heads": H, "width": C, "vocabulary": V, "batch": B, "sequence": S, "steps": N,
   "warmup": W, "compiled": false, "bf16": false, "threads": T}                           -> {"ms": median, "peak_mib": resident}
  {"job": "attention", "heads": H, "width": D, "sequence": S, "threads": T}               -> {"ms": median}

A contraction with "bf16" is of operands that are bf16 in memory. The step is that of examples/shakespeare.json and gpt2.json without dropout: forward, backward, clipping to norm 1, fused AdamW.
"""

import json
import resource
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def median_seconds(run, repeats, warmup):
    times = []
    for _ in range(warmup + repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times[warmup:])


def contraction(job):
    m, k, n = job["m"], job["k"], job["n"]
    x, w, dy = (torch.randn(*shape, dtype=torch.bfloat16 if job["bf16"] else torch.float32) for shape in ((m, k), (k, n), (m, n)))
    product = {"NN": lambda: x @ w, "NT": lambda: dy @ w.T, "TN": lambda: x.T @ dy}[job["product"]]
    flops = 2 * m * k * n
    seconds = median_seconds(product, max(5, int(4e10 / flops)), 2)
    return {"gflops": flops / seconds / 1e9}


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        batch, sequence, width = x.shape
        heads = self.qkv(self.norm1(x)).view(batch, sequence, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(*heads.unbind(0), is_causal=True)
        x = x + self.projection(attended.transpose(1, 2).reshape(batch, sequence, width))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Model(nn.Module):
    def __init__(self, job):
        super().__init__()
        width = job["width"]
        self.tokens, self.positions = nn.Embedding(job["vocabulary"], width), nn.Embedding(job["sequence"], width)
        self.blocks = nn.Sequential(*(Block(width, job["heads"]) for _ in range(job["layers"])))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens, targets):
        x = self.tokens(tokens) + self.positions.weight
        logits = self.norm(self.blocks(x)) @ self.tokens.weight.T
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())


def step(job):
    torch.manual_seed(0)
    model = Model(job)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    loss_of = torch.compile(model) if job["compiled"] else model
    shape = (job["batch"], job["sequence"])
    tokens, targets = torch.randint(job["vocabulary"], shape), torch.randint(job["vocabulary"], shape)

    def run():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=job["bf16"]):
            loss = loss_of(tokens, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    seconds = median_seconds(run, job["steps"], job["warmup"])
    return {"ms": 1e3 * seconds, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def attention(job):
    shape = (1, job["heads"], job["sequence"], job["width"])
    q, k, v = (torch.randn(shape, requires_grad=True) for _ in range(3))
    gradient = torch.randn(shape)

    def run():
        q.grad = k.grad = v.grad = None
        F.scaled_dot_product_attention(q, k, v, is_causal=True).backward(gradient)

    return {"ms": 1e3 * median_seconds(run, 7, 2)}


for line in sys.stdin:
    request = json.loads(line)
    torch.set_num_threads(request["threads"])
    print(json.dumps({"contraction": contraction, "step": step, "attention": attention}[request["job"]](request)), flush=True)
