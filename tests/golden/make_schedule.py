#!/usr/bin/env python3
"""Makes schedule/: the learning rate of every step, as the log tells it.

The network is as small as it gets: only the lr column counts.
"""
import inputs
import ref


def case(name, about, args, rate, steps=12, per_epoch=4, told=True):
    """rate(step) is the expected rate; `told`: the header knows the steps."""
    start = {"kind": "byol", "seed": name, "arch": "resnet18",
             "stem": "cifar", "width": 2, "projector": [4, 3],
             "predictor": [4, 3]}
    views = {"kind": "views", "seed": name, "n": 4, "size": 8,
             "steps": steps, "per_epoch": per_epoch, "told": told}
    ref.save("schedule", name, {
        "about": about, "made_by": "make_schedule.py", "tool": "ssl-train",
        "args": ["--method", "byol", "--init", "init.tz", *args,
                 "--log-every", "1", "--log", "out.tsv", "-o", "out.tz"],
        "inputs": {"in.tz": views, "init.tz": start}, "stdin": "in.tz",
        "expect": {"out.tsv": {
            "step": list(range(steps)),
            "epoch": [s // per_epoch for s in range(steps)],
            "lr": [rate(s) for s in range(steps)]}},
        "tolerance": {"step": None, "epoch": None, "lr": {"rtol": 1e-6}}})


def main():
    assert abs(ref.warm_cosine(99, 3.2, 100, 1000) - 3.168) < 1e-12
    assert abs(ref.warm_cosine(999, 3.2, 100, 1000) - 9.7e-6) < 1e-7
    assert abs(ref.ema_cosine(250, 0.996, 1000) - 0.996586) < 1e-6
    lr = ["--lr", "0.02", "--schedule"]
    case("constant", "constant", [*lr, "constant"], lambda s: 0.02)
    case("cosine", "a cosine over the steps that the header tells",
         [*lr, "cosine"], lambda s: ref.warm_cosine(s, 0.02, 0, 12))
    case("warm-steps", "warm-up by steps, then a cosine",
         [*lr, "cosine", "--warmup-steps", "5"],
         lambda s: ref.warm_cosine(s, 0.02, 5, 12))
    case("warm-epochs", "warm-up by epochs, then a cosine",
         [*lr, "cosine", "--warmup-epochs", "1"],
         lambda s: ref.warm_cosine(s, 0.02, 4, 12))
    case("warm-constant", "warm-up, then constant",
         [*lr, "constant", "--warmup-steps", "3"],
         lambda s: 0.02 * min(s / 3, 1))
    case("total-given", "a header that tells nothing, --total-steps",
         [*lr, "cosine", "--warmup-steps", "2", "--total-steps", "20"],
         lambda s: ref.warm_cosine(s, 0.02, 2, 20), told=False)
    case("warm-imix", "i-Mix's warm-up over one epoch, then its cosine",
         [*lr, "cosine-epoch", "--warmup-epochs", "1", "--warmup-form",
          "imix"], lambda s: ref.imix_rate(s, 0.02, 1, 3, 4))
    case("milestones", "the rate falls at epochs 1 and 2",
         [*lr, "step", "--milestones", "1,2", "--gamma", "0.3"],
         lambda s: 0.02 * 0.3 ** (s // 4))


if __name__ == "__main__":
    main()
