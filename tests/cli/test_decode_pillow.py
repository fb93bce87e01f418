#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ssl-decode gives Pillow's pixels, whatever the size asked for; prints TAP.

Needs numpy, msgpack, zstandard and Pillow, or says so and skips everything.
"""
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM = '/usr/bin/python3'     # where Debian's packages are to be found
sys.path.insert(0, os.path.join(HERE, '..', 'golden'))

try:
    import numpy as np
    import tz
    from PIL import Image
except ImportError as error:
    if os.access(SYSTEM, os.X_OK) and not os.environ.get('PILLOW_AGAIN'):
        os.environ['PILLOW_AGAIN'] = '1'
        os.execv(SYSTEM, [SYSTEM, os.path.abspath(__file__)])
    print(f'1..0 # SKIP python3 has no {error.name}')
    sys.exit(0)

TOOL = os.path.join(os.environ.get('BIN', os.path.join(HERE, '../../build/bin')), 'ssl-decode')
SHAPES = [(1, 1), (1, 40), (33, 2), (17, 31), (64, 64), (90, 61), (59, 200), (255, 128)]
MODES = ['RGB', 'L', 'CMYK']
SIZES = [0, 1, 2, 17, 32, 61, 64, 224]


def make(folder):
    """Pictures of every shape and mode, smooth and noisy, plain and progressive."""
    draw = np.random.default_rng(0)
    chance = random.Random(0)
    for w, h in SHAPES:
        for mode in MODES:
            channels = len(Image.new(mode, (1, 1)).getbands())
            small = Image.fromarray(draw.integers(0, 256, (5, 4, channels), 'u1').squeeze(), mode)
            picture = np.asarray(small.resize((w, h), Image.BICUBIC)).astype('i4')
            picture = np.clip(picture + draw.integers(-20, 21, picture.shape), 0, 255).astype('u1')
            Image.fromarray(picture, mode).save(
                os.path.join(folder, f'{w}x{h}-{mode}.jpg'), quality=chance.choice([50, 80, 95]),
                progressive=chance.random() < 0.3, subsampling=chance.choice([0, 1, 2]))


def expected(path, size):
    """torchvision's Resize(size) and CenterCrop(size), in Pillow alone."""
    image = Image.open(path).convert('RGB')
    if size == 0:
        return np.asarray(image)
    w, h = image.size
    wide, high = (size, int(size * h / w)) if w <= h else (int(size * w / h), size)
    if (wide, high) != (w, h):
        image = image.resize((wide, high), Image.BILINEAR)
    x, y = round((wide - size) / 2), round((high - size) / 2)
    return np.asarray(image.crop((x, y, x + size, y + size)))


def check(folder, size):
    out = os.path.join(folder, 'out.tz')
    subprocess.run([TOOL, '-q', '--strict', '--size', str(size), folder, '-o', out], check=True)
    _, records = tz.read(out)
    wrong = [key for record in records for key, got in zip(record['key'], record['image'])
             if not np.array_equal(got, expected(os.path.join(folder, key), size))]
    count = sum(len(record['key']) for record in records)
    return count == len(SHAPES) * len(MODES), wrong


with tempfile.TemporaryDirectory() as name:
    make(name)
    failed = 0
    for n, size in enumerate(SIZES, 1):
        complete, wrong = check(name, size)
        good = complete and not wrong
        failed += not good
        print(f'{"" if good else "not "}ok {n} - size {size}')
        if not good:
            print(f'# differ: {wrong}' if complete else '# pictures are missing')
print(f'1..{len(SIZES)}')
sys.exit(failed > 0)
