#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times ssl-augment against torchvision: two views by BYOL's recipe, on one core, by turns.

Usage: augment.py [-b BIN_DIR] [-r ROUNDS] [--small SOURCE] [--large SOURCE] [CASE...]

Cases: small and large pictures (32 and 224 px views, byol-cifar and byol), from decoded pictures and from JPEG
files, decoding included.  SOURCE is what ssl-decode takes; without it pictures are drawn.  Ours is the whole tool,
reading its stream and writing the views to /dev/null, by its processor time; torchvision's is its loop over
pictures in memory, likewise.  Each round runs ours, then torchvision's.  The last rows compare, by the clock, two
threads on two cores with one thread on one, and with two processes of one thread, which tell what two cores have to
give.  Prints a table, tab-separated: case, side, pictures a second (median of the rounds), and the ratio to
torchvision's (to one thread's), median of the rounds' ratios.
PYTHON names a Python that has torchvision (default: this one, or else /usr/bin/python3); without any, ours alone.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, '..', 'golden')
CASES = {f'{size}-{kind}': (size, kind) for size in ('small', 'large') for kind in ('decoded', 'jpeg')}
RECIPES = {'small': 'byol-cifar', 'large': 'byol'}
PX = {'small': 32, 'large': 224}
OURS = {'small': 10000, 'large': 400}       # pictures
THEIRS = {'small': 300, 'large': 40}

# Run by the Python that has torchvision: stream, px, decoded or jpeg, number; prints CPU seconds.
THEM = """
import io, random, sys, time
sys.path.insert(0, sys.argv[1])
import torch, tz
from PIL import Image, ImageOps
from torchvision import transforms as t
torch.set_num_threads(1)
torch.manual_seed(0)
random.seed(0)
path, px, kind, most = sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])

class Solarize:
    def __call__(self, image):
        return ImageOps.solarize(image, 128)

def view(blur, solarize):
    steps = [t.RandomResizedCrop(px, interpolation=t.InterpolationMode.BICUBIC), t.RandomHorizontalFlip(),
             t.RandomApply([t.ColorJitter(0.4, 0.4, 0.2, 0.1)], 0.8), t.RandomGrayscale(0.2)]
    if px > 100:
        steps.append(t.RandomApply([t.GaussianBlur(px // 10 // 2 * 2 + 1, (0.1, 2.0))], blur))
    return t.Compose([*steps, t.RandomApply([Solarize()], solarize), t.PILToTensor()])

def decode(file):
    return Image.open(io.BytesIO(file)).convert('RGB')

files = [bytes(row[:size]) for r in tz.read(path)[1] for row, size in zip(r['jpeg'], r['jpeg_size'])]
files = files[::max(1, len(files) // most)]     # spread, since sizes differ
views = view(1.0, 0.0), view(0.1, 0.2)
pictures = files if kind == 'jpeg' else [decode(f) for f in files]
get = decode if kind == 'jpeg' else (lambda image: image)
for warm in True, False:
    before = time.process_time()
    for picture in pictures[:8] if warm else pictures:
        image = get(picture)
        for make in views:
            make(image)
print(len(pictures) / (time.process_time() - before))
"""


def python():
    for name in os.environ.get('PYTHON'), sys.executable, '/usr/bin/python3':
        if name and shutil.which(name) and subprocess.run([name, '-c', 'import torchvision, msgpack, zstandard, numpy'],
                                   stderr=subprocess.DEVNULL).returncode == 0:
            return name
    return None


def start(a, recipe, path, threads, cores):
    return subprocess.Popen(
        [os.path.join(a.bin_dir, 'ssl-augment'), '-q', '-r', recipe, '--threads', str(threads), '-o', '/dev/null', path],
        preexec_fn=lambda: os.sched_setaffinity(0, cores))


def processor_seconds(process):
    """What it took until its end."""
    _, status, use = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f'augment.py: ssl-augment: exit status {process.returncode}')
    return use.ru_utime + use.ru_stime


def ours(a, recipe, path, threads=1):
    """(processor seconds, seconds) of the tool, with a core for each thread."""
    before = time.perf_counter()
    spent = processor_seconds(start(a, recipe, path, threads, a.cores[:threads]))
    return spent, time.perf_counter() - before


def apart(a, recipe, path):
    """Seconds of two processes of one thread, each on a core of its own: what two cores have to give."""
    before = time.perf_counter()
    for process in [start(a, recipe, path, 1, [core]) for core in a.cores[:2]]:
        processor_seconds(process)
    return time.perf_counter() - before


def theirs(a, px, kind, path, most):
    return float(subprocess.run([a.python, '-c', THEM, GOLDEN, path, str(px), kind, str(most)], check=True,
                                stdout=subprocess.PIPE, preexec_fn=lambda: os.sched_setaffinity(0, a.cores[:1])).stdout)


def prepare(a, size, scratch):
    """Streams of decoded pictures and of files, as a pipe would carry them; how many pictures."""
    tool = lambda name: os.path.join(a.bin_dir, name)
    source = getattr(a, size)
    if source is None:
        source = os.path.join(scratch, size)
        if not os.path.exists(source):
            subprocess.run([tool('ssl-synth'), '-q', '--size', '32' if size == 'small' else '420', '--train',
                            '4000' if size == 'small' else '200', '--test', '1', source], check=True)
        source = os.path.join(source, 'train')
    paths = {}
    subset = os.path.join(scratch, 'subset')
    with open(subset, 'w') as f:
        f.writelines(f'{i}\n' for i in range(OURS[size]))
    for kind, more in ('decoded', []), ('jpeg', ['--keep-jpeg']):
        paths[kind] = os.path.join(scratch, f'{size}-{kind}.tz')
        decode = [tool('ssl-decode'), '-q', '--level', '-7', '--batch', '16', *more, '-o', paths[kind], source]
        # A source of fewer pictures is taken whole.
        if not os.path.exists(paths[kind]) and subprocess.run(
                [*decode, '--subset', subset], stderr=subprocess.DEVNULL).returncode:
            subprocess.run(decode, check=True)
    n = int(subprocess.run([tool('ssl-show'), '--meta', 'samples', paths['jpeg']], check=True,
                           stdout=subprocess.PIPE).stdout)
    return paths, n


def row(case, side, speeds, ratios):
    ratio = f'{statistics.median(ratios):.3g}' if ratios else ''
    print(f'{case}\t{side}\t{statistics.median(speeds):.4g}\t{ratio}', flush=True)


def measure(case, a, scratch):
    size, kind = CASES[case]
    paths, n = prepare(a, size, scratch)
    us, them = [], []
    for _ in range(a.rounds):
        us.append(n / ours(a, RECIPES[size], paths[kind])[0])
        if a.python:
            them.append(theirs(a, PX[size], kind, paths['jpeg'], THEIRS[size]))
    row(case, 'ssl-augment', us, [u / t for u, t in zip(us, them)])
    if them:
        row(case, 'torchvision', them, [])


def measure_threads(a, scratch):
    paths, n = prepare(a, 'large', scratch)
    one, two, pair = [], [], []
    for _ in range(a.rounds):
        one.append(n / ours(a, 'byol', paths['decoded'])[1])
        two.append(n / ours(a, 'byol', paths['decoded'], 2)[1])
        pair.append(2 * n / apart(a, 'byol', paths['decoded']))
    row('large-decoded', 'one thread', one, [])
    row('large-decoded', 'two threads', two, [t / o for t, o in zip(two, one)])
    row('large-decoded', 'two processes', pair, [t / o for t, o in zip(pair, one)])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('-b', '--bin-dir', default=os.path.join(HERE, '..', '..', 'build', 'bin'))
    p.add_argument('-r', '--rounds', type=int, default=5)
    p.add_argument('--small', metavar='SOURCE')
    p.add_argument('--large', metavar='SOURCE')
    p.add_argument('cases', nargs='*', metavar='CASE', help=', '.join(CASES) + ' (default: all)')
    a = p.parse_args()
    unknown = set(a.cases) - set(CASES)
    if unknown or a.rounds < 1:
        p.error(f'no case {", ".join(unknown)}' if unknown else 'at least one round')
    a.python = python()
    a.cores = sorted(os.sched_getaffinity(0))
    if not a.python:
        print('augment.py: no Python with torchvision: nothing to compare with', file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch:
        print('case\tside\tpictures_s\tratio')
        for case in a.cases or CASES:
            measure(case, a, scratch)
        if not a.cases and len(a.cores) > 1:
            measure_threads(a, scratch)


if __name__ == '__main__':
    main()
