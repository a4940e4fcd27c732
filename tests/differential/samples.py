"""samples.py - what emit_nets wrote for run_nets: the nets' names, their inputs and what must come out; and weights."""
import json
import os
import re

import numpy as np

STEPS = ((0, 0), (1, 4), (6, 1), (17, 22))  # sizes that emit_nets chooses for a dim


def load_weights(path):
    with open(path, "rb") as file:
        data = file.read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    return {name: np.frombuffer(data, "<f4", offset=8 + length)[t["data_offsets"][0] // 4:t["data_offsets"][1] // 4]
            .reshape(t["shape"]) for name, t in header.items() if name != "__metadata__"}


def save_weights(path, weights):
    header, offset = {}, 0
    for name, values in weights.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [offset, offset + 4 * values.size]}
        offset += 4 * values.size
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for values in weights.values():
            file.write(np.ascontiguousarray(values, "<f4").tobytes())


def sizes_of(dims, place):
    sizes = {}
    for i, (name, low, high, rules) in enumerate(dims):
        step, offset = rules.get("multiple_of", 1), rules.get("offset", 0)
        least = low + (offset - low) % step
        greatest = high - (high - offset) % step
        sizes[name] = min(least + STEPS[place][i % 2] * step, greatest)
    return sizes


def read_cases(directory):
    """In the order of data.bin: yields (net's name, place of its sizes or None, samples); then, sent how many inputs and
    outputs it has, [samples, elements] of each input and (values, tolerances) of each output."""
    with open(os.path.join(directory, "table.inc")) as file:
        names = re.findall(r"NET\((\w+)\)", file.read())
    words = np.fromfile(os.path.join(directory, "data.bin"), "<u4")
    at = 0
    for name in names:
        if re.fullmatch(r"varying\d+_[13]", name) or name.endswith("_twin"):
            continue  # takes the data of the one before
        found = re.fullmatch(r"(\w+)_at(\d)", name)
        net, place = (found.group(1), int(found.group(2))) if found else (name, None)
        samples = int(words[at + 2])  # behind the name's hash and the length of what follows
        inputs, outputs = yield net, place, samples
        shapes = words[at + 3:at + 3 + 4 * (inputs + outputs)].reshape(-1, 4)
        at += 3 + 4 * (inputs + outputs)
        counts = [int(n) * (1 if i < inputs else 3) for i, n in enumerate(shapes[:, 3])]
        block = words[at:at + samples * sum(counts)].reshape(samples, sum(counts))
        at += block.size
        columns = np.split(block, np.cumsum(counts)[:-1], axis=1)
        yield [number(c, bool(s[1])) for c, s in zip(columns[:inputs], shapes)], [expected(c) for c in columns[inputs:]]
    assert at == len(words), "data.bin is longer than its nets"


def number(words, is_float):
    words = np.ascontiguousarray(words)
    return (words.view("<f4") if is_float else words.view("<i4")).astype(np.float64)


def expected(words):
    words = np.ascontiguousarray(words).reshape(words.shape[0], -1, 3)
    bits = words[:, :, 0].astype(np.uint64) << np.uint64(32) | words[:, :, 1].astype(np.uint64)
    return bits.view(np.float64), np.ascontiguousarray(words[:, :, 2]).view("<f4").astype(np.float64)


def logical(values, shape, hwc):
    """[samples, elements] in the caller's order as [samples, *shape]."""
    if hwc and len(shape) == 3:
        return values.reshape(-1, shape[1], shape[2], shape[0]).transpose(0, 3, 1, 2)
    return values.reshape(-1, *shape)


def difference(got, wanted, tolerance):
    """Where a result is wrong, as text; None: nowhere."""
    if got.shape != wanted.shape:
        return "has shape %s instead of %s" % (got.shape[1:], wanted.shape[1:])
    with np.errstate(invalid="ignore"):
        same = (np.abs(got - wanted) <= tolerance) | (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    if same.all():
        return None
    at = tuple(np.argwhere(~same)[0])
    return "sample %d %s is %.9g, the evaluator has %.9g (+- %.2g)" % (at[0], list(map(int, at[1:])), got[at], wanted[at], tolerance[at])
