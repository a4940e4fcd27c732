"""Writes the .safetensors, .npz and .npy files of these cases: python3 make_files.py. Standard library only."""
import io
import json
import struct
import zipfile


def write(name, tensors, header=None, cut=0):
    """tensors: {name: (shape, values or None for 0, 1, 2, ..)}; header: extra entries; cut: bytes to drop at the end."""
    entries, data = dict(header or {}), b""
    for tensor, (shape, values) in tensors.items():
        count = 1
        for size in shape:
            count *= size
        numbers = struct.pack("<%df" % count, *(values or [0.25 * (i % 7) for i in range(count)]))
        entries[tensor] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(entries, separators=(",", ":")).encode()
    content = struct.pack("<Q", len(text)) + text + data
    with open(name + ".safetensors", "wb") as file:
        file.write(content[: len(content) - cut])


def array(shape):
    """The bytes of a .npy file of zeros."""
    count = 1
    for size in shape:
        count *= size
    header = repr({"descr": "<f4", "fortran_order": False, "shape": tuple(shape)}).encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + bytes(4 * count)


def archive(tensors, date=(1980, 1, 1, 0, 0, 0)):
    """The bytes of a .npz file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, (shape, _) in tensors.items():
            file.writestr(zipfile.ZipInfo(name + ".npy", date), array(shape), zipfile.ZIP_DEFLATED)
    return out.getvalue()


CONV = {"conv1.weight": ([6, 1, 5, 5], None), "conv1.bias": ([6], None)}
FC = {"fc.weight": ([10, 6], None), "fc.bias": ([10], None)}
NAN = float("nan")

write("strip_prefix", {"module." + name: tensor for name, tensor in {**CONV, **FC}.items()})
write("misspelt", {"conv1.weigth": CONV["conv1.weight"], "conv1.bias": CONV["conv1.bias"], **FC})
write("classes", {**CONV, "fc.weight": ([1000, 6], None), "fc.bias": ([1000], None)})
write("keras_order", {"conv1/kernel": ([5, 5, 1, 6], None), "conv1/bias": ([6], None), **FC})
write("unused", {**CONV, **FC, "aux1.conv.weight": ([2, 2, 1, 1], None), "aux1.conv.bias": ([2], None),
                 "aux1.fc.weight": ([2, 2], None), "aux1.fc.bias": ([2], None)})
write("ambiguous", {**CONV, **FC, "conv1.kernel": ([6, 1, 5, 5], None)})
write("rules", {**CONV, **FC})
write("truncated", {**CONV, **FC}, cut=5)
write("hole", CONV, header={"x": {"dtype": "F32", "shape": [1], "data_offsets": [4000, 4004]}})
write("unknown_dtype", CONV, header={"x": {"dtype": "F33", "shape": [0], "data_offsets": [0, 0]}})
write("not_finite", {**CONV, "fc.weight": FC["fc.weight"], "fc.bias": ([10], [NAN, float("inf")] + [0.0] * 8)})
write("masked", {"conv1.weight": ([2, 3, 1, 1], [1, 0, 2, 3, 4, 5]), "conv1.bias": ([2], None)})
with open("npz.npz", "wb") as file:
    file.write(archive({**CONV, **FC}))
with open("npz_damaged.npz", "wb") as file:
    file.write(archive({**CONV, "../fc": FC["fc.weight"]}))
with open("conv1.weight.npy", "wb") as file:
    file.write(array([6, 1, 5, 5]))
with open("archive.safetensors", "wb") as file:
    file.write(b"PK\3\4" + bytes(40))
