#!/usr/bin/env python3
"""Makes the cases of step/ that are not BYOL's: three steps of each method.

simclr, npair, supcon: both views in one pass; suncet: the labelled ones
behind them.  moco, clsa: target = m target + (1 - m) online before the batch;
keys of view1 by the target; every other view a pass of its own, weak ones
first; the queue's oldest rows become the keys behind the step.  byol with
mixed views: one direction, from view0 to view1.
"""
import torch

import inputs
import ref
from make_step import Optimizer, STEPS, buffer, save

SGD = ["--optimizer", "sgd", "--momentum", "0.9"]


class Net:
    """Both networks at one step."""

    def __init__(self, w, arch, stem, groups):
        self.w, self.arch, self.stem, self.groups = w, arch, stem, groups

    def project(self, net, x):
        h = ref.resnet(self.w, net + ".encoder.", self.arch, self.stem, x,
                       self.groups)
        return ref.head(self.w, net + ".projector", h, self.groups)

    def keys(self, x):
        with torch.no_grad():
            return self.project("target", x)


def joint(net, record, x, tau, loss, **more):
    n = len(x[0])
    z = net.project("online", torch.cat(x))
    return loss(z[:n], z[n:2 * n], tau=tau, **more), z[2 * n:]


def mix_of(record):
    return {k: torch.tensor(record[k]) for k in ("mix_index", "mix_lambda")
            if k in record}


def moco(net, record, x, o):
    pairs = [(0, 1), (1, 0)] if o.get("symmetric") else [(0, 1)]
    keys = {v: net.keys(x[v]) for _, v in pairs}
    loss = sum(ref.moco_loss(net.project("online", x[q]), keys[k],
                             net.w["queue"], o["tau"], **mix_of(record))
               for q, k in pairs)
    return loss, torch.cat([keys[v] for v in sorted(keys)])


def clsa(net, record, x, o):
    keys = net.keys(x[1])
    weak = [v for v in range(len(x)) if v != 1 and v not in o["strong"]]
    queries = [net.project("online", x[v]) for v in weak]
    strong = [net.project("online", x[v]) for v in o["strong"]]
    loss = 0
    for q in queries:
        a, b = ref.clsa_losses(q, keys, net.w["queue"], strong, o["tau"],
                               o["tau2"])
        loss = loss + a + o["weight"] * b
    return loss, keys


def one_step(method, net, record, support, x, o):
    """The loss, and keys for the queue."""
    if method == "moco":
        return moco(net, record, x, o)
    if method == "clsa":
        return clsa(net, record, x, o)
    if method == "npair":
        loss, _ = joint(net, record, x, o["tau"], ref.npair_loss,
                        **mix_of(record))
        return loss, None
    if method == "supcon":
        return joint(net, record, x, o["tau"], ref.supcon_loss,
                     label=torch.tensor(record["label"]))[0], None
    loss, z = joint(net, record, x, o["tau"], ref.simclr_loss)
    if support is not None:
        loss = loss + ref.suncet_loss(z, torch.tensor(support["label"]),
                                      o["tau"])
    return loss, None


def pixels(record, dtype, layout):
    names = sorted(n for n in record if n.startswith("view"))
    return [ref.pixels(record[n], dtype).to(memory_format=layout)
            for n in names]


def follow(w, m):
    for n in w:
        if n.startswith("target.") and not buffer(n):
            w[n] = m * w[n] + (1 - m) * w[n.replace("target.", "online.")]


def push(w, keys):
    k, at = len(w["queue"]), int(w["queue_head"])
    with torch.no_grad():
        w["queue"] = w["queue"].clone()
        w["queue"][at:at + len(keys)] = ref.unit(keys)
    w["queue_head"] = torch.tensor((at + len(keys)) % k)


def run(method, start, records, support, optimizer, o, dtype, layout):
    w, losses = dict(ref.parameters(start, dtype)), []
    if "queue_head" in w:
        w["queue_head"] = w["queue_head"].long()
    train = [n for n in w if n.startswith("online.") and not buffer(n)]
    for t, record in enumerate(records):
        for n in train:
            w[n] = w[n].detach()
        follow(w, o["ema"])
        for n in train:
            w[n] = w[n].requires_grad_()
        x = pixels(record, dtype, layout)
        extra = support[t] if support and t < o.get("until", STEPS) else None
        if extra:
            x += pixels(extra, dtype, layout)
        net = Net(w, o["arch"], o["stem"], o.get("groups", 1))
        loss, keys = one_step(method, net, record, extra, x, o)
        grads = dict(zip(train, torch.autograd.grad(
            loss, [w[n] for n in train])))
        losses.append(loss.item())
        with torch.no_grad():
            optimizer.step(w, grads, o["lr"])
        if keys is not None:
            push(w, keys)
    return {n: v.detach().numpy() for n, v in w.items()}, losses


def case(method, name, about, projector, args=(), sizes=(24, 24), n=8,
         arch="resnet18", stem="cifar", width=6, support=None, lr=0.01,
         decay=0.02, optimizer=SGD, kind="sgd", **o):
    """`o`: what `run` looks at: tau, queue, ema, strong, groups, …"""
    name = f"{method}-{name}"
    o = {"ema": 0.9, "arch": arch, "stem": stem, "lr": lr, **o}
    start = {"kind": "start", "seed": name, "arch": arch, "stem": stem,
             "width": width, "projector": projector,
             **({"target": True, "queue": o["queue"], "head": o["head"]}
                if "queue" in o else {})}
    views = {"kind": "many_views", "seed": name, "n": n, "sizes": sizes,
             "steps": STEPS, "strong": o.get("strong", ()),
             "mix": o.get("mix", False), "classes": o.get("classes", 0)}
    specs = {"in.tz": views, "init.tz": start}
    ema = (["--ema", str(o["ema"]), "--ema-schedule", "constant"]
           if "queue" in o else [])     # the target network's
    args = ["--method", method, "--init", "init.tz", *optimizer, *args,
            "--lr", str(lr), "--weight-decay", str(decay), "--temperature",
            str(o["tau"]), *ema[:2], "--schedule", "constant", *ema[2:],
            "--log-every", "1", "--log", "out.tsv", "-o", "out.tz"]
    if support:
        specs["support.tz"] = {"kind": "many_views", "seed": name + " s",
                               "n": support, "sizes": sizes[:1],
                               "steps": STEPS, "classes": 4}
        args += ["--support", "support.tz"]
    data = {k: inputs.make(v)[1] for k, v in specs.items()}

    def go(dtype, layout):
        return run(method, data["init.tz"], data["in.tz"],
                   data.get("support.tz"), Optimizer(kind, decay), o, dtype,
                   layout)

    save(name, about, "make_method.py", args, specs, go, [lr] * STEPS,
         8 if "adam" in kind else 4)


def main():
    case("simclr", "plain", "both views in one pass", "32-relu-16", tau=0.5)
    case("simclr", "groups", "batch norm in four groups", "32-relu-16",
         ["--bn-groups", "4"], n=16, tau=0.5, groups=4, lr=0.001)
    case("npair", "plain", "both views in one pass", "32-bn-relu-16-bn",
         tau=0.2)
    case("npair", "mixed", "view0 mixed", "32-bn-relu-16-bn", tau=0.5,
         mix=True)
    case("moco", "plain", "a queue of two batches and a half left",
         "32-relu-16", ["--queue", "24"], tau=0.2, queue=24, head=16)
    case("moco", "mixed", "view0 mixed, all keys candidates",
         "32-bn-relu-16", tau=0.2, queue=32, head=0, mix=True)
    case("moco", "symmetric", "both directions", "32-relu-16",
         ["--symmetric"], tau=0.3, queue=32, head=16, symmetric=True)
    case("clsa", "one", "one strong view of another size", "32-relu-16",
         ["--strong-weight", "0.5"], sizes=(24, 24, 16), tau=0.2, tau2=0.2,
         queue=32, head=8, strong=(2,), weight=0.5)
    case("clsa", "many", "two queries, two strong views, temperatures",
         "32-relu-16", ["--strong-temperature", "0.4"], tau=0.2, tau2=0.4,
         sizes=(20, 20, 16, 24, 20), queue=16, head=0, strong=(2, 4),
         weight=1, lr=0.005)
    case("suncet", "support", "labelled pictures behind the views",
         "32-relu-16", support=12, tau=0.3)
    case("suncet", "until", "the labelled stream is left after epoch 0",
         "32-relu-16", ["--support-epochs", "1", "--steps-per-epoch", "2"],
         support=12, tau=0.3, until=2)
    case("supcon", "labels", "classes of several samples", "32-relu-16",
         tau=0.2, classes=4)
    case("supcon", "lars", "LARS", "32-relu-16", tau=0.2, classes=4, lr=0.02,
         decay=1e-3, kind="lars", optimizer=["--optimizer", "lars",
                                             "--trust", "0.02"])


if __name__ == "__main__":
    main()
