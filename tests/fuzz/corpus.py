# SPDX-License-Identifier: MIT
"""corpus.py FOLDER: the fuzz targets' first inputs, as FOLDER/TARGET/NAME.

The tools come from BIN (build/bin).  The same tools write the same files;
regressions that fuzzing found have names of their own and stay as they are.
"""
import io
import os
import pathlib
import random
import struct
import subprocess
import sys
import tarfile
import tempfile

import msgpack
import zstandard

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get('BIN', 'build/bin')).resolve()
OUT = pathlib.Path(sys.argv[1])
random.seed(1)


def put(target, name, data):
    path = OUT / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def tool(name, *args, **options):
    return subprocess.run([BIN / f'ssl-{name}', *args], check=True, capture_output=True, **options).stdout


def unpack(data):
    return zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()


def tensor(dtype, shape, values=None):
    n = 1
    for size in shape:
        n *= size
    code = {'u1': 'B', 'i4': 'i', 'i8': 'q', 'f2': 'e', 'f4': 'f', 'f8': 'd'}[dtype]
    if values is None:
        values = [random.randrange(256) if dtype == 'u1' else random.gauss(0, 1) for _ in range(n)]
    return {'dtype': dtype, 'shape': list(shape), 'data': struct.pack(f'<{n}{code}', *values)}


def stream(meta, records, history=(), samples=None):
    if samples is None:
        samples = sum(next((v['shape'][0] for v in r.values() if isinstance(v, dict)), 0) for r in records)
    items = [{'tensorstream': 1, 'meta': {'kind': 'samples', **meta}, 'history': list(history)}, *records]
    items.append({'end': {'records': len(records), 'samples': samples}})
    return b''.join(map(msgpack.packb, items))


def rows(n, width):
    return tensor('f4', [n, width])


def labels(*values):
    return tensor('i8', [len(values)], values)


def views(n, size=4, floats=False, mixed=False, count=2):
    record = {f'view{v}': tensor('f4' if floats else 'u1', [n, size, size, 3],
        [random.uniform(0, 255) for _ in range(n * size * size * 3)] if floats else None) for v in range(count)}
    record.update(label=labels(*(i % 2 for i in range(n))), index=labels(*range(n)), epoch=0, step=0)
    if mixed:
        record.update(mix_index=labels(*((i + 1) % n for i in range(n))), mix_lambda=tensor('f4', [n], [.75] * n))
    return record


VIEWS = {'views': [{'name': f'view{i}', 'role': role, 'size': 4} for i, role in enumerate(['weak', 'weak', 'strong'])],
    'batch': 4, 'mean': [.5, .5, .5], 'std': [.25, .25, .25], 'steps': 3, 'steps_per_epoch': 1}
HISTORY = [{'tool': 'ssl-decode', 'version': '0.1.0', 'args': ['a b', "c'd", '$(x)'], 'seed': 0},
    {'tool': 'ssl-train', 'version': '0.1.0', 'args': ['--support', 'x'], 'seed': 0, 'inputs': [1, 1]}]


def streams():
    for path in sorted((HERE / '../../formats/vectors').glob('*/*.tz')):
        data = path.read_bytes()
        if len(data) < 1500:
            put('stream', path.stem + '-raw', bytes([0x80, len(data) % 12]) + data)
        try:
            data = unpack(data)
        except zstandard.ZstdError:
            continue
        if 0 < len(data) < 4000:
            put('stream', path.stem, bytes([0x10, len(data) % 12]) + data)
    put('stream', 'history', b'\x00\x04' + stream({'classes': ['a', 'b'], **VIEWS}, [
        {'image': tensor('u1', [2, 3, 3, 3]), 'view0': rows(2, 4), 'label': labels(0, 1), 'key': ['a', 'b']}], HISTORY))
    put('stream', 'frames', b'\x41\x00' + stream({}, [{'x': rows(2, 9)} for _ in range(3)]))
    for cut in range(4):
        put('frames', f'cut{cut}', bytes([cut * 2, 8 + cut, 255, 0, 0, 1, 0]) + bytes(range(256)) * 4)


def checkpoints(folder):
    for name, options in {'byol': ['-m', 'byol', '--projector', '4-bn-relu-3', '--predictor', '3-bn-relu-3'],
            'moco': ['-m', 'moco', '--queue', '8', '--projector', '4-relu-3']}.items():
        path = folder / f'{name}.tz'
        tool('train', '-q', *options, '--stem', 'cifar', '--width', '1', '--steps', '2', '--total-steps', '3', '-o', path,
            input=pack(stream(VIEWS, [views(4) for _ in range(3)])))
        data = unpack(path.read_bytes())
        for how in (0x43, 0x04) if name == 'byol' else (0x08, 0x24):
            put('ckpt', f'{name}-{how:02x}', bytes([how]) + data)


def pack(data):
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def evaluations():
    for k, (n, width) in enumerate([(6, 4), (12, 2), (3, 7), (20, 3)]):
        for score in range(3):
            put('eval', f'{k}-{score}', bytes([k * 12 + score]) + stream({'classes': ['a', 'b', 'c']}, [
                {'feature': rows(n, width), 'projection': rows(n, 2), 'image': tensor('u1', [n, 2, 2, 3]),
                    'label': labels(*(i % 3 for i in range(n)))} for _ in range(2)]))
    names = ['p0', 'p1', 'z0', 'z1', 'z', 'q', 'k', 's0', 's1']
    every = {**{name: rows(4, 3) for name in names}, 'queue': rows(6, 3), 'label': labels(0, 1, 0, -1)}
    unit = tensor('f4', [6, 3], [1, 0, 0] * 6)
    mixed = {**every, 'queue': unit, 'mix_index': labels(1, 2, 3, 0), 'mix_lambda': tensor('f4', [4], [.5, .25, 1, 0])}
    put('loss', 'all', b'\x01' + stream({'kind': 'embeddings'}, [every], samples=0))
    put('loss', 'mixed', b'\x02' + stream({'kind': 'embeddings'}, [mixed], samples=0))


def trainings():
    for m in range(7):
        put('train', f'bytes{m}', bytes([m]) + stream(VIEWS, [views(4) for _ in range(2)]))
        put('train', f'mixed{m}', bytes([m | 8]) + stream(VIEWS, [views(4, floats=True, mixed=True)]))
        put('train', f'four{m}', bytes([m]) + stream(VIEWS, [views(4, count=4)]))
    put('mix', 'bytes', b'\x01' + stream(VIEWS, [views(3) for _ in range(2)]))
    put('mix', 'floats', b'\x40' + stream(VIEWS, [views(3, floats=True, count=3)]))
    put('mix', 'again', b'\x81' + stream(VIEWS, [views(3, mixed=True)]))
    put('mix', 'rows', b'\x01' + stream({}, [{'view0': rows(3, 5), 'view1': rows(3, 5)}]))
    put('mix', 'series', b'\x01' + stream({}, [{'view0': tensor('f4', [3, 4, 5]), 'view1': tensor('f4', [3, 4, 5])}]))


def samples(folder):
    tool('synth', '-q', '--size', '9', '--train', '4', '--test', '0', '--classes', '2', '--quality', '50', folder / 'set')
    files = sorted((folder / 'set').glob('train/*/*.jpg'))
    image = unpack(tool('decode', '-q', folder / 'set/train'))
    jpeg = unpack(tool('decode', '-q', '--keep-jpeg', '--epochs', '2', '-b', '3', folder / 'set/train'))
    for how in (0x00, 0x01, 0x0c, 0x41, 0x80, 0x02, 0x0e, 0x12, 0x03):
        put('view', f'image-{how:02x}', bytes([how]) + image)
        put('view', f'jpeg-{how:02x}', bytes([how]) + jpeg)
    for i, file in enumerate(files):
        put('jpeg', f'synth{i}', file.read_bytes())
    for path in sorted((HERE / '../data').glob('*.jpg')):
        if path.stat().st_size < 2000:
            put('jpeg', path.stem, path.read_bytes())
    for kind, form in {'ustar': tarfile.USTAR_FORMAT, 'gnu': tarfile.GNU_FORMAT, 'pax': tarfile.PAX_FORMAT}.items():
        put('source_tar', kind, archive(form, files[0].read_bytes()))


def archive(form, jpeg):
    out = io.BytesIO()
    tar = tarfile.open(fileobj=out, mode='w', format=form)
    for name, data, link in [('./a/' + 'x' * 90 + '.jpg', b'\xff\xd8hello', None), ('b.cls', b'3\n', None),
            ('b.jpg', jpeg, None), ('c.txt', b'zz', None), ('l.jpg', b'', tarfile.SYMTYPE), ('h.jpg', b'', tarfile.LNKTYPE),
            ('d', b'', tarfile.DIRTYPE)]:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        if link is not None:
            info.type, info.linkname = link, '' if link == tarfile.DIRTYPE else 'b.jpg'
        tar.addfile(info, io.BytesIO(data))
    tar.close()
    return out.getvalue()[:8704]


def texts():
    parts = tool('augment', '--list').split(b'\nrecipe ')
    for i, part in enumerate(parts[:6]):
        put('recipe', f'file{i}', b'\x00' + (b'' if i == 0 else b'recipe ') + part + b'\n')
    for i, text in enumerate([b'blur.p=1', b'size=8,0.size=9', b'mean.r=0.1,std.g=0.5', b'1.crop.area=0.1..0.2']):
        put('recipe', f'set{i}', bytes([1 + 3 * i]) + text)
    for i, text in enumerate([b'crop=1,1,4,3', b'flip,gray,invert', b'resize=8x5:bicubic,blur=1:5',
            b'rotate=30,solarize=128,hue=0.2', b'autocontrast,equalize,posterize=4,sharpness=0.3,shearx=1']):
        put('recipe', f'ops{i}', b'\x02' + text)
    put('list', 'labels', b'\x00\x80a/b.jpg\t0\n/dev/null\tcat\r\nd.jpg\ndog\ncat\n')
    put('list', 'subset', b'\x01\xffa/b.jpg\n3\nb\nd\n')
    put('list', 'numbers', b'\x14\x90a.jpg\t-1\n/dev/null\t0\nb.jpg\t2147483647\nx.jpg\tz\n0\n1\n')
    put('list', 'classes', b'\x04\x90/dev/null\tcat\nb.jpg\tdog\nx.jpg\t1\ndog\ncat\n')
    for i, words in enumerate([['--method', 'byol', '--lr', '0.1'], ['-m', 'moco', '--queue', '64', 'v.tz'],
            ['--preset', 'byol-imagenet', '--width=3'], ['--projector', 'd-bn-relu-128', '--predictor', '64nobias-relu-8'],
            ['--tap', 'embedding0,grad.encoder.conv1.weight=/tmp/x'], ['--mean', '0.1,0.2,0.3', '--std', '1,1,1'],
            ['--schedule', 'step', '--milestones', '1,2,3', '--steps-per-epoch', '4'], ['--help'],
            ['--optimizer', 'lars', '--lars-form', 'larc', '--lars-clip', '--exclude', 'none'],
            ['--meth', 'simclr', '--wid=3', '-a', 'resnet50', '--', '-x']]):
        put('options', f'{i}', b''.join(word.encode() + b'\0' for word in words))
    put('marker', 'complete', b'ssl-synth 1\nstate complete\ntrain 2\ntest 1\nclasses 2\n')
    put('marker', 'obsolete', b'ssl-synth 1\nstate obsolete\ntrain 0\ntest 0\nclasses 1\n')


streams()
with tempfile.TemporaryDirectory() as name:
    checkpoints(pathlib.Path(name))
    samples(pathlib.Path(name))
evaluations()
trainings()
texts()
