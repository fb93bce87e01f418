#!/usr/bin/env python3
"""Runs the tools on the reference cases of this folder; prints TAP.

Usage: run.py [-b BIN_DIR] [GROUP[/NAME]...]

The tools are in BIN_DIR, or in $BIN, or in ../../build/bin.
Needs numpy, msgpack and zstandard, or says so and skips everything.
README.md describes the cases.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile
from fnmatch import fnmatch

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM = "/usr/bin/python3"     # where Debian's packages are to be found

try:
    import numpy as np
    import inputs
    import tz
except ImportError as error:
    if os.access(SYSTEM, os.X_OK) and not os.environ.get("GOLDEN_AGAIN"):
        os.environ["GOLDEN_AGAIN"] = "1"
        os.execv(SYSTEM, [SYSTEM, os.path.join(HERE, "run.py"), *sys.argv[1:]])
    print(f"1..0 # SKIP python3 has no {error.name}")
    sys.exit(0)


class Bad(Exception):
    """What a case found wrong, in words."""


def need(ok, text):
    if not ok:
        raise Bad(text)


def equal_or_near(name, got, want, rule, start=0):
    """|got - want| <= atol + rtol * largest |want - start| (of the row)."""
    need(np.shape(got) == np.shape(want),
         f"{name}: shape {np.shape(got)}, not {np.shape(want)}")
    if rule is None or np.size(want) == 0:
        need(np.array_equal(got, want), f"{name}: not equal")
        return
    want = np.asarray(want, "f8")
    error = abs(np.asarray(got, "f8") - want)
    need(np.isfinite(error).all(), f"{name}: not finite")
    axes = tuple(range(1, want.ndim)) if rule.get("rows") else None
    limit = rule.get("atol", 0) + rule.get("rtol", 0) * abs(
        want - start).max(axes, keepdims=True)
    far = error / np.maximum(limit, 1e-300)
    if os.environ.get("GOLDEN_VERBOSE"):
        print(f"# {name}: {np.quantile(far, rule.get('share', 1)):.3f}"
              " of what is allowed")
    need((far <= 1).mean() >= rule.get("share", 1),
         f"{name}: {np.count_nonzero(far > 1)} of {far.size} too far, "
         f"worst {error.flat[far.argmax()]:.3g}, {far.max():.3g} times "
         "the limit")


def rule_for(case, name):
    return next((rule for pattern, rule in case["tolerance"].items()
                 if fnmatch(name, pattern)), None)


def check_records(case, where, want_path, start):
    """Every field of every expected record, in order."""
    want, got = tz.read(want_path)[1], tz.read(where)[1]
    need(len(got) == len(want), f"{len(got)} records, not {len(want)}")
    for g, w in zip(got, want):
        for name, value in w.items():
            need(name in g, f"no field {name}")
            if isinstance(value, np.ndarray):
                need(g[name].dtype == value.dtype,
                     f"{name}: {g[name].dtype}, not {value.dtype}")
            equal_or_near(name, g[name], value, rule_for(case, name))


def check_checkpoint(case, where, want_path, start):
    """Expected records hold every `stride`-th number of a parameter."""
    head, records = tz.read(where)
    got = {r["name"]: r["value"] for r in records if "name" in r}
    for name, value in case.get("meta", {}).items():
        need(head["meta"].get(name) == value,
             f"meta.{name} is {head['meta'].get(name)}, not {value}")
    for w in tz.read(want_path)[1]:
        name = w["name"]
        need(name in got, f"no parameter {name}")
        need(list(got[name].shape) == w["shape"],
             f"{name}: shape {list(got[name].shape)}, not {w['shape']}")
        begin = start.get(name, start.get(name.replace("target.", "online.")))
        equal_or_near(name, got[name].ravel()[::w["stride"]], w["value"],
                      rule_for(case, name), begin.ravel()[::w["stride"]])


def check_table(case, where, want, start):
    """A log with a header row, by columns; or lines of `name TAB number`."""
    with open(where) as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    by_column = any(isinstance(v, list) for v in want.values())
    columns = (dict(zip(rows[0], zip(*rows[1:]))) if by_column
               else {row[0]: row[1] for row in rows})
    for name, values in want.items():
        need(name in columns, f"no {name}")
        equal_or_near(name, np.array(columns[name], "f8"), values,
                      rule_for(case, name))


def check_outputs(case, folder, group):
    start = {}
    if "start" in case:
        start = {r["name"]: r["value"]
                 for r in tz.read(os.path.join(folder, case["start"]))[1]}
    for name, want in case["expect"].items():
        check = check_table
        if isinstance(want, str):
            want = os.path.join(HERE, group, want)
            check = check_checkpoint if "start" in case else check_records
        check(case, os.path.join(folder, name), want, start)


def run_case(group, case, bin_dir, folder):
    for name, spec in case["inputs"].items():
        tz.write(os.path.join(folder, name), *inputs.make(spec), level=1)
    stdin = os.path.join(folder, case["stdin"]) if "stdin" in case else "/dev/null"
    with open(stdin, "rb") as i, open(os.path.join(folder, "stdout"), "wb") as o:
        try:
            done = subprocess.run(
                [os.path.join(bin_dir, case["tool"]), *case["args"]],
                stdin=i, stdout=o, stderr=subprocess.PIPE, cwd=folder,
                timeout=120)
        except subprocess.TimeoutExpired:
            raise Bad("still running after 120 s") from None
    words = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    need(done.returncode == 0, f"exit status {done.returncode}: {words}")
    check_outputs(case, folder, group)


def main(args):
    bin_dir = os.environ.get("BIN") or os.path.join(HERE, "../../build/bin")
    if args[:1] == ["-b"]:
        bin_dir, args = args[1], args[2:]
    names = [p[len(HERE) + 1:-5]
             for p in sorted(glob.glob(os.path.join(HERE, "*", "*.json")))]
    if args:
        names = [n for n in names
                 if any(n == a or n.startswith(a + "/") for a in args)]
    print(f"1..{len(names)}", flush=True)
    failed = 0
    for i, name in enumerate(names, 1):
        with open(os.path.join(HERE, name + ".json")) as file:
            case = json.load(file)
        word, why = "ok", ""
        try:
            with tempfile.TemporaryDirectory() as folder:
                run_case(name.partition("/")[0], case,
                         os.path.abspath(bin_dir), folder)
        except (Bad, OSError, ValueError, LookupError) as error:
            word, why = "not ok", f"#   {type(error).__name__}: {error}\n"
            failed += 1
        print(f"{word} {i} - {name}: {case['about']}\n{why}", end="",
              flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
