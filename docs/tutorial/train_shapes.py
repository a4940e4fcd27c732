"""Trains the network of shapes.cnn on pictures that it draws itself, and writes

shapes.npz     the weights, under the names of the layers
pictures.npy   300 pictures that it was not trained with, [300, 1, 16, 16]
answers.npz    what PyTorch says of them

Needs PyTorch and NumPy: `python3 train_shapes.py` takes a few seconds.
"""
import numpy
import torch
from torch import nn

SIDE, CLASSES = 16, 3


class Shapes(nn.Module):
    """The network of shapes.cnn; the names of its layers are those of the weights."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.fc = nn.Linear(16, CLASSES)

    def forward(self, pictures):
        maps = nn.functional.max_pool2d(torch.relu(self.conv1(pictures)), 2)
        return self.fc(torch.relu(self.conv2(maps)).mean((2, 3)))


def draw(random, count):
    """Pictures of 0: a disc, 1: a frame, 2: a cross, of any size and at any place, with noise; and which it is."""
    y, x = numpy.mgrid[:SIDE, :SIDE]
    pictures, kinds = [], random.integers(CLASSES, size=count)
    for kind in kinds:
        radius = random.integers(3, 6)
        across, along = abs(x - random.integers(6, 10)), abs(y - random.integers(6, 10))
        shape = (
            across**2 + along**2 <= radius**2,
            numpy.maximum(across, along) == radius,
            (across == along) & (across <= radius),
        )[kind]
        pictures.append(shape * 0.8 + random.random((SIDE, SIDE)) * 0.2)
    return numpy.array(pictures, dtype="float32")[:, None], kinds


def main():
    random = numpy.random.default_rng(1)
    torch.manual_seed(1)
    torch.set_num_threads(1)
    network = Shapes()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for step in range(1, 401):
        pictures, kinds = draw(random, 64)
        loss = nn.functional.cross_entropy(network(torch.from_numpy(pictures)), torch.from_numpy(kinds))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.3f}")
    pictures, kinds = draw(random, 300)
    with torch.no_grad():
        probabilities = torch.softmax(network(torch.from_numpy(pictures)), 1).numpy()
    print(f"right: {(probabilities.argmax(1) == kinds).sum()} of {len(kinds)}")
    numpy.savez("shapes.npz", **{name: value.numpy() for name, value in network.state_dict().items()})
    numpy.save("pictures.npy", pictures)
    numpy.savez("answers.npz", probs=probabilities)


main()
