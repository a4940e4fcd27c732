#!/usr/bin/env python3
"""Writes operators.txt: what PyTorch computes for several thousand small cases of every operator.

    /usr/bin/python3 make_reference.py > operators.txt

A line is a case:  OP IN[;IN..] PATTERN SEED [attribute=value ..] : OUT : values
Inputs and weights are not in the file: value i of tensor t of a case is a formula of PATTERN, SEED, t and i (`number`
below), which tests/unit/test_reference.c has too. Tensors count inputs first, then parameters in the operator's order.
All are exact in float32; PyTorch computes in float64. What PyTorch cannot do directly (asymmetric padding, dilated
averages) is put together here from what it can.
"""
import itertools
import math
import random

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
random.seed(20261122)

SPECIALS = [1.0, -math.inf, 2.0, -3.0, math.inf, 0.0, math.nan, -0.5, 4.0, -math.inf, -math.inf]


def number(pattern, seed, tensor, i):
    h = (i * 2654435761 + tensor * 40503 + seed * 69069 + 12345) % 4294967296
    h = (h ^ (h >> 15)) * 2246822519 % 4294967296
    h = h ^ (h >> 13)
    if pattern == "integer":
        return float(h % 11 - 5)
    if pattern == "twelve":  # every mean of up to 4 of them is whole
        return float((h % 19 - 9) * 12)
    if pattern == "fraction":
        return (h % 257 - 128) / 32.0
    if pattern == "positive":
        return (h % 64 + 1) / 16.0
    if pattern == "special":
        return SPECIALS[h % len(SPECIALS)]
    if pattern == "large":
        return float(h % 2001 - 1000)
    raise ValueError(pattern)


def tensor(pattern, seed, index, shape):
    count = math.prod(shape)
    return torch.tensor([number(pattern, seed, index, i) for i in range(count)]).reshape(shape)


def text_of(value):
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


seeds = itertools.count(1)


def write(op, inputs, pattern, compute, **attributes):
    """inputs: shapes; compute(make, tensors): the result, make(k, shape, pattern) giving tensor number k."""
    seed = next(seeds)
    tensors = [tensor(pattern, seed, k, s) for k, s in enumerate(inputs)]
    y = compute(lambda k, shape, p=None: tensor(p or pattern, seed, k, shape), *tensors)
    words = [op, ";".join(",".join(map(str, s)) for s in inputs), pattern, str(seed)]
    words += [f"{name}={value}" for name, value in attributes.items()]
    values = " ".join(text_of(v) for v in y.flatten().tolist())
    print(" ".join(words), ":", ",".join(map(str, y.shape)), ":", values)


def pair(p):
    return f"{p[0]}x{p[1]}"


# --- padding: top, bottom, left, right of a case, after docs/language.md, Windows and padding: written here from its table once more

def sides(kind, n, k, s, d):
    e = d * (k - 1) + 1
    if kind == "valid":
        return 0, 0
    if kind == "full":
        return e - 1, e - 1
    if kind == "causal":
        return e - 1, 0
    if kind in ("same", "same_upper", "same_lower"):
        total = max((math.ceil(n / s) - 1) * s + e - n, 0)
        low, high = total // 2, total - total // 2
        return (high, low) if kind == "same_lower" else (low, high)
    raise ValueError(kind)


def padded(x, pads, mode):
    (t, b), (l, r) = pads
    torch_mode = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}[mode]
    return F.pad(x[None], (l, r, t, b), mode=torch_mode)[0]


def conv_case(shape, out, k, s=(1, 1), padding="valid", d=(1, 1), groups=1, bias=True, mode="zeros", pattern="integer"):
    c, h, w = shape
    if isinstance(padding, str):
        pads = sides(padding, h, k[0], s[0], d[0]), sides(padding, w, k[1], s[1], d[1])
        word = padding
    else:
        pads = padding[:2], padding[2:]
        word = ",".join(map(str, padding))
    for n, p, kk, dd in zip((h, w), pads, k, d):
        if n + sum(p) < dd * (kk - 1) + 1 or (mode == "reflect" and max(p) >= n) or (mode == "circular" and max(p) > n):
            return False

    def compute(make, x):
        weight = make(1, (out, c // groups, *k))
        b = make(2, (out,)) if bias else None
        return F.conv2d(padded(x, pads, mode)[None], weight, b, stride=s, dilation=d, groups=groups)[0]

    write("conv", [shape], pattern, compute, out_channels=out, kernel_size=pair(k), stride=pair(s), padding=word, dilation=pair(d),
          groups=groups, bias=str(bias).lower(), padding_mode=mode)
    return True


def conv1d_case(shape, out, k, s=1, padding="valid", d=1, groups=1, bias=True, mode="zeros"):
    c, n = shape
    p = sides(padding, n, k, s, d) if isinstance(padding, str) else padding
    if n + sum(p) < d * (k - 1) + 1 or (mode == "reflect" and max(p) >= n) or (mode == "circular" and max(p) > n):
        return False
    word = padding if isinstance(padding, str) else f"0,0,{p[0]},{p[1]}"

    def compute(make, x):
        weight = make(1, (out, c // groups, k))
        b = make(2, (out,)) if bias else None
        wide = F.pad(x[None], p, mode={"zeros": "constant"}.get(mode, mode))
        return F.conv1d(wide, weight, b, stride=s, dilation=d, groups=groups)[0]

    write("conv", [shape], "integer", compute, out_channels=out, kernel_size=k, stride=s, padding=word, dilation=d, groups=groups,
          bias=str(bias).lower(), padding_mode=mode)
    return True


def convolutions():
    conv_case((1, 1, 1), 1, (1, 1))
    conv_case((3, 5, 7), 2, (5, 7))  # kernel as large as the input
    conv_case((2, 3, 4), 3, (1, 1), pattern="fraction")
    conv_case((2, 6, 5), 2, (3, 2), pattern="special")
    for padding in ("same", "same_upper", "same_lower", "full", "valid"):
        for k, s, d in (((3, 2), (1, 1), (1, 1)), ((4, 3), (2, 3), (1, 1)), ((2, 5), (1, 2), (2, 1)), ((3, 3), (3, 2), (2, 3)), ((1, 1), (3, 2), (1, 1))):
            conv_case((2, 7, 9), 2, k, s, padding, d)
    for mode in ("reflect", "replicate", "circular"):
        conv_case((2, 5, 7), 2, (3, 4), (1, 2), (1, 2, 3, 4), mode=mode)
        conv_case((1, 4, 6), 1, (3, 3), (2, 1), "same", mode=mode)
        conv_case((2, 5, 4), 1, (3, 2), (1, 1), (3, 0, 0, 2), (1, 2), mode=mode)
    for groups, c, out in ((2, 4, 6), (3, 3, 6), (3, 6, 3), (4, 4, 4), (5, 5, 5), (3, 9, 6), (2, 2, 4)):
        conv_case((c, 5, 6), out, (3, 2), (1, 2), (1, 0, 2, 1), groups=groups, bias=groups % 2 == 0)
    made = 0
    while made < 70:
        c, groups = random.choice(((1, 1), (2, 1), (3, 1), (2, 2), (4, 2), (3, 3)))
        made += conv_case((c, random.randint(1, 8), random.randint(1, 9)), groups * random.randint(1, 2), (random.randint(1, 4), random.randint(1, 4)),
                          (random.randint(1, 3), random.randint(1, 4)), tuple(random.randint(0, 3) for _ in range(4)),
                          (random.randint(1, 3), random.randint(1, 2)), groups, random.random() < 0.5,
                          random.choice(("zeros", "zeros", "zeros", "reflect", "replicate", "circular")))
    conv1d_case((2, 1), 3, 1)
    for padding in ("same", "same_lower", "full", "causal", "valid", (0, 3), (2, 1)):
        for k, s, d in ((3, 1, 1), (2, 2, 3), (4, 3, 1), (5, 1, 2)):
            conv1d_case((2, 11), 2, k, s, padding, d)
    for mode in ("reflect", "replicate", "circular"):
        conv1d_case((2, 6), 2, 3, 1, (2, 1), 2, mode=mode)
    conv1d_case((4, 9), 4, 3, 2, (1, 1), 1, groups=4)
    conv1d_case((4, 9), 6, 3, 2, (1, 0), 1, groups=2, bias=False)


# --- pooling

def mean_of_taps(x, k, s, d, pads, include_pad):
    """The mean over windows, from two convolutions with ones: of the values and of what counts."""
    ones = torch.ones(x.shape[0], 1, *k)
    counts = padded(torch.ones_like(x), pads, "zeros")
    if include_pad:
        counts = torch.ones_like(counts)
    values = F.conv2d(padded(x, pads, "zeros")[None], ones, stride=s, dilation=d, groups=x.shape[0])[0]
    return values / F.conv2d(counts[None], ones, stride=s, dilation=d, groups=x.shape[0])[0]


def pool_case(op, shape, k, s=None, pads=(0, 0, 0, 0), d=(1, 1), ceil=False, include=None, pattern="twelve", word=None):
    c, h, w = shape
    rows, columns = pads[:2], pads[2:]
    stride = s or k
    symmetric = rows[0] == rows[1] and columns[0] == columns[1] and rows[0] <= k[0] // 2 and columns[0] <= k[1] // 2
    if ceil and not symmetric:
        return False
    attributes = dict(kernel_size=pair(k))
    if s:
        attributes["stride"] = pair(s)
    attributes.update(padding=word or ",".join(map(str, pads)), dilation=pair(d), ceil_mode=str(ceil).lower())
    if include is not None:
        attributes["count_include_pad"] = str(include).lower()

    def compute(make, x):
        if op == "max_pool" and symmetric:
            return F.max_pool2d(x[None], k, stride, (rows[0], columns[0]), d, ceil)[0]
        if op == "max_pool":
            return F.max_pool2d(F.pad(x, (*columns, *rows), value=-math.inf)[None], k, stride, 0, d)[0]
        if symmetric and d == (1, 1):
            return F.avg_pool2d(x[None], k, stride, (rows[0], columns[0]), ceil, bool(include))[0]
        return mean_of_taps(x, k, stride, d, (rows, columns), bool(include))

    for n, p, kk, ss, dd in zip((h, w), (rows, columns), k, stride, d):
        e = dd * (kk - 1) + 1
        if max(p) >= e or (not ceil and n + sum(p) < e) or (ceil and (n + sum(p) - e + ss - 1) // ss + 1 < 1):
            return False
        if dd > n and p[0] > 0:  # a window could miss the input
            return False
    write(op, [shape], pattern, compute, **attributes)
    return True


def poolings():
    pool_case("avg_pool", (1, 1, 6), (1, 3), (1, 2), ceil=True)
    pool_case("max_pool", (2, 6, 7), (2, 2), pattern="special")
    pool_case("max_pool", (2, 5, 5), (3, 3), (1, 1), (1, 1, 1, 1), pattern="special")
    pool_case("max_pool", (1, 5, 7), (3, 2), (2, 2), ceil=True, pattern="special")
    pool_case("avg_pool", (1, 5, 7), (3, 2), (2, 2), pattern="special")
    for word in ("same", "same_lower"):
        for op in ("max_pool", "avg_pool"):
            for k, s in (((3, 2), (2, 1)), ((2, 3), (2, 2)), ((4, 4), (3, 3))):
                pads = (*sides(word, 7, k[0], s[0], 1), *sides(word, 6, k[1], s[1], 1))
                for include in ((True, False) if op == "avg_pool" else (None,)):
                    pool_case(op, (2, 7, 6), k, s, pads, include=include, word=word)
    made = 0
    while made < 110:
        op = random.choice(("max_pool", "avg_pool"))
        k, s = (random.randint(1, 4), random.randint(1, 4)), (random.randint(1, 4), random.randint(1, 4))
        if random.random() < 0.6:
            top, left = random.randint(0, k[0] // 2), random.randint(0, k[1] // 2)
            pads = (top, top, left, left)
        else:
            pads = (random.randrange(k[0]), random.randrange(k[0]), random.randrange(k[1]), random.randrange(k[1]))
        d = (random.choice((1, 1, 2)), random.choice((1, 1, 3)))
        ceil = random.random() < 0.5 and (op == "max_pool" or d == (1, 1))
        made += pool_case(op, (random.randint(1, 2), random.randint(1, 8), random.randint(1, 9)), k, random.choice((s, s, None)), pads, d, ceil,
                          random.random() < 0.5 if op == "avg_pool" else None)
    sequences()
    for shape in ((1, 1, 1), (3, 4, 5), (2, 1, 7)):
        write("global_avg_pool", [shape], "fraction", lambda make, x: x.mean((1, 2), keepdim=True))
    write("global_avg_pool", [(3, 5)], "fraction", lambda make, x: x.mean(1, keepdim=True))


def sequences():
    """Every 1D pooling with n in 1..12, k and s in 1..4, p in 0..k/2 that PyTorch accepts."""
    for n, k, s, ceil in itertools.product(range(1, 13), range(1, 5), range(1, 5), (False, True)):
        for p in range(k // 2 + 1):
            attributes = dict(kernel_size=k, stride=s)
            if p:
                attributes["padding"] = p
            if ceil:
                attributes["ceil_mode"] = "true"
            if (n + 2 * p - k + (s - 1 if ceil else 0)) // s + 1 < 1:
                continue
            write("max_pool", [(1, n)], "twelve", lambda make, x: F.max_pool1d(x[None], k, s, p, 1, ceil)[0], **attributes)
            for include in (True, False) if p else (True,):
                if p:
                    attributes["count_include_pad"] = str(include).lower()
                write("avg_pool", [(1, n)], "twelve", lambda make, x: F.avg_pool1d(x[None], k, s, p, ceil, include)[0], **attributes)


# --- poolings that are sums: what lies outside counts as zeros, so a convolution with one kernel for all channels says it

def window_sums(x, kernel, s, d, pads, ceil=False):
    (rows, columns), k = pads, kernel.shape
    extra = []
    for n, p, kk, ss, dd in zip(x.shape[1:], pads, k, s, d):
        e, room = dd * (kk - 1) + 1, n + sum(p)
        if ceil:  # the last window may reach beyond the padding, if it starts before that behind the input
            out = -(-(room - e) // ss) + 1
            out -= (out - 1) * ss >= n + p[0]
            room = max(room, (out - 1) * ss + e)
        extra.append(room - n - sum(p))
    wide = F.pad(x, (columns[0], columns[1] + extra[1], rows[0], rows[1] + extra[0]))
    return F.conv2d(wide[None], kernel.expand(x.shape[0], 1, *k), stride=s, dilation=d, groups=x.shape[0])[0]


def sum_case(op, shape, k, s=None, pads=((0, 0), (0, 0)), d=(1, 1), ceil=False, weight=None, pattern="integer"):
    for n, p, kk, ss, dd in zip(shape[1:], pads, k, s or k, d):
        e = dd * (kk - 1) + 1
        if max(p) >= e or (not ceil and n + sum(p) < e) or (ceil and (n + sum(p) - e + ss - 1) // ss + 1 < 1) or (dd > n and p[0] > 0):
            return False
    attributes = dict(weight=";".join(",".join(map(str, row)) for row in weight)) if weight else dict(kernel_size=pair(k))
    if s:
        attributes["stride"] = pair(s)
    attributes.update(padding=",".join(map(str, pads[0] + pads[1])), dilation=pair(d), ceil_mode=str(ceil).lower())
    window = torch.tensor(weight, dtype=torch.float64) / sum(map(sum, weight)) if weight else torch.ones(*k)

    def compute(make, x):
        if op == "l2_pool":
            return window_sums(x * x, window, s or k, d, pads, ceil).sqrt()
        return window_sums(x, window, s or k, d, pads, ceil)

    write(op, [shape], pattern, compute, **attributes)
    return True


def sum_poolings():
    blur = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    sum_case("weighted_avg_pool", (2, 7, 9), (3, 3), (2, 2), ((1, 1), (1, 1)), weight=blur, pattern="fraction")
    sum_case("weighted_avg_pool", (1, 6, 5), (3, 3), weight=blur)
    sum_case("weighted_avg_pool", (2, 6, 8), (2, 3), (1, 2), ((1, 0), (2, 1)), (1, 2), weight=[[1, -3, 1], [2, 0, 7]], pattern="fraction")
    sum_case("weighted_avg_pool", (2, 6, 8), (2, 2), (3, 3), ceil=True, weight=[[1, 3], [1, 3]])
    made = 0
    while made < 60:
        op = random.choice(("sum_pool", "l2_pool"))
        k, s = (random.randint(1, 4), random.randint(1, 4)), (random.randint(1, 4), random.randint(1, 4))
        pads = tuple(tuple(random.randrange(n) for _ in range(2)) for n in k)
        made += sum_case(op, (random.randint(1, 2), random.randint(1, 8), random.randint(1, 9)), k, random.choice((s, s, None)), pads,
                         (random.choice((1, 1, 2)), random.choice((1, 1, 3))), random.random() < 0.5,
                         pattern=random.choice(("integer", "fraction")))
    for k, s in ((2, 2), (3, 1), (3, 2)):  # PyTorch's own, which has no padding and no rounding up that agrees with ONNX's
        write("l2_pool", [(3, 7, 8)], "integer", lambda make, x: F.lp_pool2d(x[None], 2, k, s)[0], kernel_size=k, stride=s)
        write("l2_pool", [(3, 9)], "fraction", lambda make, x: F.lp_pool1d(x[None], 2, k, s)[0], kernel_size=k, stride=s)
        write("sum_pool", [(3, 9)], "twelve", lambda make, x: F.avg_pool1d(x[None], k, s, k // 2)[0] * k, kernel_size=k, stride=s, padding=k // 2)
    write("weighted_avg_pool", [(2, 9)], "fraction",
          lambda make, x: F.conv1d(x[:, None], torch.tensor([[[0.25, 0.5, 0.25]]]), stride=2, padding=1)[:, 0], weight="1,2,1", stride=2, padding=1)


def dilated_sequences():
    """Maximum pooling of sequences with dilation, rounding down and up."""
    for n, k, s, d, ceil in itertools.product((4, 7, 10, 11), (1, 2, 3), (1, 2, 3), (2, 3), (False, True)):
        for p in range(k // 2 + 1):
            if n + 2 * p < d * (k - 1) + 1 or (d > n and p):
                continue
            write("max_pool", [(1, n)], "twelve", lambda make, x: F.max_pool1d(x[None], k, s, p, d, ceil)[0], kernel_size=k, stride=s, padding=p,
                  dilation=d, ceil_mode=str(ceil).lower())


def global_and_adaptive_poolings():
    for shape in ((1, 1, 1), (3, 4, 5), (2, 1, 7)):
        write("global_max_pool", [shape], "fraction", lambda make, x: x.amax((1, 2), keepdim=True))
        write("global_max_pool", [shape], "special", lambda make, x: F.adaptive_max_pool2d(x[None], 1)[0])
    write("global_max_pool", [(3, 5)], "fraction", lambda make, x: x.amax(1, keepdim=True))
    for n, o in itertools.product(range(1, 12), range(1, 9)):
        write("adaptive_avg_pool", [(2, n)], "fraction", lambda make, x: F.adaptive_avg_pool1d(x[None], o)[0], size=o)
    for shape, size in (((2, 7, 9), (7, 9)), ((2, 8, 6), (4, 2)), ((1, 10, 7), (3, 5)), ((3, 5, 5), (1, 1)), ((2, 3, 2), (5, 7)), ((1, 12, 8), (5, 4))):
        write("adaptive_avg_pool", [shape], "fraction", lambda make, x: F.adaptive_avg_pool2d(x[None], size)[0], size=pair(size))


# --- normalisations with statistics of the tensor itself

def affine(make, scale, bias, shape):
    return (make(1, shape) if scale else None), (make(2, shape) if bias else None)


def channels_last(f, x):
    return f(x.movedim(0, -1)).movedim(-1, 0)


def norms():
    shapes = ((3, 5), (2, 3, 4), (17, 2, 3), (32, 3, 1), (128, 1, 2))
    for shape, pattern, (eps, scale, bias) in itertools.product(
            shapes, ("fraction", "special"), ((1e-5, True, True), (1e-3, False, True), (0.5, True, False), (1e-5, False, False))):
        if pattern == "special" and (scale or bias):
            continue  # PyTorch multiplies factor and weight first, which makes another NaN of infinite weights
        flags = dict(eps=eps, scale=str(scale).lower(), bias=str(bias).lower())

        def instance(make, x):
            weight, offset = affine(make, scale, bias, shape[:1])
            return F.instance_norm(x[None], weight=weight, bias=offset, eps=eps)[0]

        def layer_of_channels(make, x):
            weight, offset = affine(make, scale, bias, shape[:1])
            return channels_last(lambda v: F.layer_norm(v, shape[:1], weight, offset, eps), x)

        def layer_of_all(make, x):
            weight, offset = affine(make, scale, bias, shape)
            return F.layer_norm(x, shape, weight, offset, eps)

        write("instance_norm", [shape], pattern, instance, **flags)
        write("layer_norm", [shape], pattern, layer_of_channels, **flags)
        write("layer_norm", [shape], pattern, layer_of_all, axis="all", **flags)
    write("layer_norm", [(12,)], "large", lambda make, x: F.layer_norm(x, (12,), make(1, (12,)), make(2, (12,)), 1e-5), eps=1e-5)
    write("layer_norm", [(64,)], "fraction", lambda make, x: F.layer_norm(x, (64,), None, None, 1e-5), eps=1e-5, axis="all", scale="false", bias="false")
    for shape in (*shapes, (1,), (7,), (48,)):
        for pattern in ("fraction", "special"):
            write("l2_normalize", [shape], pattern, lambda make, x: F.normalize(x, dim=0))
            write("l2_normalize", [shape], pattern, lambda make, x: F.normalize(x.flatten(), dim=0).reshape(shape), axis="all")
        write("l2_normalize", [shape], "fraction", lambda make, x: F.normalize(x, dim=0, eps=20), eps=20)
    for shape in ((1, 2, 2), (3, 2, 3), (9, 4), (6,)):
        for size, alpha, beta, k in ((5, 1e-4, 0.75, 1), (3, 0.5, 0.5, 2), (1, 1, 1, 1), (7, 2, 0.6, 0.5), (9, 0.01, 2, 3)):
            write("lrn", [shape], "fraction", lambda make, x: F.local_response_norm(x.reshape(1, shape[0], -1), size, alpha, beta, k).reshape(shape),
                  size=size, alpha=alpha, beta=beta, k=k)


# --- distances

def distances():
    def number_of(f):
        return lambda make, a, b: f(a.flatten(), b.flatten()).reshape(1)

    cases = (("dot", torch.dot), ("l1_distance", lambda a, b: (a - b).abs().sum()), ("l2_distance", lambda a, b: (a - b).pow(2).sum().sqrt()),
             ("cosine_similarity", lambda a, b: F.cosine_similarity(a, b, dim=0)))
    for shape in ((1,), (6,), (48,), (3, 5), (2, 3, 4), (32, 2, 1)):
        for op, f in cases:
            for pattern in ("integer", "fraction", "special"):
                write(op, [shape, shape], pattern, number_of(f))


# --- everything else

def batch_norm(make, x, eps, scale):
    c = x.shape[0]
    gamma = make(1, (c,)) if scale else None
    # tensors are numbered by slot: weight 1, bias 2, running_mean 3, running_var 4; the variance is positive
    return F.batch_norm(x[None], make(3, (c,)), make(4, (c,), "positive"), gamma, make(2, (c,)), False, 0.1, eps)[0]


def channelwise(v, x):
    return v.reshape(-1, *([1] * (x.dim() - 1)))


FUNCTIONS = {
    "relu6": F.relu6, "silu": F.silu, "softplus": F.softplus, "hard_swish": F.hardswish, "exp": torch.exp, "log": torch.log,
    "abs": torch.abs, "square": torch.square, "sqrt": torch.sqrt,
}


def leaky_relu(slope):
    return lambda x: F.leaky_relu(x, slope)


def elu(alpha):
    return lambda x: F.elu(x, alpha)


def gelu(form):
    return lambda x: F.gelu(x, approximate=form)


def activations():
    """Functions of one number, each with its attributes: of some shapes, large numbers, infinities and NaN."""
    cases = [(op, f, {}) for op, f in FUNCTIONS.items()]
    cases += [("leaky_relu", leaky_relu(slope), dict(slope=slope)) for slope in (0.01, 0.25, -1.5)]
    cases += [("elu", elu(alpha), dict(alpha=alpha)) for alpha in (1.0, 0.25)]
    cases += [("gelu", gelu(form), dict(approximate=form)) for form in ("none", "tanh")]
    cases += [("hard_sigmoid", F.hardsigmoid, dict(slope=1 / 6))]
    cases += [("hard_sigmoid", lambda x: torch.clamp(0.2 * x + 0.5, 0, 1), dict(slope=0.2))]
    for op, f, attributes in cases:
        for shape in ((7,), (3, 5), (2, 3, 4)):
            write(op, [shape], "fraction", lambda make, x: f(x), **attributes)
        write(op, [(24,)], "special", lambda make, x: f(x), **attributes)
        write(op, [(24,)], "positive", lambda make, x: f(x), **attributes)
        write(op, [(9,)], "large", lambda make, x: f(x), **attributes)
    for shape, pattern in itertools.product(((7,), (3, 5), (2, 3, 4)), ("fraction", "special")):
        for channels in (shape[0], 1):
            write("prelu", [shape], pattern, lambda make, x: F.prelu(x[None], make(1, (channels,)))[0], per_channel=str(channels > 1).lower())


def fold(f):
    def compute(make, first, *others):
        for other in others:
            first = f(first, other)
        return first
    return compute


def binaries():
    """Several tensors element by element: equal shapes, sizes of 1 that stretch on either side, infinities and NaN."""
    distance = lambda a, b: torch.abs(a - b)
    pairs = {"sub": torch.sub, "div": torch.div, "abs_diff": distance}
    lists = {"add": torch.add, "mul": torch.mul, "max": torch.maximum, "min": torch.minimum}
    for op, f in (pairs | lists).items():
        for shape in ((7,), (3, 5), (2, 3, 4)):
            write(op, [shape, shape], "fraction", fold(f))
        for a, b in (((3, 1, 1), (3, 4, 5)), ((3, 4, 5), (1, 4, 5)), ((1, 4, 1), (3, 1, 5)), ((1, 1, 1), (2, 3, 4)), ((1, 6), (4, 1)), ((1,), (5,))):
            write(op, [a, b], "fraction", fold(f))
        write(op, [(4, 4, 4), (4, 4, 4)], "special", fold(f))
    for op, f in lists.items():
        write(op, [(2, 3, 4), (2, 1, 1), (1, 3, 4)], "fraction", fold(f))
        write(op, [(64,), (64,), (64,), (64,)], "special", fold(f))


def others():
    shapes = ((7,), (3, 5), (2, 3, 4))
    for shape in shapes:
        for op, f in (("relu", F.relu), ("tanh", torch.tanh), ("sigmoid", torch.sigmoid), ("identity", lambda x: x), ("dropout", lambda x: x)):
            write(op, [shape], "fraction", lambda make, x: f(x))
        write("softmax", [shape], "fraction", lambda make, x: F.softmax(x, 0))
        write("softmax", [shape], "large", lambda make, x: F.softmax(x, 0))
        write("softmax", [shape], "special", lambda make, x: F.softmax(x, 0))
        for eps, scale in ((1e-5, True), (1e-3, False), (0.0, True)):
            write("batch_norm", [shape], "fraction", lambda make, x: batch_norm(make, x, eps, scale), eps=eps, scale=str(scale).lower())
        for scale, bias in itertools.product((True, False), (True, False)):
            write("channel_affine", [shape], "fraction",
                  lambda make, x: (x * channelwise(make(1, shape[:1]), x) if scale else x) + (channelwise(make(2, shape[:1]), x) if bias else 0),
                  scale=str(scale).lower(), bias=str(bias).lower())
        write("rescale", [shape], "integer", lambda make, x: x * 0.25 - 1.5, scale=0.25, offset=-1.5)
        write("rescale", [shape], "integer", lambda make, x: x * 3, scale=3)
        mean, std = [0.5 * (i + 1) for i in range(shape[0])], [0.25 * (i + 2) for i in range(shape[0])]
        write("normalize", [shape], "fraction", lambda make, x: (x - channelwise(torch.tensor(mean), x)) / channelwise(torch.tensor(std), x),
              mean=",".join(map(str, mean)), std=",".join(map(str, std)))
        write("normalize", [shape], "fraction", lambda make, x: (x - 0.5) / 0.25, mean=0.5, std=0.25)
        write("add", [shape, shape], "fraction", lambda make, a, b: a + b)
        write("add", [shape, shape, shape], "fraction", lambda make, a, b, c: a + b + c)
        write("flatten", [shape], "integer", lambda make, x: x.flatten(), order="chw")
        write("flatten", [shape], "integer", lambda make, x: x.permute(*range(1, x.dim()), 0).flatten(), order="hwc")
        write("concat", [shape, (2, *shape[1:])], "integer", lambda make, a, b: torch.cat((a, b)))
        write("concat", [shape, shape, (1, *shape[1:])], "integer", lambda make, a, b, c: torch.cat((a, b, c)), axis="channels")
    for op, f in (("relu", F.relu), ("tanh", torch.tanh), ("sigmoid", torch.sigmoid)):
        write(op, [(24,)], "special", lambda make, x: f(x))
        write(op, [(9,)], "large", lambda make, x: f(x))
    write("softmax", [(1,)], "fraction", lambda make, x: F.softmax(x, 0))
    write("softmax", [(40,)], "large", lambda make, x: F.softmax(x, 0))
    write("add", [(3, 1, 1), (3, 4, 5)], "fraction", lambda make, a, b: a + b)
    write("add", [(3, 4, 5), (1, 4, 1)], "fraction", lambda make, a, b: a + b)
    write("add", [(1, 4, 1), (3, 1, 5)], "fraction", lambda make, a, b: a + b)
    write("add", [(1, 6), (4, 1)], "fraction", lambda make, a, b: a + b)
    write("add", [(2, 3, 4), (2, 3, 4)], "special", lambda make, a, b: a + b)
    write("concat", [(2, 3, 4), (2, 2, 4)], "integer", lambda make, a, b: torch.cat((a, b), 1), axis="height")
    write("concat", [(2, 3, 4), (2, 3, 1), (2, 3, 2)], "integer", lambda make, a, b, c: torch.cat((a, b, c), 2), axis="width")
    write("concat", [(2, 3), (2, 5)], "integer", lambda make, a, b: torch.cat((a, b), 1), axis="width")
    for n, out, bias in ((1, 1, True), (5, 3, True), (16, 10, False), (7, 1, True)):
        write("fc", [(n,)], "fraction", lambda make, x: F.linear(x, make(1, (out, n)), make(2, (out,)) if bias else None), out_features=out,
              bias=str(bias).lower())


# --- the family of conv; cases here have seeds of their own, so that those above stay as they are

def depthwise_case(op, shape, k, multiplier=1, out=None, s=(1, 1), padding="valid", d=(1, 1), bias=True, mode="zeros"):
    """depthwise_conv, and separable_conv with `out` channels; of images (c, h, w) and sequences (c, n)."""
    c, sizes, one_dimensional = shape[0], shape[1:], len(shape) == 2
    k, s, d = (tuple(v[-len(sizes):]) for v in (k, s, d))
    pads = [sides(padding, *axis) for axis in zip(sizes, k, s, d)]
    conv = F.conv1d if one_dimensional else F.conv2d

    def compute(make, x):
        flat = [p for axis in reversed(pads) for p in axis]
        wide = F.pad(x[None], flat, mode={"zeros": "constant"}.get(mode, mode))
        first = make(1, (c * multiplier, 1, *k))
        if op == "depthwise_conv":
            return conv(wide, first, make(2, (c * multiplier,)) if bias else None, stride=s, dilation=d, groups=c)[0]
        y = conv(wide, first, stride=s, dilation=d, groups=c)
        pointwise = make(2, (out, c * multiplier, *([1] * len(sizes))))
        return conv(y, pointwise, make(3, (out,)) if bias else None)[0]

    def word(v):
        return v[0] if one_dimensional else pair(v)

    more = dict(out_channels=out) if out else {}
    write(op, [shape], "integer", compute, **more, kernel_size=word(k), multiplier=multiplier, stride=word(s), padding=padding,
          dilation=word(d), bias=str(bias).lower(), padding_mode=mode)


def depthwise_convolutions():
    for op, out in (("depthwise_conv", None), ("separable_conv", 5), ("separable_conv", 1)):
        for multiplier in (1, 2, 3):
            depthwise_case(op, (4, 6, 7), (3, 2), multiplier, out, bias=multiplier != 2)
            depthwise_case(op, (1, 5, 5), (2, 3), multiplier, out, s=(2, 1), padding="same")
            depthwise_case(op, (3, 9), (1, 3), multiplier, out, s=(1, 3), padding="full")
        for padding in ("same", "same_lower", "full", "valid"):
            depthwise_case(op, (3, 7, 8), (3, 4), 1, out, (3, 2), padding, (2, 1))
        depthwise_case(op, (2, 9), (1, 3), 2, out, (1, 1), "causal", (1, 2))
        for mode in ("reflect", "replicate", "circular"):
            depthwise_case(op, (2, 5, 6), (3, 4), 2, out, (1, 2), "same", mode=mode)
            depthwise_case(op, (2, 7), (1, 3), 1, out, (1, 1), "same", (1, 2), mode=mode)


def filter_case(shape, kernel, s=(1, 1), padding="valid", mode="zeros", d=(1, 1), flip=False):
    sizes, one_dimensional = shape[1:], len(shape) == 2
    k = torch.tensor(kernel, dtype=torch.float64)
    s, d = (v[-len(sizes):] for v in (s, d))
    pads = [sides(padding, *axis) for axis in zip(sizes, k.shape, s, d)]

    def compute(make, x):
        wide = F.pad(x[:, None], [p for axis in reversed(pads) for p in axis], mode={"zeros": "constant"}.get(mode, mode))
        turned = k.flip(*range(k.dim())) if flip else k
        conv = F.conv1d if one_dimensional else F.conv2d
        return conv(wide, turned[None, None], stride=s, dilation=d)[:, 0]

    rows = [kernel] if one_dimensional else kernel
    word = {1: lambda v: v[0], 2: pair}[len(sizes)]
    write("filter", [shape], "integer", compute, kernel=";".join(",".join(map(str, row)) for row in rows), stride=word(s), padding=padding,
          padding_mode=mode, dilation=word(d), flip=str(flip).lower())


def given_kernels():
    edge, tall, wave = [[1, 2, -1], [0, 3, 4]], [[1, 2], [3, 4], [5, -6]], [1, 3, -2, 5]
    for mode in ("zeros", "reflect", "replicate", "circular"):
        for padding in ("same", "same_lower", "full", "valid"):
            filter_case((2, 6, 7), edge, (1, 1), padding, mode, flip=padding == "same")
            filter_case((1, 7, 5), tall, (2, 3), padding, mode, flip=padding == "full")
            filter_case((3, 9), wave, (1, 1), padding, mode, (1, 2), flip=padding == "valid")
        filter_case((2, 9), wave, (1, 3), "causal", mode)
    for table, groups in (([[1, 1, 0], [0, 1, 1], [1, 0, 1], [0, 0, 0]], 1), ([[1, 0], [1, 1], [0, 1], [0, 0]], 2)):
        shape, mask = (len(table[0]) * groups, 5, 6), torch.tensor(table, dtype=torch.float64)[:, :, None, None]
        write("conv", [shape], "integer", lambda make, x: F.conv2d(x[None], make(1, (4, len(table[0]), 3, 2)) * mask, make(2, (4,)), padding=1, groups=groups)[0],
              out_channels=4, kernel_size="3x2", padding=1, groups=groups, connections=";".join(",".join(map(str, row)) for row in table))
        write("conv", [shape], "integer", lambda make, x: F.conv2d(x[None], make(1, (4, len(table[0]), 3, 2)), torch.tensor([1, 2, 3, -4.0]), groups=groups)[0],
              out_channels=4, kernel_size="3x2", groups=groups, bias="1,2,3,-4")


def transposed_case(shape, out, k, s=(1, 1), padding=(0, 0, 0, 0), more=(0, 0), d=(1, 1), groups=1, bias=True):
    """Padding that PyTorch cannot say is cut off here; `same` grows the result to n*s where the kernel is smaller."""
    c, sizes, one_dimensional = shape[0], shape[1:], len(shape) == 2
    k, s, d, more = (tuple(v[-len(sizes):]) for v in (k, s, d, more))
    spans = [dd * (kk - 1) + 1 for kk, dd in zip(k, d)]
    if isinstance(padding, str):
        cuts = []
        for e, ss in zip(spans, s):
            total = max(e - ss, 0)
            low, high = total // 2, total - total // 2
            cuts.append({"full": (e - 1, e - 1), "valid": (0, 0), "same_lower": (high, low)}.get(padding, (low, high)))
    else:
        cuts = [padding[:2], padding[2:]][-len(sizes):]
    wanted = [(n - 1) * ss + e - sum(cut) + m for n, ss, e, cut, m in zip(sizes, s, spans, cuts, more)]
    if str(padding).startswith("same"):
        wanted = [n * ss for n, ss in zip(sizes, s)]
    if min(wanted) < 1 or any(m >= max(ss, dd) for m, ss, dd in zip(more, s, d)):
        return False
    conv = F.conv_transpose1d if one_dimensional else F.conv_transpose2d

    def compute(make, x):
        weight, b = make(1, (c, out // groups, *k)), make(2, (out,)) if bias else None
        if not isinstance(padding, str) and all(low == high for low, high in cuts):
            return conv(x[None], weight, b, s, [low for low, _ in cuts], more, groups, d)[0]
        y = conv(x[None], weight, None, s, 0, 0, groups, d)[0]
        room = [max(0, w + cut[0] - full) for w, cut, full in zip(wanted, cuts, y.shape[1:])]
        y = F.pad(y, [p for r in reversed(room) for p in (0, r)])
        for axis, (w, cut) in enumerate(zip(wanted, cuts)):
            y = y.narrow(axis + 1, cut[0], w)
        return y if b is None else y + channelwise(b, y)

    def word(v):
        return v[0] if one_dimensional else pair(v)

    text = padding if isinstance(padding, str) else ",".join(map(str, (0, 0, *cuts[0]) if one_dimensional else padding))
    write("conv_transpose", [shape], "integer", compute, out_channels=out, kernel_size=word(k), stride=word(s), padding=text,
          output_padding=word(more), dilation=word(d), groups=groups, bias=str(bias).lower())
    return True


def transposed_convolutions():
    transposed_case((1, 1, 1), 1, (1, 1))
    for k, s, p, more in ((2, 2, 0, 0), (3, 2, 1, 1), (4, 2, 1, 0), (3, 2, 0, 0), (3, 1, 1, 0), (16, 8, 4, 0), (1, 3, 0, 2), (2, 5, 0, 0), (5, 3, 2, 2), (7, 3, 1, 1)):
        transposed_case((2, 3, 4), 3, (k, k), (s, s), (p, p, p, p), (more, more))
        transposed_case((2, 5), 3, (k, k), (s, s), (p, p, p, p), (more, more), bias=False)
    for padding in ("same", "same_upper", "same_lower", "full", "valid"):
        for k, s, d in (((3, 2), (2, 1), (1, 1)), ((1, 4), (2, 3), (1, 1)), ((2, 5), (3, 2), (2, 1)), ((3, 3), (2, 4), (2, 3)), ((4, 4), (4, 2), (1, 2))):
            transposed_case((2, 4, 3), 2, k, s, padding, d=d)
            transposed_case((2, 4), 2, k, s, padding, d=d)
    for groups, c, out in ((2, 4, 6), (3, 3, 6), (3, 6, 3), (4, 4, 4), (5, 5, 5)):
        transposed_case((c, 3, 4), out, (3, 2), (2, 3), (1, 1, 0, 0), (1, 2), groups=groups, bias=groups % 2 == 0)
    made = 0
    while made < 120:
        c, groups = random.choice(((1, 1), (2, 1), (3, 1), (2, 2), (4, 2), (3, 3)))
        pads = tuple(random.randint(0, 3) for _ in range(4))
        made += transposed_case((c, random.randint(1, 4), random.randint(1, 5)), groups * random.randint(1, 2), (random.randint(1, 5), random.randint(1, 4)),
                                (random.randint(1, 4), random.randint(1, 5)), random.choice((pads, pads[:1] * 4)),
                                (random.randint(0, 2), random.randint(0, 2)), (random.choice((1, 1, 2, 3)), random.choice((1, 1, 2))), groups,
                                random.random() < 0.5)
def crop_and_pad():
    for shape, count in (((2, 3, 4), 40), ((3, 5), 15), ((7,), 6)):
        rank = len(shape)
        for _ in range(count):
            cut = [(random.randrange((n + 1) // 2), random.randrange((n + 1) // 2)) for n in shape]
            inside = tuple(slice(a, n - b) for (a, b), n in zip(cut, shape))
            write("crop", [shape], "special", lambda make, x: x[inside], **margins(cut))
            mode = random.choice(["zeros", "reflect", "replicate", "circular"])
            most = [n - 1 if mode == "reflect" else n for n in shape]
            add = [(random.randint(0, m), random.randint(0, m)) for m in most]
            value = random.choice([0, 1.5, -7]) if mode == "zeros" else 0
            torch_mode = "constant" if mode == "zeros" else mode

            def padded(make, x):
                pads = [side for axis in reversed(add) for side in axis]
                x = x.reshape((1,) * (5 - rank) + shape)  # PyTorch mirrors the last three axes of five
                pads += [0, 0] * (3 - rank)
                return F.pad(x, pads, torch_mode, value if mode == "zeros" else None)[(0,) * (5 - rank)]

            write("pad", [shape], "special", padded, mode=mode, value=value, **margins(add))
    for shape, small in (((3, 8, 9), (2, 5, 4)), ((1, 16, 16), (1, 8, 8)), ((2, 5, 5), (3, 5, 5)), ((2, 9), (1, 6))):
        begin = [(n - m) // 2 for n, m in zip(shape[1:], small[1:])]
        middle = (slice(None), *(slice(b, b + m) for b, m in zip(begin, small[1:])))
        write("center_crop_like", [shape, small], "integer", lambda make, x, y: x[middle])


def margins(sides):
    """Attributes of crop and pad: (before, after) of each axis."""
    names = {1: (), 2: (("left", "right"),), 3: (("top", "bottom"), ("left", "right"))}[len(sides)]
    attributes = {"channels": f"{sides[0][0]},{sides[0][1]}"}
    for (before, after), axis in zip(sides[1:], names):
        attributes |= {axis[0]: before, axis[1]: after}
    return attributes


def moved():
    for shape in ((4, 3, 5), (12, 4), (60,), (6, 1, 1), (1, 4, 6)):
        count = math.prod(shape)
        for wanted in ([count], [2, count // 2], [count // 2, 2], [3, 2, count // 6], [2, -1], [-1, 1, 3], [-1], [shape[0], -1]):
            write("reshape", [shape], "special", lambda make, x: x.reshape(wanted), shape=",".join(map(str, wanted)))
    for shape, r in (((4, 2, 3), 2), ((18, 3, 2), 3), ((5, 2, 2), 1), ((16, 1, 1), 4), ((12, 2, 5), 2)):
        write("pixel_shuffle", [shape], "special", lambda make, x: F.pixel_shuffle(x, r), r=r)
    for shape, groups in (((6, 2, 3), 2), ((6, 2, 3), 3), ((8, 3), 4), ((15,), 5), ((4, 2, 2), 1), ((4, 1, 2), 4)):
        write("channel_shuffle", [shape], "special",
              lambda make, x: x.reshape(groups, shape[0] // groups, *shape[1:]).transpose(0, 1).reshape(shape), groups=groups)
    for shape in ((3, 4, 5), (2, 1, 3), (1, 1, 1), (2, 6, 2)):
        for h, w in ((1, 1), (2, 2), (3, 3), (1, 4), (5, 1), (2, 3)):
            write("upsample", [shape], "special", lambda make, x: F.interpolate(x[None], scale_factor=(h, w), mode="nearest")[0],
                  scale=f"{h}x{w}")
            for corners in (False, True):
                write("upsample", [shape], "fraction",
                      lambda make, x: F.interpolate(x[None], scale_factor=(h, w), mode="bilinear", align_corners=corners)[0],
                      scale=f"{h}x{w}", mode="bilinear", align_corners=str(corners).lower())
    for shape in ((3, 7), (1, 1), (2, 2)):
        for scale in (1, 2, 3, 8):
            write("upsample", [shape], "special", lambda make, x: F.interpolate(x[None], scale_factor=scale, mode="nearest")[0], scale=scale)
            for corners in (False, True):
                write("upsample", [shape], "fraction",
                      lambda make, x: F.interpolate(x[None], scale_factor=scale, mode="linear", align_corners=corners)[0],
                      scale=scale, mode="bilinear", align_corners=str(corners).lower())
    for shape in ((7, 3, 4), (5, 6), (12,), (1, 2, 2)):
        for pattern in ("integer", "special", "large"):
            write("argmax", [shape], pattern, lambda make, x: x.argmax(0, keepdim=True).double())


def casts():
    ranges = {"uint8": (0, 255), "int8": (-128, 127), "int16": (-32768, 32767), "int32": (-2147483648, 2147483647)}
    for dtype, (low, high) in ranges.items():
        for pattern in ("fraction", "special", "large", "integer"):
            write("cast", [(40,)], pattern, lambda make, x: x.round().clamp(low, high).nan_to_num(0), dtype=dtype)
    write("cast", [(2, 3, 4)], "special", lambda make, x: x, dtype="float32")


def permuted():
    for shape in ((2, 3, 4), (4, 1, 3), (5, 3), (7,)):
        for order in itertools.permutations(range(len(shape))):
            write("permute", [shape], "special", lambda make, x: x.permute(order), order=",".join(map(str, order)))


def reduced():
    functions = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin}
    for shape in ((3, 4, 5), (64, 2, 3), (16, 1, 2), (1, 6, 1), (5, 7), (32, 1), (9,), (128,)):
        last = len(shape) - 1
        axes = {"channels": (0,), "all": tuple(range(len(shape)))}
        if last:
            axes |= {"width": (last,), "pixels": tuple(range(1, len(shape)))}
        if last == 2:
            axes["height"] = (1,)
        for (name, f), (axis, dims), pattern in itertools.product(functions.items(), axes.items(), ("fraction", "special")):
            write(f"reduce_{name}", [shape], pattern, lambda make, x: f(x, dims, keepdim=True), axis=axis)


def correlated():
    for shape, kernel in (((3, 7, 6), (3, 3, 2)), ((5, 4, 4), (5, 4, 4)), ((16, 1, 5), (16, 1, 3)), ((4, 9), (4, 4)), ((1, 6), (1, 1))):
        conv = F.conv2d if len(shape) == 3 else F.conv1d
        for pattern in ("integer", "fraction", "special"):
            write("depthwise_correlate", [shape, kernel], pattern, lambda make, x, k: conv(x[None], k[:, None], groups=shape[0])[0])
def softmaxes():
    for shape in ((3, 4, 5), (5, 7), (9,)):
        last = len(shape) - 1
        axes = {"channels": (0,), "all": tuple(range(len(shape)))}
        if last:
            axes |= {"width": (last,), "pixels": tuple(range(1, len(shape)))}
        if last == 2:
            axes["height"] = (1,)
        for (name, f), (axis, dims), pattern in itertools.product((("softmax", F.softmax), ("log_softmax", F.log_softmax)), axes.items(),
                                                                  ("fraction", "large", "special")):
            begin, end = dims[0], dims[-1] + 1
            write(name, [shape], pattern,
                  lambda make, x: f(x.flatten(begin, end - 1), begin).reshape(shape), axis=axis)


def clamp(low, high):
    return lambda x: torch.clamp(x, low, high)


def thresholded_relu(threshold):
    return lambda x: F.threshold(x, threshold, 0)


def selu(alpha, gamma):
    return lambda x: gamma * F.elu(x, alpha)


def more_activations():
    cases = [("mish", F.mish, {}), ("softsign", F.softsign, {}), ("selu", F.selu, {})]
    cases += [("selu", selu(alpha, gamma), dict(alpha=alpha, gamma=gamma)) for alpha, gamma in ((2, 3), (0.5, -1))]
    cases += [("clip", clamp(-1.5, 0.75), dict(min=-1.5, max=0.75)), ("clip", clamp(0.25, None), dict(min=0.25)), ("clip", clamp(None, -1), dict(max=-1))]
    cases += [("thresholded_relu", thresholded_relu(1), {})]
    cases += [("thresholded_relu", thresholded_relu(t), dict(threshold=t)) for t in (0, -0.5, 2)]
    for op, f, attributes in cases:
        for shape in ((7,), (3, 5), (2, 3, 4)):
            write(op, [shape], "fraction", lambda make, x: f(x), **attributes)
        for pattern in ("special", "positive", "large"):
            write(op, [(24,)], pattern, lambda make, x: f(x), **attributes)


def pixel_shuffles():
    """Order crd is PyTorch's; dcr is the same with the two parts of the channels exchanged."""
    for shape, r in (((2, 4, 6), 2), ((3, 3, 9), 3), ((1, 2, 2), 1), ((5, 4, 4), 4)):
        c, h, w = shape
        write("pixel_unshuffle", [shape], "special", lambda make, x: F.pixel_unshuffle(x, r), r=r)
        write("pixel_unshuffle", [shape], "special",
              lambda make, x: F.pixel_unshuffle(x, r).unflatten(0, (c, r * r)).transpose(0, 1).flatten(0, 1), r=r, order="dcr")
        deep = (c * r * r, h // r, w // r)
        write("pixel_shuffle", [deep], "special", lambda make, x: F.pixel_shuffle(x, r), r=r, order="crd")
        write("pixel_shuffle", [deep], "special",
              lambda make, x: F.pixel_shuffle(x.unflatten(0, (r * r, c)).transpose(0, 1).flatten(0, 1), r), r=r, order="dcr")


def powers():
    for exponent in (0, 1, 2, 3, 7, -1, -2, 0.5, 1.5, 1 / 3, -0.25):
        whole = exponent == int(exponent)
        for pattern in ("fraction", "special", "positive", "large") if whole else ("positive",):
            write("pow", [(3, 8)], pattern, lambda make, x: torch.pow(x, exponent), exponent=exponent)


def resizes():
    """PyTorch's interpolate; its nearest computes with float positions, so sizes are such that no one lies on an edge."""
    forms = [("bilinear", "half_pixel", dict(mode="bilinear", align_corners=False)), ("bilinear", "align_corners", dict(mode="bilinear", align_corners=True)),
             ("bicubic", "half_pixel", dict(mode="bicubic", align_corners=False)), ("bicubic", "align_corners", dict(mode="bicubic", align_corners=True))]
    for shape in ((2, 4, 5), (1, 7, 3), (3, 1, 6)):
        for h, w in ((3, 4), (7, 9), (1, 2), (8, 5), (5, 11)):
            for mode, coordinates, options in forms:
                write("resize", [shape], "fraction", lambda make, x: F.interpolate(x[None], size=(h, w), **options)[0], size=f"{h}x{w}", mode=mode,
                      coordinates=coordinates)
            write("resize", [shape], "special", lambda make, x: F.interpolate(x[None], size=(h, w), mode="nearest")[0], size=f"{h}x{w}",
                  coordinates="asymmetric", rounding="floor")
            write("resize", [shape], "special", lambda make, x: F.interpolate(x[None], size=(h, w), mode="nearest-exact")[0], size=f"{h}x{w}",
                  coordinates="half_pixel", rounding="round_prefer_ceil")
    for n, o in ((5, 3), (5, 8), (9, 4), (1, 3), (6, 1)):
        for corners in (False, True):
            write("resize", [(2, n)], "fraction", lambda make, x: F.interpolate(x[None], size=o, mode="linear", align_corners=corners)[0], size=o,
                  mode="bilinear", coordinates="align_corners" if corners else "half_pixel")
        write("resize", [(2, n)], "special", lambda make, x: F.interpolate(x[None], size=o, mode="nearest")[0], size=o, coordinates="asymmetric",
              rounding="floor")
    for scale in (0.7, 1.3, 2.6):  # where the size is rounded down, PyTorch's positions go by the scale
        size = (int(5 * scale), int(7 * scale))
        for mode in ("bilinear", "bicubic"):
            write("resize", [(2, 5, 7)], "fraction", lambda make, x: F.interpolate(x[None], scale_factor=scale, mode=mode, align_corners=False)[0],
                  size=pair(size), mode=mode, coordinates="half_pixel", scale=scale)


print("# Written by make_reference.py with PyTorch; see there. Do not edit.")
convolutions()
poolings()
others()
activations()
binaries()
seeds = itertools.count(30001)
random.seed(20261123)
depthwise_convolutions()
transposed_convolutions()
given_kernels()
seeds = itertools.count(40001)
random.seed(20261124)
crop_and_pad()
moved()
casts()
seeds = itertools.count(50001)
random.seed(20261125)
sum_poolings()
global_and_adaptive_poolings()
norms()
distances()
dilated_sequences()
seeds = itertools.count(60001)
random.seed(20261126)
permuted()
reduced()
softmaxes()
more_activations()
pixel_shuffles()
powers()
resizes()
seeds = itertools.count(61001)
random.seed(20261127)
correlated()
