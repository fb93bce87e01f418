#!/usr/bin/env python3
"""Makes knn/: scores of the weighted k-NN vote, in double precision.

Rows are normalised; the k most similar training rows vote exp(similarity / T)
for their class; of equal votes the smaller class comes first.  A class without
a vote is never among the five of top5.
"""
import numpy as np

import inputs
import ref

GAP = 1e-5      # scores nearer than this would be decided by rounding


def load(spec):
    records = inputs.make(spec)[1]
    x = np.concatenate([r["feature"] for r in records]).astype("f8")
    label = np.concatenate([r["label"] for r in records])
    return x / np.linalg.norm(x, axis=1, keepdims=True), label


def votes(train, label, test, k, t):
    """[tests, classes] and, for each test, the nearest miss of a decision."""
    similar = test @ train.T
    order = np.argsort(-similar, axis=1, kind="stable")
    near = np.take_along_axis(similar, order, 1)
    out = np.zeros((len(test), label.max() + 1))
    for i in range(len(test)):
        np.add.at(out[i], label[order[i, :k]], np.exp(near[i, :k] / t))
    edge = near[:, k - 1] - near[:, k] if k < len(train) else np.ones(1)
    return out, edge


def case(name, about, train, test, k, t, tied=False):
    x, label = load(train)
    y, truth = load(test)
    got, edge = votes(x, label, y, k, t)
    ranked = np.pad(-np.sort(-got, axis=1), ((0, 0), (0, 6)))
    if not tied:
        # Move on to another seed rather than let a rounding decide.
        assert (edge > 1e-6).all(), f"{name}: a tie at rank {k}"
        assert (ranked[:, 0] - ranked[:, 1] > GAP * ranked[:, 0]).all(), name
    best = np.argsort(-np.round(got, 9), axis=1, kind="stable")[:, :5]
    right = (best == truth[:, None]) & (np.take_along_axis(got, best, 1) > 0)
    # As for the first place: no rounding decides who is fifth.
    edge = ranked[:, 4] - ranked[:, 5]
    assert tied or ((edge > GAP * ranked[:, 0]) | (ranked[:, 5] == 0)).all()
    table = {"top1": float((best[:, 0] == truth).mean()),
             "top5": float(right.any(1).mean())}
    print(name, table)
    ref.save("knn", name, {
        "about": about, "made_by": "make_knn.py", "tool": "ssl-eval",
        "args": ["knn", "--train", "train.tz", "--test", "test.tz",
                 "--k", str(k), "--temperature", str(t)],
        "inputs": {"train.tz": train, "test.tz": test},
        "expect": {"stdout": table}, "tolerance": {"*": {"atol": 6e-5}}})


def blobs(name, part, n, d=24, classes=8, spread=2.2):
    return {"kind": "features", "seed": name, "part": part, "n": n, "d": d,
            "classes": classes, "spread": spread}


def main():
    for k, t, n, m in ((1, 0.1, 90, 61), (5, 0.07, 203, 97),
                       (50, 0.1, 331, 150), (50, 1.0, 151, 80)):
        name = f"k{k}-t{t}"
        case(name, f"k {k}, temperature {t}, rows of uneven norm",
             blobs(name, "train", n), blobs(name, "test", m), k, t)
    name = "all-vote"
    case(name, "k is the size of the training set",
         blobs(name, "train", 64, d=7), blobs(name, "test", 33, d=7), 64, 0.5)
    name = "tied-votes"
    copies = [[2, 5, 5, 2], [1, 0, 3, 3], [4, 1, 1, 4], [3, 0, 0, 3]]
    case(name, "exactly equal votes go to the smaller class",
         {"kind": "corners", "seed": name, "part": "train", "d": 6,
          "labels": copies},
         {"kind": "corners", "seed": name, "part": "test", "d": 6,
          "labels": [[2, 5, 5], [3, 0], [1, 4, 4], [0, 0, 3]]}, 4, 0.1,
         tied=True)


if __name__ == "__main__":
    main()
