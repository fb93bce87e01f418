#!/usr/bin/env python3
"""Makes step/: three steps of BYOL from a known network, in double precision.

A step: p0 = online(view0), p1 = online(view1), z0 = target(view0),
z1 = target(view1), each a pass of its own with batch norm in training mode;
loss; optimizer; target = m target + (1 - m) online, with the new online.
The target's batch norm statistics come from its own passes.

Stored are every `stride`-th number of each parameter and buffer, at most MOST.
Errors count relative to the furthest that a tensor moved.  float32 runs of
PyTorch in both memory layouts say what may be asked: a tensor that they
cannot agree on (its gradient is rounding errors alone, as a bias before batch
norm) is left out by name, the others get several times the worst disagreement.
"""
import numpy as np
import torch

import inputs
import ref

MOST = 400      # numbers kept of a tensor
SHARE = 0.97    # of them that must be near: a ReLU may tip over
HOPELESS = 0.01
ROOM = 2e-3     # at least: other roundings tip other ReLUs
STEPS = 3


class Optimizer:
    """The definitions themselves, one tensor after the other."""

    def __init__(self, kind, decay, momentum=0.9, trust=0.02):
        self.kind, self.decay, self.momentum = kind, decay, momentum
        self.trust, self.state, self.t = trust, {}, 0

    def step(self, w, grads, lr):
        self.t += 1
        for name, g in grads.items():
            w[name] = getattr(self, self.kind)(name, w[name], g, lr)

    def velocity(self, name, g):
        v = self.state.get(name)
        v = g.clone() if v is None else self.momentum * v + g
        self.state[name] = v
        return v

    def sgd(self, name, p, g, lr):
        return p - lr * self.velocity(name, g + self.decay * p)

    def nesterov(self, name, p, g, lr):
        g = g + self.decay * p
        return p - lr * (g + self.momentum * self.velocity(name, g))

    def lars(self, name, p, g, lr):
        """BYOL's: the rate outside; biases and batch norm plain."""
        if p.ndim > 1:
            g = g + self.decay * p
            a, b = p.norm(), g.norm()
            if a > 0 and b > 0:
                g = g * (self.trust * a / b)
        return p - lr * self.velocity(name, g)

    def moments(self, name, g):
        zero = torch.zeros_like(g)
        m, v = self.state.get(name, (zero, zero))
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        self.state[name] = m, v
        return (m / (1 - 0.9 ** self.t) /
                ((v / (1 - 0.999 ** self.t)).sqrt() + 1e-8))

    def adam(self, name, p, g, lr):
        return p - lr * self.moments(name, g + self.decay * p)

    def adamw(self, name, p, g, lr):
        return p * (1 - lr * self.decay) - lr * self.moments(name, g)


def buffer(name):
    return ".running_" in name


def forward(w, net, arch, stem, x):
    h = ref.resnet(w, net + ".encoder.", arch, stem, x, True)
    z = ref.head(w, net + ".projector", h)
    return ref.head(w, net + ".predictor", z) if net == "online" else z


def run(start, views, arch, stem, optimizer, rates, emas, dtype, layout):
    """Returns the network after the steps, and the losses."""
    w, losses = dict(ref.parameters(start, dtype)), []
    for name in [n for n in w if n.startswith("online.")]:
        twin = name.replace("online.", "target.")
        if "predictor" not in name:
            w.setdefault(twin, w[name].clone())
    train = [n for n in w if n.startswith("online.") and not buffer(n)]
    for record, lr, m in zip(views, rates, emas):
        x0, x1 = (ref.pixels(record[v], dtype).to(memory_format=layout)
                  for v in ("view0", "view1"))
        for n in train:
            w[n] = w[n].detach().requires_grad_()
        p0, p1 = (forward(w, "online", arch, stem, x) for x in (x0, x1))
        with torch.no_grad():
            z0, z1 = (forward(w, "target", arch, stem, x) for x in (x0, x1))
        loss = ref.byol_loss(p0, p1, z0, z1)
        grads = dict(zip(train, torch.autograd.grad(
            loss, [w[n] for n in train])))
        losses.append(loss.item())
        with torch.no_grad():
            optimizer.step(w, grads, lr)
            for n in w:
                if n.startswith("target.") and not buffer(n):
                    new = w[n.replace("target.", "online.")]
                    w[n] = m * w[n] + (1 - m) * new
    return {n: v.detach().numpy() for n, v in w.items()}, losses


def save(name, about, made_by, args, specs, go, rates, room):
    """A case of what go(dtype, memory layout) gives, a network and losses.

    `room`: how many times the worst disagreement is allowed; Adam magnifies
    small gradients.
    """
    start = inputs.make(specs["init.tz"])[1]
    want, losses = go(torch.float64, torch.contiguous_format)
    rough = [go(torch.float32, layout)
             for layout in (torch.contiguous_format, torch.channels_last)]
    origin = {r["name"]: r["value"] for r in start}
    lost, records, skipped = {}, [], []
    for key, value in want.items():
        begin = origin.get(key, origin.get(key.replace("target.", "online.")))
        moved = abs(value - begin).max()
        lost[key] = max(np.quantile(abs(w[key] - value), SHARE)
                        for w, _ in rough) / max(moved, 1e-30)
        if lost[key] > HOPELESS:
            skipped.append(key)
            continue
        stride = max(1, value.size // MOST) | 1
        records.append({"name": key, "shape": list(value.shape),
                        "stride": stride,
                        "value": value.ravel()[::stride].astype("f4")})
    worst = max(v for k, v in lost.items() if k not in skipped)
    loss_lost = max(abs(a / b - 1) for _, got in rough
                    for a, b in zip(got, losses))
    print(f"{name}: float32 loses {worst:.2g}, loss {loss_lost:.2g}; "
          f"without {', '.join(skipped)}")
    init = specs["init.tz"]
    ref.save("step", name, {
        "about": about, "made_by": made_by, "tool": "ssl-train",
        "args": args, "inputs": specs, "stdin": "in.tz", "start": "init.tz",
        "left_out": skipped,
        "meta": {"step": STEPS, "arch": init["arch"],
                 "width": init["width"]},
        "expect": {"out.tz": f"{name}.tz",
                   "out.tsv": {"step": list(range(STEPS)), "loss": losses,
                               "lr": rates}},
        "tolerance": {
            "step": None,
            "lr": {"rtol": 1e-6},
            "loss": {"rtol": float(f"{max(1e-6, 8 * loss_lost):.1g}")},
            "*": {"rtol": float(f"{max(ROOM, room * worst):.1g}"),
                  "atol": 2e-7, "share": SHARE}}},
        {"kind": "checkpoint"}, records)


def case(name, about, kind, lr, decay, args, arch="resnet18", stem="cifar",
         width=8, size=32, n=8, target=True, cosine=None, ema=0.99):
    """`cosine`: (warm-up, total) steps of both schedules, or constant ones."""
    start_spec = {"kind": "byol", "seed": name, "arch": arch, "stem": stem,
                  "width": width, "projector": [32, 16],
                  "predictor": [24, 16], "target": target}
    view_spec = {"kind": "views", "seed": name, "n": n, "size": size,
                 "steps": STEPS, "per_epoch": 2}
    start, views = inputs.make(start_spec)[1], inputs.make(view_spec)[1]
    steps = range(STEPS)
    rates, emas = [lr] * STEPS, [ema] * STEPS
    schedule = ["--schedule", "constant", "--ema-schedule", "constant"]
    if cosine:
        warm, total = cosine
        rates = [ref.warm_cosine(s, lr, warm, total) for s in steps]
        emas = [ref.ema_cosine(s, ema, total) for s in steps]
        schedule = ["--schedule", "cosine", "--ema-schedule", "cosine",
                    "--warmup-steps", str(warm), "--total-steps", str(total)]

    def go(dtype, layout):
        return run(start, views, arch, stem, Optimizer(kind, decay), rates,
                   emas, dtype, layout)

    args = ["--method", "byol", "--init", "init.tz", *args, "--lr", str(lr),
            "--weight-decay", str(decay), "--ema", str(ema), *schedule,
            "--log-every", "1", "--log", "out.tsv", "-o", "out.tz"]
    save(name, about, "make_step.py", args,
         {"in.tz": view_spec, "init.tz": start_spec}, go, rates,
         8 if "adam" in kind else 4)


def main():
    sgd = ["--optimizer", "sgd", "--momentum", "0.9"]
    case("byol-sgd", "SGD, a target of its own, constant schedules", "sgd",
         0.003, 0.02, sgd)
    case("byol-nesterov", "Nesterov, warm-up and cosine, no target given",
         "nesterov", 0.004, 0.02, [*sgd, "--nesterov"], target=False,
         cosine=(1, 5), ema=0.6)
    case("byol-lars", "LARS, constant schedules", "lars", 0.01, 1e-3,
         ["--optimizer", "lars", "--momentum", "0.9", "--trust", "0.02"])
    case("byol-lars-cosine", "LARS, where the rate's place matters", "lars",
         0.02, 0.1, ["--optimizer", "lars", "--trust", "0.02"], width=6,
         size=24, cosine=(2, 4), ema=0.8)
    case("byol-adamw", "AdamW, constant schedules", "adamw", 1e-4, 0.5,
         ["--optimizer", "adamw"])
    case("byol-adam", "Adam with decay in the gradient", "adam", 1e-4, 1e-2,
         ["--optimizer", "adam"], width=5, size=20)
    case("byol-bottleneck", "resnet50 with the ImageNet stem, SGD", "sgd",
         5e-4, 0.05, sgd, arch="resnet50", stem="imagenet", width=4, size=44)


if __name__ == "__main__":
    main()
