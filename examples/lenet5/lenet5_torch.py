# What train.py and pytorch_answers.py share: the network of lenet5.cnn in
# PyTorch, the reader of MNIST's idx files, and safetensors files (8 bytes of
# little-endian header length, a JSON header, then the tensors' bytes).

import gzip
import json
import os
import struct

import numpy
import torch
from torch import nn


class LeNet5(nn.Module):
    """The network of lenet5.cnn, up to the softmax: forward gives logits."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, images):
        maps = nn.functional.avg_pool2d(torch.tanh(self.conv1(images)), 2)
        maps = nn.functional.avg_pool2d(torch.tanh(self.conv2(maps)), 2)
        features = torch.tanh(self.fc1(maps.flatten(1)))
        features = torch.tanh(self.fc2(features))
        return self.fc3(features)


def read_idx(path, dimension_count):
    """Read an idx file of unsigned bytes, gzipped or plain, into an array."""
    with open(path, "rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    with (gzip.open if compressed else open)(path, "rb") as file:
        content = file.read()
    header_bytes = 4 + 4 * dimension_count
    if len(content) < header_bytes or content[:4] != bytes([0, 0, 8, dimension_count]):
        raise ValueError(f"{path}: not an idx file of {dimension_count}-dimensional bytes")
    shape = struct.unpack(f">{dimension_count}I", content[4:header_bytes])
    values = numpy.frombuffer(content, numpy.uint8, offset=header_bytes)
    return values.reshape(shape)


def load_images_and_labels(directory, prefixes):
    """Find PREFIX-images-idx3-ubyte[.gz] and its labels; pixels become 0..1."""
    for prefix in prefixes:
        for suffix in (".gz", ""):
            images_path = os.path.join(directory, f"{prefix}-images-idx3-ubyte{suffix}")
            labels_path = os.path.join(directory, f"{prefix}-labels-idx1-ubyte{suffix}")
            if os.path.exists(images_path) and os.path.exists(labels_path):
                images = read_idx(images_path, 3).astype(numpy.float32) / 255
                labels = read_idx(labels_path, 1).astype(numpy.int64)
                if images.shape != (len(labels), 28, 28):
                    raise ValueError(f"{images_path}: not one 28x28 image for each label")
                return torch.from_numpy(images)[:, None], torch.from_numpy(labels)
    raise FileNotFoundError(f"{directory}: no {' or '.join(prefixes)} images and labels")


def load_training_set(directory):
    return load_images_and_labels(directory, ["train", "train60k"])


def load_test_set(directory):
    return load_images_and_labels(directory, ["t10k"])


def write_safetensors(path, tensors, description):
    """Write float32 tensors by name, the header padded so that data is 8-aligned."""
    header = {"__metadata__": {"description": description}}
    parts = []
    position = 0
    for name, tensor in tensors.items():
        part = tensor.detach().numpy().astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [position, position + len(part)],
        }
        parts.append(part)
        position += len(part)
    header_text = json.dumps(header, separators=(",", ":")).encode()
    header_text += b" " * (-len(header_text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header_text)) + header_text + b"".join(parts))


def read_safetensors(path):
    """Read a file of float32 tensors into a dictionary by name."""
    with open(path, "rb") as file:
        header_bytes = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(header_bytes))
        content = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} is {entry['dtype']}, not F32")
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(content[begin:end], "<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.astype(numpy.float32))
    return tensors
