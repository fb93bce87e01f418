#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What ssl-augment draws is distributed as what torchvision draws; prints TAP.

20,000 samples of one picture made so that each view tells what was drawn: the crop's box, the factors of brightness,
contrast and saturation, the hue's shift, the blur's sigma; against as many draws of torchvision's get_params, put
through the same measure.  Two-sample Kolmogorov-Smirnov, p > 0.01, at a fixed seed; probabilities by their counts.
Needs torchvision, numpy, msgpack and zstandard, or says so and skips everything.
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM = '/usr/bin/python3'     # where Debian's packages are to be found
sys.path.insert(0, os.path.join(HERE, '..', 'golden'))

try:
    import numpy as np
    import torch
    import tz
    from PIL import Image
    from torchvision import transforms as t
    from torchvision.transforms import functional as f
except ImportError as error:
    if os.access(SYSTEM, os.X_OK) and not os.environ.get('PILLOW_AGAIN'):
        os.environ['PILLOW_AGAIN'] = '1'
        os.execv(SYSTEM, [SYSTEM, os.path.abspath(__file__), *sys.argv[1:]])
    print(f'1..0 # SKIP python3 has no {error.name}')
    sys.exit(0)

TOOL = os.path.join(os.environ.get('BIN', os.path.join(HERE, '../../build/bin')), 'ssl-augment')
DRAWS = 20000
torch.manual_seed(1)
done = failed = 0


def ok(held, what):
    global done, failed
    done += 1
    failed += not held
    print(f'{"ok" if held else "not ok"} {done} - {what}')


def views(folder, picture, steps):
    """view0 of DRAWS samples of the picture [H,W,3], made by the steps."""
    path = os.path.join(folder, 'in.tz')
    image = np.ascontiguousarray(np.broadcast_to(np.asarray(picture, 'u1'), (500, *np.shape(picture))))
    tz.write(path, {'kind': 'samples'}, [{'image': image}] * (DRAWS // 500), level=1)
    recipe = os.path.join(folder, 'draws.recipe')
    with open(recipe, 'w') as file:
        file.write('recipe draws\nview\n' + '\n'.join(steps) + '\n')
    out = os.path.join(folder, 'out.tz')
    subprocess.run([TOOL, '-q', '--seed', '3', '-r', recipe, path, '-o', out], check=True)
    return np.concatenate([r['view0'] for r in tz.read(out)[1]])


def p_value(a, b):
    """Of the two-sample Kolmogorov-Smirnov statistic, asymptotic; ties make it larger."""
    at = np.concatenate([a, b])
    cdf = [np.searchsorted(np.sort(x), at, side='right') / len(x) for x in (a, b)]
    d = np.abs(cdf[0] - cdf[1]).max() * np.sqrt(len(a) * len(b) / (len(a) + len(b)))
    k = np.arange(1, 101)
    return 1.0 if d < 0.2 else float(np.clip(2 * ((-1.0) ** (k - 1) * np.exp(-2 * (k * d) ** 2)).sum(), 0, 1))


def alike(what, ours, theirs):
    p = p_value(np.asarray(ours, 'f8'), np.asarray(theirs, 'f8'))
    ok(p > 0.01, f'{what}: p = {p:.3f}')


def crops(folder, scale):
    """Red is the column, green the row: corners tell the box, also after enlarging."""
    height, width = 24, 36
    y, x = np.mgrid[:height, :width]
    got = views(folder, np.stack([x, y, 0 * x], -1), [f'crop area={scale[0]}..{scale[1]}']).astype('i4')
    left, top = got[:, 0, 0, 0], got[:, 0, 0, 1]
    w, h = got[:, -1, -1, 0] - left + 1, got[:, -1, -1, 1] - top + 1
    image = Image.new('RGB', (width, height))
    theirs = np.array([t.RandomResizedCrop.get_params(image, scale, (3 / 4, 4 / 3)) for _ in range(DRAWS)]).T
    name = f'crop of {scale}'
    alike(f'{name}: area', w * h, theirs[2] * theirs[3])
    alike(f'{name}: log of the ratio', np.log(w / h), np.log(theirs[3] / theirs[2]))
    alike(f'{name}: column', left, theirs[1])
    alike(f'{name}: row', top, theirs[0])


def factors(folder):
    jitter = t.ColorJitter(0.4, 0.4, 0.4, 0.1)
    drawn = [t.ColorJitter.get_params(jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue)
             for _ in range(DRAWS)]
    b, c, s, h = (np.array([float(d[i]) for d in drawn], 'f4') for i in range(1, 5))
    got = views(folder, [[[180] * 3]], ['jitter brightness=0.4'])[:, 0, 0, 0]
    alike('brightness', got, (180 * b).astype('i4'))
    got = views(folder, [[[0] * 3, [200] * 3]], ['jitter contrast=0.4'])[:, 0, 1, 0]
    alike('contrast', got, (100 + 100 * c).astype('i4'))
    got = views(folder, [[[200, 0, 0]]], ['jitter saturation=0.4'])[:, 0, 0, 0]
    alike('saturation', got, (60 + 140 * s).astype('i4'))
    got = views(folder, [[[200, 0, 0]]], ['jitter hue=0.1'])[:, 0, 0].astype('i4')
    red = Image.new('RGB', (1, 1), (200, 0, 0))
    turned = np.array([f.adjust_hue(red, float(x)).getpixel((0, 0)) for x in h])
    alike('hue', got[:, 1] - got[:, 2], turned[:, 1] - turned[:, 2])
    order = np.array([np.argsort(d[0].numpy()) for d in drawn])
    ok(abs((order[:, 0] == 0).mean() - 0.25) < 0.01, "torchvision's order is even too")


def sigmas(folder):
    spot = np.zeros((9, 9, 3), 'u1')
    spot[4, 4] = 255
    got = views(folder, spot, ['blur sigma=0.1..2 kind=zero taps=9'])[:, 4, 4, 0]
    sigma = np.array([float(t.GaussianBlur.get_params(0.1, 2.0)) for _ in range(DRAWS)])
    weights = np.exp(-0.5 * (np.arange(-4, 5) / sigma[:, None]) ** 2)
    alike("the blur's sigma", got, np.rint(255 * (1 / weights.sum(1)) ** 2))


def coins(folder):
    two = [[[10, 20, 30], [40, 50, 60]]]
    for step, p in ('flip p=0.5', 0.5), ('gray p=0.2', 0.2), ('solarize p=0.2 threshold=0', 0.2), \
            ('jitter p=0.8 hue=0.5', 0.8), ('blur p=0.1 sigma=1', 0.1):
        got = views(folder, two, [step])
        # A turn by almost nothing leaves a pixel as it was, in 1 draw of 255.
        share = (got != np.array(two, 'u1')).any((1, 2, 3)).mean() / (1 - (1 / 127.5 if 'hue' in step else 0))
        z = (share - p) / np.sqrt(p * (1 - p) / DRAWS)
        ok(abs(z) < 2.576, f'{step}: {share:.4f} of the views')


with tempfile.TemporaryDirectory() as folder:
    crops(folder, (0.08, 1.0))
    crops(folder, (0.2, 1.0))
    crops(folder, (0.086, 0.429))
    factors(folder)
    sigmas(folder)
    coins(folder)
print(f'1..{done}')
sys.exit(failed > 0)
