"""The streams that cases feed to the tools, built from a case's `inputs`.

make(spec) -> (meta, records); spec["kind"] picks the function of that name.
"""
import math

import numpy as np

import draw
import nets


def row_scales(seed, n, span):
    """f4 [n,1]: powers of ten between 1e-span and 1e+span."""
    k = draw.below(seed, n, 2 * span + 1) - span
    return np.array([float(f"1e{e}") for e in k]).reshape(n, 1)


def embeddings(seed, n, p, mix=False, scale=1.0, span=0, near=0.0):
    """p0 p1 z0 z1 [n,p]; `near` pulls each p towards the z it predicts."""
    x = {name: draw.normal(f"{seed} {name}", (n, p)).astype("f8")
         for name in ("p0", "p1", "z0", "z1")}
    for a, b in (("p0", "z1"), ("p1", "z0")):
        x[a] = (1 - near) * x[a] + near * x[b]
    x = {name: (v * scale * row_scales(f"{seed} {name}", n, span)).astype("f4")
         for name, v in x.items()}
    if mix:
        x["mix_index"] = draw.order(f"{seed} mix", n)
        x["mix_lambda"] = draw.uniform(f"{seed} share", (n,), 0, 1)
    return {"kind": "samples"}, [x]


def contrast(seed, fields, n, p, k=0, mix=False, classes=0, missing=0,
             scale=1.0, span=0, near=0.0):
    """Any loss's fields [n,p]; `near` pulls all towards the first.

    k: rows of a queue, of length 1.  classes: labels below that, of which the
    first `missing` are -1 and one more is the only one of its class.
    """
    x = {name: draw.normal(f"{seed} {name}", (n, p)).astype("f8")
         for name in fields}
    for name in fields[1:]:
        x[name] = (1 - near) * x[name] + near * x[fields[0]]
    x = {name: (v * scale * row_scales(f"{seed} {name}", n, span)).astype("f4")
         for name, v in x.items()}
    if k:
        q = draw.normal(f"{seed} queue", (k, p)).astype("f8")
        x["queue"] = (q / np.sqrt((q * q).sum(1, keepdims=True))).astype("f4")
    if mix:
        x["mix_index"] = draw.order(f"{seed} mix", n)
        x["mix_lambda"] = draw.uniform(f"{seed} share", (n,), 0, 1)
    if classes:
        x["label"] = draw.below(f"{seed} label", n, classes)
        x["label"][:missing] = -1
        x["label"][missing] = classes + 5
    return {"kind": "embeddings"}, [x]


def waves(seed, n, p):
    """sin(1.1 (i+1) + 0.7 (j+1)^2 + s): numbers one can type in anywhere."""
    def wave(s):
        return np.array([[math.sin(1.1 * (i + 1) + 0.7 * (j + 1) ** 2 + s)
                          for j in range(p)] for i in range(n)], "f4")
    starts = {"p0": 0, "p1": 0.5, "z0": 1, "z1": 1.5}
    return {"kind": "samples"}, [{k: wave(s) for k, s in starts.items()}]


def pictures(seed, sizes, height, width):
    """Records of `sizes` pictures, with labels and keys to pass through."""
    records, first = [], 0
    for i, n in enumerate(sizes):
        records.append({
            "image": draw.pictures(f"{seed} {i}", n, height, width),
            "label": draw.below(f"{seed} label {i}", n, 7) - 1,
            "key": [f"fold/{first + j}.jpg" for j in range(n)],
            "index": np.arange(first, first + n, dtype="i8")})
        first += n
    names = [f"kind {i}" for i in range(6)]
    return {"kind": "samples", "classes": names}, records


def checkpoint(arch, stem, width, params, **more):
    meta = {"kind": "checkpoint", "arch": arch, "stem": stem, "width": width,
            "method": "byol", "mean": nets.MEAN, "std": nets.STD,
            "epoch": 0, "step": 0, **more}
    return meta, [{"name": k, "value": v} for k, v in params.items()]


def encoder(seed, arch, stem, width):
    shapes = [(f"online.encoder.{n}", s)
              for n, s in nets.encoder(arch, stem, width)]
    return checkpoint(arch, stem, width, nets.filled(seed, shapes))


def byol(seed, arch, stem, width, projector, predictor, target=True):
    shapes = nets.byol(arch, stem, width, projector, predictor)
    if not target:
        shapes = [s for s in shapes if s[0].startswith("online.")]
    return checkpoint(arch, stem, width, nets.filled(seed, shapes),
                      projector=projector, predictor=predictor)


def start(seed, arch, stem, width, projector, target=False, queue=0, head=0):
    """A network with one head, as "32-relu-16"; maybe a target, a queue."""
    shapes = [(f"encoder.{n}", s) for n, s in nets.encoder(arch, stem, width)]
    shapes += nets.layers("projector", nets.feature_size(arch, width),
                          projector)
    twins = ("online", "target") if target else ("online",)
    params = nets.filled(seed, [(f"{t}.{n}", s) for t in twins
                                for n, s in shapes])
    if queue:
        p = int([w for w in projector.split("-") if w.isdigit()][-1])
        q = draw.normal(f"{seed} queue", (queue, p)).astype("f8")
        params["queue"] = (q / np.sqrt((q * q).sum(1, keepdims=True))
                           ).astype("f4")
        params["queue_head"] = np.array(head, "i8")
    return checkpoint(arch, stem, width, params)


def mixed(x, index, share):
    """f4 [N,...]: share of each sample, the rest of its partner's."""
    share = share.reshape(-1, 1, 1, 1)
    return share * x.astype("f4") + (1 - share) * x[index].astype("f4")


def many_views(seed, n, sizes, steps, strong=(), mix=False, classes=0):
    """Records of views of these sizes; view0 may be mixed, labels given."""
    records = []
    for t in range(steps):
        record = {f"view{i}": draw.pictures(f"{seed} {t} {i}", n, size, size)
                  for i, size in enumerate(sizes)}
        if mix:
            index = draw.order(f"{seed} {t} mix", n)
            share = draw.uniform(f"{seed} {t} share", (n,), 0.5, 1)
            record.update(mix_index=index, mix_lambda=share, view0=mixed(
                record["view0"], index, share))
        if classes:
            record["label"] = draw.below(f"{seed} {t} label", n, classes)
        records.append({**record, "epoch": 0, "step": t})
    meta = {"kind": "samples", "batch": n, "samples": n * steps,
            "steps": steps, "steps_per_epoch": steps, "epochs": 1,
            "mean": nets.MEAN, "std": nets.STD,
            "views": [{"name": f"view{i}", "recipe": "any", "size": size,
                       "role": "strong" if i in strong else "weak"}
                      for i, size in enumerate(sizes)]}
    return meta, records


def views(seed, n, size, steps, per_epoch, told=True):
    """`steps` records of two views: view1 is view0 mirrored, other noise.

    `told`: the header says how many there will be.
    """
    records = []
    for t in range(steps):
        a, b = (draw.pictures(f"{seed} {t}", n, size, size, noise)
                for noise in (30, 60))
        records.append({"view0": a, "view1": b[:, :, ::-1].copy(),
                        "index": np.arange(n, dtype="i8") + t * n,
                        "epoch": t // per_epoch, "step": t})
    known = {"samples": n * steps, "steps": steps,
             "steps_per_epoch": per_epoch, "epochs": -(-steps // per_epoch)}
    meta = {"kind": "samples", "batch": n, **(known if told else {}),
            "mean": nets.MEAN, "std": nets.STD,
            "views": [{"name": f"view{i}", "role": "weak", "recipe": "byol",
                       "size": size} for i in (0, 1)]}
    return meta, records


def cut(x):
    """Splits every array of a record into uneven records."""
    n = len(next(iter(x.values())))
    at = [0, n // 7, n // 2, n]
    return [{k: v[a:b] for k, v in x.items()} for a, b in zip(at, at[1:])]


def features(seed, part, n, d, classes, spread):
    """Labelled points around class centres, each row rescaled at random."""
    label = draw.below(f"{seed} {part} label", n, classes)
    centre = draw.normal(f"{seed} centre", (classes, d))
    x = centre[label] + draw.normal(f"{seed} {part}", (n, d), spread)
    x = x * draw.uniform(f"{seed} {part} norm", (n, 1), 0.1, 10)
    names = [f"kind {i}" for i in range(classes)]
    return ({"kind": "samples", "classes": names},
            cut({"feature": x.astype("f4"), "label": label}))


def corners(seed, part, d, labels):
    """Unit vectors, several of the same: similarities are exactly 0 or 1.

    labels[i] lists the classes of the copies of unit vector i.
    """
    rows = [(i, c) for i, many in enumerate(labels) for c in many]
    rows = [rows[i] for i in draw.order(f"{seed} {part}", len(rows))]
    x = np.zeros((len(rows), d), "f4")
    x[np.arange(len(rows)), [i for i, _ in rows]] = 1
    names = [f"kind {i}" for i in range(1 + max(c for _, c in rows))]
    return ({"kind": "samples", "classes": names},
            cut({"feature": x, "label": np.array([c for _, c in rows], "i8")}))


KINDS = {f.__name__: f for f in (embeddings, contrast, waves, pictures,
                                 encoder, byol, start, many_views, views,
                                 features, corners)}


def make(spec):
    spec = dict(spec)
    return KINDS[spec.pop("kind")](**spec)
