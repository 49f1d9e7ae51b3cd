"""Writes a text that can be learned: sentences of drawn words."""

import random
import sys

words = "the a quick brown fox dog jumps over runs after lazy small and or then sleeps".split()
draw = random.Random(0)
with open(sys.argv[1], "w") as file:
    for _ in range(400):
        file.write(" ".join(draw.choice(words) for _ in range(6)) + ".\n")
