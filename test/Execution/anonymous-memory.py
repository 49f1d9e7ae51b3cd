"""Runs a training program until its memory no longer grows and compares RssAnon with `info`: anonymous-memory.py INFO COMMAND ..."""

import json
import re
import subprocess
import sys
import time

predicted = json.load(open(sys.argv[1]))["peak_memory_bytes"]
run = subprocess.Popen(sys.argv[2:])
largest, quiet = 0, 0
while quiet < 20 and run.poll() is None:
    time.sleep(0.1)
    found = re.search(r"RssAnon:\s+(\d+) kB", open(f"/proc/{run.pid}/status").read())
    now = int(found.group(1)) * 1024 if found else 0
    quiet = quiet + 1 if now <= largest else 0
    largest = max(largest, now)
run.kill()
run.wait()
print(f"RssAnon {largest / 2**20:.1f} MiB, predicted {predicted / 2**20:.1f} MiB")
assert abs(largest - predicted) <= 0.05 * predicted + 20e6
