#!/usr/bin/env python3
"""shrink.py - makes a failing net small: fewer outputs, layers, attributes, sizes, and weights that are 0.

  shrink.py CNNC FILE.cnn DIR CHECK..

CHECK FILE.cnn is a command that fails while the net still does wrong. What is left is written to DIR under the same name,
with its weights, as tests/differential/regress takes it. Every change that keeps the failure is kept, until none does."""
import copy
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

import flat
import samples

KEPT = {"eps", "running_var"}  # else a batch norm is no longer exact


def cnnc(*arguments):
    return subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True)


def fitted(values, shape):
    """The numbers that are there, others 0."""
    result = np.zeros(shape, np.float32)
    if values.ndim == len(shape):
        part = tuple(slice(0, min(a, b)) for a, b in zip(values.shape, shape))
        result[part] = values[part]
    return result


class Shrinker:
    def __init__(self, program, path, directory, check):
        self.program, self.directory, self.check = program, directory, check
        self.file = os.path.basename(path)
        self.net = flat.Flat(cnnc(program, "compile", path, "--dump=graph").stdout)
        self.weights = samples.load_weights(os.path.join(os.path.dirname(path), self.net.weights)) if self.net.weights else {}
        self.tries = 0

    def write(self, net, weights, directory):
        """Makes the weights fit. false: the net is refused."""
        path = os.path.join(directory, self.file)
        net.weights = self.file[:-3] + "safetensors" if net.weights else None
        with open(path, "w") as file:
            file.write(net.text())
        if not net.weights:
            return weights if cnnc(self.program, "check", path).returncode == 0 else None
        samples.save_weights(path[:-3] + "safetensors", {})
        text = cnnc(self.program, "weights", path, "--json").stdout
        if not text:
            return None
        wanted = {t["parameter"]: t["expected"] for t in json.loads(text)["tensors"] if t.get("expected")}
        if not wanted:
            net.weights = None
            return self.write(net, {}, directory)
        weights = {name: fitted(weights.get(name, np.zeros(shape)), shape) for name, shape in wanted.items()}
        samples.save_weights(path[:-3] + "safetensors", weights)
        return weights if cnnc(self.program, "check", path).returncode == 0 else None

    def fails(self, net, weights):
        with tempfile.TemporaryDirectory() as directory:
            weights = self.write(net, weights, directory)
            if weights is None:
                return None
            self.tries += 1
            run = subprocess.run([*self.check, os.path.join(directory, self.file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            return weights if run.returncode else None

    def attempt(self, change):
        """Keeps the change if the net fails with it."""
        net, weights = copy.deepcopy(self.net), dict(self.weights)
        if change(net, weights) is False:
            return False
        sweep(net)
        if not net.inputs or not net.outputs or (net.text() == self.net.text() and all(weights[k] is self.weights[k] for k in weights)):
            return False
        weights = self.fails(net, weights)
        if weights is None:
            return False
        self.net, self.weights = net, weights
        os.makedirs(self.directory, exist_ok=True)
        self.write(self.net, self.weights, self.directory)
        print("%d layers, %d numbers after %d tries" % (len(net.layers), sum(w.size for w in weights.values()), self.tries), flush=True)
        return True

    def changes(self):
        for i in range(len(self.net.outputs)):
            yield lambda net, _, i=i: net.outputs.pop(i)
        for layer in reversed(self.net.layers):
            yield lambda net, _, l=layer.label: bypass(net, l)
            yield lambda net, _, l=layer.label: cut(net, l)
            for name in sorted(layer.attributes.keys() - KEPT):
                yield lambda net, _, l=layer.label, n=name: of(net, l).attributes.pop(n)
                for value in ("1", "2"):
                    yield lambda net, _, l=layer.label, n=name, v=value: of(net, l).attributes.update({n: v})
        for name, (_, shape, _) in self.net.inputs.items():
            for axis, size in enumerate(shape):
                for smaller in (1, 2, size // 2, size - 1) if isinstance(size, int) else ():
                    if 0 < smaller < size:
                        yield lambda net, _, n=name, a=axis, s=smaller: net.inputs[n][1].__setitem__(a, s)
            yield lambda net, _, n=name: net.inputs.update({n: ("float32", net.inputs[n][1], "")})
        for name in (name for name in self.weights if name.rsplit(".", 1)[1] not in KEPT):
            yield lambda _, weights, n=name: weights.update({n: np.zeros_like(weights[n])}) if weights[n].any() else False

    def run(self):
        if self.fails(self.net, self.weights) is None:
            print("the net as its graph does not fail")
            return 1
        progress = True
        while progress:
            progress = False
            for change in list(self.changes()):
                try:
                    progress = self.attempt(change) or progress
                except (KeyError, IndexError, StopIteration):  # what an earlier change has removed
                    pass
        print("%s, %d tries" % (os.path.join(self.directory, self.file), self.tries))
        return 0


def of(net, label):
    return next(layer for layer in net.layers if layer.label == label)


def replace(net, old, new):
    for layer in net.layers:
        layer.sources = [new if source == old else source for source in layer.sources]
    for output in net.outputs:
        output[4] = new if output[4] == old else output[4]


def bypass(net, label):
    layer = of(net, label)
    if layer.shape != net.shapes().get(layer.sources[0]):
        return False
    net.layers.remove(layer)
    replace(net, label, layer.sources[0])
    return True


def cut(net, label):
    layer = of(net, label)
    net.layers.remove(layer)
    name = layer.label.replace(".", "_") + "_in"
    net.inputs[name] = ("float32", list(layer.shape), "")
    replace(net, label, name)


def sweep(net):
    """Without what nothing uses."""
    while True:
        used = {source for layer in net.layers for source in layer.sources} | {output[4] for output in net.outputs}
        left = [layer for layer in net.layers if layer.label in used]
        if len(left) == len(net.layers):
            break
        net.layers = left
    net.inputs = {name: value for name, value in net.inputs.items() if name in used}
    words = {layer.op for layer in net.layers}
    net.shared = [line for line in net.shared if line.split()[1] in words]
    names = " ".join(used)
    net.head = [line for line in net.head if not line.startswith("const ") or line.split()[1] in names.split()]


if __name__ == "__main__":
    sys.exit(Shrinker(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]).run())
