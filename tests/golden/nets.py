"""Names, shapes and drawn values of a checkpoint's parameters.

Names and layouts are torchvision's; widths scale every convolution.
"""
import draw

BLOCKS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3),
          "resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3),
          "resnet152": (3, 8, 36, 3)}
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def basic(arch):
    return arch in ("resnet18", "resnet34")


def feature_size(arch, width):
    return width * (8 if basic(arch) else 32)


def norm(name, c):
    return [(f"{name}.{part}", (c,))
            for part in ("weight", "bias", "running_mean", "running_var")]


def block(name, arch, cin, c, stride):
    """One residual block; returns its parameters and its output channels."""
    if basic(arch):
        out, convs = c, [(c, cin, 3), (c, c, 3)]
    else:
        out, convs = 4 * c, [(c, cin, 1), (c, c, 3), (4 * c, c, 1)]
    shapes = []
    for i, (o, ci, k) in enumerate(convs, 1):
        shapes += [(f"{name}.conv{i}.weight", (o, ci, k, k)),
                   *norm(f"{name}.bn{i}", o)]
    if stride != 1 or cin != out:
        shapes += [(f"{name}.downsample.0.weight", (out, cin, 1, 1)),
                   *norm(f"{name}.downsample.1", out)]
    return shapes, out


def encoder(arch, stem, width):
    """[(name, shape)] in torchvision's order, without the classifier."""
    k = 3 if stem == "cifar" else 7
    shapes = [("conv1.weight", (width, 3, k, k)), *norm("bn1", width)]
    cin = width
    for stage, count in enumerate(BLOCKS[arch]):
        for i in range(count):
            more, cin = block(f"layer{stage + 1}.{i}", arch, cin,
                              width << stage, 2 if stage and not i else 1)
            shapes += more
    return shapes


def head(name, inner, hidden, out):
    """Linear with bias, batch norm, ReLU, linear without bias."""
    return [(f"{name}.0.weight", (hidden, inner)), (f"{name}.0.bias", (hidden,)),
            *norm(f"{name}.1", hidden), (f"{name}.3.weight", (out, hidden))]


def layers(name, inner, text):
    """A head as "32-bn-relu-16": its parameters and buffers."""
    shapes = []
    for i, word in enumerate(text.split("-")):
        if word == "bn":
            shapes += norm(f"{name}.{i}", inner)
        elif word != "relu":
            shapes += [(f"{name}.{i}.weight", (int(word), inner)),
                       (f"{name}.{i}.bias", (int(word),))]
            inner = int(word)
    return shapes


def byol(arch, stem, width, projector, predictor):
    """All parameters of BYOL's online network, then of its target."""
    body = [(f"encoder.{n}", s) for n, s in encoder(arch, stem, width)]
    body += head("projector", feature_size(arch, width), *projector)
    online = body + head("predictor", projector[1], *predictor)
    return ([(f"online.{n}", s) for n, s in online] +
            [(f"target.{n}", s) for n, s in body])


def last_norm(name):
    """Is this the scale of a block's last batch norm?"""
    parts = name.split(".")
    return parts[-2] == "bn3" or ".bn2." in name


def fill(seed, name, shape):
    """The drawn value of one parameter or buffer."""
    key = f"{seed} {name}"
    if len(shape) > 1:
        fan_in = 1
        for d in shape[1:]:
            fan_in *= d
        return draw.normal(key, shape, (2 / fan_in) ** 0.5)
    if name.endswith("running_var"):
        return draw.uniform(key, shape, 0.5, 1.5)
    if name.endswith(("running_mean", "bias")):
        return draw.uniform(key, shape, -0.3, 0.3)
    if last_norm(name):     # keeps a hundred blocks in range
        return draw.uniform(key, shape, 0.1, 0.5)
    return draw.uniform(key, shape, 0.6, 1.4)


def filled(seed, shapes):
    return {name: fill(seed, name, shape) for name, shape in shapes}
