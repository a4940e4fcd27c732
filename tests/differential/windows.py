"""windows.py - kernels, strides and padding of attributes as cnn.py reads them: docs/language.md, Windows and padding."""


def pair(value, rank):
    """(height, width); of a sequence the height is 1."""
    h, w = value if isinstance(value, tuple) else (value, value)
    return (1, int(w)) if rank == 2 else (int(h), int(w))


def extents(attributes, k, s, d, n, rank, transposed=False):
    """[(before, after)] of height and width."""
    padding = attributes.get("padding", "valid")
    sides = []
    for axis in (0, 1):
        e = d[axis] * (k[axis] - 1) + 1
        if rank == 2 and axis == 0 or padding == "valid":
            sides.append((0, 0))
        elif padding == "full":
            sides.append((e - 1, e - 1))
        elif padding == "causal":
            sides.append((e - 1, 0))
        elif padding in ("same", "same_upper", "same_lower"):
            total = max(e - s[axis] if transposed else (-(-n[axis] // s[axis]) - 1) * s[axis] + e - n[axis], 0)
            small, large = total // 2, total - total // 2
            sides.append((large, small) if padding == "same_lower" else (small, large))
        elif isinstance(padding, dict):
            names = (("top", "bottom"), ("left", "right"))[axis]
            sides.append(tuple(int(padding.get(name, 0)) for name in names))
        else:
            p = pair(padding, 3)[axis]
            sides.append((p, p))
    return sides
