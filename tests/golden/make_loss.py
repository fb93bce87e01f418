#!/usr/bin/env python3
"""Makes loss/: BYOL's loss and gradients, in double precision from f4 inputs.

The tolerance of a gradient is relative to the largest number of its row, as
rows may differ in norm by many powers of ten, plus what cancels when a
prediction nearly meets its target: a few roundings of 1 / (N |p|).
"""
import numpy as np
import torch

import inputs
import ref


def differentiate(record):
    x = ref.tensors(record, torch.float64)
    for name in ("p0", "p1"):
        x[name].requires_grad_()
    loss = ref.byol_loss(**x)
    loss.backward()
    return {"loss": np.array([loss.item()], "f4"),
            **{f"grad_{p}": x[p].grad.numpy().astype("f4")
               for p in ("p0", "p1")}}


def case(name, about, **spec):
    spec = {"kind": "embeddings", "seed": name, **spec}
    meta, (record,) = inputs.make(spec)
    expect = differentiate(record)
    rules = {"loss": {"rtol": 0, "atol": 1e-6}}
    for p in ("p0", "p1"):
        least = np.linalg.norm(record[p].astype("f8"), axis=1).min()
        rules[f"grad_{p}"] = {"rtol": 5e-6, "rows": True}
        if spec.get("near"):
            rules[f"grad_{p}"]["atol"] = float(
                f"{1e-6 / len(record[p]) / least:.2g}")
    ref.save("loss", name, {
        "about": about, "made_by": "make_loss.py", "tool": "ssl-loss",
        "args": ["--method", "byol"], "inputs": {"in.tz": spec},
        "stdin": "in.tz", "expect": {"stdout": f"{name}.tz"},
        "tolerance": rules}, {}, [expect])
    return expect


def main():
    for n, p in ((5, 3), (16, 17), (33, 64)):
        for mix in (False, True):
            case(f"byol-n{n}-p{p}" + "-mix" * mix,
                 "plain random rows" + (", mixed" if mix else ""),
                 n=n, p=p, mix=mix)
    case("byol-one-row", "a record of one sample", n=1, p=9)
    case("byol-tiny", "norms near 1e-9", n=7, p=33, scale=1e-10)
    case("byol-tiny-mix", "norms near 1e-9, mixed", n=7, p=33, scale=1e-10,
         mix=True)
    case("byol-huge", "norms near 1e13: the squares' sum is under 3e38", n=7,
         p=33, scale=2e12)
    case("byol-uneven", "norms of one record from 1e-6 to 1e6", n=19, p=21,
         span=6)
    case("byol-uneven-mix", "norms from 1e-6 to 1e6, mixed", n=19, p=21,
         span=6, mix=True)
    case("byol-near", "predictions that nearly meet their targets", n=12,
         p=40, near=0.999)
    got = case("byol-waves", "sines with a loss known from elsewhere",
               kind="waves", n=4, p=3)
    assert abs(got["loss"][0] - 1.858351853) < 1e-6
    assert np.allclose(got["grad_p0"][0],
                       (0.186210612, 0.185388710, -0.059904526), atol=1e-7)


if __name__ == "__main__":
    main()
