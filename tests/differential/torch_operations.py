"""torch_operations.py - what the operations of docs/language.md compute, in PyTorch's words and in double precision.

Tensors have the samples before the sizes of one: [S, N], [S, C, L] or [S, C, H, W]. Written after the documents, not after
ops/: where PyTorch has the operation its own function is called, else the formula is written out."""
from fractions import Fraction

import torch
import torch.nn.functional as F

import torch_resize  # noqa: F401, which adds its operation
from torch_windows import OPERATIONS, array, as_before, as_image, number, operation, pad_axis, rank_of
from windows import pair


def pixels(x):
    return tuple(range(2, x.dim()))


@operation
def global_avg_pool(x, attributes, parameter):
    return x.mean(pixels(x), keepdim=True)


@operation
def global_max_pool(x, attributes, parameter):
    return x.amax(pixels(x), keepdim=True)


@operation
def adaptive_avg_pool(x, attributes, parameter):
    return as_before(F.adaptive_avg_pool2d(as_image(x), pair(attributes["size"], rank_of(x))), x)


def reduction(f):
    def reduce(x, attributes, parameter):
        axis, last = attributes["axis"], x.dim() - 1
        axes = {"channels": (1,), "height": (2,), "width": (last,), "pixels": pixels(x), "all": tuple(range(1, x.dim()))}[axis]
        return f(x, axes)

    return reduce


OPERATIONS["reduce_sum"] = reduction(lambda x, axes: x.sum(axes, keepdim=True))
OPERATIONS["reduce_mean"] = reduction(lambda x, axes: x.mean(axes, keepdim=True))
OPERATIONS["reduce_max"] = reduction(lambda x, axes: x.amax(axes, keepdim=True))
OPERATIONS["reduce_min"] = reduction(lambda x, axes: x.amin(axes, keepdim=True))


# ---- norms ----


def per_channel(x, values):
    return values.reshape(-1, *[1] * (x.dim() - 2))


@operation
def batch_norm(x, attributes, parameter):
    deviation = torch.sqrt(per_channel(x, parameter("running_var")) + number(attributes["eps"]))
    y = (x - per_channel(x, parameter("running_mean"))) / deviation
    if attributes.get("scale", True):
        y = y * per_channel(x, parameter("weight"))
    return y + per_channel(x, parameter("bias"))


def learned_line(y, x, attributes, parameter, shape):
    if attributes.get("scale", True):
        y = y * shape(x, parameter("weight"))
    return y + shape(x, parameter("bias")) if attributes.get("bias", True) else y


@operation
def channel_affine(x, attributes, parameter):
    return learned_line(x, x, attributes, parameter, per_channel)


def standardized(x, axes, eps):
    mean = x.mean(axes, keepdim=True)
    return (x - mean) / torch.sqrt(((x - mean) ** 2).mean(axes, keepdim=True) + eps)


@operation
def instance_norm(x, attributes, parameter):
    return learned_line(standardized(x, pixels(x), number(attributes["eps"])), x, attributes, parameter, per_channel)


@operation
def layer_norm(x, attributes, parameter):
    whole = attributes.get("axis") == "all"
    y = standardized(x, tuple(range(1, x.dim())) if whole else 1, number(attributes["eps"]))
    return learned_line(y, x, attributes, parameter, (lambda x, w: w.reshape(x.shape[1:])) if whole else per_channel)


@operation
def l2_normalize(x, attributes, parameter):
    axes = tuple(range(1, x.dim())) if attributes.get("axis") == "all" else 1
    return x / (x ** 2).sum(axes, keepdim=True).sqrt().clamp(min=number(attributes.get("eps", 1e-12)))


@operation
def lrn(x, attributes, parameter):
    size, squares = int(attributes["size"]), x ** 2
    half = size // 2
    padded = pad_axis(squares, 1, half, half, "zeros")
    total = sum(padded.narrow(1, i, x.shape[1]) for i in range(size))
    return x / (number(attributes["k"]) + number(attributes["alpha"]) / size * total) ** number(attributes["beta"])


# ---- functions of one number ----

SIMPLE = {
    "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "exp": torch.exp, "log": torch.log, "abs": torch.abs,
    "square": torch.square, "sqrt": torch.sqrt, "silu": lambda x: x / (1 + torch.exp(-x)), "relu6": lambda x: x.clamp(0, 6),
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)), "identity": lambda x: x, "dropout": lambda x: x,
    "mish": lambda x: x * torch.tanh(torch.logaddexp(x, torch.zeros_like(x))), "softsign": lambda x: x / (1 + x.abs()),
    "hard_swish": lambda x: x * (x + 3).clamp(0, 6) / 6,
}


@operation
def leaky_relu(x, attributes, parameter):
    return F.leaky_relu(x, number(attributes["slope"]))


@operation
def prelu(x, attributes, parameter):
    weight = parameter("weight")
    return torch.where(x > 0, x, x * (per_channel(x, weight) if len(weight) > 1 else weight))


@operation
def elu(x, attributes, parameter):
    return torch.where(x > 0, x, number(attributes.get("alpha", 1)) * torch.expm1(x))


@operation
def gelu(x, attributes, parameter):
    return F.gelu(x, approximate=attributes["approximate"] or "none")


@operation
def hard_sigmoid(x, attributes, parameter):
    return (x * number(attributes["slope"]) + 0.5).clamp(0, 1)


def along(f):
    """f along one axis, or several as one."""
    def apply_along(x, attributes, parameter):
        axis, last = attributes.get("axis", "channels"), x.dim() - 1
        if axis in ("channels", "height", "width"):
            return f(x, {"channels": 1, "height": 2, "width": last}[axis])
        first = 2 if axis == "pixels" else 1
        return f(x.flatten(first), first).reshape(x.shape)

    return apply_along


OPERATIONS["softmax"] = along(torch.softmax)
OPERATIONS["log_softmax"] = along(torch.log_softmax)


@operation
def clip(x, attributes, parameter):
    low, high = attributes.get("min"), attributes.get("max")
    return x.clamp(None if low is None else float(low), None if high is None else float(high))


@operation
def thresholded_relu(x, attributes, parameter):
    return torch.where(x <= number(attributes.get("threshold", 1)), torch.zeros_like(x), x)


@operation
def selu(x, attributes, parameter):
    alpha, gamma = number(attributes.get("alpha", 1.6732632423543772)), number(attributes.get("gamma", 1.0507009873554805))
    return torch.where(x > 0, gamma * x, gamma * alpha * torch.expm1(x))


@operation
def pow_(x, attributes, parameter):
    return torch.pow(x, number(attributes["exponent"]))


@operation
def rescale(x, attributes, parameter):
    return x * number(attributes["scale"]) + number(attributes.get("offset", 0))


@operation
def normalize(x, attributes, parameter):
    mean, std = (array(attributes[name]) for name in ("mean", "std"))
    return (x - (per_channel(x, mean) if mean.dim() else mean)) / (per_channel(x, std) if std.dim() else std)


RANGES = {"uint8": (0, 255), "int8": (-128, 127), "int16": (-32768, 32767), "int32": (-(2 ** 31), 2 ** 31 - 1)}


@operation
def cast(x, attributes, parameter):
    if attributes["dtype"] == "float32":
        return x
    return torch.nan_to_num(torch.round(x).clamp(*RANGES[attributes["dtype"]]), nan=0.0)


@operation
def argmax(x, attributes, parameter):
    return torch.argmax(x, 1, keepdim=True).double()


# ---- what moves values ----


@operation
def flatten(x, attributes, parameter):
    if attributes.get("order") == "hwc" and x.dim() > 2:
        x = x.permute(0, *pixels(x), 1)
    return x.reshape(x.shape[0], -1)


@operation
def reshape(x, attributes, parameter):
    shape = attributes["shape"]
    return x.reshape(x.shape[0], *[int(n) for n in (shape if isinstance(shape, list) else [shape])])


def sides_of(attributes, name):
    value = attributes.get(name, 0)
    return (int(value[0]), int(value[1])) if isinstance(value, tuple) else (int(value), int(value))


def margins(x, attributes):
    """[(axis, before, after)]"""
    found = [(1, *sides_of(attributes, "channels"))]
    if x.dim() > 2:
        found.append((x.dim() - 1, int(attributes.get("left", 0)), int(attributes.get("right", 0))))
    if x.dim() > 3:
        found.append((2, int(attributes.get("top", 0)), int(attributes.get("bottom", 0))))
    return found


@operation
def crop(x, attributes, parameter):
    for axis, before, after in margins(x, attributes):
        x = x.narrow(axis, before, x.shape[axis] - before - after)
    return x


@operation
def pad(x, attributes, parameter):
    for axis, before, after in margins(x, attributes):
        x = pad_axis(x, axis, before, after, attributes.get("mode", "zeros"), number(attributes.get("value", 0)))
    return x


def position(o, n, scale, aligned):
    """Where result o of an axis lies among the n elements: exact, so that it is known which neighbours count."""
    if aligned:
        return Fraction(o * (n - 1), scale * n - 1) if n > 1 else Fraction(0)
    return max(Fraction(2 * o + 1, 2 * scale) - Fraction(1, 2), Fraction(0))


def interpolate(x, axis, scale, aligned):
    """As F.interpolate, which is not exact about a neighbour that is infinite or no number."""
    n = x.shape[axis]
    if n == 1 or scale == 1:
        return x.repeat_interleave(scale, axis)
    places = [position(o, n, scale, aligned) for o in range(n * scale)]
    first = torch.tensor([int(p) for p in places])
    rest = torch.tensor([float(p - int(p)) for p in places], dtype=x.dtype).reshape(-1, *[1] * (x.dim() - 1 - axis))
    low, high = x.index_select(axis, first), x.index_select(axis, (first + 1).clamp(max=n - 1))
    return low * (1 - rest) + high * rest


@operation
def permute(x, attributes, parameter):
    return x.permute(0, *[1 + int(i) for i in attributes["order"]])


@operation
def upsample(x, attributes, parameter):
    y, nearest = as_image(x), attributes.get("mode", "nearest") == "nearest"
    for axis, scale in zip((2, 3), pair(attributes["scale"], rank_of(x))):
        if nearest:
            y = y.repeat_interleave(scale, axis)
        else:
            y = interpolate(y, axis, scale, attributes["align_corners"])
    return as_before(y, x)


def squares(r, order):
    """(sizes of the channels, the same axes as [c, j, i])"""
    return ([-1, r, r], (1, 2, 3)) if order == "crd" else ([r, r, -1], (3, 1, 2))


@operation
def pixel_shuffle(x, attributes, parameter):
    r = int(attributes["r"])
    sizes, (c, j, i) = squares(r, attributes.get("order", "crd"))
    y = x.reshape(x.shape[0], *sizes, *x.shape[2:]).permute(0, c, 4, j, 5, i)
    return y.reshape(x.shape[0], -1, x.shape[2] * r, x.shape[3] * r)


@operation
def pixel_unshuffle(x, attributes, parameter):
    r, s = int(attributes["r"]), x.shape
    y = x.reshape(s[0], s[1], s[2] // r, r, s[3] // r, r)
    order = (0, 1, 3, 5, 2, 4) if attributes.get("order", "crd") == "crd" else (0, 3, 5, 1, 2, 4)
    return y.permute(*order).reshape(s[0], -1, s[2] // r, s[3] // r)


@operation
def channel_shuffle(x, attributes, parameter):
    groups = int(attributes["groups"])
    y = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    return y.transpose(1, 2).reshape(x.shape)


# ---- several tensors ----


def operand(value):
    """A tensor, or numbers of the source."""
    if isinstance(value, torch.Tensor):
        return value
    numbers = array(value)
    return numbers.unsqueeze(0) if numbers.dim() else numbers


def fold(f):
    def all_of(tensors):
        result = operand(tensors[0])
        for tensor in tensors[1:]:
            result = f(result, operand(tensor))
        return result

    return all_of


def number_of_each(values):
    return values.flatten(1).sum(1, keepdim=True)


def norm(a):
    return torch.sqrt(number_of_each(a * a)).clamp(min=1e-8)


def places(tensors):
    """Products of the second tensor with what lies under it of the first: [S, C, h, w, OH, OW]."""
    x, kernel = (as_image(t) for t in tensors)
    under = x.unfold(2, kernel.shape[2], 1).unfold(3, kernel.shape[3], 1)
    return under.permute(0, 1, 4, 5, 2, 3) * kernel[..., None, None]


def center_crop_like(tensors):
    x, like = tensors
    for axis in pixels(x):
        x = x.narrow(axis, (x.shape[axis] - like.shape[axis]) // 2, like.shape[axis])
    return x


SEVERAL = {
    "correlate": lambda t: as_before(places(t).sum((1, 2, 3)).unsqueeze(1), t[0]),
    "depthwise_correlate": lambda t: as_before(places(t).sum((2, 3)), t[0]),
    "add": fold(torch.add), "mul": fold(torch.mul), "sub": fold(torch.sub), "div": fold(torch.div), "max": fold(torch.maximum),
    "min": fold(torch.minimum), "abs_diff": fold(lambda a, b: (a - b).abs()), "center_crop_like": center_crop_like,
    "dot": lambda t: number_of_each(t[0] * t[1]), "l1_distance": lambda t: number_of_each((t[0] - t[1]).abs()),
    "l2_distance": lambda t: number_of_each((t[0] - t[1]) ** 2).sqrt(),
    "cosine_similarity": lambda t: number_of_each(t[0] * t[1]) / (norm(t[0]) * norm(t[1])),
}


def apply(name, tensors, attributes, parameter):
    """The tensors that an operation yields; parameter(role) gives its weights."""
    if name in SEVERAL:
        return [SEVERAL[name](tensors)]
    if name == "concat":
        axis = attributes.get("axis", "channels")
        return [torch.cat(tensors, {"channels": 1, "height": 2, "width": tensors[0].dim() - 1}[axis])]
    x = tensors[0]
    if name == "split":
        parts = attributes["parts"]
        return list(torch.split(x, [int(n) for n in parts] if isinstance(parts, list) else x.shape[1] // int(parts), 1))
    if name in SIMPLE:
        return [SIMPLE[name](x)]
    return [OPERATIONS[name](x, attributes, parameter)]
