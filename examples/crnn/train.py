# Trains the network of digits_line.cnn on lines of MNIST's training digits:
#   python3 train.py --data DIR      # writes digits_line.safetensors; three minutes
# Where in a line a digit stands is not told: the loss (connectionist temporal
# classification; Graves et al., 2006) sums over all ways to place them.

import argparse
import os
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, ".."), os.path.join(HERE, "../lenet5")]
import lenet5_torch  # noqa: E402
import training  # noqa: E402

NONE, WIDTH = 10, 120


class DigitsLine(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.Conv2d(16, 32, 3, padding=1, bias=False)
        self.conv3, self.conv4 = nn.Conv2d(32, 48, 3, padding=1, bias=False), nn.Conv2d(48, 64, (7, 3), padding=(0, 1), bias=False)
        self.bn1, self.bn2, self.bn3, self.bn4 = (nn.BatchNorm2d(n) for n in (16, 32, 48, 64))
        self.conv5, self.score = nn.Conv2d(64, 64, (1, 3), padding=(0, 1)), nn.Conv2d(64, 11, 1)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 2)
        x = functional.max_pool2d(functional.relu(self.bn2(self.conv2(x))), 2)
        x = functional.relu(self.bn4(self.conv4(functional.relu(self.bn3(self.conv3(x))))))
        return self.score(functional.relu(self.conv5(x)))[:, :, 0]


def compose(rng, images, labels, width=WIDTH):
    """A line of three to five digits, cut to their ink, at some distance."""
    line, digits, at = numpy.zeros((28, width), numpy.float32), [], int(rng.integers(2, 10))
    for _ in range(rng.integers(3, 6)):
        n = rng.integers(len(images))
        ink = images[n][:, images[n].max(0) > 0.1]
        if at + ink.shape[1] + 2 > width:
            break
        shift = int(rng.integers(-2, 3))
        line[:, at : at + ink.shape[1]] = numpy.roll(ink, shift, 0)
        digits.append(int(labels[n]))
        at += ink.shape[1] + int(rng.integers(2, 9))
    return line, digits


def read(scores):
    """Digits of [11, columns]."""
    best = scores.argmax(0).tolist()
    return [d for d, before in zip(best, [NONE] + best) if d != before and d != NONE]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    images, labels = lenet5_torch.load_training_set(parser.parse_args().data)
    images = images.reshape(-1, 28, 28).numpy().astype("f4")
    images = images / images.max()
    rng = training.seeded()
    model = DigitsLine()

    def batch():
        return [compose(rng, images[:55000], labels) for _ in range(24)]

    def loss(model, lines):
        scores = functional.log_softmax(model(torch.from_numpy(numpy.stack([line for line, _ in lines]))[:, None]), 1)
        digits = [d for _, d in lines]
        return functional.ctc_loss(scores.permute(2, 0, 1), torch.tensor(sum(digits, [])), torch.full((len(lines),), scores.shape[2]),
                                   torch.tensor([len(d) for d in digits]), blank=NONE)

    training.train(model, batch, loss, 700, 8e-3)
    training.round_to_half(model)
    right = 0
    for _ in range(500):
        line, digits = compose(rng, images[55000:], labels[55000:], 160)
        with torch.no_grad():
            right += read(model(torch.from_numpy(line)[None, None])[0]) == digits
    print(f"{right} of 500 lines are read without a mistake")
    training.write_safetensors(os.path.join(HERE, "digits_line.safetensors"), model, "lines of digits, trained by train.py")


if __name__ == "__main__":
    main()
