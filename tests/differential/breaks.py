#!/usr/bin/env python3
"""breaks.py - nets with one fault each: cnnc must say so once, at the right line, with status 1, and write nothing.

  breaks.py CNNC GRAPHS NETS DIR COUNT

From each of GRAPHS/NAME.cnn (what cnnc dumps, weights beside NETS/NAME.cnn), COUNT broken ones are made in DIR, which is
left with those that fail the test. The last line is `N passed, N failed`."""
import os
import re
import shutil
import subprocess
import sys

import numpy as np

import flat
import samples

WINDOWED = ("conv", "conv_transpose", "filter", "max_pool", "avg_pool", "sum_pool", "l2_pool")
OF_TWO = ("sub", "div", "abs_diff", "dot", "l1_distance", "l2_distance", "cosine_similarity", "center_crop_like")


class Broken:
    """A net as lines, with its weights; `codes` and `line` are what must be reported."""

    def __init__(self, text, weights, random):
        self.net, self.weights, self.random = flat.Flat(text), dict(weights), random
        self.lines = self.net.text().splitlines()
        self.codes, self.line = "", 0
        self.inserted = 0

    def at(self, beginning):
        return next(i for i, line in enumerate(self.lines) if line.startswith(beginning))

    def place_of(self, layer):
        return self.at(layer.text(False))

    def put(self, layer, text, codes):
        self.line, self.codes = self.place_of(layer), codes
        self.lines[self.line] = text
        return True

    def insert(self, text, codes):
        """Before the first output."""
        self.line, self.codes = self.at("  output "), codes
        self.lines.insert(self.line, text)
        return True

    def some(self, wanted=lambda layer: True):
        layers = [layer for layer in self.net.layers if wanted(layer) and not re.match(r"s\d+$", layer.op)]
        return self.random.choice(layers) if layers else None

    def source(self, wanted=lambda shape: True):
        names = [name for name, shape in self.net.shapes().items() if wanted(shape)]
        return self.random.choice(names) if names else None


def changed(b, layer, codes, **attributes):
    """The layer with other attributes; None leaves one out."""
    if not layer:
        return False
    before = layer.text(False)
    line = b.at(before)
    for name, value in attributes.items():
        layer.attributes.pop(name, None)
        if value is not None:
            layer.attributes[name] = value
    b.line, b.codes = line, codes
    b.lines[line] = layer.text(False)
    return True


def unknown_name(b):
    layer = b.some()
    return layer and b.put(layer, layer.text(False).replace("= " + layer.sources[0], "= nowhere", 1).replace(
        "= [" + layer.sources[0], "= [nowhere", 1), "E0202")


def unknown_operation(b):
    layer = b.some()
    return layer and b.put(layer, layer.text(False).replace(": " + layer.op, ": no_" + layer.op, 1), "E0201")


def unknown_attribute(b):
    return changed(b, b.some(), "E0401", colour="1")


def one_tensor_too_few(b):
    layer = b.some(lambda l: l.op in OF_TWO)
    return layer and b.put(layer, re.sub(r"\[[^]]*\] ->", layer.sources[0] + " ->", layer.text(False), 1), "E0601 E0308 E0301")


def one_tensor_too_many(b):
    layer = b.some(lambda l: len(l.sources) == 1 and l.op in WINDOWED + ("relu", "fc", "softmax", "flatten"))
    return layer and b.put(layer, layer.text(False).replace("= %s ->" % layer.sources[0], "= [%s, %s] ->" % (layer.sources[0], layer.sources[0]), 1), "E0601 E0603")


def size_off_by_one(b):
    layer = b.some(lambda l: l.op in ("conv", "relu", "max_pool", "add", "concat", "crop"))
    if not layer:
        return False
    shape = list(layer.shape)
    shape[b.random.randrange(len(shape))] += 1
    return b.put(layer, layer.text(False).replace(" = ", ": [%s] = " % ", ".join(map(str, shape)), 1), "E0306")


def indivisible_groups(b):
    layer = b.some(lambda l: l.op == "conv" and "weight" not in l.attributes and "connections" not in l.attributes)
    return layer and changed(b, layer, "E0311", groups=str(b.net.shapes()[layer.sources[0]][0] + 1))


def large_kernel(b):
    layer = b.some(lambda l: l.op in ("conv", "max_pool", "sum_pool") and "weight" not in l.attributes and
                   l.attributes.get("padding", "valid") == "valid" and l.attributes.get("ceil_mode") != "true")
    return layer and changed(b, layer, "E0302 E0303", kernel_size="200")


def negative_padding(b):
    return changed(b, b.some(lambda l: l.op in WINDOWED), "E0402", padding="-1")


def no_stride(b):
    return changed(b, b.some(lambda l: l.op in WINDOWED), "E0402", stride="0")


def attribute_missing(b):
    layer = b.some(lambda l: l.op in ("conv", "max_pool", "fc", "leaky_relu", "batch_norm", "cast", "upsample", "rescale", "prelu"))
    names = {"conv": "kernel_size", "max_pool": "kernel_size", "fc": "out_features", "leaky_relu": "slope", "batch_norm": "eps", "cast": "dtype",
             "upsample": "scale", "rescale": "scale", "prelu": "per_channel"}
    return layer and changed(b, layer, "E0403", **{names[layer.op]: None})


def wrong_value(b):
    return changed(b, b.some(lambda l: l.op in ("conv", "max_pool", "conv_transpose")), "E0402", kernel_size='"wide"')


def label_twice(b):
    layer = b.some()
    return layer and b.insert("  again = %s -> %s: relu" % (b.source(), layer.label), "E0205")


def name_twice(b):
    return b.insert("  %s = %s -> relu" % (next(iter(b.net.inputs)), b.source()), "E0205")


def used_before(b):
    if len(b.net.layers) < 2:
        return False
    layer = b.net.layers[0]
    return b.put(layer, layer.text(False).replace("= " + layer.sources[0], "= " + b.net.layers[-1].label, 1).replace(
        "= [" + layer.sources[0], "= [" + b.net.layers[-1].label, 1), "E0204")


def no_label(b):
    name = b.source(lambda shape: len(shape) > 1)
    return name and b.insert("  nameless = %s -> conv(1, 1)" % name, "E0203")


def fc_of_image(b):
    name = b.source(lambda shape: len(shape) > 1)
    return name and b.insert("  flat = %s -> broken: fc(3)" % name, "E0305")


def unequal_sum(b):
    first = b.source(lambda shape: len(shape) > 1 and min(shape) > 1)
    second = first and b.source(lambda shape: len(shape) == len(b.net.shapes()[first]) and min(shape) > 1 and shape != b.net.shapes()[first])
    return second and b.insert("  sum = [%s, %s] -> add" % (first, second), "E0301")


def wrong_type(b):
    for output in b.net.outputs:
        line = b.at("  output %s" % output[0])
        if output[1] == "float32":
            b.line, b.codes = line, "E0308"
            b.lines[line] = b.lines[line].replace("output %s" % output[0], "output %s: uint8[%s]" % (output[0], ", ".join(map(str, output[2]))), 1)
            return True
    return False


def output_twice(b):
    b.line, b.codes = b.at("}"), "E0205"
    b.lines.insert(b.line, "  output %s = %s" % (b.net.outputs[0][0], b.net.outputs[0][4]))
    return True


def arrow_missing(b):
    layer = b.some(lambda l: len(l.sources) == 1)
    return layer and b.put(layer, layer.text(False).replace(" -> ", " ", 1), "E0101")


def bracket_open(b):
    layer = b.some(lambda l: l.attributes)
    if not layer:
        return False
    b.put(layer, layer.text(False)[:-1], "E0103")
    b.line += 1  # where it is noticed
    return True


def some_tensor(b):
    """(name, line of the layer that owns it)"""
    owned = [(name, layer) for name in b.weights for layer in b.net.layers if layer.label == name.rsplit(".", 1)[0]]
    return b.random.choice(owned) if owned else (None, None)


def tensor_missing(b):
    name, layer = some_tensor(b)
    if not name:
        return False
    del b.weights[name]
    b.line, b.codes = b.place_of(layer), "E0501"
    return True


def tensor_of_other_size(b):
    name, layer = some_tensor(b)
    if not name:
        return False
    old = b.weights[name]
    b.weights[name] = np.zeros((old.shape[0] + 1, *old.shape[1:]), np.float32)
    b.line, b.codes = b.place_of(layer), "E0502 E0503"
    return True


def tensor_too_many(b):
    if not b.weights:
        return False
    b.weights["more.weight"] = np.zeros(3, np.float32)
    b.line, b.codes = b.at('  weights "'), "E0504"
    return True


BREAKS = [unknown_name, unknown_operation, unknown_attribute, one_tensor_too_few, one_tensor_too_many, size_off_by_one, indivisible_groups,
          large_kernel, negative_padding, no_stride, attribute_missing, wrong_value, label_twice, name_twice, used_before, no_label,
          fc_of_image, unequal_sum, wrong_type, output_twice, arrow_missing, bracket_open, tensor_missing, tensor_of_other_size,
          tensor_too_many]


def problem(cnnc, directory, b):
    """What cnnc says of the net in `directory` that it should not; None: all is as it should be."""
    out = os.path.join(directory, "out")
    os.makedirs(out)
    run = subprocess.run([cnnc, "compile", "net.cnn", "--out-dir", "out", "--diagnostics", "short", "--color", "never"], cwd=directory,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, check=False, text=True)
    errors = re.findall(r"^(?:(\S+?):(\d+):\d+: )?error\[(E\d+)\]", run.stdout, re.M)
    if run.returncode != 1:
        return "status %d: %s" % (run.returncode, run.stdout[:300])
    if len(errors) != 1:
        return "%d errors: %s" % (len(errors), run.stdout[:600])
    if errors[0][1] != str(b.line + 1) or errors[0][2] not in b.codes.split():
        return "%s at line %s instead of %s at %d: %s" % (errors[0][2], errors[0][1], b.codes, b.line + 1, run.stdout[:300])
    return "it wrote %s" % os.listdir(out) if os.listdir(out) else None


def try_one(cnnc, text, weights, name, number, directory):
    """None: the net cannot be broken so; else whether all is well."""
    random = flat.seeded("%s %d" % (name, number))
    b = Broken(text, weights, random)
    rule = random.choice(BREAKS)
    if not rule(b):
        return None
    os.makedirs(directory)
    if weights:
        samples.save_weights(os.path.join(directory, "net.safetensors"), b.weights)
    with open(os.path.join(directory, "net.cnn"), "w") as file:
        file.write("\n".join(b.lines).replace(b.net.weights or "\0", "net.safetensors") + "\n")
    wrong = problem(cnnc, directory, b)
    if wrong:
        print("FAIL %s: broken, %s: %s" % (name, rule.__name__, wrong.strip()))
    else:
        shutil.rmtree(directory)
    return not wrong


def main(cnnc, graphs, nets, directory, count):
    results = []
    for file in sorted(os.listdir(graphs)):
        if not file.endswith(".cnn") or file.endswith("_twin.cnn"):
            continue
        with open(os.path.join(graphs, file)) as source:
            text = source.read()
        path = flat.Flat(text).weights
        weights = samples.load_weights(os.path.join(nets, path)) if path else {}
        for number in range(int(count)):
            results.append(try_one(cnnc, text, weights, file[:-4], number, os.path.join(directory, "%s_%d" % (file[:-4], number))))
    if os.path.isdir(directory) and not os.listdir(directory):
        os.rmdir(directory)
    print("%d passed, %d failed" % (results.count(True), results.count(False)))
    return False in results


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:6]))
