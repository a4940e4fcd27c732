#!/usr/bin/env python3
"""against_torchvision.py CNNC NAME.. - compares networks with PyTorch: as emitted C compiled for this machine, and as the
ONNX that `cnnc export` writes, run by ONNX Runtime. Seeded weights and two seeded pictures go to all. Good is a
difference of at most 1e-5 of the picture's largest output, or three times that of PyTorch's own float32 from its float64,
where random weights are ill-conditioned. Needs torch and numpy; what is not installed besides is skipped. One line for
each network and way, the last one counts."""
import functools
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy
import torch

import peers
from table import NETWORKS, path_of

SEED = 1


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = numpy.frombuffer(file.read(), "<f4").copy()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (offset // 4 for offset in entry["data_offsets"])
        tensors[name] = torch.from_numpy(data[begin:end]).reshape(entry["shape"])
    return tensors


def cnnc(*arguments):
    done = subprocess.run([sys.argv[1], *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError("cnnc %s: %s" % (" ".join(arguments), done.stderr.strip()[:500]))


def scores(name, peer, weights, pictures, dtype):
    with torch.inference_mode():
        return peers.build(name, peer, weights, dtype)(torch.from_numpy(pictures).to(dtype)).double().numpy()


def distance(a, b, scale):
    """The largest difference, in parts of the picture's largest output; of the worse picture."""
    difference = numpy.abs(a - b).max(axis=1) / scale
    return float(numpy.nan_to_num(difference, nan=numpy.inf).max())


def seeded_pictures(size):
    """One like a normalised photograph; one of small numbers, where biases weigh more."""
    random = numpy.random.RandomState(SEED)
    return numpy.stack([random.standard_normal((3, size, size)), random.uniform(0, 0.1, (3, size, size))]).astype(numpy.float32)


def emitted_c(source, weights, pictures, directory):
    input_file, output_file = (os.path.join(directory, end) for end in ("x.npy", "y.npy"))
    numpy.save(input_file, pictures)
    cnnc("run", "-q", source, "-w", weights, "--target", "native", "--input", input_file, "--output", output_file)
    return numpy.load(output_file)


def exported_onnx(source, weights, pictures, directory):
    import onnxruntime
    model = os.path.join(directory, "net.onnx")
    cnnc("export", source, "-w", weights, "-o", model)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: pictures})[0]


class Peer:
    """A network in PyTorch, its weights and what it makes of the pictures."""

    def __init__(self, name, peer, weights, pictures):
        self.scores = lambda dtype: scores(name, peer, weights, pictures, dtype)
        self.float32 = self.scores(torch.float32)
        self.scale = numpy.abs(self.float32).max(axis=1)

    @functools.cached_property
    def float64(self):
        return self.scores(torch.float64)

    def judge(self, ours):
        """How far away ours are, in words, and whether that is good."""
        ours = ours.reshape(self.float32.shape).astype(numpy.float64)
        off = distance(ours, self.float32, self.scale)
        if off <= 1e-5:
            return "%.1e of the largest output from PyTorch" % off, True
        off, theirs_off = distance(ours, self.float64, self.scale), distance(self.float32, self.float64, self.scale)
        return "%.1e of the largest output from float64, PyTorch %.1e" % (off, theirs_off), off <= max(1e-5, 3 * theirs_off)


def compare(source, name, peer, directory):
    """A line and whether it is good (None: skipped) for each way."""
    size = 227 if name == "alexnet_2012" else 299 if name in ("inception_v3", "inception_v4", "xception") else 224
    pictures, weights = seeded_pictures(size), os.path.join(directory, "w.safetensors")
    cnnc("weights", source, "--random", str(SEED), "-o", weights)
    try:
        other = Peer(name, peer, read_safetensors(weights), pictures)
    except ImportError as missing:
        yield "%s: there is no %s" % (name, missing.name), None
        return
    for way, words in ((emitted_c, "as C"), (exported_onnx, "as ONNX")):
        begin = time.time()
        try:
            line, good = other.judge(way(source, weights, pictures, directory))
        except ImportError as missing:
            line, good = "there is no %s" % missing.name, None
        except (RuntimeError, OSError, ValueError) as error:
            line, good = str(error), False
        yield "%s %s: %s; %.1f s" % (name, words, line, time.time() - begin), good


def main():
    count = {True: 0, False: 0, None: 0}
    said = {True: "", False: "FAILED: ", None: "skipped: "}
    for folder, name, _, peer in NETWORKS:
        if name not in sys.argv[2:]:
            continue
        with tempfile.TemporaryDirectory() as directory:
            for line, good in compare(path_of(folder, name), name, peer, directory):
                count[good] += 1
                print(said[good] + line, flush=True)
    print("%d passed, %d failed, %d skipped" % (count[True], count[False], count[None]))
    return count[False] > 0


if __name__ == "__main__":
    sys.exit(main())
