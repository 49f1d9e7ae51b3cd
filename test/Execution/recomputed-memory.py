"""recomputed-memory.py PROGRAM ...: each program needs less memory than the one before it, by what it keeps of
micro-batches, and in all."""

import json
import subprocess
import sys

told = [json.loads(subprocess.run([program, "info", "--json"], check=True, capture_output=True, text=True).stdout)
        for program in sys.argv[1:]]
for what, figures in (("frames", [info["memory_bytes"]["frames"] for info in told]),
                      ("peak", [info["peak_memory_bytes"] for info in told])):
    falls = all(more > less for more, less in zip(figures, figures[1:]))
    assert falls, f"{what}: expected less each time, found {figures}"
