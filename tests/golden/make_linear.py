#!/usr/bin/env python3
"""Makes linear/ and stats/: scikit-learn's logistic regression at its optimum,
and numpy's measures of spread, in double precision.

A case moves on to another seed rather than let a rounding decide: for every
test sample, the scores that a rank hangs on are GAP apart.
"""
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression

import inputs
import ref

GAP = 2e-3      # of scores: far more than the optimum is missed by


def load(spec):
    records = inputs.make(spec)[1]
    return (np.concatenate([r["feature"] for r in records]).astype("f8"),
            np.concatenate([r["label"] for r in records]))


def fit(x, label, l2):
    """Until the gradient of the mean loss is below 1e-9."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return LogisticRegression(
            C=1 / l2, tol=1e-9 * len(x), max_iter=100000,
            multi_class="multinomial").fit(x, label)


def linear(name, about, l2, train, test, scale=True, more=()):
    x, label = load(train)
    y, truth = load(test)
    if scale:
        mean, deviation = x.mean(0), x.std(0)
        deviation[deviation == 0] = 1
        x, y = (x - mean) / deviation, (y - mean) / deviation
    model = fit(x, label, l2)
    scores = model.decision_function(y)
    if scores.ndim == 1:
        scores = np.stack([-scores, scores], 1)
    place = {c: i for i, c in enumerate(model.classes_)}
    own = np.array([scores[i, place[t]] if t in place else -np.inf
                    for i, t in enumerate(truth)])
    near = abs(scores - own[:, None])
    assert (np.sort(near, 1)[:, 1] > GAP).all(), f"{name}: another seed"
    above = (scores > own[:, None]).sum(1)
    above[own == -np.inf] = 99
    table = {"top1": float((above < 1).mean()),
             "top5": float((above < 5).mean())}
    if more:
        each = [float((above[truth == c] < 1).mean())
                for c in model.classes_ if (truth == c).any()]
        table["mean_class"] = float(np.mean(each))
        for c in model.classes_:
            if (truth == c).any():
                table[f"class kind {c}"] = float(
                    (above[truth == c] < 1).mean())
    print(name, table)
    ref.save("linear", name, {
        "about": about, "made_by": "make_linear.py", "tool": "ssl-eval",
        "args": ["linear", "--train", "train.tz", "--test", "test.tz",
                 "--l2", str(l2), *([] if scale else ["--scale", "none"]),
                 *more],
        "inputs": {"train.tz": train, "test.tz": test},
        "expect": {"stdout": table}, "tolerance": {"*": {"atol": 6e-5}}})


def blobs(name, part, n, d=16, classes=8, spread=1.6):
    return {"kind": "features", "seed": name, "part": part, "n": n, "d": d,
            "classes": classes, "spread": spread}


def stats(name, about, spec, field="feature"):
    x, _ = load(spec)
    normal = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    i, j = np.triu_indices(len(x), 1)
    far = (normal ** 2).sum(1)
    far = far[i] + far[j] - 2 * (normal @ normal.T)[i, j]
    s = np.linalg.svd(x, compute_uv=False)
    s = s[s > 0] / s.sum()
    table = {"uniformity": float(np.log(np.exp(-2 * far).mean())),
             "effective_rank": float(np.exp(-(s * np.log(s)).sum())),
             "deviation": float(normal.std(0).mean()), "collapsed": 0}
    print(name, table)
    ref.save("stats", name, {
        "about": about, "made_by": "make_linear.py", "tool": "ssl-eval",
        "args": ["stats", "--test", "test.tz"],
        "inputs": {"test.tz": spec}, "expect": {"stdout": table},
        "tolerance": {"effective_rank": {"atol": 1e-4},
                      "*": {"atol": 2e-6}}})


def main():
    for l2 in (0.01, 1, 100):
        name = f"l2-{l2}"
        linear(name, f"l2 {l2}, rows of uneven norm", l2,
               blobs(name, "train", 403), blobs(name, "test", 211))
    name = "two-classes"
    linear(name, "two classes", 1, blobs(name, "train", 97, classes=2),
           blobs(name, "test", 61, classes=2))
    name = "few-rows"
    linear(name, "fewer rows than features", 1,
           blobs(name, "train", 31, d=70, classes=3),
           blobs(name, "test", 40, d=70, classes=3))
    name = "as-they-are"
    linear(name, "features left as they are", 10,
           blobs(name, "train", 300), blobs(name, "test", 100), scale=False)
    name = "each-class"
    linear(name, "the accuracy of each class", 1,
           blobs(name, "train", 350), blobs(name, "test", 160),
           more=("--per-class",))
    stats("tall", "more rows than features", blobs("tall", "test", 301, d=23))
    stats("wide", "more features than rows", blobs("wide", "test", 33, d=150))


if __name__ == "__main__":
    main()
