#!/usr/bin/env python3
"""against_torchvision.py CNNC NAME.. - compares networks, as emitted C compiled for this machine, with PyTorch: seeded
weights and two seeded pictures go to both. Good is a difference of at most 1e-5 of the picture's largest output, or three
times that of PyTorch's own float32 from its float64, where random weights are ill-conditioned. Needs torch and numpy; a
network whose peer is not installed is skipped. One line for each network, the last one counts."""
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


def compare(folder, name, peer, directory):
    """The line about it, and whether it is good."""
    source = path_of(folder, name)
    weights, input_file, output_file = (os.path.join(directory, end) for end in ("w.safetensors", "x.npy", "y.npy"))
    pictures = seeded_pictures(227 if name == "alexnet_2012" else 299 if name in ("inception_v3", "inception_v4", "xception") else 224)
    numpy.save(input_file, pictures)
    cnnc("weights", source, "--random", str(SEED), "-o", weights)
    begin = time.time()
    cnnc("run", "-q", source, "-w", weights, "--target", "native", "--input", input_file, "--output", output_file)
    seconds = time.time() - begin
    tensors = read_safetensors(weights)
    ours = numpy.load(output_file).reshape(len(pictures), -1).astype(numpy.float64)
    theirs = scores(name, peer, tensors, pictures, torch.float32)
    scale = numpy.abs(theirs).max(axis=1)
    off = distance(ours, theirs, scale)
    line, good = "%.1e of the largest output from PyTorch" % off, off <= 1e-5
    if not good:
        exact = scores(name, peer, tensors, pictures, torch.float64)
        off, theirs_off = distance(ours, exact, scale), distance(theirs, exact, scale)
        line, good = "%.1e of the largest output from float64, PyTorch %.1e" % (off, theirs_off), off <= max(1e-5, 3 * theirs_off)
    return "%s: %s; %.1f s to compile and run" % (name, line, seconds), good


def main():
    passed = failed = skipped = 0
    for folder, name, count, peer in NETWORKS:
        if name not in sys.argv[2:]:
            continue
        with tempfile.TemporaryDirectory() as directory:
            try:
                line, good = compare(folder, name, peer, directory)
            except ImportError as missing:
                skipped += 1
                print("skipped: %s: there is no %s" % (name, missing.name), flush=True)
                continue
            except (RuntimeError, OSError, ValueError) as error:
                line, good = "%s: %s" % (name, error), False
        passed, failed = passed + good, failed + (not good)
        print("%s%s" % ("" if good else "FAILED: ", line), flush=True)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
