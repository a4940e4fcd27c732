"""How far the C of networks is from ONNX Runtime, which computes what `cnnc export` wrote; from the same network in
PyTorch; from recorded answers. Needs onnxruntime and numpy, for some networks PyTorch, torchvision and timm.

usage: measure.py '["examples/lenet5/lenet5.cnn", ..]'

Prints a line of JSON for each network: the "text" of the table, whether it is "good", what is "missing", "seconds".
"""
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.machinery import SourceFileLoader

import numpy as np
import onnxruntime

from networks import CNNC, ROOT, networks

WITHIN = 1e-5  # of the largest output
FACTOR = 3  # of the distance that the other has from the evaluator in double precision
OTHERS_FACTOR = 10  # of ours: what ours does not show at all is no rounding
EVALUATED = 60e9  # multiply-accumulates; the evaluator would take more than a minute


class Disagreement(Exception):
    pass


def cnnc(*arguments):
    done = subprocess.run([CNNC, *arguments, "-q"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Disagreement("cnnc %s: %s" % (" ".join(arguments), done.stderr.strip()))


def session(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def random_inputs(model, scale):
    """A batch of one sample for each input of an ONNX model, whose sizes are numbers: normal numbers of this deviation."""
    random = np.random.default_rng(7)
    inputs = {}
    for tensor in model.get_inputs():
        shape = [1, *tensor.shape[1:]]
        if tensor.type == "tensor(float)":
            inputs[tensor.name] = random.standard_normal(shape, np.float32) * np.float32(scale)
        else:
            dtype = np.dtype(tensor.type[len("tensor(") : -1])
            inputs[tensor.name] = random.integers(0, np.iinfo(dtype).max, shape, dtype)
    return inputs


def recorded(network, model):
    """Inputs and answers that others recorded, by the names that the net gives to tensors of these sizes."""
    arrays = np.load(network.answers_file())
    inputs, answers = {}, {}
    for tensor in model.get_inputs():
        inputs[tensor.name] = next(value for name, value in arrays.items() if name.startswith("in_") and value[0].size == np.prod(tensor.shape[1:]))
        inputs[tensor.name] = inputs[tensor.name].reshape(-1, *tensor.shape[1:])
    for tensor in model.get_outputs():
        answers[tensor.name] = next(value for name, value in arrays.items() if name.startswith("out_") and value[0].size == np.prod(tensor.shape[1:]))
    return inputs, answers


def published_weights(network, folder):
    """The file of DATA; mnist8's last layer, whose rows are columns there, is turned as its own test does."""
    path = network.weights_file()
    if path and network.weights == "mnist8_cntk":
        trained = SourceFileLoader("trained", os.path.join(ROOT, "tests/trained/run")).load_module()
        return trained.turn_last_layer(path, os.path.join(folder, "mnist8.safetensors"))
    return path


def weights_of(network, folder):
    """What the command line says of the weights."""
    if network.weights == "seeded":
        return ["-w", "random:1"]
    return ["-w", published_weights(network, folder)] if network.published else []


def run(arguments, inputs, outputs, folder):
    """What `cnnc run` computes, by the name of each output."""
    files = []
    for name, value in inputs.items():
        path = os.path.join(folder, "in_%s.npy" % name)
        np.save(path, value)
        files += ["--input", "%s=%s" % (name, path)]
    paths = {name: os.path.join(folder, "out_%s.npy" % name) for name in outputs}
    for name, path in paths.items():
        files += ["--output", "%s=%s" % (name, path)]
    cnnc("run", *arguments, *files)
    return {name: np.load(path) for name, path in paths.items()}


def distance(given, wanted):
    """The largest difference of two sets of outputs, in parts of the largest number of each output."""
    most = 0.0
    for name, value in wanted.items():
        a, b = given[name].astype(np.float64).ravel(), value.astype(np.float64).ravel()
        if a.shape != b.shape:
            raise Disagreement("%s has %d numbers, not %d" % (name, a.size, b.size))
        if not np.array_equal(np.isfinite(a), np.isfinite(b)) or not np.isfinite(b).all():
            raise Disagreement("%s is not finite" % name)
        scale = np.abs(b).max()
        most = max(most, np.abs(a - b).max() / scale if scale else np.abs(a).max())
    return most


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data, np.float32, -1, begin)[slice(*(offset // 4 for offset in entry["data_offsets"]))].reshape(entry["shape"])
            for name, entry in header.items()}


def pytorch(network, inputs, outputs, folder):
    """What the network of the same name in torchvision, timm or tests/networks/peers.py makes of the seeded weights."""
    sys.path.append(os.path.join(ROOT, "tests/networks"))
    import peers
    import table
    import torch

    weights = os.path.join(folder, "weights.safetensors")
    cnnc("weights", network.file, *network.options, "--random", "1", "-o", weights)
    tensors = {name: torch.from_numpy(value.copy()) for name, value in read_safetensors(weights).items()}
    os.remove(weights)
    (peer,) = (found[3] for found in table.NETWORKS if found[1] == network.name)
    (value,), (output,) = inputs.values(), outputs
    with torch.inference_mode():
        return {output: peers.build(network.name, peer, tensors, torch.float32)(torch.from_numpy(value)).numpy()}


def onnx_runtime(network, arguments, folder):
    """Inputs, what ONNX Runtime makes of them, and what was recorded for them, if anything was."""
    path = os.path.join(folder, "model.onnx")
    cnnc("export", *arguments, "-o", path)
    model = session(path)
    os.remove(path)
    inputs, answers = recorded(network, model) if network.published else (random_inputs(model, network.scale), None)
    names = [tensor.name for tensor in model.get_outputs()]
    return inputs, dict(zip(names, model.run(names, inputs))), answers


def measure(network, missing):
    with tempfile.TemporaryDirectory() as folder:
        arguments = [network.file, *network.options, *weights_of(network, folder)]
        inputs, theirs, answers = onnx_runtime(network, arguments, folder)
        others = {"ONNX Runtime": theirs}
        for other in network.others:
            try:
                others[other] = answers if network.published else pytorch(network, inputs, theirs, folder)
            except ImportError:
                missing.append(other)
        native = run([*arguments, "--target", "native"], inputs, theirs, folder)
        evaluated = network.summary()["totals"]["macs"] <= EVALUATED
        double = run([*arguments, "--interpret"], inputs, theirs, folder) if evaluated else None
        return "; ".join(judge(other, native, answer, double) for other, answer in others.items())


def judge(other, native, theirs, double):
    """The text of the table; raises where they disagree. Both must be near the evaluator, too, or be as far from it as
    float32 brings them."""
    difference = distance(native, theirs)
    if not double:
        if difference > WITHIN:
            raise Disagreement("%.1e from %s" % (difference, other))
        return "%.1e" % difference
    ours, their = distance(native, double), distance(theirs, double)
    told = "%.1e from %s; %.1e and %.1e from double precision" % (difference, other, ours, their)
    if ours > max(WITHIN, FACTOR * their) or their > max(WITHIN, OTHERS_FACTOR * ours):
        raise Disagreement(told)
    return ("%.1e" % difference if difference else "0") if difference <= WITHIN else told


def main():
    by_key = {network.key: network for network in networks()}
    for key in json.loads(sys.argv[1]):
        begin, missing = time.time(), []
        try:
            text, good = measure(by_key[key], missing), True
        except Exception as error:  # told in the report of the one who asked
            text, good = "%s: %s" % (type(error).__name__, error), False
        print(json.dumps({"text": text, "good": good, "missing": missing, "seconds": round(time.time() - begin, 1)}), flush=True)


if __name__ == "__main__":
    main()
