"""torch_windows.py - convolutions and poolings in PyTorch's words; see torch_operations.py."""
import math

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
