#!/usr/bin/env python3
"""Makes loss/: losses and gradients, in double precision from f4 inputs.

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


def contrast_loss(method, x, tau, tau2, weight, anchor):
    """The loss and its named parts."""
    one = {"anchor": True} if anchor else {}
    mix = {k: x[k] for k in ("mix_index", "mix_lambda") if k in x}
    if method == "moco":
        return ref.moco_loss(x["q"], x["k"], x["queue"], tau, **mix), {}
    if method == "npair":
        return ref.npair_loss(x["z0"], x["z1"], tau, **one, **mix), {}
    if method == "simclr":
        return ref.simclr_loss(x["z0"], x["z1"], tau, **one), {}
    if method == "suncet":
        return ref.suncet_loss(x["z"], x["label"], tau, **one), {}
    if method == "supcon":
        return ref.supcon_loss(x["z0"], x["z1"], x["label"], tau, **one), {}
    strong = [x[k] for k in sorted(x) if k[0] == "s"]
    a, b = ref.clsa_losses(x["q"], x["k"], x["queue"], strong, tau, tau2)
    return a + weight * b, {"loss_contrast": a, "loss_ddm": b}


def contrast(method, name, about, tau, fields, tau2=None, weight=1,
             anchor=False, **spec):
    """A case of any other loss; gradients of all fields but k."""
    name = f"{method}-{name}"
    spec = {"kind": "contrast", "seed": name, "fields": fields, **spec}
    meta, (record,) = inputs.make(spec)
    x = ref.tensors(record, torch.float64)
    by = [f for f in fields if f != "k"]
    for f in by:
        x[f].requires_grad_()
        x[f].grad = torch.zeros_like(x[f])      # constants stay at that
    loss, parts = contrast_loss(method, x, tau, tau2 or tau, weight, anchor)
    loss.backward()
    expect = {"loss": np.array([loss.item()], "f4"),
              **{k: np.array([v.item()], "f4") for k, v in parts.items()},
              **{f"grad_{f}": x[f].grad.numpy().astype("f4") for f in by}}
    rules = {"loss*": {"rtol": 5e-7, "atol": 3e-8 / tau}}
    for f in by:
        least = np.linalg.norm(record[f].astype("f8"), axis=1).min()
        rules[f"grad_{f}"] = {"rtol": 2e-6 + 4e-7 / tau, "rows": True, "atol":
                              float(f"{4e-8 / tau / len(record[f]) / least:.2g}")}
    args = ["--method", method, "--temperature", str(tau)]
    if anchor:
        args += ["--anchor-grad-only"]
    if method == "clsa":
        args += ["--strong-weight", str(weight)]
        args += ["--strong-temperature", str(tau2)] if tau2 else []
    ref.save("loss", name, {
        "about": about, "made_by": "make_loss.py", "tool": "ssl-loss",
        "args": args, "inputs": {"in.tz": spec}, "stdin": "in.tz",
        "expect": {"stdout": f"{name}.tz"}, "tolerance": rules}, {}, [expect])


def contrasts(method, fields, **spec):
    """Sizes, temperatures and norms that every one of them sees."""
    for n, p, tau in ((5, 3, 0.5), (16, 17, 0.2), (33, 40, 0.07)):
        contrast(method, f"n{n}-p{p}", f"temperature {tau}", tau, fields,
                 n=n, p=p, **spec)
    contrast(method, "uneven", "norms from 1e-6 to 1e6", 0.2, fields, n=11,
             p=9, span=6, **spec)
    contrast(method, "sharp", "exp(1/tau) is more than float32 holds", 0.01,
             fields, n=9, p=12, **spec)
    contrast(method, "near", "rows that nearly meet", 0.1, fields, n=12, p=24,
             near=0.95, **spec)


def all_contrasts():
    contrasts("simclr", ["z0", "z1"])
    contrasts("npair", ["z0", "z1"])
    contrasts("moco", ["q", "k"], k=37)
    for method, fields, k in (("npair", ["z0", "z1"], 0),
                              ("moco", ["q", "k"], 37)):
        contrast(method, "mix", "mixed", 0.2, fields, n=15, p=10, k=k,
                 mix=True)
    contrast("moco", "large", "a queue of several pieces", 0.2, ["q", "k"],
             n=140, p=6, k=9000)
    contrasts("clsa", ["q", "k", "s0"], k=29)
    contrast("clsa", "four", "four strong views of another temperature", 0.2,
             ["q", "k", "s0", "s1", "s2", "s3"], n=14, p=11, k=40, tau2=0.35,
             weight=0.6)
    contrasts("suncet", ["z"], classes=3)
    contrasts("supcon", ["z0", "z1"], classes=3)
    contrast("suncet", "missing", "rows without a label", 0.2, ["z"], n=20,
             p=7, classes=4, missing=6)
    contrast("supcon", "missing", "rows without a label", 0.2, ["z0", "z1"],
             n=20, p=7, classes=4, missing=6)
    contrast("suncet", "many", "rows of more than one piece", 0.1, ["z"],
             n=600, p=4, classes=5)
    for method, fields, more in (
            ("npair", ["z0", "z1"], {"mix": True}),
            ("simclr", ["z0", "z1"], {}),
            ("suncet", ["z"], {"classes": 3, "missing": 4}),
            ("supcon", ["z0", "z1"], {"classes": 3, "missing": 4})):
        contrast(method, "anchor", "gradients of anchors alone", 0.2, fields,
                 anchor=True, n=19, p=12, **more)
    contrast("simclr", "many", "rows of more than one piece", 0.1,
             ["z0", "z1"], n=300, p=4)


def main():
    all_contrasts()
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
