"""The definitions in PyTorch, in any precision; needed only to make cases."""
import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F

import inputs
import nets
import tz

HERE = os.path.dirname(os.path.abspath(__file__))


def save(group, name, case, meta=None, records=None):
    """Writes GROUP/NAME.json and, where records are given, GROUP/NAME.tz."""
    os.makedirs(os.path.join(HERE, group), exist_ok=True)
    path = os.path.join(HERE, group, name)
    if records is not None:
        tz.write(path + ".tz", meta, records, level=19)
    with open(path + ".json", "w") as file:
        json.dump(case, file, indent=1)
        file.write("\n")


def tensors(record, dtype):
    return {k: torch.tensor(v, dtype=dtype if v.dtype == np.float32 else None)
            for k, v in record.items() if isinstance(v, np.ndarray)}


def cosines(p, z):
    return (F.normalize(p, dim=1, eps=1e-12) *
            F.normalize(z, dim=1, eps=1e-12)).sum(1)


def byol_loss(p0, p1, z0, z1, mix_index=None, mix_lambda=None):
    """Mean over N of the sum over both directions of 2 - 2 cos."""
    if mix_index is None:
        c = cosines(p0, z1) + cosines(p1, z0)
    else:   # each prediction against its own row and the one mixed into it
        lam = mix_lambda.to(p0.dtype)
        c = sum(lam * cosines(p, z) + (1 - lam) * cosines(p, z[mix_index])
                for p, z in ((p0, z1), (p1, z0)))
    return (4 - 2 * c).mean()


def unit(x):
    return F.normalize(x, dim=1, eps=1e-12)


def cross_entropy(logits, i, mix_index=None, mix_lambda=None):
    """Mean over rows of -log softmax at columns i, or at i and partners."""
    logs = torch.log_softmax(logits, 1)
    own = logs[torch.arange(len(logits)), i]
    if mix_index is None:
        return -own.mean()
    lam = mix_lambda.to(logits.dtype)
    other = logs[torch.arange(len(logits)), i[mix_index]]
    return -(lam * own + (1 - lam) * other).mean()


def npair_loss(z0, z1, tau, anchor=False, **mix):
    """anchor: no gradient goes through what anchors are held against."""
    logits = unit(z0) @ unit(z1.detach() if anchor else z1).T / tau
    return cross_entropy(logits, torch.arange(len(z0)), **mix)


def moco_loss(q, k, queue, tau, **mix):
    """1+K logits, or with mixing N+K."""
    q, k = unit(q), unit(k)
    n = len(q)
    if mix:
        logits = torch.cat([q @ k.T, q @ queue.T], 1) / tau
        return cross_entropy(logits, torch.arange(n), **mix)
    logits = torch.cat([(q * k).sum(1, keepdim=True), q @ queue.T], 1) / tau
    return cross_entropy(logits, torch.zeros(n, dtype=torch.long))


def clsa_losses(q, k, queue, strong, tau, tau2):
    """The contrast over N+K logits, and the summed divergences."""
    bank = torch.cat([unit(k), queue])
    contrast = cross_entropy(unit(q) @ bank.T / tau, torch.arange(len(q)))
    with torch.no_grad():
        target = torch.softmax(unit(q) @ bank.T / tau2, 1)
    ddm = sum(-(target * torch.log_softmax(unit(s) @ bank.T / tau2, 1)
                ).sum(1).mean() for s in strong)
    return contrast, ddm


def others(z, tau, anchor):
    """log softmax of each row over all rows but itself."""
    s = unit(z) @ unit(z.detach() if anchor else z).T / tau
    s = s.masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
    return torch.log_softmax(s, 1)


def simclr_loss(z0, z1, tau, anchor=False):
    n, logs = len(z0), others(torch.cat([z0, z1]), tau, anchor)
    i = torch.arange(n)
    return -(logs[i, i + n].sum() + logs[i + n, i].sum()) / (2 * n)


def suncet_loss(z, label, tau, anchor=False):
    z, label = z[label >= 0], label[label >= 0]
    same = (label[:, None] == label) & ~torch.eye(len(z), dtype=torch.bool)
    terms = [-torch.logsumexp(row[pos], 0)
             for row, pos in zip(others(z, tau, anchor), same) if pos.any()]
    return torch.stack(terms).mean()


def supcon_loss(z0, z1, label, tau, anchor=False):
    keep = label >= 0
    z, label = torch.cat([z0[keep], z1[keep]]), label[keep].repeat(2)
    same = (label[:, None] == label) & ~torch.eye(len(z), dtype=torch.bool)
    return torch.stack([-row[pos].mean() for row, pos in
                        zip(others(z, tau, anchor), same)]).mean()


def norm(w, name, x, train):
    """train: 0 with running statistics, or so many groups of the batch, which
    move those by the mean of their steps."""
    stats = [w[name + ".running_mean"], w[name + ".running_var"]]
    scale, shift = w[name + ".weight"], w[name + ".bias"]
    if train < 2:
        return F.batch_norm(x, *stats, scale, shift, bool(train), 0.1, 1e-5)
    parts, moved = [], []
    for part in x.chunk(train):
        own = [t.clone() for t in stats]
        parts.append(F.batch_norm(part, *own, scale, shift, True, 0.1, 1e-5))
        moved.append(own)
    for t, *each in zip(stats, *moved):
        t.copy_(torch.stack(each).mean(0))
    return torch.cat(parts)


def resnet(w, prefix, arch, stem, x, train):
    """Features [N,D] of x [N,3,H,W], already normalised."""
    def conv(name, x, stride=1):
        k = w[f"{prefix}{name}.weight"]
        return F.conv2d(x, k, stride=stride, padding=k.shape[-1] // 2)

    def bn(name, x):
        return norm(w, prefix + name, x, train)

    cifar = stem == "cifar"
    x = F.relu(bn("bn1", conv("conv1", x, 1 if cifar else 2)))
    if not cifar:
        x = F.max_pool2d(x, 3, 2, 1)
    for stage, count in enumerate(nets.BLOCKS[arch]):
        for i in range(count):
            at = f"layer{stage + 1}.{i}."
            stride = 2 if stage and not i else 1
            strides = (stride, 1) if nets.basic(arch) else (1, stride, 1)
            y = x
            for j, s in enumerate(strides, 1):
                y = bn(f"{at}bn{j}", conv(f"{at}conv{j}", y, s))
                y = F.relu(y) if j < len(strides) else y
            if f"{prefix}{at}downsample.0.weight" in w:
                x = bn(f"{at}downsample.1",
                       conv(f"{at}downsample.0", x, stride))
            x = F.relu(x + y)
    return x.mean((2, 3))


def head(w, prefix, x, train=1):
    """Linear layers and batch norms by their tensors; a number without any
    is a ReLU."""
    places = sorted({int(n[len(prefix) + 1:].split(".")[0]) for n in w
                     if n.startswith(prefix + ".")})
    for i in range(places[-1] + 1):
        name = f"{prefix}.{i}"
        if i not in places:
            x = F.relu(x)
        elif w[name + ".weight"].ndim == 2:
            x = F.linear(x, w[name + ".weight"], w.get(name + ".bias"))
        else:
            x = norm(w, name, x, train)
    return x


def pixels(x, dtype):
    """[N,3,H,W] from u1 or f4 [N,H,W,3], normalised."""
    x = torch.tensor(x).to(dtype) / 255
    x = (x - torch.tensor(nets.MEAN, dtype=dtype)) / torch.tensor(
        nets.STD, dtype=dtype)
    return x.permute(0, 3, 1, 2).contiguous()


def parameters(records, dtype):
    return {r["name"]: torch.tensor(r["value"]).to(dtype) for r in records}


def imix_rate(step, rate, warm_epochs, epochs, per_epoch):
    """i-Mix's release: by epochs, its warm-up by steps, up to a rate of its
    own that ends at rate / 1000."""
    epoch = step // per_epoch
    if epoch < warm_epochs:
        least = rate * 0.1 ** 3
        to = least + (rate - least) * (
            1 + math.cos(math.pi * warm_epochs / epochs)) / 2
        return (step + 1) / (warm_epochs * per_epoch) * to
    return rate * (1 + math.cos(math.pi * epoch / epochs)) / 2


def warm_cosine(s, peak, warm, total):
    """Learning rate of step s, counted from 0 (the first has rate 0)."""
    if s < warm:
        return peak * s / warm
    return peak * 0.5 * (1 + math.cos(math.pi * (s - warm) / (total - warm)))


def ema_cosine(k, base, total):
    return 1 - (1 - base) * (math.cos(math.pi * k / total) + 1) / 2
