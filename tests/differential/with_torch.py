#!/usr/bin/env python3
"""with_torch.py - the evaluator against PyTorch: runs nets from their sources, read by cnn.py, and compares.

  with_torch.py NETS DIR

NETS/*.cnn are the sources; DIR holds what emit_nets wrote for them. The last line is `N passed, N failed`."""
import os
import sys

import numpy as np
import torch

import cnn
import samples
import torch_operations


def run(net, weights, inputs, sizes):
    def operation(name, tensors, attributes, path):
        return torch_operations.apply(name, tensors, attributes, lambda role: weights[path + "." + role])

    with torch.no_grad():
        return net.run(inputs, sizes, operation, lambda t: t.shape[1:])


def problem(net, directory, sizes, inputs, outputs):
    weights = {}
    for path in net.weights:
        for name, values in samples.load_weights(os.path.join(directory, path)).items():
            weights[name] = torch.from_numpy(values.astype(np.float64))
    tensors = {}
    for i, (name, _, _) in enumerate(net.inputs):
        _, shape, hwc = net.input_shape(i, sizes)
        tensors[name] = torch.from_numpy(np.ascontiguousarray(samples.logical(inputs[i], shape, hwc)))
    for (name, hwc), got, (wanted, tolerance) in zip(net.outputs, run(net, weights, tensors, sizes), outputs):
        got = got.expand(inputs[0].shape[0], *got.shape[1:]).numpy()
        shape = got.shape[1:]
        if wanted.shape[1] != got[0].size:
            return "%s has shape %s, but %d elements are wanted" % (name, shape, wanted.shape[1])
        if net.name.startswith("adjoint") and wanted.any():
            return "%s is not 0" % name
        wrong = samples.difference(got, samples.logical(wanted, shape, hwc), samples.logical(tolerance, shape, hwc))
        if wrong:
            return "%s %s" % (name, wrong)
    return None


def main(directory, data):
    torch.set_num_threads(1)
    passed = failed = 0
    cases = samples.read_cases(data)
    nets = {}
    for name, place, count in cases:
        if name not in nets:
            with open(os.path.join(directory, name + ".cnn")) as file:
                nets[name] = cnn.Net(file.read())
        net = nets[name]
        inputs, outputs = cases.send((len(net.inputs), len(net.outputs)))
        sizes = samples.sizes_of(net.dims, place) if place is not None else {}
        try:
            wrong = problem(net, directory, sizes, inputs, outputs)
        except Exception as error:  # a net that this reading cannot carry out
            wrong = "%s: %s" % (type(error).__name__, error)
        if wrong:
            print("FAIL %s: PyTorch: %s" % (name if place is None else "%s_at%d" % (name, place), wrong))
        passed, failed = passed + (not wrong), failed + bool(wrong)
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
