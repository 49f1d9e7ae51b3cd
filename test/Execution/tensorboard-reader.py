"""Reads a folder of event files by TensorBoard and compares it with a log: tensorboard-reader.py FOLDER LOG [--from=N].
Only numbers of steps >= N are compared. Prints the number of losses, and all tags.
"""
import json
import pathlib
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

folder, log = sys.argv[1:3]
first = int(sys.argv[3].split("=")[1]) if len(sys.argv) > 3 else 0

for path in sorted(pathlib.Path(folder).iterdir()):
    events = list(EventFileLoader(str(path)).Load())
    assert events[0].file_version == "brain.Event:2", events[0]
    assert all(event.wall_time > 1.7e9 for event in events)

events = EventAccumulator(folder, size_guidance={"scalars": 0})
events.Reload()
tags = events.Tags()["scalars"]
for line in map(json.loads, pathlib.Path(log).read_text().splitlines()):
    for tag, value in line.items():
        if line["step"] >= first and isinstance(value, (int, float)) and tag != "step":
            (found,) = [event.value for event in events.Scalars(tag) if event.step == line["step"]]
            assert found == struct.unpack("<f", struct.pack("<f", value))[0], (line["step"], tag, found, value)
print(len(events.Scalars("loss")), "losses, tags:", *sorted(tags))
