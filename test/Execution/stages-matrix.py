"""Trains a small model with every number of stages and replicas, every schedule and 1 to 8 micro-batches, with several
sets of techniques, and compares losses, norms, weights and optimizer state with those of one stage and one replica, to
the last bit. About 1,000 programs of one or two seconds each: too long for the suite, which has stages.test.

    test/Execution/stages-matrix.py [--sets all-tied,dropout] [--microbatches 1,2,8]     # build/bin on the PATH

Ends at the first difference, with the command lines that repeat it."""

import argparse
import collections
import concurrent.futures
import json
import os
import random
import shutil
import struct
import sys
import tempfile
from pathlib import Path

import stages

SCHEDULES = "sequential", "gpipe", "1f1b", "zero-bubble"
PARTITIONS = {1: "12", 2: "6,6", 3: "3,6,3", 4: "2,4,4,2"}
# Stages that hold the embeddings or the head alone, and uneven ones.
EDGES = "0,12", "12,0", "1,11", "0,3,9,0"
# One stage, one replica: what all others have to equal.
REFERENCE = "--partition=12", "--schedule=sequential", "--replicas=1"
# Fewer than stages, as many, more, and odd ones.
FEW = 1, 2, 3, 4, 8
EVERY = range(1, 9)

ALL = ["--layer-drop=theta=0.5,gamma=0.5", "--standardization-loss=lambda=0.1", "--grad-clip=0.01"]
# Whether the head is tied to the embeddings, the rate of dropout, numbers of micro-batches, whether EDGES and groups
# beside those of the replicas are tried too, flags, and flags of all programs but the reference. Each technique is
# alone in one set, all are together in others.
Set = collections.namedtuple("Set", "tied dropout micro_batches edges flags others", defaults=[()])
SETS = {
    "all-tied": Set(True, 0.25, EVERY, True, [*ALL, "--optimizer=muon"]),
    "all-untied": Set(False, 0.25, EVERY, False,
                      [*ALL, "--clip-scope=task", "--compute=bf16", "--optimizer=adamw"]),
    "adamw": Set(True, 0, FEW, False, ["--optimizer=adamw", "--grad-clip=0"]),
    "muon": Set(False, 0, FEW, False, ["--optimizer=muon", "--grad-clip=0"]),
    "sgd-clipped": Set(True, 0, FEW, False, ["--optimizer=sgd", ALL[2]]),
    "layer-drop": Set(False, 0, FEW, False, [ALL[0], "--grad-clip=0"]),
    "standardization-loss": Set(True, 0, FEW, False, [ALL[1], "--grad-clip=0"]),
    "dropout": Set(True, 0.25, FEW, False, ["--grad-clip=0"]),
    # What is computed in few bits, beside all techniques. Sums are short: chunks of 2 products are shorter.
    "fp8-2018": Set(True, 0.25, (4,), False, [*ALL, "--optimizer=adamw", "--compute=fp8-2018"]),
    "hfp8": Set(True, 0.25, (4,), False, [*ALL, "--compute=hfp8", "--accumulate=e6m3,chunk=2"]),
    "hopper-fp8": Set(True, 0.25, (4,), False, [*ALL, "--compute=hopper-fp8"]),
    "f16": Set(True, 0.25, (4,), False, [*ALL, "--compute=f16", "--loss-scale=dynamic"]),
    "toward-zero": Set(True, 0.25, (4,), False,
                       [*ALL, "--compute=f8E4M3FN", "--accumulate=e5m4,rounding=toward-zero", "--loss-scale=256"]),
    "stochastic": Set(True, 0.25, (4,), False,
                      [*ALL, "--optimizer=sgd", "--state=e6m9", "--compute=f8E5M2",
                       "--accumulate=e6m3,chunk=2,rounding=stochastic"]),
    # What is computed again equals what the reference keeps.
    "recompute": Set(True, 0.25, FEW, False, [*ALL, "--optimizer=muon"], ["--recompute=layer"]),
    "recompute-untied": Set(False, 0.25, (4,), False, [*ALL, "--clip-scope=task", "--compute=bf16"],
                            ["--recompute=layer"]),
    "recompute-stage": Set(True, 0.25, FEW, False, [*ALL, "--clip-scope=task"], ["--recompute=stage"]),
    "recompute-fp8-2018": Set(True, 0.25, (4,), False, [*ALL, "--compute=fp8-2018"], ["--recompute=layer"]),
    "recompute-stochastic": Set(True, 0.25, (4,), False,
                                [*ALL, "--optimizer=sgd", "--state=e6m9", "--compute=f8E5M2",
                                 "--accumulate=e6m3,chunk=2,rounding=stochastic"], ["--recompute=layer"]),
}


def write_model(path, of):
    """Twelve layers as narrow as can be: what is compiled is small, and what is cut is not."""
    drop = [{"op": "dropout", "rate": of.dropout}]
    attention = {"op": "attention", "name": "attn", "heads": 2, "dropout": of.dropout}
    body = [{"residual": [{"op": "layer_norm", "name": "ln_1"}, attention, *drop]},
            {"residual": [{"op": "layer_norm", "name": "ln_2"}, {"op": "linear", "name": "fc", "outputs": 8},
                          {"op": "gelu"}, {"op": "linear", "name": "proj", "outputs": 4}, *drop]}]
    head = {"op": "linear_cross_entropy"} | ({"tied": "wte"} if of.tied else {"name": "head"})
    model = [{"op": "embedding", "name": "wte", "rows": 16, "width": 4},
             {"op": "position_embedding", "name": "wpe", "rows": 4}, *drop,
             {"repeat": 12, "name": "h", "body": body}, {"op": "layer_norm", "name": "ln_f"}]
    path.write_text(json.dumps({"name": "matrix", "model": model, "objective": head,
                                "training": {"batch": 2, "sequence": 4, "lr": 1e-2}}))


def write_tokens(path):
    tokens = random.Random(1)
    path.write_bytes(struct.pack("<2000H", *(tokens.choice((tokens.randrange(16), 3)) for _ in range(2000))))


def held_by(partition, micro_batches):
    """Schedules, and devices of a replica that hold several stages each."""
    stages_of = partition.count(",") + 1
    if stages_of == 3:  # the ring: the first and the last stage on one device
        yield "sequential", 2
        yield "gpipe", 2
    if stages_of == 4:
        for devices in (1, 2):
            if micro_batches % devices == 0:
                yield "interleaved", devices


def variants_of(of, micro_batches):
    """Flags of the programs to compare, by reduction groups."""
    variants = collections.defaultdict(list)
    for replicas in (1, 2):
        if micro_batches % replicas:
            continue
        groups = {replicas}
        if of.edges:
            groups |= {v for v in (2, 4) if micro_batches % v == 0}
        for v in sorted(groups):
            edges = EDGES if of.edges and v == replicas and micro_batches in FEW else ()
            for partition in [*PARTITIONS.values(), *edges]:
                for schedule in SCHEDULES:
                    flags = f"--partition={partition}", f"--schedule={schedule}", f"--replicas={replicas}"
                    if flags != REFERENCE or of.others:
                        variants[v].append((*flags, *of.others))
                for schedule, devices in held_by(partition, micro_batches // replicas):
                    variants[v].append((f"--partition={partition}", f"--schedule={schedule}",
                                        f"--replicas={replicas}", f"--devices={devices * replicas}", *of.others))
    return variants


class Matrix:
    def __init__(self, folder, jobs, micro_batches):
        self.folder, self.jobs, self.micro_batches = folder, jobs, micro_batches
        self.counts = collections.Counter()
        write_tokens(folder / "tokens.bin")

    def train(self, of, flags):
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            return stages.train(os.path.join(folder, "run"), str(self.folder / f"{of}.json"), flags,
                                data=str(self.folder / "tokens.bin"))

    def run_set(self, of):
        write_model(self.folder / f"{of}.json", SETS[of])
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            try:
                for micro_batches in sorted(self.micro_batches & set(SETS[of].micro_batches)):
                    for groups, variants in variants_of(SETS[of], micro_batches).items():
                        self.run_group(of, micro_batches, groups, variants, pool)
                    print(f"{of}: {micro_batches} micro-batches", file=sys.stderr, flush=True)
            finally:
                pool.shutdown(cancel_futures=True)

    def run_group(self, of, micro_batches, groups, variants, pool):
        common = [*SETS[of].flags, f"--microbatches={micro_batches}", f"--reduction-groups={groups}"]
        reference = pool.submit(self.train, of, [*common, *REFERENCE])
        results = [pool.submit(self.train, of, [*common, *flags]) for flags in variants]
        self.check_reference(of, reference.result())
        for flags, result in zip(variants, results):
            if difference := stages.find_difference(reference.result(), result.result()):
                sys.exit(f"{of}: {difference}\n" + self.commands([*common, *REFERENCE], of) +
                         self.commands([*common, *flags], of))
            stages_of = flags[0].count(",") + 1
            self.counts[of, stages_of, int(flags[2][-1])] += 1

    def commands(self, flags, of):
        return (f"sluicec {self.folder}/{of}.json {' '.join(flags)} -o train && ./train train "
                f"--data={self.folder}/tokens.bin --steps=20 --threads=1 --log=log --checkpoint-dir=checkpoint\n")

    def check_reference(self, of, result):
        """That the set is what it is called: its techniques do something in these steps."""
        steps = result[0][:-1]
        assert len({line["loss"] for line in steps}) > 10, f"{of}: expected losses that change"
        if "--grad-clip=0.01" in SETS[of].flags:
            assert all(line["grad_norm"] > 0.01 for line in steps), f"{of}: expected gradients that are clipped"
        if ALL[0] in SETS[of].flags:
            assert sum(line["layers_kept"] < 12 for line in steps) > 10, f"{of}: expected layers that are dropped"
        if ALL[1] in SETS[of].flags:
            assert all(line["standardization_loss"] > 0 for line in steps), f"{of}: expected the loss"

    def print_table(self, of):
        cells = [self.counts[of, stage_count, replicas] for stage_count in PARTITIONS for replicas in (1, 2)]
        print(f"| {of} | {' | '.join(map(str, cells))} | {sum(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Compares programs of all stages, replicas and schedules.")
    parser.add_argument("--sets", default=",".join(SETS), help="of techniques (default: %(default)s)")
    parser.add_argument("--microbatches", default=",".join(map(str, EVERY)), help="a step (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="programs at once (default: %(default)s)")
    options = parser.parse_args()
    sets = options.sets.split(",")
    if unknown := set(sets) - set(SETS):
        parser.error(f"expected sets of {', '.join(SETS)}, found {', '.join(sorted(unknown))}")
    # Of a difference the model and the tokens stay.
    folder = Path(tempfile.mkdtemp(prefix="sluice-stages-"))
    matrix = Matrix(folder, options.jobs, {int(number) for number in options.microbatches.split(",")})
    heads = [f"{k} x {r}" for k in PARTITIONS for r in (1, 2)]
    print(f"| stages x replicas | {' | '.join(heads)} | all |\n|{' --- |' * (len(heads) + 2)}", flush=True)
    for of in sets:
        matrix.run_set(of)
        matrix.print_table(of)
    print(f"{sum(matrix.counts.values())} programs equal their references to the last bit")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
