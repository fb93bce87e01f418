#!/usr/bin/env python3
"""Times the tools against PyTorch: the same work, by turns, on one machine.

Usage: compare.py [-b BIN_DIR] [-t THREADS] [-r ROUNDS] [-n STEPS] [-s]
                  [CASE...]

Every case is one whole process, ours or PyTorch's, reading the same stream.
Each round runs ours and PyTorch's with STEPS records and with one, A B A B;
the difference over STEPS - 1 is a step's time, so that neither start-up nor
the writing of a checkpoint counts.  PyTorch runs in the faster of its two
memory layouts, found by a first trial.  Prints a table, tab-separated:
medians of seconds a step, pictures a second, CPU seconds a step, peak memory,
wall time of the long process; of the rounds' ratios of steps (over 1: ours is
faster); and the ratio of the peaks.  With -s the other side is ours on one
thread.  For a processor with less: SELF_SIMD=avx2 ONEDNN_MAX_CPU_ISA=AVX2.  PYTHON names a
Python that has PyTorch (default: the one running this, or else
/usr/bin/python3).
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


CIFAR = {"arch": "resnet18", "stem": "cifar", "width": 64, "size": 32}
IMAGENET = {"arch": "resnet50", "stem": "imagenet", "width": 64, "size": 224}
CASES = {
    "byol-w64": {**CIFAR, "method": "byol", "batch": 64, "hidden": 4096,
                 "out": 256},
    "byol-w16": {**CIFAR, "method": "byol", "width": 16, "batch": 256,
                 "hidden": 512, "out": 128},
    "simclr-r18": {**CIFAR, "method": "simclr", "batch": 64, "out": 128},
    "moco-r50": {**IMAGENET, "method": "moco", "batch": 16, "out": 128,
                 "queue": 65536, "steps": 3},
    "infer-r18": {**CIFAR, "batch": 256},
    "infer-r50": {**IMAGENET, "batch": 32, "steps": 3},
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
             "steps": steps, "per_epoch": steps} if "method" in case
            else {"kind": "pictures", "seed": "bench", "sizes": [n] * steps,
                  "height": size, "width": size})
    subprocess.run([interpreter, "-c", WRITE, GOLDEN, path,
                    json.dumps(spec)], check=True)


def network(case):
    return [x for key in ("arch", "stem", "width")
            for x in (f"--{key}", str(case[key]))]


def train_ours(case, a, threads):
    heads = (["--projector-hidden", case["hidden"], "--predictor-hidden",
              case["hidden"], "--projector-out", case["out"]]
             if case["method"] == "byol" else [])
    queue = ["--queue", case["queue"]] if "queue" in case else []
    return [os.path.join(a.bin_dir, "ssl-train"), "--method", case["method"],
            *network(case), *map(str, heads + queue), "--optimizer", "sgd",
            "--lr", "0.03", "--weight-decay", "5e-4", "--quiet", "--threads",
            str(threads), "-o", "/dev/null"]


def ours(case, a, scratch, threads):
    if "method" in case:
        return train_ours(case, a, threads)
    model = os.path.join(scratch, "model.tz")
    if not os.path.exists(model):
        small = {**case, "method": "byol", "hidden": 16, "out": 16}
        views = os.path.join(scratch, "views.tz")
        write(a.python, {**small, "batch": 2, "size": 32}, views, 1)
        init = train_ours(small, a, threads)
        init[-1] = model
        timed([*init, "--steps", "0"], views)
    return [os.path.join(a.bin_dir, "ssl-encode"), "--model", model,
            "--quiet", "--threads", str(threads), "-o", "/dev/null"]


def torch(case, a, layout):
    more = [x for key in ("method", "hidden", "out", "queue") if key in case
            for x in (f"--{key}", str(case[key]))]
    mode = ["train"] if "method" in case else ["infer", "--stdin"]
    return [a.python, os.path.join(HERE, "torch_pair.py"), *mode,
            *network(case), *more, "--batch", str(case["batch"]),
            "--layout", layout, "--threads", str(a.threads)]


def best_layout(case, a, given):
    trial = {layout: timed(torch(case, a, layout), given)[0]
             for layout in ("last", "plain")}
    return min(trial, key=trial.get)


def sides_of(case, a, scratch, given):
    """Name and command of the two sides."""
    mine = ours(case, a, scratch, a.threads)
    if a.scaling:
        return {"ours": mine, "ours-1": ours(case, a, scratch, 1)}
    layout = best_layout(case, a, given)
    return {"ours": mine, f"torch-{layout}": torch(case, a, layout)}


def measure(name, case, a, scratch):
    steps = a.steps or case.get("steps", 6)
    many, one = (os.path.join(scratch, f"{k}.tz") for k in ("many", "one"))
    write(a.python, case, many, steps)
    write(a.python, case, one, 1)
    sides = sides_of(case, a, scratch, many)
    rows = {side: [] for side in sides}
    for _ in range(a.rounds):
        for side, command in sides.items():
            first, whole = timed(command, one), timed(command, many)
            rows[side].append((*((w - f) / (steps - 1) for w, f in
                                 zip(whole[:2], first[:2])),
                               whole[2], whole[0]))
    report(name, case, a, rows)


def report(name, case, a, rows):
    mine = next(iter(rows.values()))
    for side, measured in rows.items():
        step, cpu, peak, wall = map(statistics.median, zip(*measured))
        if min(row[0] for row in measured) <= 0:
            sys.exit(f"compare.py: {name}: {side}: a longer run took less "
                     "time: the machine is too busy, or STEPS too few")
        ratio, memory = (statistics.median(
            row[i] / own[i] for row, own in zip(measured, mine))
            for i in (0, 2))
        threads = 1 if side == "ours-1" else a.threads
        print(f"{name}\t{side}\t{threads}\t{step:.4g}\t"
              f"{case['batch'] / step:.4g}\t{cpu:.4g}\t{peak:.0f}\t"
              f"{wall:.4g}\t{ratio:.3g}\t{memory:.3g}", flush=True)


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("-b", "--bin-dir", default=os.path.join(
        HERE, "..", "..", "build", "bin"))
    p.add_argument("-t", "--threads", type=int,
                   default=len(os.sched_getaffinity(0)))
    p.add_argument("-r", "--rounds", type=int, default=3)
    p.add_argument("-n", "--steps", type=int, default=0,
                   help="default: 6, 3 for the large ones")
    p.add_argument("-s", "--scaling", action="store_true",
                   help="against one thread of ours")
    p.add_argument("cases", nargs="*", metavar="CASE",
                   help=", ".join(CASES) + " (default: all)")
    a = p.parse_args()
    unknown = set(a.cases) - set(CASES)
    if unknown or a.steps < 0 or a.steps == 1 or a.rounds < 1:
        p.error(f"no case {', '.join(unknown)}" if unknown
                else "at least two steps and one round")
    a.python = python()
    print("case\tside\tthreads\tstep_s\tpictures_s\tcpu_s\tpeak_mib\twall_s"
          "\tratio\tpeak_ratio")
    for name in a.cases or CASES:
        with tempfile.TemporaryDirectory() as scratch:
            measure(name, CASES[name], a, scratch)


if __name__ == "__main__":
    main()
