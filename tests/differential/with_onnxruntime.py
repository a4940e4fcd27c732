#!/usr/bin/env python3
"""with_onnxruntime.py - the evaluator against ONNX Runtime, which runs what cnnc exports.

  with_onnxruntime.py GRAPHS DIR

GRAPHS/NAME.onnx are the models, DIR holds what emit_nets wrote for the same nets. Exact nets must give the same numbers.
Others may differ by four times the proved bound or 1e-4 of the largest value, as ONNX Runtime's functions are not ours, and
are compared where the inputs are finite. ONNX Runtime computes in float where nearest pixels lie and may take the neighbour
of one that lies on the limit between two: nets with such a resize are skipped. The last line is `N passed, N failed, N skipped`."""
import os
import re
import sys

import numpy as np
import onnxruntime

import cnn
import samples

NEAREST = re.compile(r"\bresize\((?![^)]*mode=bi)")
FINITE = 2  # samples at the beginning without infinities


def open_model(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def in_memory(shape, hwc):
    """A model's tensors are as the caller has them."""
    return [shape[1], shape[2], shape[0]] if hwc and len(shape) == 3 else shape


def problem(model, net, exact, sizes, inputs, outputs):
    count = len(inputs[0]) if exact else FINITE
    feed = {}
    for i, entry in enumerate(model.get_inputs()):
        dtype, shape, hwc = net.input_shape(i, sizes)
        feed[entry.name] = inputs[i][:count].reshape(-1, *in_memory(shape, hwc)).astype(dtype)
    for (name, _), got, (wanted, tolerance) in zip(net.outputs, model.run(None, feed), outputs):
        if got.shape[0] != count or got[0].size != wanted.shape[1]:
            return "%s has shape %s, but %d elements are wanted" % (name, got.shape, wanted.shape[1])
        wanted, tolerance = (values[:count].reshape(got.shape) for values in (wanted, tolerance))
        if not exact:
            tolerance = np.maximum(4 * tolerance, 1e-4 * max(1, np.abs(wanted[np.isfinite(wanted)]).max(initial=0)))
        wrong = samples.difference(got.astype(np.float64), wanted, tolerance)
        if wrong:
            return "%s %s" % (name, wrong)
    return None


def main(graphs, data):
    passed = failed = skipped = 0
    cases = samples.read_cases(data)
    opened, text, model, loaded = {}, "", None, None
    for name, place, count in cases:
        path = os.path.join(graphs, name)
        if name not in opened:
            with open(path + ".cnn") as file:
                text = file.read()
            opened = {name: cnn.Net(text)}
        net = opened[name]
        inputs, outputs = cases.send((len(net.inputs), len(net.outputs)))
        if NEAREST.search(text) or not os.path.exists(path + ".onnx"):
            skipped += 1
            continue
        sizes = samples.sizes_of(net.dims, place) if place is not None else {}
        try:
            model = model if name == loaded else open_model(path + ".onnx")
            loaded = name
            wrong = problem(model, net, not name.startswith("rounded"), sizes, inputs, outputs)
        except Exception as error:  # a model that ONNX Runtime refuses
            wrong = "%s: %s" % (type(error).__name__, error)
        if wrong:
            print("FAIL %s: ONNX Runtime: %s" % (name if place is None else "%s_at%d" % (name, place), wrong))
        passed, failed = passed + (not wrong), failed + bool(wrong)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
