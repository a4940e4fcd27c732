# The network of lenet5_1998.cnn in PyTorch.

import os
import sys

import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
LENET5 = os.path.join(HERE, "..", "lenet5")
sys.path.insert(0, LENET5)

# Which maps of s2 each map of c3 sees (table I of the paper): a row for each map of c3.
CONNECTIONS = [
    [1, 1, 1, 0, 0, 0], [0, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1],
    [1, 0, 0, 0, 1, 1], [1, 1, 0, 0, 0, 1], [1, 1, 1, 1, 0, 0], [0, 1, 1, 1, 1, 0],
    [0, 0, 1, 1, 1, 1], [1, 0, 0, 1, 1, 1], [1, 1, 0, 0, 1, 1], [1, 1, 1, 0, 0, 1],
    [1, 1, 0, 1, 1, 0], [0, 1, 1, 0, 1, 1], [1, 0, 1, 1, 0, 1], [1, 1, 1, 1, 1, 1],
]


def read_drawings():
    """The ten digits as lenet5_1998.cnn draws them: consts of twelve rows of `I` (1) and `o` (-1)."""
    path = os.path.join(HERE, "lenet5_1998.cnn")
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            marks = [mark for mark in line.split("#")[0] if mark in "Io"]
            if len(marks) == 7 and "[" in line:
                rows.append([1.0 if mark == "I" else -1.0 for mark in marks])
    return torch.tensor(rows).reshape(10, 84)


def squash(values):
    """The paper's activation: 1 at 1 and -1 at -1."""
    return 1.7159 * torch.tanh(values * (2 / 3))


class Subsampling(nn.Module):
    """The mean of four pixels times a learned factor plus a learned summand, one of each for a map."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, maps):
        maps = nn.functional.avg_pool2d(maps, 2)
        return maps * self.weight[:, None, None] + self.bias[:, None, None]


class LeNet5Of1998(nn.Module):
    """forward gives the negative distances of the output units, so that the largest wins."""

    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = Subsampling(6)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.s4 = Subsampling(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.register_buffer("mask", torch.tensor(CONNECTIONS, dtype=torch.float32)[:, :, None, None], persistent=False)
        self.register_buffer("drawings", read_drawings(), persistent=False)

    def forward(self, images):
        maps = nn.functional.pad(images, (2, 2, 2, 2)) * 1.275 - 0.1
        maps = squash(self.s2(squash(self.c1(maps))))
        maps = nn.functional.conv2d(maps, self.c3.weight * self.mask, self.c3.bias)
        maps = squash(self.s4(squash(maps)))
        features = squash(self.f6(squash(self.c5(maps)).flatten(1)))
        return -(features[:, None, :] - self.drawings).square().sum(2)

    def state_dict(self, *arguments, **options):
        """Weights that no connection uses are zero."""
        state = super().state_dict(*arguments, **options)
        state["c3.weight"] = state["c3.weight"] * self.mask
        return state
