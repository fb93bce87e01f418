#!/usr/bin/env python3
"""Makes model/: features of residual networks in evaluation mode.

Weights and statistics are drawn, the answer is computed in double precision.
The tolerance is several times what PyTorch itself loses in float32, measured
here in both memory layouts, and never under ROOM: convolutions by Winograd's
method round more than a plain sum does.
"""
import numpy as np
import torch
import torchvision

import inputs
import ref

ROOM = 5e-6


def features(model, record, arch, stem, dtype, layout=torch.contiguous_format):
    w = ref.parameters(model, dtype)
    x = ref.pixels(record["image"], dtype).to(memory_format=layout)
    with torch.no_grad():
        return ref.resnet(w, "online.encoder.", arch, stem, x, False).numpy()


def agree_with_torchvision():
    """At width 64 our definition must be torchvision's own."""
    for arch in ("resnet18", "resnet50"):
        model = inputs.make({"kind": "encoder", "seed": "check", "arch": arch,
                             "stem": "imagenet", "width": 64})[1]
        net = getattr(torchvision.models, arch)().eval()
        net.fc = torch.nn.Identity()
        net.load_state_dict({r["name"][len("online.encoder."):]:
                             torch.tensor(r["value"]) for r in model},
                            strict=False)
        net.double()
        x = {"image": np.arange(2 * 70 * 61 * 3, dtype="u1").reshape(
            2, 70, 61, 3)}
        want = net(ref.pixels(x["image"], torch.float64)).detach().numpy()
        got = features(model, x, arch, "imagenet", torch.float64)
        assert abs(got - want).max() < 1e-9 * abs(want).max()


def case(arch, stem, width, height, across, sizes):
    name = f"{arch}-{stem}-w{width}-{height}x{across}"
    given = {"kind": "pictures", "seed": name, "sizes": sizes,
             "height": height, "width": across}
    spec = {"kind": "encoder", "seed": name, "arch": arch, "stem": stem,
            "width": width}
    model, (meta, records) = inputs.make(spec)[1], inputs.make(given)
    expect, lost = [], 0
    for r in records:
        want = features(model, r, arch, stem, torch.float64)
        for layout in (torch.contiguous_format, torch.channels_last):
            got = features(model, r, arch, stem, torch.float32, layout)
            lost = max(lost, abs(got - want).max() / abs(want).max())
        expect.append({"feature": want.astype("f4"), "label": r["label"],
                       "key": r["key"]})
    print(f"{name}: largest {abs(want).max():.3g}, float32 loses {lost:.2g}")
    ref.save("model", name, {
        "about": f"{arch}, {stem} stem, width {width}, "
                 f"{height} x {across} pixels",
        "made_by": "make_model.py", "tool": "ssl-encode",
        "args": ["--model", "model.tz"],
        "inputs": {"in.tz": given, "model.tz": spec}, "stdin": "in.tz",
        "expect": {"stdout": f"{name}.tz"},
        "tolerance": {"feature": {"rtol": float(
            f"{max(ROOM, 8 * lost):.1g}")}}}, meta, expect)


def main():
    agree_with_torchvision()
    case("resnet18", "cifar", 8, 32, 32, [2, 3])
    case("resnet18", "cifar", 8, 17, 17, [1, 4])
    case("resnet18", "cifar", 3, 9, 14, [3])
    case("resnet34", "imagenet", 6, 48, 48, [2, 1])
    case("resnet50", "imagenet", 8, 64, 64, [3])
    case("resnet50", "imagenet", 8, 75, 53, [1, 2])
    case("resnet50", "cifar", 5, 13, 29, [2])
    case("resnet101", "cifar", 4, 20, 20, [2])
    case("resnet152", "imagenet", 4, 64, 64, [2])


if __name__ == "__main__":
    main()
