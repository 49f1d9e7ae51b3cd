"""Times stages against one: pipeline.py [--pairs=N] [--micro-batches=8,16] DATA

Compiles 12 layers of 64 units, 12 x 64 tokens a micro-batch, with one stage, with two under 1f1b and as two replicas.
Runs them in turn with one thread a stage, and prints the medians over the rounds of the median time of a step:

- speed-up: one stage over two;
- r: the rate of two independent copies at once over that of one, what the machine has to give;
- beside them one stage with two threads, and two replicas.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile

MODEL = {
    "name": "pipeline", "tokenizer": "bytes",
    "dimensions": {"vocabulary": 256, "context": 64, "width": 64, "heads": 4, "layers": 12, "hidden": "4*width"},
    "init": {"normal": 0.02}, "residual_init": {"normal": "0.02/sqrt(2*layers)"},
    "model": [
        {"op": "embedding", "name": "wte", "rows": "vocabulary", "width": "width"},
        {"op": "position_embedding", "name": "wpe", "rows": "context"},
        {"repeat": "layers", "name": "h", "body": [
            {"residual": [{"op": "layer_norm", "name": "ln_1"},
                          {"op": "attention", "name": "attn", "heads": "heads", "causal": True}]},
            {"residual": [{"op": "layer_norm", "name": "ln_2"},
                          {"op": "linear", "name": "mlp.c_fc", "outputs": "hidden"}, {"op": "gelu", "form": "tanh"},
                          {"op": "linear", "name": "mlp.c_proj", "outputs": "width"}]}]},
        {"op": "layer_norm", "name": "ln_f"}],
    "objective": {"op": "linear_cross_entropy", "tied": "wte"},
    "training": {"batch": 12, "sequence": "context"},
}


class Bench:
    def __init__(self, folder, data):
        self.folder, self.data = folder, data
        self.model = os.path.join(folder, "model.json")
        with open(self.model, "w") as file:
            json.dump(MODEL, file)

    def compile(self, name, *flags):
        subprocess.run(["sluicec", self.model, *flags, "-o", os.path.join(self.folder, name)], check=True)

    def start(self, name, steps, threads, log):
        program = os.path.join(self.folder, name)
        return subprocess.Popen([program, "train", f"--data={self.data}", f"--steps={steps}", f"--threads={threads}",
                                 f"--log={os.path.join(self.folder, log)}", "--overwrite", "--val-fraction=0",
                                 "--quiet"])

    def step(self, name, steps, threads=1, copies=1):
        """Milliseconds of a step, the median; the mean of it over copies that run at once."""
        runs = [self.start(name, steps, threads, f"log.{copy}") for copy in range(copies)]
        assert all(run.wait() == 0 for run in runs)
        medians = []
        for copy in range(copies):
            with open(os.path.join(self.folder, f"log.{copy}")) as log:
                medians.append(statistics.median(json.loads(line)["ms"] for line in log))
        return statistics.mean(medians)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--micro-batches", default="8,16")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, options.data)
        for count in map(int, options.micro_batches.split(",")):
            bench.compile("one", f"--microbatches={count}")
            bench.compile("two", f"--microbatches={count}", "--partition=6,6", "--schedule=1f1b")
            bench.compile("replicas", f"--microbatches={count}", "--replicas=2")
            steps, times = 3 + 60 // count, {}
            for _ in range(options.pairs):
                for name, arguments in {"one": {}, "two": {}, "replicas": {}, "copies": {"copies": 2},
                                        "threads": {"threads": 2}}.items():
                    program = name if name in ("two", "replicas") else "one"
                    times.setdefault(name, []).append(bench.step(program, steps, **arguments))
            median = {name: statistics.median(values) for name, values in times.items()}
            ratio = 2 * median["one"] / median["copies"]
            speedup = median["one"] / median["two"]
            print(f"{count} micro-batches: one stage {median['one']:.1f} ms, two {median['two']:.1f} ms: "
                  f"speed-up {speedup:.3f}, r {ratio:.3f}, speed-up over r/2 {speedup / (ratio / 2):.3f}; "
                  f"2 threads {median['one'] / median['threads']:.3f}, "
                  f"2 replicas {median['one'] / median['replicas']:.3f}", flush=True)


main()
