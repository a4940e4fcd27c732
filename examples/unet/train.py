# Trains the network of unet.cnn to find discs in pictures with squares, bars,
# slopes of light and noise, all drawn here:
#   python3 train.py            # writes unet.safetensors and samples/; two minutes

import os
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import training  # noqa: E402


def draw(rng, rows, columns):
    """A picture of 0 to 255, and where its discs are."""
    y, x = numpy.mgrid[0:rows, 0:columns]
    slope = rng.uniform(-60, 60, 2)
    picture = 127 + slope[0] * (y / rows - 0.5) + slope[1] * (x / columns - 0.5)
    mask = numpy.zeros((rows, columns), bool)
    for _ in range(rng.integers(4, 9)):
        cy, cx, shade = rng.uniform(0, rows), rng.uniform(0, columns), rng.choice([-1, 1]) * rng.uniform(30, 90)
        kind, size = rng.integers(0, 4), rng.uniform(4, 11)
        if kind <= 1:
            inside = (y - cy) ** 2 + (x - cx) ** 2 < size**2
            mask |= inside
        else:
            angle = rng.uniform(0, numpy.pi)
            u, v = (y - cy) * numpy.cos(angle) + (x - cx) * numpy.sin(angle), (x - cx) * numpy.cos(angle) - (y - cy) * numpy.sin(angle)
            inside = (abs(u) < size) & (abs(v) < (size if kind == 2 else 2))
            mask &= ~inside
        picture = numpy.where(inside, 127 + shade, picture)
    picture = picture + rng.normal(0, 8, picture.shape)
    return numpy.clip(picture, 0, 255).round().astype("u1"), mask


class DoubleConv(nn.Module):
    def __init__(self, into, out):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(into, out, 3, padding=1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out)

    def forward(self, x):
        return functional.relu(self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x))))))


class UpLevel(nn.Module):
    def __init__(self, into, out):
        super().__init__()
        self.up, self.conv = nn.ConvTranspose2d(into, out, 2, stride=2), DoubleConv(2 * out, out)

    def forward(self, deep, skip):
        return self.conv(torch.cat([skip, self.up(deep)], 1))


class UNet(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.enc1, self.enc2, self.mid = DoubleConv(1, width), DoubleConv(width, 2 * width), DoubleConv(2 * width, 4 * width)
        self.dec2, self.dec1, self.head = UpLevel(4 * width, 2 * width), UpLevel(2 * width, width), nn.Conv2d(width, 1, 1)

    def forward(self, x):
        e1 = self.enc1(x)
        e2 = self.enc2(functional.max_pool2d(e1, 2))
        d2 = self.dec2(self.mid(functional.max_pool2d(e2, 2)), e2)
        return self.head(self.dec1(d2, e1))


def main():
    rng = training.seeded()
    drawn = [draw(rng, 48, 48) for _ in range(4000)]
    pictures = torch.from_numpy(numpy.stack([p for p, _ in drawn])[:, None]).float() / 255
    masks = torch.from_numpy(numpy.stack([m for _, m in drawn])[:, None]).float()
    model = UNet()

    def batch():
        chosen = torch.from_numpy(rng.integers(0, len(drawn), 32))
        return pictures[chosen], masks[chosen]

    training.train(model, batch, lambda m, p: functional.binary_cross_entropy_with_logits(m(p[0]), p[1]), 700, 8e-3)
    training.round_to_half(model)
    os.makedirs(os.path.join(HERE, "samples"), exist_ok=True)
    overlaps = []
    for n in range(40):  # of other sizes than those of the training
        picture, mask = draw(rng, 64, 96)
        with torch.no_grad():
            found = model(torch.from_numpy(picture)[None, None].float() / 255)[0, 0].numpy() > 0
        overlaps.append((found & mask).sum() / max((found | mask).sum(), 1))
        if n < 4:
            training.write_png(os.path.join(HERE, "samples", f"{n + 1}.png"), picture)
            training.write_png(os.path.join(HERE, "samples", f"{n + 1}-discs.png"), 255 * mask)
    print(f"overlap with the discs: {numpy.mean(overlaps):.3f} (intersection over union of 40 pictures)")
    training.write_safetensors(os.path.join(HERE, "unet.safetensors"), model, "discs among other shapes, trained by train.py")


if __name__ == "__main__":
    main()
