# Trains the network of face_embedding.cnn on faces that are drawn here: what
# a person keeps (the shape of the head, hair, eyes, nose, mouth) and what
# changes from picture to picture (place, turn, size, light, smile, noise):
#   python3 train.py            # writes face_embedding.safetensors and samples/; two minutes

import os
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import training  # noqa: E402

SIZE, FEATURES = 32, 14
THRESHOLD = 0.7  # below it, two pictures are said to show one person


def people(rng, count):
    """What they keep, each from 0 to 1."""
    return rng.uniform(0, 1, (count, FEATURES))


def draw(rng, kept):
    """A picture of each, [count, 32, 32], 0 to 255."""
    f = [kept[:, i, None, None] for i in range(FEATURES)]
    count = len(kept)

    def some(low, high):
        return rng.uniform(low, high, (count, 1, 1))

    y, x = numpy.mgrid[0:SIZE, 0:SIZE].astype(float) - (SIZE - 1) / 2
    y, x = y + some(-1.2, 1.2), x + some(-1.2, 1.2)
    angle, scale = some(-0.15, 0.15), some(0.94, 1.06)
    y, x = scale * (y * numpy.cos(angle) + x * numpy.sin(angle)), scale * (x * numpy.cos(angle) - y * numpy.sin(angle))
    picture = numpy.full((count, SIZE, SIZE), 90.0) + some(-30, 30)

    def paint(inside, shade, soft=1.0):
        nonlocal picture
        part = 1 / (1 + numpy.exp(numpy.clip(-inside / soft, -30, 30)))
        picture = picture * (1 - part) + shade * part

    def ellipse(cy, cx, height, width):
        return (1 - numpy.sqrt(((y - cy) / height) ** 2 + ((x - cx) / width) ** 2)) * numpy.minimum(height, width)

    skin, hair = 130 + 90 * f[0], 20 + 170 * f[1]
    width, height = 7.5 + 4 * f[2], 10 + 3.5 * f[3]
    paint(ellipse(-2.0, 0, height + 2.5, width + 1 + 3 * f[4]), hair, 0.4)
    paint(ellipse(0.5, 0, height, width), skin, 0.4)
    paint(numpy.minimum(ellipse(0.5, 0, height, width), -(y + 3 + 5 * f[5])), hair, 0.4)
    apart, eye = 2.4 + 2.6 * f[6], 0.8 + 1.1 * f[7]
    for side in (-1, 1):
        paint(ellipse(-1.5, side * apart, eye, eye * 1.4), 245, 0.3)
        paint(ellipse(-1.5, side * apart, eye * 0.7, eye * 0.7), 20 + 90 * f[8], 0.3)
        paint(ellipse(-1.8 - eye - f[9], side * apart, 0.4 + 0.6 * f[10], 2.0), hair * 0.7, 0.3)
    paint(ellipse(1.5 + f[11], 0, 1 + 1.8 * f[11], 0.5 + 0.8 * f[12]), skin * 0.75, 0.3)
    bend = some(-0.06, 0.1)
    lips = 0.4 + 0.9 * f[12]
    paint(numpy.minimum(lips - abs(y - 6 - bend * (4 - x**2)), 1.6 + 3 * f[13] - abs(x)), skin * 0.5, 0.3)
    light = 1 + some(-0.015, 0.015) * x + some(-0.01, 0.01) * y
    return numpy.clip(picture * light * some(0.85, 1.15) + rng.normal(0, 5, picture.shape), 0, 255).round().astype("u1")


class Embedding(nn.Module):
    def __init__(self, size=32):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 16, 5, padding=2), nn.Conv2d(16, 32, 3, padding=1)
        self.conv3, self.fc = nn.Conv2d(32, 64, 3, padding=1), nn.Linear(64 * 16, size)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = functional.max_pool2d(functional.relu(conv(x)), 2)
        return functional.normalize(self.fc(x.flatten(1)), dim=1)


class Faces(nn.Module):
    def __init__(self):
        super().__init__()
        self.tower = Embedding()


def as_input(pictures):
    return torch.from_numpy(pictures)[:, None].float() / 255


def main():
    rng = training.seeded()
    model = Faces()

    def batch():
        kept = people(rng, 64)
        return as_input(draw(rng, kept)), as_input(draw(rng, kept))

    def loss(model, parts):  # each has its own second picture to find among all
        a, b = model.tower(parts[0]), model.tower(parts[1])
        alike = a @ b.T / 0.1
        right = torch.arange(len(a))
        # one face well within the threshold, different ones well beyond
        distance = torch.sqrt(2 - 2 * (a @ b.T) + 1e-6)
        same, other = torch.diag(distance), distance[~torch.eye(len(a), dtype=torch.bool)]
        margins = functional.relu(same - 0.6).mean() + 5 * functional.relu(1.0 - other).mean()
        return functional.cross_entropy(alike, right) + 5 * margins

    training.train(model, batch, loss, 900, 4e-3)
    training.round_to_half(model)
    kept = people(rng, 300)
    with torch.no_grad():
        a, b = (model.tower(as_input(draw(rng, kept))) for _ in range(2))
    same, other = (a - b).norm(dim=1), (a - b.roll(1, 0)).norm(dim=1)
    right = int((same < THRESHOLD).sum() + (other >= THRESHOLD).sum())
    print(f"{right} of 600 pairs of strangers are told right")
    folder = os.path.join(HERE, "samples")
    os.makedirs(folder, exist_ok=True)
    kept = people(rng, 6)
    for n in range(2):
        for name, picture in zip("abcdef", draw(rng, kept)):
            training.write_png(os.path.join(folder, f"{name}{n + 1}.png"), picture)
    training.write_safetensors(os.path.join(HERE, "face_embedding.safetensors"), model, "drawn faces, trained by train.py")


if __name__ == "__main__":
    main()
