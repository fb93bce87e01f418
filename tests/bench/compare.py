#!/usr/bin/env python3
"""Times the tools against PyTorch: the same work, by turns, on one machine.

Usage: compare.py [-b BIN_DIR] [-t THREADS] [-r ROUNDS] [-n STEPS] [CASE...]

Every case is one whole process, ours or PyTorch's, reading the same stream.
Each round runs ours and PyTorch's with STEPS records and with one, A B A B;
the medians' difference over STEPS - 1 is a step's time, so that neither start-up nor
the writing of a checkpoint counts.  PyTorch runs in the faster of its two
memory layouts, found by a first trial.  Prints a table, tab-separated:
medians of seconds a step, pictures a second, CPU seconds a step, peak memory,
wall time of the long process; and the ratio of the steps (over 1: ours is
faster).  PYTHON names a Python that has PyTorch (default: the one running
this, or else /usr/bin/python3).
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "golden")
HEADS = ("hidden", "out")

CASES = {
    "byol-w16": {"mode": "train", "arch": "resnet18", "stem": "cifar",
                 "width": 16, "batch": 256, "size": 32, "hidden": 512,
                 "out": 128},
    "byol-w64": {"mode": "train", "arch": "resnet18", "stem": "cifar",
                 "width": 64, "batch": 64, "size": 32, "hidden": 4096,
                 "out": 256},
    "infer-r18": {"mode": "infer", "arch": "resnet18", "stem": "cifar",
                  "width": 64, "batch": 256, "size": 32},
    "infer-r50": {"mode": "infer", "arch": "resnet50", "stem": "imagenet",
                  "width": 64, "batch": 32, "size": 224},
}

# Run by the Python that has numpy: writes one input stream.
WRITE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import inputs, tz
tz.write(sys.argv[2], *inputs.make(json.loads(sys.argv[3])), level=1)
"""


def python():
    for name in (os.environ.get("PYTHON"), sys.executable,
                 "/usr/bin/python3"):
        if name and subprocess.run(
                [name, "-c", "import torch, torchvision, msgpack, zstandard"],
                stderr=subprocess.DEVNULL).returncode == 0:
            return name
    sys.exit("compare.py: no Python with torch, torchvision, msgpack and "
             "zstandard; name one in PYTHON")


def timed(command, given):
    """(wall seconds, CPU seconds, peak MiB) of a process."""
    with open(given, "rb") as stdin:
        before = time.perf_counter()
        process = subprocess.Popen(command, stdin=stdin,
                                   stdout=subprocess.DEVNULL)
        _, status, use = os.wait4(process.pid, 0)
        wall = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"compare.py: {' '.join(command)}: "
                 f"exit status {process.returncode}")
    return wall, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024


def write(interpreter, case, path, steps):
    n, size = case["batch"], case["size"]
    spec = ({"kind": "views", "seed": "bench", "n": n, "size": size,
             "steps": steps, "per_epoch": steps} if case["mode"] == "train"
            else {"kind": "pictures", "seed": "bench", "sizes": [n] * steps,
                  "height": size, "width": size})
    subprocess.run([interpreter, "-c", WRITE, GOLDEN, path,
                    json.dumps(spec)], check=True)


def network(case):
    return [x for key in ("arch", "stem", "width")
            for x in (f"--{key}", str(case[key]))]


def train_ours(case, a):
    heads = ["--projector-hidden", case["hidden"], "--predictor-hidden",
             case["hidden"], "--projector-out", case["out"]]
    return [os.path.join(a.bin_dir, "ssl-train"), "--method", "byol",
            *network(case), *map(str, heads), "--optimizer", "sgd", "--lr",
            "0.3", "--weight-decay", "5e-4", "--quiet", "--threads",
            str(a.threads), "-o", "/dev/null"]


def ours(case, a, scratch, given):
    if case["mode"] == "train":
        return train_ours(case, a)
    model = os.path.join(scratch, "model.tz")
    if not os.path.exists(model):
        views = os.path.join(scratch, "views.tz")
        write(a.python, {**case, "mode": "train", "batch": 2, "size": 32},
              views, 1)
        init = train_ours({"hidden": 16, "out": 16, **case}, a)
        init[-1] = model
        timed([*init, "--steps", "0"], views)
    return [os.path.join(a.bin_dir, "ssl-encode"), "--model", model,
            "--quiet", "--threads", str(a.threads), "-o", "/dev/null"]


def torch(case, a, layout):
    heads = [x for key in HEADS if key in case
             for x in (f"--{key}", str(case[key]))]
    more = ["--stdin"] if case["mode"] == "infer" else []
    return [a.python, os.path.join(HERE, "torch_byol.py"), case["mode"],
            *more, *network(case), *heads, "--batch", str(case["batch"]),
            "--layout", layout, "--threads", str(a.threads)]


def measure(name, case, a, scratch):
    many, one = (os.path.join(scratch, f"{k}.tz") for k in ("many", "one"))
    write(a.python, case, many, a.steps)
    write(a.python, case, one, 1)
    mine = ours(case, a, scratch, many)
    trial = {layout: timed(torch(case, a, layout), many)[0]
             for layout in ("last", "plain")}
    layout = min(trial, key=trial.get)
    sides = {"ours": mine, f"torch-{layout}": torch(case, a, layout)}
    rows = {side: [] for side in sides}
    for _ in range(a.rounds):
        for side, command in sides.items():
            first, whole = timed(command, one), timed(command, many)
            rows[side].append([*first, *whole])
    base = None
    for side, measured in rows.items():
        wall1, cpu1, _, wall, cpu, peak = (
            statistics.median(column) for column in zip(*measured))
        step, cpu = ((b - a1) / (a.steps - 1)
                     for a1, b in ((wall1, wall), (cpu1, cpu)))
        if step <= 0:
            sys.exit(f"compare.py: {name}: {side}: a longer run took less "
                     "time: the machine is too busy, or STEPS too few")
        base = base or step
        print(f"{name}\t{side}\t{a.threads}\t{step:.4g}\t"
              f"{case['batch'] / step:.4g}\t{cpu:.4g}\t{peak:.0f}\t"
              f"{wall:.4g}\t{step / base:.3g}", flush=True)


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("-b", "--bin-dir", default=os.path.join(
        HERE, "..", "..", "build", "bin"))
    p.add_argument("-t", "--threads", type=int,
                   default=len(os.sched_getaffinity(0)))
    p.add_argument("-r", "--rounds", type=int, default=3)
    p.add_argument("-n", "--steps", type=int, default=6)
    p.add_argument("cases", nargs="*", metavar="CASE",
                   help=", ".join(CASES) + " (default: all)")
    a = p.parse_args()
    unknown = set(a.cases) - set(CASES)
    if unknown or a.steps < 2 or a.rounds < 1:
        p.error(f"no case {', '.join(unknown)}" if unknown
                else "at least two steps and one round")
    a.python = python()
    print("case\tside\tthreads\tstep_s\tpictures_s\tcpu_s\tpeak_mib\twall_s"
          "\tratio")
    for name in a.cases or CASES:
        with tempfile.TemporaryDirectory() as scratch:
            measure(name, CASES[name], a, scratch)


if __name__ == "__main__":
    main()
