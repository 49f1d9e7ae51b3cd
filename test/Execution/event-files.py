"""Compares the event files of a folder with a log: event-files.py FOLDER LOG. Prints the numbers of files and steps,
and all tags. Nothing but the standard library reads them: TFRecord and the encoding of protocol buffers by hand.
"""
import json
import math
import pathlib
import struct
import sys


def masked_crc(data):
    """CRC-32C bit by bit, rotated and shifted as records have it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == masked_crc(data[:8])
        content = data[12 : 12 + length]
        assert struct.unpack("<I", data[12 + length : 16 + length])[0] == masked_crc(content)
        yield content
        data = data[16 + length :]


def fields(message):
    """Number and value of every field: an int, a float, or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(kind) or varint()
        assert kind in (1, 2, 5) and at + size <= len(message), (kind, size)
        value = message[at : at + size]
        at += size
        yield key >> 3, value if kind == 2 else struct.unpack("<d" if kind == 1 else "<f", value)[0]


def read_events(paths):
    """The value of every step and tag, as TensorBoard takes them: a START drops what is of its step and later ones."""
    values = {}
    for path in paths:
        events = [dict(fields(record)) for record in records(path.read_bytes())]
        assert events[0][3] == b"brain.Event:2" and set(events[0]) == {1, 3}, events[0]
        assert dict(fields(events[1][7])) == {1: 1}, events[1]
        assert all(1.7e9 < event[1] < 1e10 for event in events)
        values = {key: value for key, value in values.items() if key[0] < events[1][2]}
        for event in events[2:]:
            for number, value in fields(event[5]):
                scalar = dict(fields(value))
                assert number == 1 and set(scalar) == {1, 2}, scalar
                key = event[2], scalar[1].decode()
                assert key not in values, key
                values[key] = scalar[2]
    return values


def flatten(value, tag):
    """Tag and number of all numbers of a value of the log."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from flatten(inside, f"{tag}/{key}")
    elif isinstance(value, list):
        for i, inside in enumerate(value):
            name = inside["name"] if isinstance(inside, dict) else str(i)
            yield from flatten(inside, f"{tag}/{name}")
    elif not isinstance(value, str):
        yield tag, math.nan if value is None else value


def as_float(number):
    return struct.unpack("<f", struct.pack("<f", number))[0]


def main():
    folder, log = (pathlib.Path(name) for name in sys.argv[1:])
    paths = sorted(folder.iterdir())
    found, expected = read_events(paths), {}
    for line in map(json.loads, log.read_text().splitlines()):
        for key, value in line.items():
            if key != "step":
                expected.update(((line["step"], tag), as_float(number)) for tag, number in flatten(value, key))
    # As text, so that what is no number equals itself.
    assert list(map(str, sorted(found.items()))) == list(map(str, sorted(expected.items()))), (found, expected)
    print(len(paths), "files,", len({step for step, _ in found}), "steps, tags:", *sorted({tag for _, tag in found}))


main()
