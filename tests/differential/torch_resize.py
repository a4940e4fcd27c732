"""torch_resize.py - resize: where results lie among the pixels, exactly, and what is taken from around there."""
import math
from fractions import Fraction

import torch

from torch_windows import as_before, as_image, operation, rank_of
from windows import pair

HALF = Fraction(1, 2)


def place(o, n, m, scale, coordinates):
    """Of result o of m, among n pixels."""
    if coordinates == "align_corners":
        return Fraction(o * (n - 1), m - 1) if m > 1 else Fraction(0)
    if coordinates == "asymmetric":
        return o / scale
    at = (o + HALF) / scale - HALF
    return at + Fraction(n, 2) * (1 - m / (n * scale)) if coordinates == "half_pixel_symmetric" else at


ROUNDED = {
    "floor": math.floor, "ceil": math.ceil,
    "round_prefer_floor": lambda p: math.ceil(p - HALF), "round_prefer_ceil": lambda p: math.floor(p + HALF),
}


def keys(d):
    """Of the four pixels around; d: how far behind the second."""
    a = Fraction(-3, 4)
    near = [((a + 2) * t - (a + 3)) * t * t + 1 for t in (d, 1 - d)]
    far = [((a * t - 5 * a) * t + 8 * a) * t - 4 * a for t in (1 + d, 2 - d)]
    return [far[0], near[0], near[1], far[1]]


def taps(p, mode, rounding):
    """[(pixel, weight)] at a place."""
    if mode == "nearest":
        return [(ROUNDED[rounding](p), 1)]
    low = math.floor(p)
    d = p - low
    if mode == "bilinear":
        return [(low, 1 - d), (low + 1, d)]
    return [(low - 1 + i, weight) for i, weight in enumerate(keys(d))]


def along(x, axis, m, scale, attributes):
    n, mode = x.shape[axis], attributes.get("mode", "nearest")
    if n == m and scale is None:
        return x  # neighbours may be infinite
    scale = Fraction(m, n) if scale is None else scale
    lists = [taps(place(o, n, m, scale, attributes["coordinates"]), mode, attributes.get("rounding")) for o in range(m)]
    result = 0
    for i in range(len(lists[0])):
        pixels = x.index_select(axis, torch.tensor([min(max(taps[i][0], 0), n - 1) for taps in lists]))
        weights = torch.tensor([float(taps[i][1]) for taps in lists], dtype=x.dtype).reshape(-1, *[1] * (x.dim() - 1 - axis))
        result = result + (pixels if mode == "nearest" else pixels * weights)
    return result


@operation
def resize(x, attributes, parameter):
    size, scale, y = pair(attributes["size"], rank_of(x)), attributes.get("scale"), as_image(x)
    scales = scale if isinstance(scale, list) else [scale, scale]
    for axis in (2, 3):
        if axis == 3 or rank_of(x) == 3:
            y = along(y, axis, size[axis - 2], scales[axis - 2 if len(scales) > 1 else 0], attributes)
    return as_before(y, x)
