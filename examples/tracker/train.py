# Trains the network of tracker.cnn on things that are drawn here and move
# from one picture to the next, among others that look similar:
#   python3 train.py            # writes tracker.safetensors and samples/; three minutes

import os
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import training  # noqa: E402

SIZE = 24


def thing(rng):
    """What is to be drawn again and again: a blob with bright and dark spots. For each spot place, size, shade."""
    spots = rng.integers(3, 6)
    return numpy.column_stack([rng.uniform(-7, 7, (spots, 2)), rng.uniform(2, 4.5, spots), rng.choice([-1, 1], spots) * rng.uniform(40, 110, spots)])


def draw(rng, things, places, rows, columns, background):
    """Things at places (y, x), a little turned and scaled, in other light."""
    y, x = numpy.mgrid[0:rows, 0:columns].astype(float)
    picture = background.copy()
    light = rng.uniform(0.8, 1.2)
    for spots, (cy, cx) in zip(things, places):
        angle, scale = rng.uniform(-0.25, 0.25), rng.uniform(0.92, 1.08)
        for v, u, size, shade in spots:
            sy = cy + scale * (v * numpy.cos(angle) + u * numpy.sin(angle))
            sx = cx + scale * (u * numpy.cos(angle) - v * numpy.sin(angle))
            picture += light * shade * numpy.exp(-((y - sy) ** 2 + (x - sx) ** 2) / (size * scale) ** 2)
    return numpy.clip(picture + rng.normal(0, 6, picture.shape), 0, 255).round().astype("u1")


def scenery(rng, rows, columns):
    """Smooth clouds."""
    coarse = torch.from_numpy(rng.normal(0, 30, (1, 1, rows // 12 + 2, columns // 12 + 2)))
    return 127 + functional.interpolate(coarse, size=(rows, columns), mode="bicubic", align_corners=True)[0, 0].numpy()


def far_apart(rng, count, rows, columns):
    places = []
    while len(places) < count:
        place = rng.uniform((12, 12), (rows - 12, columns - 12))
        if all(numpy.abs(place - other).max() > 14 for other in places):
            places.append(place)
    return places


class Tracker(nn.Module):
    def __init__(self, channels=24):
        super().__init__()
        self.features = nn.Module()
        self.features.conv1, self.features.conv2 = nn.Conv2d(1, 16, 5), nn.Conv2d(16, 24, 3, dilation=2)
        self.features.conv3 = nn.Conv2d(24, channels, 3, dilation=2)

    def tower(self, x):
        f = self.features
        return functional.normalize(f.conv3(functional.relu(f.conv2(functional.relu(f.conv1(x))))), dim=1)

    def forward(self, pattern, picture):
        """The correlation as a product of spectra, which is what trains fastest."""
        z, x = self.tower(pattern), self.tower(picture)
        sizes = x.shape[2:]
        product = torch.fft.rfft2(x) * torch.fft.rfft2(z, s=sizes).conj()
        whole = torch.fft.irfft2(product.sum(1), s=sizes)
        return whole[:, : sizes[0] - z.shape[2] + 1, : sizes[1] - z.shape[3] + 1] / 144


def cut(picture, place):
    top, left = int(round(place[0])) - SIZE // 2, int(round(place[1])) - SIZE // 2
    return picture[top : top + SIZE, left : left + SIZE]


def pair(rng, rows=60, columns=60, others=2):
    """A pattern, the next picture, and the pattern's corner in that one."""
    things = [thing(rng) for _ in range(1 + others)]
    before = draw(rng, things, places := far_apart(rng, 1 + others, rows, columns), rows, columns, scenery(rng, rows, columns))
    after_places = far_apart(rng, 1 + others, rows, columns)
    after = draw(rng, things, after_places, rows, columns, scenery(rng, rows, columns))
    corner = [min(max(int(round(v)) - SIZE // 2, 0), limit - SIZE) for v, limit in zip(after_places[0], (rows, columns))]
    return cut(before, places[0]), after, corner


def main():
    rng = training.seeded()
    pairs = [pair(rng) for _ in range(3000)]
    patterns = torch.from_numpy(numpy.stack([p for p, _, _ in pairs])[:, None]).float() / 255
    pictures = torch.from_numpy(numpy.stack([p for _, p, _ in pairs])[:, None]).float() / 255
    corners = torch.tensor([c for _, _, c in pairs])
    model = Tracker()

    def batch():
        chosen = torch.from_numpy(rng.integers(0, len(pairs), 24))
        return patterns[chosen], pictures[chosen], corners[chosen]

    def loss(model, parts):  # the place among all places
        response = model(parts[0], parts[1])
        target = parts[2][:, 0] * response.shape[2] + parts[2][:, 1]
        return functional.cross_entropy(25 * response.flatten(1), target)

    training.train(model, batch, loss, 700, 4e-3)
    training.round_to_half(model)
    near = 0
    for _ in range(100):  # larger pictures with more things than those of the training
        pattern, picture, corner = pair(rng, 72, 96, 3)
        with torch.no_grad():
            response = model(torch.from_numpy(pattern)[None, None].float() / 255, torch.from_numpy(picture)[None, None].float() / 255)[0]
        found = divmod(int(response.argmax()), response.shape[1])
        near += max(abs(found[0] - corner[0]), abs(found[1] - corner[1])) <= 2
    print(f"{near} of 100 things are found within two pixels")
    samples(rng)
    training.write_safetensors(os.path.join(HERE, "tracker.safetensors"), model, "things that move, trained by train.py")


def samples(rng):
    """Eight pictures in which one thing moves on a curve among three that stay, and its pattern from the first."""
    folder = os.path.join(HERE, "samples")
    os.makedirs(folder, exist_ok=True)
    things, rest, ground = [thing(rng) for _ in range(4)], far_apart(rng, 3, 72, 96), scenery(rng, 72, 96)
    with open(os.path.join(folder, "corners.txt"), "w", encoding="utf-8") as file:
        for n in range(9):
            place = (18 + 36 * n / 8, 48 + 34 * numpy.sin(n * 0.8 - 1.2))
            picture = draw(rng, things, [place] + rest, 72, 96, ground)
            if n == 0:
                training.write_png(os.path.join(folder, "pattern.png"), cut(picture, place))
                continue
            training.write_png(os.path.join(folder, f"{n}.png"), picture)
            file.write(f"{n} {int(round(place[0])) - SIZE // 2} {int(round(place[1])) - SIZE // 2}\n")


if __name__ == "__main__":
    main()
