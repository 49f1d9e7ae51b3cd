"""Tells which entries of the emulated driver a step calls: calls-of-steps.py SHORT LONG STEPS

The two files have the calls of runs, of which the second makes STEPS steps more. Which card is meant does not count.
"""

import collections
import sys

short, long = (collections.Counter(open(path).read().split()) for path in sys.argv[1:3])
steps = int(sys.argv[3])
print("captures of the longer run:", long["cuStreamEndCapture"])
of_steps = {name: long[name] - short[name] for name in long | short if name != "cuCtxSetCurrent"}
assert all(count % steps == 0 for count in of_steps.values()), of_steps
for name, count in sorted(of_steps.items()):
    if count:
        print(f"{count // steps} a step: {name}")
