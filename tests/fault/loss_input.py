# SPDX-License-Identifier: MIT
"""One record with the fields that any ssl-loss reads, before compression."""
import random
import struct
import sys


def pack(x):
    """MessagePack of what is needed here."""
    if isinstance(x, dict):
        return bytes([0x80 | len(x)] if len(x) < 16 else [0xde, 0, len(x)]) \
            + b"".join(pack(y) for pair in x.items() for y in pair)
    if isinstance(x, list):
        return bytes([0x90 | len(x)]) + b"".join(map(pack, x))
    if isinstance(x, str):
        return bytes([0xa0 | len(x)]) + x.encode()
    if isinstance(x, bytes):
        return b"\xc5" + struct.pack(">H", len(x)) + x
    return bytes([x])


def rows(n, d):
    numbers = [random.gauss(0, 1) for _ in range(n * d)]
    return {"dtype": "f4", "shape": [n, d],
            "data": struct.pack(f"<{n * d}f", *numbers)}


random.seed(1)
record = {name: rows(6, 4) for name in "p0 p1 z0 z1 q k s0 s1 z".split()}
record["queue"] = rows(8, 4)
record["label"] = {"dtype": "i8", "shape": [6],
                   "data": struct.pack("<6q", 0, 0, 1, 1, 2, 2)}
head = {"tensorstream": 1, "meta": {"kind": "embeddings"}, "history": []}
end = {"end": {"records": 1, "samples": 0}}
sys.stdout.buffer.write(pack(head) + pack(record) + pack(end))
