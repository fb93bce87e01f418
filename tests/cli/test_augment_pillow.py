#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ssl-augment --ops gives Pillow's pixels (torchvision's blur), whatever the size, and so do recipes' steps; prints TAP.

Random pictures of 1x1 to 500x375, gray and RGB, through random operations, chains, and steps with fixed numbers.
Needs numpy, msgpack, zstandard and Pillow, or says so and skips everything.
Arguments: the seed and the number of pictures (0, 120).
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
    import tz
    from PIL import Image, ImageEnhance, ImageFilter, ImageOps
except ImportError as error:
    if os.access(SYSTEM, os.X_OK) and not os.environ.get('PILLOW_AGAIN'):
        os.environ['PILLOW_AGAIN'] = '1'
        os.execv(SYSTEM, [SYSTEM, os.path.abspath(__file__), *sys.argv[1:]])
    print(f'1..0 # SKIP python3 has no {error.name}')
    sys.exit(0)

TOOL = os.path.join(os.environ.get('BIN', os.path.join(HERE, '../../build/bin')), 'ssl-augment')
FILTERS = {'bilinear': Image.BILINEAR, 'bicubic': Image.BICUBIC}
draw = np.random.default_rng(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
PICTURES = int(sys.argv[2]) if len(sys.argv) > 2 else 120


def blur(image, sigma, taps):
    """torchvision's gaussian_blur, in double: sums near a half may round either way."""
    x = np.asarray(image).astype('f8')
    weights = np.exp(-0.5 * (np.arange(-(taps // 2), taps // 2 + 1) / sigma) ** 2)
    weights /= weights.sum()
    for axis in 0, 1:
        pad = [(taps // 2, taps // 2) if i == axis else (0, 0) for i in range(x.ndim)]
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, pad, mode='reflect'), taps, axis)
        x = windows @ weights
    return Image.fromarray(np.rint(x).astype('u1'), image.mode)


def hue(image, shift):
    """torchvision's adjust_hue."""
    if image.mode == 'L':
        return image
    h, s, v = image.convert('HSV').split()
    turned = ((np.asarray(h).astype('i4') + int(shift * 255)) & 255).astype('u1')
    return Image.merge('HSV', (Image.fromarray(turned, 'L'), s, v)).convert(image.mode)


def gray(image):
    return image if image.mode == 'L' else Image.merge('RGB', [image.convert('L')] * 3)


def affine(*matrix):
    return lambda image: image.transform(image.size, Image.AFFINE, matrix, Image.NEAREST)


def number(low, high):
    return float(f'{draw.uniform(low, high):.4g}')


def factor():
    return draw.choice([0, 1, 0.5, number(0, 1), number(1, 3)])


def make_op(name, w, h):
    """Text of a random operation on a picture of this size, and the same as a function."""
    f, v, px = factor(), number(-0.4, 0.4), int(draw.integers(-60, 60))
    if name == 'crop':
        x, y = int(draw.integers(0, w)), int(draw.integers(0, h))
        cw, ch = int(draw.integers(1, w - x + 1)), int(draw.integers(1, h - y + 1))
        return f'crop={x},{y},{cw},{ch}', lambda i: i.crop((x, y, x + cw, y + ch))
    if name == 'resize':
        size, how = tuple(map(int, draw.integers(1, 150, 2))), draw.choice(list(FILTERS))
        return f'resize={size[0]}x{size[1]}:{how}', lambda i: i.resize(size, FILTERS[how])
    if name == 'blur':
        most = min(w, h, 12)
        taps, sigma = 2 * int(draw.integers(0, most)) + 1, number(0.1, 3)
        return f'blur={sigma}:{taps}', lambda i: blur(i, sigma, taps)
    if name == 'rotate':
        angle = draw.choice([0, 90, 180, 270, -90, number(-30, 30), number(-400, 400)])
        return f'rotate={angle}', lambda i: i.rotate(angle)
    if name == 'posterize':
        bits = int(draw.integers(1, 9))
        return f'posterize={bits}', lambda i: ImageOps.posterize(i, bits)
    if name == 'solarize':
        threshold = int(draw.integers(0, 257))
        return f'solarize={threshold}', lambda i: ImageOps.solarize(i, threshold)
    return {
        'flip': ('flip', ImageOps.mirror),
        'brightness': (f'brightness={f}', lambda i: ImageEnhance.Brightness(i).enhance(f)),
        'contrast': (f'contrast={f}', lambda i: ImageEnhance.Contrast(i).enhance(f)),
        'saturation': (f'saturation={f}', lambda i: ImageEnhance.Color(i).enhance(f)),
        'sharpness': (f'sharpness={f}', lambda i: ImageEnhance.Sharpness(i).enhance(f)),
        'hue': (f'hue={v}', lambda i: hue(i, v)),
        'gray': ('gray', gray),
        'invert': ('invert', ImageOps.invert),
        'autocontrast': ('autocontrast', ImageOps.autocontrast),
        'equalize': ('equalize', ImageOps.equalize),
        'shearx': (f'shearx={v}', affine(1, v, 0, 0, 1, 0)),
        'sheary': (f'sheary={v}', affine(1, 0, 0, v, 1, 0)),
        'translatex': (f'translatex={px}', affine(1, 0, px, 0, 1, 0)),
        'translatey': (f'translatey={px}', affine(1, 0, 0, 0, 1, px)),
    }[name]


NAMES = ['crop', 'resize', 'blur', 'rotate', 'posterize', 'solarize', 'flip', 'brightness', 'contrast',
         'saturation', 'sharpness', 'hue', 'gray', 'invert', 'autocontrast', 'equalize', 'shearx', 'sheary',
         'translatex', 'translatey']


def make_step(name, w, h):
    """The same for a recipe's step."""
    share, v, degrees = number(-0.4, 0.4), number(-0.4, 0.4), number(-180, 180)
    if name in ('translatex', 'translatey'):
        px = int(share * (w if name == 'translatex' else h))
        matrix = (1, 0, px, 0, 1, 0) if name == 'translatex' else (1, 0, 0, 0, 1, px)
        return f'{name} by={share}', affine(*matrix)
    if name in ('shearx', 'sheary'):
        return f'{name} by={v}', affine(*((1, v, 0, 0, 1, 0) if name == 'shearx' else (1, 0, 0, v, 1, 0)))
    if name == 'rotate':
        return f'rotate by={degrees}', lambda i: i.rotate(degrees)
    if name == 'solarize':
        threshold = number(0, 256)
        return f'solarize threshold={threshold}', lambda i: ImageOps.solarize(i, threshold)
    if name == 'blur':
        sigma = number(0.1, 3)
        return f'blur kind=boxes sigma={sigma}', lambda i: i.filter(ImageFilter.GaussianBlur(sigma))
    text, apply = make_op(name, w, h)
    return text.replace('=', {'posterize': ' bits='}.get(name, ' factor=')), apply


def picture():
    """Noise, few values, or something smooth with noise on it."""
    kind, channels = draw.integers(3), draw.choice([1, 3, 3])
    w, h = (1, 1) if draw.random() < 0.05 else (500, 375) if draw.random() < 0.05 else draw.integers(1, 90, 2)
    shape = (h, w, channels)
    if kind == 0:
        return draw.integers(0, 256, shape, 'u1')
    if kind == 1:
        return draw.choice(np.array([0, 7, 128, 255], 'u1'), shape)
    slope = np.add.outer(np.arange(h) * 3, np.arange(w) * 2)[..., None]
    return np.clip(slope + draw.integers(-40, 41, shape), 0, 255).astype('u1')


def to_image(x):
    return Image.fromarray(x[..., 0], 'L') if x.shape[2] == 1 else Image.fromarray(x)


def run(folder, how, pixels):
    path = os.path.join(folder, 'in.tz')
    tz.write(path, {'kind': 'samples'}, [{'image': pixels[None]}])
    out = os.path.join(folder, 'out.tz')
    subprocess.run([TOOL, '-q', *how, path, '-o', out], check=True)
    _, (record,) = tz.read(out)
    return record['view0'][0]


def compare(got, want, blurred):
    """Exact; after a blur one level where a sum was near a half."""
    want = np.asarray(want).reshape(got.shape) if got.size == np.asarray(want).size else None
    if want is None:
        return 'another size'
    error = np.abs(got.astype('i4') - want)
    if error.max() <= (1 if blurred else 0) and (error > 0).mean() <= 0.05 + 1 / error.size:
        return None
    return f'{(error > 0).mean():.2%} of the numbers differ, by up to {error.max()}'


def try_chain(folder, names):
    pixels = picture()
    image, texts, blurred = to_image(pixels), [], False
    for name in names:
        text, apply = make_op(name, *image.size)
        image = apply(image)
        texts.append(text)
        blurred = blurred or name == 'blur'
    wrong = compare(run(folder, ['--ops', ','.join(texts)], pixels), image, blurred)
    return wrong and f'{",".join(texts)} on {pixels.shape}: {wrong}'


def try_steps(folder, names):
    pixels = picture()
    image, texts = to_image(pixels), []
    for name in names:
        text, apply = make_step(name, *image.size)
        image = apply(image)
        texts.append(text)
    recipe = os.path.join(folder, 'steps.recipe')
    with open(recipe, 'w') as file:
        file.write('recipe steps\nview\n' + '\n'.join(texts) + '\n')
    wrong = compare(run(folder, ['-r', recipe], pixels), image, False)
    return wrong and f'{", ".join(texts)} on {pixels.shape}: {wrong}'


with tempfile.TemporaryDirectory() as folder:
    groups = {name: [[name]] * max(1, PICTURES // len(NAMES)) for name in NAMES}
    exact = [name for name in NAMES if name != 'blur']
    groups['chains'] = [list(draw.choice(exact, draw.integers(2, 7))) for _ in range(PICTURES // 3)]
    steps = [name for name in NAMES if name not in ('crop', 'resize', 'hue')]
    groups.update({f'step {name}': [[name]] * max(1, PICTURES // len(NAMES)) for name in steps})
    groups['several steps'] = [list(draw.choice(steps, draw.integers(2, 7))) for _ in range(PICTURES // 3)]
    failed = 0
    for n, (what, chains) in enumerate(groups.items(), 1):
        attempt = try_steps if 'step' in what else try_chain
        wrong = [words for words in (attempt(folder, names) for names in chains) if words]
        failed += bool(wrong)
        print(f'{"not " if wrong else ""}ok {n} - {what}')
        for words in wrong[:5]:
            print(f'# {words}')
print(f'1..{len(groups)}')
sys.exit(failed > 0)
