"""Makes a tensor stream for a test: stream.py OUT [KIND] <LINES

Each line is JSON. A line with "meta" begins a stream; every other is a record: {"name": value}, a tensor as
{"dtype", "shape", "value"}, value a number for all elements or a list of all, "0..1" for numbers from 0 to 1.
"""
import json
import sys

import msgpack
import numpy as np
import zstandard


def make(value):
    if not isinstance(value, dict):
        return value
    n = int(np.prod(value['shape']))
    fill = np.linspace(0, 1, n) if value['value'] == '0..1' else value['value']
    data = np.array(fill).reshape(-1).astype('<' + value['dtype'])
    data = bytes(n * data.itemsize) if data.size == 1 and not data.any() else np.resize(data, n).tobytes()
    return {'dtype': value['dtype'], 'shape': value['shape'], 'data': data}


def samples(record):
    return next((v['shape'][0] for v in record.values() if isinstance(v, dict) and v['shape']), 0)


def end(stream):
    count = sum(map(samples, stream[1:])) if stream[0]['meta'].get('kind') == 'samples' else 0
    return {'end': {'records': len(stream) - 1, 'samples': count}}


streams = []
for line in map(json.loads, sys.stdin):
    if 'meta' in line:
        streams.append([{'tensorstream': 1, 'history': [], **line}])
    else:
        streams[-1].append(line)
with open(sys.argv[1], 'wb') as out, zstandard.ZstdCompressor(write_checksum=True).stream_writer(out) as frame:
    for stream in streams:
        frame.write(msgpack.packb(stream[0]))
        for record in stream[1:]:
            frame.write(msgpack.packb({name: make(value) for name, value in record.items()}))
        frame.write(msgpack.packb(end(stream)))
