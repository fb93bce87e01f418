#!/usr/bin/env python3
"""Makes vectors/: small streams that a reader must accept or refuse.

    make_vectors.py FOLDER      writes FOLDER/good/NAME.tz and .json, FOLDER/bad/NAME.tz and .fail

NAME.json is what the stream holds, a line for each header and record, tensors as {"dtype", "shape", "data"}. NAME.fail is
what a reader has to complain about, in the words of ssl-show; other readers may choose other words, but "truncated stream"
is to be used for everything that merely ends too early. Needs msgpack, numpy and zstandard.
"""
import json
import pathlib
import sys

import msgpack
import numpy as np
import zstandard


def tensor(dtype, shape, values):
    return np.array(values, '<' + dtype).reshape(shape)


def default(value):
    return {'dtype': value.dtype.str[1:], 'shape': list(value.shape), 'data': value.tobytes()}


def pack(*items):
    return b''.join(item if isinstance(item, bytes) else msgpack.packb(item, default=default) for item in items)


def frame(data, level=1, **settings):
    settings = zstandard.ZstdCompressionParameters.from_level(level, **{'write_checksum': True, **settings})
    if settings.write_content_size:
        return zstandard.ZstdCompressor(compression_params=settings).compress(data)
    packer = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    return packer.compress(data) + packer.flush()


def header(kind='samples', **more):
    return {'tensorstream': 1, 'meta': {'kind': kind, **more}, 'history': [{'tool': 'ssl-decode', 'version': '0.1.0', 'args': ['photos'], 'seed': 7}]}


def end(records, samples=0):
    return {'end': {'records': records, 'samples': samples}}


def plain(value):
    """What the JSON says of a value: NaN and infinities are null."""
    if isinstance(value, np.ndarray):
        numbers = value.tolist() if value.size else []
        return {'dtype': value.dtype.str[1:].replace('|', ''), 'shape': list(value.shape), 'data': plain(numbers)}
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


SAMPLES = {'image': tensor('u1', [2, 1, 2, 3], range(12)), 'label': tensor('i8', [2], [1, -1]), 'key': ['a.jpg', 'ä b.jpg'], 'epoch': 0}


def good():
    """NAME: (items, bytes); bytes None: the items in one frame."""
    yield 'no-records', [header(), end(0)], None
    yield 'samples', [header(classes=['cat', 'dog']), SAMPLES, end(1, 2)], None
    yield 'dtypes', [header('other'), {
        'u1': tensor('u1', [2], [0, 255]), 'i4': tensor('i4', [2], [-2**31, 2**31 - 1]), 'i8': tensor('i8', [2], [-2**63, 2**63 - 1]),
        'f2': tensor('f2', [5], [0.5, -2.25, 65504, np.nan, np.inf]), 'f4': tensor('f4', [3], [0.5, -np.inf, np.nan]),
        'f8': tensor('f8', [2], [0.1, 1e300])}, end(1)], None
    yield 'dimensions', [header('other'), {f'd{n}': tensor('u1', [1] * (n - 1) + [2] * (n > 0), range(2 if n else 1)) for n in range(9)}, end(1)], None
    yield 'no-elements', [header(), {'feature': tensor('f4', [0, 7], []), 'key': []}, end(1)], None
    yield 'plain-values', [header('other'), {'nil': None, 'yes': True, 'no': False, 'low': -2**63, 'high': 2**64 - 1, 'real': 0.1,
        'text': 'tab\t "quote" \\ é \x1b[31m', 'list': [None, 1, 'x', 2.5], 'none': []}, end(1)], None
    items = [header('checkpoint'), {'name': 'online.encoder.fc.weight', 'value': tensor('f4', [1, 2], [0.5, 1.5])}, end(1)]
    yield 'checkpoint', items, None
    yield 'unknown', [{**header(later={'a': [1, {'b': None}]})}, {**SAMPLES, 'later': 'kept'}, end(1, 2)], None
    items = [header(), SAMPLES, end(1, 2)]
    yield 'frame-per-item', items, b''.join(frame(pack(item)) for item in items)
    yield 'frame-per-byte', items, b''.join(frame(bytes([byte])) for byte in pack(*items))
    yield 'empty-frames', items, frame(b'') + frame(pack(items[0])) + frame(b'') * 2 + frame(pack(*items[1:])) + frame(b'')
    skip = b'\x50\x2a\x4d\x18\1\0\0\0x', b'\x5f\x2a\x4d\x18\0\0\0\0'
    yield 'skippable-frames', items, skip[0] + frame(pack(items[0])) + skip[1] + skip[0] + frame(pack(*items[1:])) + skip[0]
    yield 'concatenated', [*items, header('other'), {'n': 1}, end(1)], frame(pack(*items)) + frame(pack(header('other'), {'n': 1}, end(1)))
    yield 'size-not-told', items, frame(pack(*items), write_content_size=False)
    yield 'window-8-mib', items, frame(pack(*items), window_log=23, write_content_size=False)
    wide = b'\xdf\0\0\0\1\xdb\0\0\0\1x\xdf\0\0\0\3' b'\xda\0\5dtype\xd9\2u1' b'\xd9\5shape\xdd\0\0\0\1\xd3\0\0\0\0\0\0\0\2' b'\xda\0\4data\xc6\0\0\0\2\5\6'
    yield 'longest-encodings', [header(), {'x': tensor('u1', [2], [5, 6])}, end(1, 2)], frame(pack(header(), wide, end(1, 2)))
    order = b'\x81\xa1x\x83\xa4data\xc4\2\5\6\xa5shape\x91\2\xa5dtype\xa2u1'
    yield 'other-key-order', [header(), {'x': tensor('u1', [2], [5, 6])}, end(1, 2)], frame(pack(header(), order, end(1, 2)))
    deep = []
    for _ in range(13):
        deep = [deep]
    yield 'nested-16', [header(deep=deep), end(0)], None


def nested(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def bad():
    """NAME, bytes, complaint."""
    whole = pack(header(), SAMPLES, end(1, 2))
    file = frame(whole)
    yield 'empty-file', b'', 'truncated stream'
    yield 'empty-frame', frame(b''), 'truncated stream'
    yield 'cut-in-magic', file[:3], 'truncated stream'
    yield 'cut-in-frame-header', file[:5], 'truncated stream'
    yield 'cut-in-frame', file[:len(file) // 2], 'truncated stream'
    yield 'cut-in-checksum', file[:-1], 'truncated stream'
    yield 'cut-in-record', frame(whole[:100]), 'truncated stream'
    yield 'no-end', frame(pack(header(), SAMPLES)), 'truncated stream'
    yield 'cut-in-second-stream', file + frame(pack(header())), 'truncated stream'
    yield 'checksum', file[:-1] + bytes([file[-1] ^ 1]), 'frame 1 is damaged'
    yield 'no-checksum', frame(whole, write_checksum=False), 'frame 1 has no checksum'
    yield 'window-16-mib', frame(whole, window_log=24, write_content_size=False), 'a window of 16777216 bytes'
    yield 'cut-in-skippable-frame', file + b'\x50\x2a\x4d\x18\2\0\0\0x', 'truncated stream'
    yield 'cut-in-skippable-header', file + b'\x50\x2a\x4d\x18\2', 'truncated stream'
    yield 'only-a-skippable-frame', b'\x50\x2a\x4d\x18\1\0\0\0x', 'truncated stream'
    yield 'garbage-after', file + b'x', 'no zstd frame'
    yield 'not-compressed', whole, 'no zstd frame at byte 0'
    yield 'no-header', frame(pack(SAMPLES, end(1, 2))), 'no header'
    yield 'version-2', frame(pack({**header(), 'tensorstream': 2}, end(0))), 'stream version 2; this reader knows version 1'
    yield 'version-not-first', frame(pack({'meta': {}, 'history': [], 'tensorstream': 1}, end(0))), 'no header'
    yield 'meta-is-array', frame(pack({**header(), 'meta': []}, end(0))), 'meta is not a map'
    yield 'header-twice', frame(pack(header(), header(), end(0))), 'a header before the end'
    yield 'record-after-end', frame(pack(header(), end(0), SAMPLES)), 'no header'
    yield 'count-records', frame(pack(header(), SAMPLES, end(2, 2))), 'end: 2 records said, 1 found'
    yield 'count-samples', frame(pack(header(), SAMPLES, end(1, 3))), 'end: 3 samples said, 2 found'
    yield 'count-missing', frame(pack(header(), {'end': {'records': 0}})), 'end: more or less than records and samples'
    yield 'empty-map', frame(pack(header(), b'\x80', end(1))), 'not a map'
    yield 'reserved-byte', frame(pack(header(), b'\xc1')), 'not MessagePack'
    yield 'extension', frame(pack(header(), b'\x81\xa1x\xd4\1\1', end(1))), 'a MessagePack extension'
    yield 'key-twice', frame(pack(header(), b'\x82\xa1x\1\xa1x\1', end(1))), "the key 'x' twice"
    yield 'key-number', frame(pack(header(), b'\x81\1\1', end(1))), 'a key that is not text'
    yield 'name-empty', frame(pack(header(), {'': 1}, end(1))), 'a field name of 0 bytes'
    yield 'name-256', frame(pack(header(), {'n' * 256: 1}, end(1))), 'a field name of 256 bytes'
    yield 'name-not-utf8', frame(pack(header(), b'\x81\xa2\xc0\x80\1', end(1))), 'text that is not UTF-8'
    yield 'name-with-nul', frame(pack(header(), {'a\0b': 1}, end(1))), 'a key with a NUL in it'
    yield 'bytes-value', frame(pack(header(), {'x': b'x'}, end(1))), 'field x: bytes outside a tensor'
    yield 'map-value', frame(pack(header(), {'x': {'a': 1}}, end(1))), 'field x: a map that is not a tensor'
    yield 'array-of-arrays', frame(pack(header(), {'x': [[1]]}, end(1))), 'field x: element 0 is not a plain value'
    yield 'array-of-tensors', frame(pack(header(), {'x': [tensor('u1', [1], [1])]}, end(1))), 'field x: element 0 is not a plain value'
    yield 'nested-17', frame(pack(header(deep=nested(14)), end(0))), 'nested deeper than 16 levels'
    yield 'nested-10000', frame(pack({'tensorstream': 1, 'meta': {}, 'history': []})[:-1] + b'\x91' * 10000), 'nested deeper than 16 levels'
    for name, change, complaint in [
        ('dtype-unknown', {'dtype': 'u2'}, 'field x: unknown dtype u2'), ('dtype-order', {'dtype': '>f4'}, 'field x: unknown dtype >f4'),
        ('shape-negative', {'shape': [-4]}, 'field x: dimension 0 is not a size'), ('shape-text', {'shape': '4'}, 'field x: shape is not an array'),
        ('shape-9', {'shape': [1] * 8 + [4]}, 'field x: 9 dimensions, limit 8'), ('shape-wraps', {'shape': [2**32, 2**32]}, '2^32 bytes or more'),
        ('data-short', {'shape': [5]}, 'field x: 4 bytes of data, the shape says 5'), ('data-long', {'shape': [3]}, 'field x: 4 bytes of data, the shape says 3'),
        ('data-text', {'data': 'abcd'}, 'field x: data is not binary')]:
        yield name, frame(pack(header('other'), {'x': {'dtype': 'u1', 'shape': [4], 'data': b'abcd', **change}}, end(1))), complaint
    claim = b'\x81\xa1x\x83\xa5dtype\xa2u1\xa5shape\x91\xce\xff\xff\xff\xff\xa4data\xc6\xff\xff\xff\xff'
    yield 'claims-4-gib-data', frame(pack(header(), claim)), 'a record of 4294967312 bytes'
    yield 'claims-4-gib-text', frame(pack(header(), b'\x81\xa1x\xdb\xff\xff\xff\xff')), 'truncated stream'
    yield 'claims-4-gib-array', frame(pack(header(), b'\x81\xa1x\xdd\xff\xff\xff\xff')), 'an array of 4294967295'
    yield 'samples-without-bytes', frame(pack(header(), {'view0': {'dtype': 'u1', 'shape': [2**26, 0], 'data': b''}}, end(1, 2**26))), 'field view0 says 67108864 samples, but all fields have 0 bytes'
    yield 'samples-differ', frame(pack(header(), {**SAMPLES, 'key': ['a']}, end(1, 2))), 'field image has 2 samples, field key has 1'
    yield 'samples-scalar', frame(pack(header(), {'x': tensor('u1', [], [1])}, end(1))), 'field x has no dimension for the samples'


def main(folder):
    for kind in 'good', 'bad':
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for name, items, data in good():
        (folder / 'good' / f'{name}.tz').write_bytes(data if data is not None else frame(pack(*items)))
        lines = [json.dumps(plain(item), ensure_ascii=False) + '\n' for item in items if 'end' not in item]
        (folder / 'good' / f'{name}.json').write_text(''.join(lines))
    for name, data, complaint in bad():
        (folder / 'bad' / f'{name}.tz').write_bytes(data)
        (folder / 'bad' / f'{name}.fail').write_text(complaint + '\n')


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    main(pathlib.Path(sys.argv[1]))
