#!/usr/bin/env python3
"""ssl-eval linear beside scikit-learn's LogisticRegression(lbfgs).

Usage: compare_linear.py [-b BIN_DIR] [-n ROUNDS] [NxDxK | TRAIN.tz,TEST.tz]...

Both minimise the same function of the same standardised features, on the
same cores, one after the other.  Ours is timed whole: start, reading the
streams, scaling, fit and test; theirs is the call of fit() alone.  Theirs
stops at its own limit of 100 steps ("default") or goes on until its default
tolerance is met ("settled"); ours stops at its default tolerance.  Printed
are the losses reached, the medians in seconds (of both cores together: CPU),
and their quotients.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "golden"))

import numpy as np
from sklearn.linear_model import LogisticRegression
import tz


SETTLE = 0.3    # seconds until threads of the other side's BLAS are asleep


def features(n, d, k, part):
    """Rectified, correlated, of falling variance, as encoders give them."""
    fixed = np.random.default_rng(1)
    mix = fixed.normal(size=(d, d)) * np.geomspace(1, 0.03, d)[:, None]
    centre = fixed.normal(size=(k, d)) * 0.15 * np.geomspace(1, 0.1, d)
    mix, centre = mix.astype("f4") / d ** 0.5, centre.astype("f4")
    r = np.random.default_rng([2, part])
    label = r.integers(0, k, n)
    z = r.standard_normal((n, d), dtype="f4") + centre[label]
    return np.maximum(z @ mix * 3 + 0.2, 0), label.astype("i8")


def save(path, x, label):
    tz.write(path, {"kind": "samples"},
             [{"feature": x[i:i + 1024], "label": label[i:i + 1024]}
              for i in range(0, len(x), 1024)], level=1)


def load(path):
    _, records = tz.read(path)
    return [np.concatenate([r[k] for r in records])
            for k in ("feature", "label")]


def loss(model, x, label):
    """The mean of the losses and of l2 / 2 |w|^2 with l2 = 1, in double."""
    s = x @ model.coef_.T + model.intercept_
    s -= s.max(1, keepdims=True)
    own = s[np.arange(len(x)), label]
    return (np.mean(np.log(np.exp(s).sum(1)) - own)
            + (model.coef_ ** 2).sum() / (2 * len(x)))


def theirs(x, label, most):
    model = LogisticRegression(C=1, solver="lbfgs", max_iter=most)
    begun, spent = time.monotonic(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, label)
    seconds = time.monotonic() - begun
    spent = time.process_time() - spent
    return seconds, spent, loss(model, x, label), model.n_iter_[0], model


def ours(bin_dir, train, test):
    begun, before = time.monotonic(), os.times()
    done = subprocess.run(
        [os.path.join(bin_dir, "ssl-eval"), "linear", "-v", "--train", train,
         "--test", test], capture_output=True, text=True, check=True)
    seconds, after = time.monotonic() - begun, os.times()
    spent = (after.children_user + after.children_system
             - before.children_user - before.children_system)
    words = done.stderr.partition("loss ")[2].split()
    return seconds, spent, float(words[0]), int(words[2]), done.stdout.split()[1]


def compare(bin_dir, rounds, train, test):
    (x, label), (y, truth) = load(train), load(test)
    shape = f"{len(x)}x{x.shape[1]}x{label.max() + 1}"
    mean, deviation = x.mean(0, dtype="f8"), x.std(0, dtype="f8")
    deviation[deviation == 0] = 1
    x, y = (x - mean) / deviation, (y - mean) / deviation
    for name, most in (("default", 100), ("settled", 100000)):
        got, want = [], []
        for _ in range(rounds):
            time.sleep(SETTLE)
            got.append(ours(bin_dir, train, test))
            time.sleep(SETTLE)
            want.append(theirs(x, label, most))
        a, b = ([statistics.median(x[i] for x in side) for i in (0, 1)]
                for side in (got, want))
        print(f"{shape}\t{name}\t{want[0][2]:.9f}\t{want[0][3]}\t"
              f"{b[0]:.3f}\t{b[1]:.3f}\t{want[0][4].score(y, truth):.4f}"
              f"\t{got[0][2]:.9f}\t{got[0][3]}\t{a[0]:.3f}\t{a[1]:.3f}\t"
              f"{got[0][4]}\t{b[0] / a[0]:.1f}\t{b[1] / a[1]:.1f}",
              flush=True)


def compare_made(bin_dir, rounds, n, d, k):
    with tempfile.TemporaryDirectory() as folder:
        train, test = (os.path.join(folder, f"{x}.tz") for x in
                       ("train", "test"))
        save(train, *features(n, d, k, 0))
        save(test, *features(max(n // 5, 100), d, k, 1))
        compare(bin_dir, rounds, train, test)


def main(args):
    bin_dir, rounds = os.path.join(HERE, "../../build/bin"), 3
    while args and args[0] in ("-b", "-n"):
        if args[0] == "-b":
            bin_dir = args[1]
        else:
            rounds = int(args[1])
        args = args[2:]
    print("rows x features x classes\ttheirs\tloss\tsteps\tseconds\tCPU\ttop1\t"
          "our loss\tsteps\tseconds\tCPU\ttop1\ttimes faster\tin CPU")
    for what in args or ["5000x128x10", "20000x512x10", "20000x256x100"]:
        if "," in what:
            compare(os.path.abspath(bin_dir), rounds, *what.split(","))
        else:
            compare_made(os.path.abspath(bin_dir), rounds,
                         *map(int, what.split("x")))


if __name__ == "__main__":
    main(sys.argv[1:])
