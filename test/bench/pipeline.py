"""Times stages against one: pipeline.py [--pairs=N] [--micro-batches=8,16] DATA

Compiles 12 layers of 64 units, 12 x 64 tokens a micro-batch, with one stage, with two under 1f1b and as two replicas.
Costs of the two are from profiles of two programs: one with a stage a layer, one layer at a time, and the two stages
themselves. Runs them in turn with one thread a stage, and prints the medians over the rounds of the median time of a
step:

- speed-up: one stage over two, and beside it the one over `sequential` that is simulated by the first profile;
- r: the rate of two independent copies at once over that of one, what the machine has to give;
- the bubble that is measured, and those that are predicted by the two profiles;
- one stage with two threads, and two replicas.
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
    def __init__(self, folder, data, **dimensions):
        self.folder, self.data = folder, data
        self.model = os.path.join(folder, "model.json")
        with open(self.model, "w") as file:
            json.dump({**MODEL, "dimensions": {**MODEL["dimensions"], **dimensions}}, file)

    def compile(self, name, *flags):
        subprocess.run(["sluicec", self.model, *flags, "-o", os.path.join(self.folder, name)], check=True)

    def profile(self, name, flags):
        """Compiles, measures what the stages take, and gives the flag of the profile."""
        self.compile(name, *flags)
        program, profile = os.path.join(self.folder, name), os.path.join(self.folder, name + ".profile")
        subprocess.run([program, "--bench", f"--profile={profile}", "--overwrite", "--threads=1"], check=True,
                       stdout=subprocess.DEVNULL)
        return f"--profile={profile}"

    def plan(self, *flags):
        """The step as simulated."""
        found = subprocess.run(["sluicec", self.model, *flags, "--explain=json"], check=True, stdout=subprocess.PIPE)
        return json.loads(found.stdout)

    def start(self, name, steps, threads, log):
        program = os.path.join(self.folder, name)
        return subprocess.Popen([program, "train", f"--data={self.data}", f"--steps={steps}", f"--threads={threads}",
                                 f"--log={os.path.join(self.folder, log)}", "--overwrite", "--val-fraction=0",
                                 "--quiet"])

    def step(self, name, steps, threads=1, copies=1):
        """Milliseconds and bubble of a step, the medians; the means of them over copies that run at once."""
        runs = [self.start(name, steps, threads, f"log.{copy}") for copy in range(copies)]
        assert all(run.wait() == 0 for run in runs)
        medians = []
        for copy in range(copies):
            with open(os.path.join(self.folder, f"log.{copy}")) as log:
                lines = [json.loads(line) for line in log]
            medians.append([statistics.median(line.get(key, 0) for line in lines) for key in ("ms", "bubble")])
        return [statistics.mean(values) for values in zip(*medians)]


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
            micro_batches, pipeline = f"--microbatches={count}", ["--stages=2", "--schedule=1f1b"]
            by_layer = bench.profile("layers", [micro_batches, "--stages=14"])
            bench.compile("two", micro_batches, *pipeline, by_layer)
            simulated = bench.plan(micro_batches, *pipeline, by_layer)
            bench.compile("replicas", f"--microbatches={count}", "--replicas=2")
            partition = "--partition=" + ",".join(str(stage["layers"]) for stage in simulated["stages"])
            by_stage = bench.profile("stages", [micro_batches, partition, "--schedule=1f1b"])
            itself = bench.plan(micro_batches, partition, "--schedule=1f1b", by_stage)
            steps, times, bubbles = 3 + 60 // count, {}, []
            for _ in range(options.pairs):
                for name, arguments in {"one": {}, "two": {}, "replicas": {}, "copies": {"copies": 2},
                                        "threads": {"threads": 2}}.items():
                    program = name if name in ("two", "replicas") else "one"
                    milliseconds, bubble = bench.step(program, steps, **arguments)
                    times.setdefault(name, []).append(milliseconds)
                    if name == "two":
                        bubbles.append(bubble)
            median = {name: statistics.median(values) for name, values in times.items()}
            ratio = 2 * median["one"] / median["copies"]
            speedup = median["one"] / median["two"]
            print(f"{count} micro-batches: one stage {median['one']:.1f} ms, two {median['two']:.1f} ms: "
                  f"speed-up {speedup:.3f}, r {ratio:.3f}, speed-up over r/2 {speedup / (ratio / 2):.3f}; "
                  f"2 threads {median['one'] / median['threads']:.3f}, "
                  f"2 replicas {median['one'] / median['replicas']:.3f}; {partition[12:]} layers, "
                  f"simulated speed-up over sequential {simulated['speed_up']:.3f}, bubble {statistics.median(bubbles):.3f}, "
                  f"predicted {simulated['bubble']:.3f} by a stage a layer, {itself['bubble']:.3f} by its own stages", flush=True)


if __name__ == "__main__":
    main()
