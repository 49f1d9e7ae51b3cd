"""Tells how many steps a card was asked for whenever the host waited for one: steps-under-way.py CALLS

The file has the calls of a run on the emulated driver. A step that a card does as a whole ends with the event behind a
copy from the card, which is what the host waits for.
"""

import sys

asked, counts, last = 0, [], ""
for call in open(sys.argv[1]).read().split():
    if call == "cuCtxSetCurrent":
        continue
    if call == "cuEventRecord" and last == "cuMemcpyDtoHAsync_v2":
        asked += 1
    elif call == "cuEventSynchronize":
        counts.append(asked - len(counts))
    last = call
print(*counts)
