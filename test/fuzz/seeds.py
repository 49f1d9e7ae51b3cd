"""Cuts the valid .mlir tests of our dialects at their separators: python3 seeds.py OUT FILE ..."""

import os
import sys

out, *files = sys.argv[1:]
os.makedirs(out, exist_ok=True)
for file in files:
    for number, part in enumerate(open(file).read().split("// -----")):
        # What FileCheck reads is no part of the module.
        lines = [line for line in part.splitlines() if not line.lstrip().startswith("//")]
        with open(os.path.join(out, f"{os.path.basename(file)}-{number}"), "w") as seed:
            seed.write("\n".join(lines) + "\n")
