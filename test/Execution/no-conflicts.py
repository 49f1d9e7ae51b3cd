"""Checks what the emulated driver counted: no-conflicts.py COUNTERS KERNEL ...

Some kernel whose name begins with each of the words has products of tensor cores. Of all kernels that have some, no
access of shared memory takes longer than its bytes do.
"""

import json
import sys

kernels = [counted for counted in map(json.loads, open(sys.argv[1])) if counted["mma"] > 0]
for word in sys.argv[2:]:
    assert any(counted["kernel"].startswith(word) for counted in kernels), word
for counted in kernels:
    assert counted["wavefronts"] == counted["least_wavefronts"] > 0 and not counted["conflicts"], counted
print(f"{len(kernels)} kernels, {sum(counted['wavefronts'] for counted in kernels)} wavefronts")
