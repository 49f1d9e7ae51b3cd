"""Writes one text in every format of tokens: data-formats.py FOLDER."""

import gzip
import pathlib
import sys

import numpy

folder = pathlib.Path(sys.argv[1])
text = b"It was the best of times, it was the worst of times, it was the age of wisdom."
tokens = numpy.frombuffer(text, numpy.uint8)


def header(magic, version):
    words = numpy.zeros(256, "<i4")
    words[:3] = magic, version, len(tokens)
    return words.tobytes()


(folder / "text.txt").write_bytes(text)
(folder / "text.txt.gz").write_bytes(gzip.compress(text))
(folder / "raw.bin").write_bytes(tokens.astype("<u2").tobytes())
(folder / "raw.u32").write_bytes(tokens.astype("<u4").tobytes())
(folder / "gpt2.bin").write_bytes(header(20240520, 1) + tokens.astype("<u2").tobytes())
(folder / "llama3.bin").write_bytes(header(20240801, 7) + tokens.astype("<u4").tobytes())
numpy.save(folder / "int64.npy", tokens.astype("<i8"))
(folder / "short.bin").write_bytes(tokens[:9].astype("<u2").tobytes())
