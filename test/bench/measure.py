"""What the benchmark scripts share: compiling, running side by side, and a table of figures with their bars."""

import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import tempfile
import time

root = pathlib.Path(__file__).resolve().parents[2]
folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-figures-"))


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


class Bench:
    """A build folder, a number of threads, and the rows found so far."""

    def __init__(self, build, threads):
        self.build, self.threads, self.rows = build, threads, []
        cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
        print(f"{datetime.date.today()}, {cpu.group(1) if cpu else platform.processor()}, {os.cpu_count()} processors, {threads} threads")

    def row(self, what, found, bar):
        self.rows.append((what, found, bar))
        print(f"{what}: {found} (bar {bar})", flush=True)

    def table(self):
        print("\n| what | found | bar |\n| --- | --- | --- |")
        for cells in self.rows:
            print("| " + " | ".join(cells) + " |")

    def compile(self, model, name, *flags):
        """Compiles a description; returns the program and the seconds that took."""
        start = time.monotonic()
        run(self.build / "bin" / "sluicec", model, "-o", folder / name, *flags)
        return folder / name, time.monotonic() - start

    def log_of(self, program, *flags, threads=None):
        log = folder / "log.jsonl"
        log.unlink(missing_ok=True)
        run(program, "train", "--quiet", f"--log={log}", f"--threads={threads or self.threads}", *flags)
        return [json.loads(line) for line in log.read_text().splitlines()]

    def side_by_side(self, programs, rounds, *flags):
        """Runs each program `rounds` times in turn; returns the lines of their logs, less the first two steps of each run."""
        lines = {name: [] for name in programs}
        for _ in range(rounds):
            for name, program in programs.items():
                lines[name] += [line for line in self.log_of(program, *flags) if line["step"] > 1 and "ms" in line]
        return lines


def description(name, change):
    """Writes examples/shakespeare.json, changed by a function on its JSON, and returns its path."""
    model = json.loads((root / "examples" / "shakespeare.json").read_text())
    change(model)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(model))
    return path


def sized(layers, width):
    return lambda model: model["dimensions"].update(layers=layers, width=width)


def median_ms(lines):
    return statistics.median(line["ms"] for line in lines)


def printable_text():
    path = folder / "text.txt"
    path.write_bytes(b"".join(bytes(range(32, 127)) for _ in range(1000)))
    return path
