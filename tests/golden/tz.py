"""Tensor streams (.tz) for the tests: read strictly, write simply.

    head, records = tz.read("a.tz")         # exactly one stream
    for head, records in tz.streams(data):  # bytes, one or more streams
    tz.write("b.tz", {"kind": "samples"}, [{"feature": array, "key": ["a"]}])

Tensors are numpy arrays, everything else is a plain Python value.  Whatever
breaks a rule of the format raises ValueError.
"""
import math

import msgpack
import numpy as np
import zstandard

SIZES = {"u1": 1, "i4": 4, "i8": 8, "f2": 2, "f4": 4, "f8": 8}
PLAIN = (type(None), bool, int, float, str)


def need(ok, text):
    if not ok:
        raise ValueError(text)


def unzip(data):
    """The frames' contents, joined; every frame whole and with a checksum."""
    out = []
    while data:
        try:
            head = zstandard.get_frame_parameters(data)
            need(head.has_checksum, "a frame without a checksum")
            need(head.window_size <= 8 << 20, "a window over 8 MiB")
            frame = zstandard.ZstdDecompressor().decompressobj()
            out.append(frame.decompress(data))
            need(frame.eof, "truncated stream")
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from None
        data = frame.unused_data
    return b"".join(out)


def tensor(name, v):
    need(set(v) == {"dtype", "shape", "data"}, f"{name}: not a tensor")
    dtype, shape, data = v["dtype"], v["shape"], v["data"]
    need(dtype in SIZES, f"{name}: dtype {dtype!r}")
    need(len(shape) <= 8 and all(type(d) is int and d >= 0 for d in shape),
         f"{name}: shape {shape}")
    need(isinstance(data, bytes), f"{name}: data that is no bin")
    need(len(data) == math.prod(shape) * SIZES[dtype],
         f"{name}: {len(data)} bytes for {dtype} {shape}")
    return np.frombuffer(data, "<" + dtype).reshape(shape)


def value(name, v):
    need(0 < len(name.encode()) < 256 and "\0" not in name,
         f"field name {name!r}")
    if isinstance(v, dict):
        return tensor(name, v)
    for x in v if isinstance(v, list) else [v]:
        need(isinstance(x, PLAIN), f"{name}: {type(x).__name__}")
    return v


def samples(head, record):
    """The first dimension shared by all tensors and arrays of strings."""
    if head["meta"].get("kind") != "samples":
        return 0
    n = {v.shape[:1] for v in record.values() if isinstance(v, np.ndarray)}
    n |= {(len(v),) for v in record.values()
          if isinstance(v, list) and v and isinstance(v[0], str)}
    need(len(n) < 2 and () not in n, f"first dimensions {sorted(n)}")
    return n.pop()[0] if n else 0


def unique(pairs):
    need(all(isinstance(key, str) for key, _ in pairs), "a key not a string")
    need(len(dict(pairs)) == len(pairs), "a key given twice")
    return dict(pairs)


def shallow(v, depth=16):
    need(depth > 0, "nested deeper than 16")
    for x in v.values() if isinstance(v, dict) else v:
        if isinstance(x, (dict, list)):
            shallow(x, depth - 1)


def streams(data):
    """Every stream in the bytes of a .tz file: (header, list of records)."""
    data = unzip(data)
    items = msgpack.Unpacker(object_pairs_hook=unique,
                             max_buffer_size=max(1, len(data)))
    items.feed(data)
    done, head, records, total = [], None, [], 0
    for item in items:
        need(isinstance(item, dict) and item, "not a map")
        shallow(item)
        first = next(iter(item))
        if head is None:
            need(first == "tensorstream", "no header")
            need(item[first] == 1, f"version {item[first]}, not 1")
            need(isinstance(item.get("meta"), dict) and
                 isinstance(item.get("history"), list), "a bad header")
            head, records, total = item, [], 0
        elif first == "end" and set(item["end"]) == {"records", "samples"}:
            counts = {"records": len(records), "samples": total}
            need(item == {"end": counts}, f"{item} after {counts}")
            done.append((head, records))
            head = None
        else:
            need(first != "tensorstream", "a header inside a stream")
            records.append({k: value(k, v) for k, v in item.items()})
            total += samples(head, records[-1])
    need(head is None and items.tell() == len(data) and done,
         "truncated stream")
    return done


def read(path):
    with open(path, "rb") as file:
        found = streams(file.read())
    need(len(found) == 1, f"{path}: {len(found)} streams")
    return found[0]


def pack(v):
    code = v.dtype.str[1:]
    return {"dtype": code, "shape": v.shape,
            "data": v.astype("<" + code).tobytes()}


def frames(head, rest):
    """What each frame of a file has, as our tools cut it."""
    yield head
    for at in range(0, len(rest), 1 << 19):
        yield rest[at:at + (1 << 19)]


def write(path, meta, records, level=3):
    head = {"tensorstream": 1, "meta": meta, "history": []}
    end = {"records": len(records),
           "samples": sum(samples(head, r) for r in records)}
    raw = [msgpack.packb(item, default=pack)
           for item in (head, *records, {"end": end})]
    how = zstandard.ZstdCompressionParameters.from_level(
        level, write_checksum=True, window_log=20)
    with open(path, "wb") as file:
        for content in frames(raw[0], b"".join(raw[1:])):
            file.write(zstandard.ZstdCompressor(compression_params=how)
                       .compress(content))
