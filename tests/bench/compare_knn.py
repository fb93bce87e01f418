#!/usr/bin/env python3
"""ssl-eval knn beside sgemm's own time for the product it is made of.

Usage: compare_knn.py [-b BIN_DIR] [-n ROUNDS] [QUERIESxROWSxFEATURES...]

Ours is timed whole: start, reading both streams, search, vote.  Theirs is
the product of the same matrices by numpy's OpenBLAS on the same cores, as
one call for each 2,000 queries.  Both run in turn; printed are the medians in
seconds (of both cores together: CPU) and their quotients.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "golden"))

import numpy as np
import tz

AT_A_TIME = 2000


def features(n, d, part):
    """Around 10 centres, so that neighbours are what they are in practice."""
    centre = np.random.default_rng(1).standard_normal((10, d), dtype="f4")
    r = np.random.default_rng([2, part])
    label = r.integers(0, 10, n)
    x = r.standard_normal((n, d), dtype="f4") * 2 + centre[label]
    return x, label.astype("i8")


def save(path, x, label):
    tz.write(path, {"kind": "samples"},
             [{"feature": x[i:i + 1024], "label": label[i:i + 1024]}
              for i in range(0, len(x), 1024)], level=1)


def timed(work):
    time.sleep(0.3)     # numpy's threads stay awake behind a product
    begun, before = time.monotonic(), os.times()
    work()
    after = os.times()
    return time.monotonic() - begun, sum(after[:4]) - sum(before[:4])


def compare(bin_dir, rounds, m, n, d):
    x, label = features(n, d, 0)
    y, truth = features(m, d, 1)
    out = np.empty((min(AT_A_TIME, m), n), "f4")

    def product():
        for i in range(0, m, AT_A_TIME):
            part = y[i:i + AT_A_TIME]
            np.matmul(part, x.T, out=out[:len(part)])

    with tempfile.TemporaryDirectory() as folder:
        save(os.path.join(folder, "train.tz"), x, label)
        save(os.path.join(folder, "test.tz"), y, truth)
        command = [os.path.join(bin_dir, "ssl-eval"), "knn", "-q", "--train",
                   os.path.join(folder, "train.tz"), "--test",
                   os.path.join(folder, "test.tz")]
        pairs = []
        for _ in range(rounds):
            pairs.append((timed(product),
                          timed(lambda: subprocess.run(
                              command, check=True,
                              stdout=subprocess.DEVNULL))))
    a, b = ([statistics.median(p[side][i] for p in pairs) for i in (0, 1)]
            for side in (0, 1))
    print(f"{m}x{n}x{d}\t{2e-9 * m * n * d / a[0]:.0f}\t{a[0]:.2f}\t{a[1]:.2f}"
          f"\t{b[0]:.2f}\t{b[1]:.2f}\t{b[0] / a[0]:.2f}\t{b[1] / a[1]:.2f}",
          flush=True)


def main(args):
    bin_dir, rounds = os.path.join(HERE, "../../build/bin"), 3
    while args and args[0] in ("-b", "-n"):
        if args[0] == "-b":
            bin_dir = args[1]
        else:
            rounds = int(args[1])
        args = args[2:]
    print("queries x rows x features\tsgemm GFLOP/s\tseconds\tCPU\t"
          "ssl-eval knn\tCPU\ttimes\tin CPU")
    for shape in args or ["10000x50000x512"]:
        compare(os.path.abspath(bin_dir), rounds, *map(int, shape.split("x")))


if __name__ == "__main__":
    main(sys.argv[1:])
