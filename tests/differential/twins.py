#!/usr/bin/env python3
"""twins.py - other nets that must compute the same numbers, from the graphs of random exact nets.

  twins.py GRAPHS NETS

For GRAPHS/NAME.cnn (what cnnc dumps) it writes GRAPHS/NAME_twin.cnn, with weights of its own made from those beside
NETS/NAME.cnn. Groups become convolutions of parts, padding a `pad`, strides all results of which some are kept, dilation a
larger kernel, sequences images, `fc` a convolution, and so on, each here and there."""
import os
import sys

import numpy as np

import flat
import samples
from flat import Layer
from windows import extents, pair

POOLS = ("max_pool", "sum_pool", "avg_pool")


def text_of(values):
    return "(%s)" % ", ".join("%s" % v for v in values) if isinstance(values, tuple) else str(values)


def learned(layer):
    """Whether weight and bias are in the weights file, if there are any."""
    return "weight" not in layer.attributes and "connections" not in layer.attributes and \
        not layer.attributes.get("bias", "").startswith("[")


class Twin:
    def __init__(self, net, weights, random):
        self.net, self.weights, self.random = net, weights, random
        self.shapes = net.shapes()
        self.layers = []

    def add(self, label, op, sources, attributes, shape):
        self.layers.append(Layer(label, op, sources, attributes, shape))
        self.shapes[label] = list(shape)
        return label

    def rewrite(self):
        for layer in self.net.layers:
            for rule in RULES.get(layer.op, []) + ANY:
                if self.random.random() < 0.45 and rule(self, layer):
                    break
            else:
                self.layers.append(layer)
        self.net.layers = self.layers

    # ---- windows ----

    def window(self, layer):
        shape, rank = self.shapes[layer.sources[0]], len(self.shapes[layer.sources[0]])
        n = [1, shape[1]] if rank == 2 else shape[1:]
        k = pair(layer.value("kernel_size"), rank)
        s = pair(layer.value("stride", layer.value("kernel_size") if layer.op in POOLS else 1), rank)
        d = pair(layer.value("dilation", 1), rank)
        return rank, n, k, s, d, extents({"padding": layer.value("padding", "valid")}, k, s, d, n, rank)

    def padded(self, layer):
        """x -> pad -> layer without padding"""
        rank, n, k, s, d, sides = self.window(layer)
        if layer.op in POOLS and (layer.value("ceil_mode", False) or layer.op == "max_pool" or
                                  layer.op == "avg_pool" and not layer.value("count_include_pad", False)):
            return False
        attributes = dict(zip(("top", "bottom", "left", "right"), sides[0] + sides[1]))
        if rank == 2:
            attributes = {name: attributes[name] for name in ("left", "right")}
        if not any(attributes.values()):
            return False
        shape = self.shapes[layer.sources[0]]
        shape = [shape[0], *[m + sum(side) for m, side in zip(n, sides)][3 - rank:]]
        mode = layer.attributes.pop("padding_mode", "zeros")
        margin = self.add(layer.label + "_margin", "pad", layer.sources, {**attributes, "mode": mode}, shape)
        layer.attributes.pop("padding")
        layer.sources = [margin]
        self.layers.append(layer)
        return True

    def strided(self, layer):
        """x -> layer of stride 1 -> every s-th result"""
        rank, n, k, s, d, sides = self.window(layer)
        if s == (1, 1) or layer.value("ceil_mode", False):
            return False
        if rank == 2:
            layer.attributes["padding"] = "(left=%d, right=%d)" % sides[1]
        else:
            layer.attributes["padding"] = "(top=%d, bottom=%d, left=%d, right=%d)" % (sides[0] + sides[1])
        whole = [m + sum(side) - dd * (kk - 1) for m, side, dd, kk in zip(n, sides, d, k)][3 - rank:]
        layer.attributes["stride"] = "1"
        label = layer.label
        self.layers.append(layer)
        self.shapes[label] = [layer.shape[0], *whole]
        kept = self.add(label + "_kept", "max_pool", [label], {"kernel_size": "1", "stride": text_of(s[1] if rank == 2 else s)}, layer.shape)
        layer.shape = self.shapes[label]
        self.rename(label, kept)
        return True

    def rename(self, old, new):
        """Later layers take the new one for the old one."""
        for layer in self.net.layers[self.net.layers.index(self.current(old)) + 1:]:
            layer.sources = [new if source == old else source for source in layer.sources]
        for output in self.net.outputs:
            output[4] = new if output[4] == old else output[4]

    def current(self, label):
        return next(layer for layer in self.net.layers if layer.label == label)

    # ---- convolutions ----

    def bias_of(self, layer):
        return self.weights.get(layer.label + ".bias")

    def grouped(self, layer):
        """A convolution for each group."""
        groups = int(layer.value("groups", 1))
        if groups == 1 or groups > 6 or not learned(layer) or layer.op != "conv":
            return False
        weight, bias = self.weights.pop(layer.label + ".weight"), self.weights.pop(layer.label + ".bias", None)
        channels, out = self.shapes[layer.sources[0]][0] // groups, layer.shape[0] // groups
        attributes = {**layer.attributes, "out_channels": str(out)}
        attributes.pop("groups")
        parts = []
        for g in range(groups):
            part = self.add("%s_in%d" % (layer.label, g), "crop", layer.sources,
                            {"channels": text_of((g * channels, (groups - 1 - g) * channels))},
                            [channels, *self.shapes[layer.sources[0]][1:]])
            label = self.add("%s_part%d" % (layer.label, g), "conv", [part], attributes, [out, *layer.shape[1:]])
            self.weights[label + ".weight"] = weight[g * out:(g + 1) * out]
            if bias is not None:
                self.weights[label + ".bias"] = bias[g * out:(g + 1) * out]
            parts.append(label)
        self.add(layer.label, "concat", parts, {}, layer.shape)
        return True

    def dense(self, layer):
        """Dilation as zeros between the taps."""
        rank, n, k, s, d, _ = self.window(layer)
        if d == (1, 1) or not learned(layer):
            return False
        weight = self.weights[layer.label + ".weight"]
        extent = [dd * (kk - 1) + 1 for dd, kk in zip(d, k)]
        wide = np.zeros(weight.shape[:2] + tuple(extent[3 - rank:]), np.float32)
        wide[(slice(None), slice(None)) + tuple(slice(None, None, dd) for dd in d[3 - rank:])] = weight
        self.weights[layer.label + ".weight"] = wide
        layer.attributes["kernel_size"] = text_of(tuple(extent) if rank == 3 else extent[1])
        layer.attributes.pop("dilation")
        self.layers.append(layer)
        return True

    def turned(self, layer):
        """The channels of the input in another order."""
        shape = self.shapes[layer.sources[0]]
        if shape[0] < 2 or layer.value("groups", 1) != 1 or not learned(layer) or layer.op != "conv":
            return False
        at = self.random.randrange(1, shape[0])
        parts = [self.add(layer.label + "_last", "crop", layer.sources, {"channels": text_of((at, 0))}, [shape[0] - at, *shape[1:]]),
                 self.add(layer.label + "_first", "crop", layer.sources, {"channels": text_of((0, shape[0] - at))}, [at, *shape[1:]])]
        weight = self.weights[layer.label + ".weight"]
        self.weights[layer.label + ".weight"] = np.concatenate([weight[:, at:], weight[:, :at]], 1)
        layer.sources = [self.add(layer.label + "_turned", "concat", parts, {}, shape)]
        self.layers.append(layer)
        return True

    def as_image(self, layer):
        """A sequence as an image of one row."""
        shape = self.shapes[layer.sources[0]]
        rank, n, k, s, d, sides = self.window(layer)
        if rank != 2 or not learned(layer) or layer.value("ceil_mode", False):
            return False
        layer.sources = [self.add(layer.label + "_row", "reshape", layer.sources, {"shape": str([shape[0], 1, shape[1]])}, [shape[0], 1, shape[1]])]
        layer.attributes.update({"kernel_size": "(1, %d)" % k[1], "stride": "(1, %d)" % s[1], "dilation": "(1, %d)" % d[1],
                                 "padding": "(left=%d, right=%d, top=0, bottom=0)" % sides[1]})
        if layer.op == "conv":
            weight = self.weights[layer.label + ".weight"]
            self.weights[layer.label + ".weight"] = weight.reshape(*weight.shape[:2], 1, weight.shape[2])
        out, label = list(layer.shape), layer.label
        layer.shape = [out[0], 1, out[1]]
        self.layers.append(layer)
        self.rename(label, self.add(label + "_line", "reshape", [label], {"shape": str(out)}, out))
        return True

    def fc(self, layer):
        """A convolution of one pixel."""
        n = self.shapes[layer.sources[0]][0]
        pixel = self.add(layer.label + "_pixel", "reshape", layer.sources, {"shape": str([n, 1, 1])}, [n, 1, 1])
        weight = self.weights[layer.label + ".weight"]
        self.weights[layer.label + ".weight"] = weight.reshape(*weight.shape, 1, 1)
        attributes = {"out_channels": str(layer.shape[0]), "kernel_size": "1"}
        if "bias" in layer.attributes:
            attributes["bias"] = layer.attributes["bias"]
        self.add(layer.label, "conv", [pixel], attributes, [layer.shape[0], 1, 1])
        self.rename(layer.label, self.add(layer.label + "_flat", "flatten", [layer.label], {}, layer.shape))
        return True

    # ---- joins, and what changes nothing ----

    def in_two(self, layer):
        """[a, b, c] as [[a, b], c]"""
        if len(layer.sources) < 3 or layer.op == "add" and len({len(self.shapes.get(s, [])) for s in layer.sources}) > 1:
            return False
        first, last = layer.sources[:-1], layer.sources[-1]
        shapes = [self.shapes.get(source) for source in first]
        if None in shapes or (layer.op == "add" and any(shape != layer.shape for shape in shapes)):
            return False
        shape = list(shapes[0])
        if layer.op == "concat":
            axis = {"channels": 0, "height": 1, "width": len(shape) - 1}[layer.attributes.get("axis", "channels")]
            shape[axis] = sum(s[axis] for s in shapes)
        layer.sources = [self.add(layer.label + "_most", layer.op, first, layer.attributes, shape), last]
        self.layers.append(layer)
        return True

    def behind_nothing(self, layer):
        i = self.random.randrange(len(layer.sources))
        if layer.sources[i] not in self.shapes:
            return False
        op = self.random.choice(["identity", "dropout", "crop"])
        layer.sources[i] = self.add(layer.label + "_nothing", op, [layer.sources[i]], {}, self.shapes[layer.sources[i]])
        self.layers.append(layer)
        return True


RULES = {
    "conv": [Twin.grouped, Twin.padded, Twin.strided, Twin.dense, Twin.turned, Twin.as_image],
    "max_pool": [Twin.strided, Twin.as_image],
    "sum_pool": [Twin.padded, Twin.strided, Twin.as_image],
    "avg_pool": [Twin.padded, Twin.strided],
    "fc": [Twin.fc],
    "add": [Twin.in_two],
    "concat": [Twin.in_two],
}
ANY = [Twin.behind_nothing]


def make_twin(graphs, nets, name):
    with open(os.path.join(graphs, name + ".cnn")) as file:
        text = file.read()
    net = flat.Flat(text)
    path = os.path.join(graphs, name + "_twin.cnn")
    weights = samples.load_weights(os.path.join(nets, net.weights)) if net.weights else {}
    if not name.startswith("rounded"):  # whose results depend on the order of operations
        Twin(net, weights, flat.seeded(name)).rewrite()
        text = net.text()
    if net.weights:
        text = text.replace(net.weights, name + "_twin.safetensors")
        used = {layer.label for layer in net.layers} | {line.split()[1] for line in net.shared}
        samples.save_weights(path[:-3] + "safetensors", {k: v for k, v in weights.items() if k.rsplit(".", 1)[0] in used})
    with open(path, "w") as file:
        file.write(text)


def main(graphs, nets):
    for file in sorted(os.listdir(graphs)):
        if file.endswith(".cnn") and not file.endswith("_twin.cnn"):
            make_twin(graphs, nets, file[:-4])


if __name__ == "__main__":
    main(*sys.argv[1:3])
