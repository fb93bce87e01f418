#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""NaN, infinity and what else no loss, checkpoint or image may hold is refused by name; prints TAP.

Needs numpy, msgpack and zstandard, or says so and skips everything.
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
except ImportError as error:
    if os.access(SYSTEM, os.X_OK) and not os.environ.get('NAN_AGAIN'):
        os.environ['NAN_AGAIN'] = '1'
        os.execv(SYSTEM, [SYSTEM, os.path.abspath(__file__), *sys.argv[1:]])
    print(f'1..0 # SKIP python3 has no {error.name}')
    sys.exit(0)

BIN = os.environ.get('BIN', os.path.join(HERE, '../../build/bin'))
N, P, K = 6, 4, 8
rng = np.random.default_rng(0)
done = failed = 0


def ok(held, what, note=''):
    global done, failed
    done += 1
    failed += not held
    print(f'{"ok" if held else "not ok"} {done} - {what}')
    if not held:
        print(f'# {note}')


def run(tool, *args):
    done = subprocess.run([os.path.join(BIN, tool), *args], capture_output=True, text=True)
    return done.returncode, done.stderr.strip()


def refused(status, text, what, tool, *args):
    got = run(tool, *args)
    ok(got[0] == status and text in got[1] and got[1].count('\n') == 0, what, got)


def rows(n=N):
    return rng.normal(size=(n, P)).astype('f4')


def keys(n=K):
    x = rows(n).astype('f8')
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype('f4')


def record(method):
    views = {'z0': rows(), 'z1': rows()}
    queue = {'q': rows(), 'k': rows(), 'queue': keys()}
    label = {'label': np.arange(N, dtype='i8') // 2}
    mix = {'mix_index': np.roll(np.arange(N, dtype='i8'), 1), 'mix_lambda': np.full(N, 0.75, 'f4')}
    return {
        'byol': {'p0': rows(), 'p1': rows(), **views, **mix},
        'simclr': views, 'npair': {**views, **mix}, 'moco': {**queue, **mix},
        'clsa': {**queue, 's0': rows(), 's1': rows()},
        'suncet': {'z': rows(), **label}, 'supcon': {**views, **label},
    }[method]


METHODS = 'byol simclr npair moco clsa suncet supcon'.split()


def changed(base, field, where, value):
    return {**base, field: np.where(where, value, base[field]).astype(base[field].dtype)}


def loss(method, fields, *args):
    tz.write('in.tz', {}, [fields])
    return run('ssl-loss', '--method', method, '-o', 'out.tz', *args, 'in.tz')


def losses():
    at = (np.arange(N) == 3)
    for method in METHODS:
        base = record(method)
        ok(loss(method, base) == (0, ''), f'{method}: sound numbers give no remark', loss(method, base))
        for field, x in base.items():
            one = np.zeros(x.shape, bool)
            one[(3,) + (1,) * (x.ndim - 1)] = True
            if field in ('label', 'mix_index'):
                bad = [-5] if field == 'label' else [-1, N]
            else:
                bad = [np.nan, np.inf, -np.inf] + ([1.5, -0.1] if field == 'mix_lambda' else [])
            for value in bad:
                status, text = loss(method, changed(base, field, one, value))
                ok(status == 1 and f'record 0: {field}: ' in text and 'row 3' in text,
                   f'{method}: {value} in {field} is refused by field and row', (status, text))
        first = next(iter(base))
        for value, what in ((0, 'zeros'), (1e30, '1e30'), (3e38, '3e38')):
            status, text = loss(method, changed(base, first, at[:, None] & (np.arange(P) >= 0), value))
            result = tz.read('out.tz')[1][0] if status == 0 else {}
            ok(status == 0 and all(np.isfinite(v).all() for v in result.values()),
               f'{method}: a row of {what} is finite', (status, text, result))
    gap = record('clsa')
    gap['s2'] = gap.pop('s1')
    status, text = loss('clsa', gap)
    ok(status == 1 and 'record 0: s1: missing' in text, 'clsa: a strong view after a missing one is not ignored',
       (status, text))
    for method in ('moco', 'clsa'):
        base = record(method)
        status, text = loss(method, changed(base, 'queue', np.arange(K)[:, None] == 2, 3e38))
        ok(status == 1 and 'record 0: loss' in text, f'{method}: a loss that overflows is refused', (status, text))
        status, text = loss(method, changed(base, 'queue', np.arange(K)[:, None] == 2, 2))
        ok(status == 0 and 'queue: row 2 has norm 4' in text, f'{method}: keys that are not normalized: a remark', text)
        status, text = loss(method, {**base, 'queue': keys(0)})
        ok(status == 1 and 'queue: empty' in text, f'{method}: an empty queue is refused', (status, text))


def positives():
    for method, label, text in (('suncet', range(N), 'label: no two rows'), ('suncet', [-1] * N, 'label: no two rows'),
                                ('supcon', [-1] * N, 'label: no row has one')):
        got = loss(method, {**record(method), 'label': np.array(label, 'i8')})
        ok(got[0] == 1 and text in got[1], f'{method}: no positive pair is no loss of 0', got)
    got = loss('supcon', {**record('supcon'), 'label': np.arange(N, dtype='i8')})
    ok(got[0] == 0, 'supcon: classes of one have their other view', got)
    got = loss('simclr', {k: v[:1] for k, v in record('simclr').items()})
    ok(got[0] == 0 and tz.read('out.tz')[1][0]['loss'] == 0, 'simclr of one sample is 0', got)
    for method in METHODS:
        mixed = {**record(method), **{k: v for k, v in record('npair').items() if k.startswith('mix')}}
        status, text = loss(method, mixed)
        if method in ('byol', 'moco', 'npair'):
            ok(status == 0, f'{method} takes mixed records', text)
        else:
            ok(status == 1 and 'byol moco npair' in text, f'{method} refuses mixed records', (status, text))
    got = loss('simclr', {**record('simclr'), 'queue': keys(), 'label': np.zeros(N, 'i8'), 'own': np.zeros(N)})
    ok(got[0] == 0 and got[1].endswith('simclr does not use these fields of the record: queue label'),
       'fields of other losses: a remark', got)
    for method, option in (('byol', '--temperature'), ('moco', '--strong-weight'), ('simclr', '--strong-temperature')):
        got = loss(method, record(method), option, '0.5')
        ok(got[0] == 2 and f'{option}: {method} does not use it' in got[1], f'{method} refuses {option}', got)
    got = loss('moco', record('moco'), '--anchor-grad-only')
    ok(got[0] == 2 and 'methods that do: npair simclr suncet supcon' in got[1], 'moco refuses --anchor-grad-only', got)


def checkpoints():
    """Every kind of tensor, by every tool that reads a checkpoint."""
    views = {f'view{i}': rng.integers(0, 256, (4, 8, 8, 3), 'u1') for i in range(2)}
    tz.write('views.tz', {'kind': 'samples', 'mean': [.5] * 3, 'std': [.2] * 3}, [views] * 3)
    tz.write('images.tz', {'kind': 'samples'}, [{'image': views['view0']}])
    net = ('--method moco --queue 8 --stem cifar --width 2 --projector-hidden 8 --projector-out 4 --schedule constant '
           '--optimizer adam --lr 0.01 -q').split()
    status, text = run('ssl-train', *net, '--steps', '2', '-o', 'a.tz', 'views.tz')
    ok(status == 0, 'a checkpoint', text)
    meta, tensors = tz.read('a.tz')
    meta = meta['meta']
    cases = [('online.encoder.conv1.weight', np.nan), ('online.encoder.layer1.0.bn1.running_mean', np.inf),
             ('online.encoder.layer1.0.bn1.running_var', -0.5), ('target.encoder.conv1.weight', np.nan),
             ('online.projector.0.bias', -np.inf), ('optimizer.m.online.encoder.conv1.weight', np.nan),
             ('optimizer.v.online.encoder.conv1.weight', -1e-3), ('queue', np.nan), ('queue', 3)]
    for name, value in cases:
        bad = [{**t, 'value': np.where(np.arange(t['value'].size).reshape(t['value'].shape) == 1, value,
                                       t['value']).astype('f4')} if t['name'] == name else t for t in tensors]
        tz.write('bad.tz', meta, bad)
        for tool, *args in (('ssl-encode', '--model', 'bad.tz', '-o', 'x.tz', 'images.tz'),
                            ('ssl-train', '--init', 'bad.tz', *net, '-o', 'x.tz', 'views.tz'),
                            ('ssl-train', '--resume', 'bad.tz', '-q', '-o', 'x.tz', 'views.tz')):
            refused(1, f'bad.tz: {name}: ', f'{tool} {args[0]} refuses {value} in {name}', tool, *args)
    zero = [{**t, 'value': t['value'] * 0} if t['name'].endswith('encoder.bn1.running_var') else t for t in tensors]
    tz.write('zero.tz', meta, zero)
    got = run('ssl-encode', '-q', '--model', 'zero.tz', '-o', 'x.tz', 'images.tz')
    ok(got == (0, ''), 'a variance of 0 is a sound one', got)
    tz.write('std.tz', {**meta, 'std': [np.inf] * 3}, tensors)
    refused(2, 'standard deviation of inf', 'a deviation that is infinite', 'ssl-encode', '--model', 'std.tz', '-o',
            'x.tz', 'images.tz')


def labels():
    for label in ([0, 0, 1, -5], [0, 0, 1]):
        view = rng.integers(0, 256, (4, 8, 8, 3), 'u1')
        tz.write('labels.tz', {'kind': 'other'}, [{'view0': view, 'view1': view, 'label': np.array(label, 'i8')}])
        refused(1, 'labels.tz: record 0: label: ' + ('-5 in row 3' if len(label) == 4 else 'missing, or not'),
                f'a label of {label[-1]} for supcon', 'ssl-train', '-q', '--method', 'supcon', '--stem', 'cifar',
                '--width', '2', '--schedule', 'constant', '--mean', '0,0,0', '--std', '1,1,1', '-o', 'x.tz',
                'labels.tz')


def encoder():
    good = rng.uniform(0, 255, (4, 8, 8, 3)).astype('f4')
    bad = good.copy()
    bad[2, 3, 3, 1] = np.nan
    tz.write('nan.tz', {'kind': 'samples'}, [{'image': x} for x in (good, good, bad, good)])
    refused(1, 'nan.tz: record 2: image: ', 'an image with NaN is named', 'ssl-encode', '-q', '-m',
            'a.tz', '-o', 'x.tz', 'nan.tz')
    meta, tensors = tz.read('a.tz')
    tz.write('large.tz', meta['meta'], [{**t, 'value': (t['value'] * 0 + 3e38).astype('f4')}
                                        if t['name'].endswith('bn1.weight') else t for t in tensors])
    tz.write('dark.tz', {'kind': 'samples'}, [{'image': x} for x in (good, good)])
    refused(1, 'dark.tz: record 0: the network does not give finite numbers: feature: ',
            'a feature that overflows is named', 'ssl-encode', '-q', '-m', 'large.tz', '-o', 'x.tz', 'dark.tz')
    many = np.concatenate([good] * 40)
    many[150, 0, 0, 0] = np.inf
    tz.write('many.tz', {'kind': 'samples'}, [{'image': many}])
    refused(1, 'record 0: image: ', 'in a record larger than a batch too', 'ssl-encode', '-q',
            '-m', 'a.tz', '-o', 'x.tz', 'many.tz')
    label = np.array([0, 0, 1, 1], 'i8')
    tz.write('eval.tz', {'kind': 'samples'}, [{'image': good, 'label': label}])
    tz.write('evil.tz', {'kind': 'samples'}, [{'image': bad, 'label': label}])
    refused(1, 'evil.tz: record 0: image: ', "the monitor's images too", 'ssl-train', '-q', '--init',
            'a.tz', '--method', 'moco', '--schedule', 'constant', '--queue', '8', '--monitor', 'eval.tz,evil.tz', '-o',
            'x.tz', 'views.tz')


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    losses()
    positives()
    checkpoints()
    labels()
    encoder()
    os.chdir('/')
print(f'1..{done}')
sys.exit(failed > 0)
