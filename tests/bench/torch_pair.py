#!/usr/bin/env python3
"""The tools' jobs in PyTorch, to time them against, fairly done.

  views | torch_pair.py train [--method byol|simclr|moco] [--steps N] [--knn TRAIN.tz TEST.tz]
      trains on the views of a stream, one record a step
  torch_pair.py train --augment TRAIN.tz --epochs 10 [--knn ...]
      augments by itself, with torchvision, from a stream of images
  torch_pair.py step --width 64 --batch 64 --hidden 4096 --out 256
      speed of a step on random numbers
  torch_pair.py infer --arch resnet50 --stem imagenet --size 224 --batch 32
      speed of inference on random numbers; `-` reads images from stdin

Prints `name TAB number` lines.  Needs PyTorch 1.13 or later, torchvision,
msgpack, zstandard.
"""
import argparse
import math
import os
import queue
import resource
import statistics
import sys
import threading
import time

import msgpack
import numpy as np
import torch
import torch.nn.functional as F
import zstandard
from torch import nn
from torchvision import transforms
from torchvision.models.resnet import BasicBlock, Bottleneck

BLOCKS = {"resnet18": (BasicBlock, (2, 2, 2, 2)),
          "resnet34": (BasicBlock, (3, 4, 6, 3)),
          "resnet50": (Bottleneck, (3, 4, 6, 3)),
          "resnet101": (Bottleneck, (3, 4, 23, 3)),
          "resnet152": (Bottleneck, (3, 8, 36, 3))}
MEAN, STD = [0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]


class ResNet(nn.Sequential):
    """torchvision's blocks, any width, either stem, no classifier."""

    def __init__(self, arch, stem, width):
        block, counts = BLOCKS[arch]
        first = ([nn.Conv2d(3, width, 3, 1, 1, bias=False)]
                 if stem == "cifar" else
                 [nn.Conv2d(3, width, 7, 2, 3, bias=False)])
        layers = [*first, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        if stem != "cifar":
            layers.append(nn.MaxPool2d(3, 2, 1))
        cin = width
        for stage, count in enumerate(counts):
            for i in range(count):
                c, stride = width << stage, 2 if stage and not i else 1
                out, down = c * block.expansion, None
                if stride != 1 or cin != out:
                    down = nn.Sequential(
                        nn.Conv2d(cin, out, 1, stride, bias=False),
                        nn.BatchNorm2d(out))
                layers.append(block(cin, c, stride, down))
                cin = out
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.size = cin
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out",
                                        nonlinearity="relu")


def head(inner, hidden, out):
    return nn.Sequential(nn.Linear(inner, hidden), nn.BatchNorm1d(hidden),
                         nn.ReLU(inplace=True),
                         nn.Linear(hidden, out, bias=False))


def plain_head(inner, out):
    return nn.Sequential(nn.Linear(inner, inner), nn.ReLU(inplace=True),
                         nn.Linear(inner, out))


class Method:
    """A network under SGD; a subclass has head() and loss(v0, v1)."""
    momentum = False        # a second network follows the first

    def __init__(self, a, total, per_epoch, layout):
        self.a, self.total, self.warm = a, total, a.warmup_epochs * per_epoch

        def net():
            encoder = ResNet(a.arch, a.stem, a.width)
            return nn.Sequential(encoder, self.head(encoder.size)).to(
                memory_format=layout)
        self.online = net()
        if self.momentum:
            self.target = net()
            self.target.load_state_dict(self.online.state_dict())
            for p in self.target.parameters():
                p.requires_grad_(False)
            self.pairs = (list(self.target.parameters()),
                          list(self.online.parameters()))
        self.more()
        self.optimizer = torch.optim.SGD(
            self.parameters(), a.lr, momentum=0.9,
            weight_decay=a.weight_decay, foreach=True)

    def more(self):
        pass

    def parameters(self):
        return list(self.online.parameters())

    @torch.no_grad()
    def follow(self, m):
        slow, fast = self.pairs
        torch._foreach_mul_(slow, m)
        torch._foreach_add_(slow, fast, alpha=1 - m)

    def schedule(self, s):
        """Learning rate and target momentum of step s."""
        if s < self.warm:
            lr = self.a.lr * s / self.warm
        else:
            lr = self.a.lr * 0.5 * (1 + math.cos(
                math.pi * (s - self.warm) / (self.total - self.warm)))
        wave = (math.cos(math.pi * s / self.total) + 1) / 2
        return lr, 1 - (1 - self.a.ema) * wave

    def step(self, s, v0, v1):
        lr, m = self.schedule(s)
        self.optimizer.param_groups[0]["lr"] = lr
        loss = self.loss(v0, v1)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        if self.momentum:
            self.follow(m)
        return loss.item()


class Byol(Method):
    momentum = True

    def head(self, size):
        return head(size, self.a.hidden, self.a.out)

    def more(self):
        self.predictor = head(self.a.out, self.a.hidden, self.a.out)

    def parameters(self):
        return [*self.online.parameters(), *self.predictor.parameters()]

    def loss(self, v0, v1):
        p0, p1 = (self.predictor(self.online(v)) for v in (v0, v1))
        with torch.no_grad():
            z0, z1 = self.target(v0), self.target(v1)
        return (4 - 2 * F.cosine_similarity(p0, z1)
                - 2 * F.cosine_similarity(p1, z0)).mean()


class SimClr(Method):
    """Both views in one batch; each row against all others."""

    def head(self, size):
        return plain_head(size, self.a.out)

    def loss(self, v0, v1):
        n = len(v0)
        z = F.normalize(self.online(torch.cat((v0, v1))))
        logits = (z @ z.T / self.a.temperature).fill_diagonal_(-math.inf)
        partner = torch.arange(2 * n).roll(n)
        return F.cross_entropy(logits, partner)


class Moco(Method):
    momentum = True

    def head(self, size):
        return plain_head(size, self.a.out)

    def more(self):
        self.queue = F.normalize(torch.randn(self.a.queue, self.a.out))
        self.at = 0

    def loss(self, v0, v1):
        q = F.normalize(self.online(v0))
        with torch.no_grad():
            k = F.normalize(self.target(v1))
        logits = torch.cat(((q * k).sum(1, keepdim=True),
                            q @ self.queue.T), 1) / self.a.temperature
        loss = F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))
        # The rows are needed by backward as they are: replaced after it.
        self.fresh = k
        return loss

    def step(self, s, v0, v1):
        loss = super().step(s, v0, v1)
        place = torch.arange(self.at, self.at + len(v0)) % self.a.queue
        self.queue[place] = self.fresh
        self.at = int(place[-1]) + 1
        return loss


METHODS = {"byol": Byol, "moco": Moco, "simclr": SimClr}


def items(file):
    """The maps of a tensor stream, as they come; tensors as arrays."""
    def revive(m):
        if m.keys() == {"dtype", "shape", "data"}:
            return np.frombuffer(m["data"], "<" + m["dtype"]).reshape(
                m["shape"])
        return m
    plain = zstandard.ZstdDecompressor().stream_reader(
        file, read_across_frames=True)
    return msgpack.Unpacker(plain, object_hook=revive,
                            max_buffer_size=2**32 - 1, read_size=1 << 16)


def records(file):
    """(meta, iterator over records), the next two read ahead."""
    source = items(file)
    meta, ahead = next(source)["meta"], queue.Queue(2)

    def read():
        for item in source:
            ahead.put(item)
        ahead.put(None)
    threading.Thread(target=read, daemon=True).start()

    def each():
        while True:
            item = ahead.get()
            if item is None:
                sys.exit("torch_pair.py: truncated stream")
            if "end" in item:
                return
            yield item
    return meta, each()


def normalised(x, mean, std, layout):
    x = torch.from_numpy(x.copy()) if isinstance(x, np.ndarray) else x
    x = (x.float() / 255 - torch.tensor(mean)) / torch.tensor(std)
    return x.permute(0, 3, 1, 2).contiguous(memory_format=layout)


class Views(torch.utils.data.Dataset):
    """CIFAR's basic recipe on decoded images [N,H,W,3], twice each."""

    def __init__(self, images, size=32):
        self.images = images
        jitter = transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)
        self.recipe = transforms.Compose([
            transforms.ToPILImage(),
            transforms.RandomResizedCrop(size, (0.2, 1)),
            transforms.RandomHorizontalFlip(),
            transforms.RandomApply([jitter], 0.8),
            transforms.RandomGrayscale(0.2), np.array])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.recipe(self.images[i]), self.recipe(self.images[i])


def all_images(path):
    with open(path, "rb") as file:
        meta, rows = records(file)
        rows = list(rows)
    return (np.concatenate([r["image"] for r in rows]),
            np.concatenate([r["label"] for r in rows]))


def knn(encoder, train, test, layout, k=200, t=0.1):
    """Top-1 of the weighted vote among features, in evaluation mode."""
    encoder.eval()
    with torch.no_grad():
        (x, label), (y, truth) = (
            (F.normalize(torch.cat([
                encoder(normalised(images[i:i + 500], MEAN, STD, layout))
                for i in range(0, len(images), 500)])),
             torch.from_numpy(labels.copy()))
            for images, labels in (train, test))
        near, at = (y @ x.T).topk(k)
        votes = torch.zeros(len(y), int(label.max()) + 1)
        votes.scatter_add_(1, label[at], (near / t).exp())
    encoder.train()
    return (votes.argmax(1) == truth).float().mean().item()


def age():
    """Seconds since this process began, imports and all."""
    with open("/proc/self/stat") as file:
        ticks = int(file.read().rpartition(")")[2].split()[19])
    return (time.clock_gettime(time.CLOCK_BOOTTIME) -
            ticks / os.sysconf("SC_CLK_TCK"))


def say(name, value):
    print(f"{name}\t{value:.6g}", flush=True)


def batches(a, layout):
    """(total steps, steps an epoch, iterator over pairs of views)."""
    if not a.augment:
        meta, rows = records(sys.stdin.buffer)
        mean, std = meta.get("mean", MEAN), meta.get("std", STD)
        total = meta.get("steps") or a.total_steps or a.steps
        each = ((r["view0"], r["view1"]) for r in rows)
        per_epoch = meta.get("steps_per_epoch") or total
    else:
        mean, std = MEAN, STD
        images, _ = all_images(a.augment)
        loader = torch.utils.data.DataLoader(
            Views(images), a.batch, shuffle=True, drop_last=True,
            num_workers=a.workers, persistent_workers=a.workers > 0)
        per_epoch = len(loader)
        total = per_epoch * a.epochs
        each = (pair for _ in range(a.epochs) for pair in loader)
    if not total:
        sys.exit("torch_pair.py: give --total-steps, the stream does not")
    return total, per_epoch, (
        tuple(normalised(v, mean, std, layout) for v in pair)
        for pair in each)


def train(a, layout):
    total, per_epoch, pairs = batches(a, layout)
    method = METHODS[a.method](a, total, per_epoch, layout)
    times, losses = [], []
    before, sets = age(), [all_images(path) for path in a.knn or ()]
    if sets:
        say("knn_random", knn(method.online[0], *sets, layout))
    scoring = age() - before
    begin = before = time.perf_counter()
    for s, (v0, v1) in enumerate(pairs):
        if a.steps and s >= a.steps:
            break
        losses.append(method.step(s, v0, v1))
        now = time.perf_counter()
        times.append(now - before)
        before = now
    say("steps", len(times))
    say("step_seconds", statistics.median(times))
    say("train_seconds", time.perf_counter() - begin)
    say("job_seconds", age() - scoring)     # start to last step, no scores
    say("pictures_per_second", len(v0) / statistics.median(times))
    say("loss_last", losses[-1])
    if sets:
        say("knn_trained", knn(method.online[0], *sets, layout))


def step(a, layout):
    views = [torch.randn(a.batch, 3, a.size, a.size).contiguous(
        memory_format=layout) for _ in range(2)]
    method, times = METHODS[a.method](a, a.steps + 2, 1, layout), []
    for s in range(a.steps + 1):
        before = time.perf_counter()
        method.step(s, *views)
        times.append(time.perf_counter() - before)
    report(a, times[1:])


def infer(a, layout):
    net = ResNet(a.arch, a.stem, a.width).to(memory_format=layout).eval()
    x = torch.randn(a.batch, 3, a.size, a.size)
    if a.frozen:
        net = torch.jit.optimize_for_inference(
            torch.jit.trace(net, x.contiguous(memory_format=layout)))
    if a.stdin:
        meta, rows = records(sys.stdin.buffer)
        given = (normalised(r["image"], MEAN, STD, layout) for r in rows)
    else:
        given = [x.contiguous(memory_format=layout)] * (a.steps + 1)
    times, before = [], time.perf_counter()
    with torch.no_grad():
        for x in given:
            net(x)
            now = time.perf_counter()
            times.append(now - before)
            before = now
    report(a, times[1:] or times)


def report(a, times):
    say("step_seconds", statistics.median(times))
    say("pictures_per_second", a.batch / statistics.median(times))


def options():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("mode", choices=("train", "step", "infer"))
    p.add_argument("--stdin", action="store_true", help="images for infer")
    p.add_argument("--layout", default="last", choices=("last", "plain"),
                   help="channels_last, or contiguous")
    p.add_argument("--frozen", action="store_true",
                   help="infer through torch.jit.optimize_for_inference")
    p.add_argument("--augment", metavar="TRAIN.tz")
    p.add_argument("--knn", nargs=2, metavar=("TRAIN.tz", "TEST.tz"))
    p.add_argument("--method", default="byol", choices=METHODS)
    p.add_argument("--arch", default="resnet18", choices=BLOCKS)
    p.add_argument("--stem", default="cifar", choices=("cifar", "imagenet"))
    for name, kind, value in (
            ("width", int, 16), ("batch", int, 256), ("size", int, 32),
            ("hidden", int, 512), ("out", int, 128), ("lr", float, 0.3),
            ("weight-decay", float, 5e-4), ("ema", float, 0.99),
            ("temperature", float, 0.2), ("queue", int, 65536),
            ("warmup-epochs", int, 1), ("epochs", int, 10),
            ("steps", int, 0), ("total-steps", int, 0), ("seed", int, 0),
            ("workers", int, 2),
            ("threads", int, len(os.sched_getaffinity(0)))):
        p.add_argument("--" + name, type=kind, default=value)
    a = p.parse_args()
    if a.mode != "train" and not a.stdin:
        a.steps = a.steps or 5
    return a


def main():
    a = options()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    layout = (torch.channels_last if a.layout == "last"
              else torch.contiguous_format)
    {"train": train, "step": step, "infer": infer}[a.mode](a, layout)
    say("wall_seconds", age())
    say("peak_mib",
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
