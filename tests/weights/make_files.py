"""Writes the files of small.cnn here, as the two frameworks would: python3 make_files.py. Standard library only.

keras.npz: [kh, kw, in, out], [kh, kw, channels, multiplier], [in, out], names with `/` and `:0`, one array of float64, one
big-endian, one in Fortran's order. pytorch.safetensors: the same numbers as [out, in, kh, kw], [out, in]."""
import io
import itertools
import json
import struct
import zipfile


def elements(shape):
    return itertools.product(*(range(size) for size in shape))


def number(name, index):
    """Some number that depends on every index."""
    value = sum(ord(c) for c in name)
    for i in index:
        value = (value * 31 + 7 * i + 3) % 1009
    return (value % 64 - 32) / 64.0


def npy(shape, values, descr="<f4", fortran=False):
    order = list(elements(shape))
    if fortran:
        order = [tuple(reversed(i)) for i in elements(tuple(reversed(shape)))]
    header = repr({"descr": descr, "fortran_order": fortran, "shape": tuple(shape)})
    header = (header + " " * (53 - len(header) % 64 + 64)).encode() + b"\n"
    code = {"<f4": "<f", ">f4": ">f", "<f8": "<d"}[descr]
    data = b"".join(struct.pack(code, values[i]) for i in order)
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


# our path, Keras's name, PyTorch's shape, from Keras's index to PyTorch's, how the array is written
LAYERS = [
    ("conv1.weight", "stem/conv1/kernel:0", (4, 2, 3, 2), lambda y, x, i, o: (o, i, y, x), {}),
    ("conv1.bias", "stem/conv1/bias:0", (4,), lambda o: (o,), {"descr": ">f4"}),
    ("depth.weight", "stem/depth/depthwise_kernel:0", (8, 1, 2, 2), lambda y, x, c, m: (2 * c + m, 0, y, x), {"fortran": True}),
    ("norm.weight", "stem/norm/gamma:0", (8,), lambda c: (c,), {}),
    ("norm.bias", "stem/norm/beta:0", (8,), lambda c: (c,), {}),
    ("norm.running_mean", "stem/norm/moving_mean:0", (8,), lambda c: (c,), {}),
    ("norm.running_var", "stem/norm/moving_variance:0", (8,), lambda c: (c,), {}),
    ("fc.weight", "stem/fc/kernel:0", (3, 8 * 2 * 3), lambda i, o: (o, i), {"descr": "<f8"}),
    ("fc.bias", "stem/fc/bias:0", (3,), lambda o: (o,), {}),
]
KERAS_SHAPES = {"conv1.weight": (3, 2, 2, 4), "depth.weight": (2, 2, 4, 2), "fc.weight": (48, 3)}

header, data = {}, b""
with zipfile.ZipFile("keras.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    for path, name, shape, place, form in LAYERS:
        keras_shape = KERAS_SHAPES.get(path, shape)
        values = {i: abs(number(path, i)) + 0.5 if path.endswith("_var") else number(path, i) for i in elements(keras_shape)}
        entry = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
        archive.writestr(entry, npy(keras_shape, values, **form), zipfile.ZIP_DEFLATED)
        turned = {place(*i): value for i, value in values.items()}
        numbers = struct.pack("<%df" % len(turned), *(turned[i] for i in elements(shape)))
        header[path] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
text = json.dumps(header, separators=(",", ":")).encode()
with open("pytorch.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
