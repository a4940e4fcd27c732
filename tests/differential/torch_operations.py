"""torch_operations.py - what the operations of docs/language.md compute, in PyTorch's words and in double precision.

Tensors have the samples before the sizes of one: [S, N], [S, C, L] or [S, C, H, W]. Written after the documents, not after
ops/: where PyTorch has the operation its own function is called, else the formula is written out."""
import math
from fractions import Fraction

import torch
import torch.nn.functional as F

from windows import extents, pair

OPERATIONS = {}


def operation(f):
    OPERATIONS[f.__name__.rstrip("_")] = f
    return f


def number(value):
    return float(value)


def array(value):
    """Numbers of the source, which the compiler holds as floats."""
    def floats(v):
        return [floats(item) for item in v] if isinstance(v, list) else float(v)

    return torch.tensor(floats(value), dtype=torch.float32).double()


def rank_of(x):
    return x.dim() - 1


def as_image(x):
    return x.unsqueeze(2) if x.dim() == 3 else x


def as_before(y, x):
    return y.squeeze(2) if x.dim() == 3 else y


# ---- windows ----


def pad_axis(x, axis, before, after, mode, value=0.0):
    if mode == "zeros":
        sides = [0, 0] * (x.dim() - 1 - axis) + [before, after]
        return F.pad(x, sides, value=value)
    n = x.shape[axis]
    t = torch.arange(-before, n + after)
    if mode == "reflect":
        t = torch.where(t < 0, -t, t)
        t = torch.where(t >= n, 2 * (n - 1) - t, t)
    elif mode == "replicate":
        t = t.clamp(0, n - 1)
    else:
        t = t % n
    return x.index_select(axis, t)


def pad_image(x, sides, mode="zeros", value=0.0):
    for axis, (before, after) in zip((2, 3), sides):
        if before or after:
            x = pad_axis(x, axis, before, after, mode, value)
    return x


def geometry(x, attributes, kernel, stride=1):
    rank, n = rank_of(x), as_image(x).shape[2:]
    k = kernel if isinstance(kernel, tuple) and all(isinstance(i, int) for i in kernel) else pair(kernel, rank)
    s, d = pair(attributes.get("stride", stride), rank), pair(attributes.get("dilation", 1), rank)
    return k, s, d, n, rank


# ---- the family of conv ----


def bias_of(attributes, parameter):
    bias = attributes.get("bias", True)
    if bias is True:
        return parameter("bias")
    return None if bias in (False, None) else array(bias)


def convolve(x, weight, bias, attributes, kernel, groups):
    k, s, d, n, rank = geometry(x, attributes, kernel)
    padded = pad_image(as_image(x), extents(attributes, k, s, d, n, rank), attributes.get("padding_mode", "zeros"))
    weight = weight.reshape(weight.shape[0], weight.shape[1], *k)
    return as_before(F.conv2d(padded, weight, bias, s, 0, d, groups), x)


@operation
def conv(x, attributes, parameter):
    weight = array(attributes["weight"]) if attributes.get("weight") is not None else parameter("weight")
    if attributes.get("connections") is not None:
        table = array(attributes["connections"])
        weight = weight * table.reshape(*table.shape, *[1] * (weight.dim() - 2))
    return convolve(x, weight, bias_of(attributes, parameter), attributes, attributes["kernel_size"], int(attributes.get("groups", 1)))


@operation
def depthwise_conv(x, attributes, parameter):
    return convolve(x, parameter("weight"), bias_of(attributes, parameter), attributes, attributes["kernel_size"], x.shape[1])


@operation
def separable_conv(x, attributes, parameter):
    middle = convolve(x, parameter("depthwise.weight"), None, attributes, attributes["kernel_size"], x.shape[1])
    bias = bias_of(attributes, lambda role: parameter("pointwise." + role))
    return convolve(middle, parameter("pointwise.weight"), bias, {}, 1, 1)


@operation
def filter_(x, attributes, parameter):
    kernel = array(attributes["kernel"])
    if attributes.get("flip"):
        kernel = kernel.flip(list(range(kernel.dim())))
    k = (1, *kernel.shape) if kernel.dim() == 1 else tuple(kernel.shape)
    weight = kernel.reshape(1, 1, *k).repeat(x.shape[1], 1, 1, 1)
    return convolve(x, weight, None, attributes, k, x.shape[1])


@operation
def conv_transpose(x, attributes, parameter):
    k, s, d, n, rank = geometry(x, attributes, attributes["kernel_size"])
    weight, groups = parameter("weight"), int(attributes.get("groups", 1))
    y = F.conv_transpose2d(as_image(x), weight.reshape(*weight.shape[:2], *k), None, s, 0, 0, groups, d)
    more = pair(attributes.get("output_padding", 0), rank) if rank == 3 else (0, int(attributes.get("output_padding", 0)))
    sides = extents(attributes, k, s, d, n, rank, transposed=True)
    for axis, (before, after) in zip((2, 3), sides):
        short = s[axis - 2] - (d[axis - 2] * (k[axis - 2] - 1) + 1)
        if attributes.get("padding", "valid") in ("same", "same_upper", "same_lower") and short > 0:
            after -= short  # `same` gives n s, also where the kernel is smaller than the stride
        y = pad_axis(y, axis, 0, max(more[axis - 2] - after, 0), "zeros")
        y = y.narrow(axis, before, y.shape[axis] - before - max(after - more[axis - 2], 0))
    bias = bias_of(attributes, parameter)
    y = y if bias is None else y + bias.reshape(-1, 1, 1)
    return as_before(y, x)


@operation
def fc(x, attributes, parameter):
    return F.linear(x, parameter("weight"), bias_of(attributes, parameter))


# ---- poolings ----


def windows(x, attributes, kernel, outside):
    """[S, C, taps, pixels] with `outside` around x; the same of a mask that is 1 in x, 2 in its padding, 0 beyond."""
    k, s, d, n, rank = geometry(x, attributes, kernel, kernel if isinstance(kernel, tuple) else (kernel, kernel))
    sides, sizes, image = extents(attributes, k, s, d, n, rank), [], as_image(x)
    for axis in (0, 1):
        e, room = d[axis] * (k[axis] - 1) + 1, n[axis] + sum(sides[axis])
        if attributes.get("ceil_mode"):
            o = -(-(room - e) // s[axis]) + 1
            if (o - 1) * s[axis] >= n[axis] + sides[axis][0]:
                o -= 1
        else:
            o = (room - e) // s[axis] + 1
        sizes.append((o, max((o - 1) * s[axis] + e - room, 0)))
    beyond = [(0, size[1]) for size in sizes]
    mask = pad_image(pad_image(torch.ones_like(image[:1, :1]), sides, value=2.0), beyond)
    padded = pad_image(pad_image(image, sides, value=outside), beyond, value=outside)
    heights = torch.arange(sizes[0][0])[:, None] * s[0] + torch.arange(k[0])[None] * d[0]
    widths = torch.arange(sizes[1][0])[:, None] * s[1] + torch.arange(k[1])[None] * d[1]

    def taps(t):  # [S, C, oy, ky, ox, kx]
        t = t[:, :, heights][:, :, :, :, widths]
        return t.permute(0, 1, 3, 5, 2, 4).reshape(*t.shape[:2], k[0] * k[1], sizes[0][0], sizes[1][0])

    return taps(padded), taps(mask)


@operation
def max_pool(x, attributes, parameter):
    taps, _ = windows(x, attributes, attributes["kernel_size"], -math.inf)
    return as_before(torch.max(taps, 2).values, x)


@operation
def avg_pool(x, attributes, parameter):
    taps, mask = windows(x, attributes, attributes["kernel_size"], 0.0)
    count = (mask > 0 if attributes.get("count_include_pad") else mask == 1).sum(2)
    return as_before(taps.sum(2) / count, x)


@operation
def sum_pool(x, attributes, parameter):
    return as_before(windows(x, attributes, attributes["kernel_size"], 0.0)[0].sum(2), x)


@operation
def l2_pool(x, attributes, parameter):
    return as_before((windows(x, attributes, attributes["kernel_size"], 0.0)[0] ** 2).sum(2).sqrt(), x)


@operation
def weighted_avg_pool(x, attributes, parameter):
    weight = array(attributes["weight"])
    kernel = (1, *weight.shape) if weight.dim() == 1 else tuple(weight.shape)
    taps, _ = windows(x, attributes, kernel, 0.0)
    return as_before((taps * weight.reshape(1, 1, -1, 1, 1)).sum(2) / weight.sum(), x)


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


@operation
def softmax(x, attributes, parameter):
    return torch.softmax(x, 1)


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


@operation
def pixel_shuffle(x, attributes, parameter):
    return F.pixel_shuffle(x, int(attributes["r"]))


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


def center_crop_like(tensors):
    x, like = tensors
    for axis in pixels(x):
        x = x.narrow(axis, (x.shape[axis] - like.shape[axis]) // 2, like.shape[axis])
    return x


SEVERAL = {
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
