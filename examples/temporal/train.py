# Trains the network of machine.cnn on vibrations that are made up here:
#   python3 train.py            # writes machine.safetensors and samples/; two minutes
# A rotor turns at 10 to 30 Hz, sampled at 512 Hz by two sensors. Unbalanced, its own
# frequency grows in both, a quarter turn apart; a damaged bearing rings in
# short bursts; what is loose clips one side of the motion and adds harmonics.

import os
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import training  # noqa: E402

STATES = ["well", "unbalanced", "bearing", "loose"]
RATE = 512


def vibrate(rng, state, length):
    """[2, length] in g."""
    t = numpy.arange(length) / RATE
    turns, phase = rng.uniform(10, 30), rng.uniform(0, 2 * numpy.pi)
    level = rng.uniform(1.5, 3) if state == 1 else rng.uniform(0.3, 0.8)
    signal = numpy.stack([level * numpy.sin(2 * numpy.pi * turns * t + phase),
                          level * rng.uniform(0.7, 1) * numpy.cos(2 * numpy.pi * turns * t + phase)])
    if state == 2:
        every, ring = 1 / (turns * rng.uniform(3.2, 4.8)), rng.uniform(110, 200)
        since = (t + rng.uniform(0, every)) % every
        burst = rng.uniform(0.6, 1.5) * numpy.exp(-since * 90) * numpy.sin(2 * numpy.pi * ring * since)
        signal += burst * numpy.array([[1.0], [rng.uniform(0.3, 0.9)]])
    if state == 3:
        signal *= rng.uniform(1.5, 2.5)
        limit = rng.uniform(0.15, 0.4)
        signal[0] = numpy.where(signal[0] > limit, limit - 0.6 * (signal[0] - limit), signal[0])
    return signal + rng.normal(0, rng.uniform(0.1, 0.3), signal.shape)


class Block(nn.Module):
    def __init__(self, into, out, dilation):
        super().__init__()
        self.dilation = dilation
        self.conv1, self.conv2 = nn.Conv1d(into, out, 3, dilation=dilation), nn.Conv1d(out, out, 3, dilation=dilation)
        if into != out:
            self.proj = nn.Conv1d(into, out, 1)

    def forward(self, x):
        past = (2 * self.dilation, 0)
        main = functional.relu(self.conv1(functional.pad(x, past)))
        main = functional.relu(self.conv2(functional.pad(main, past)))
        return functional.relu(main + (self.proj(x) if hasattr(self, "proj") else x))


class Machine(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv1d(2, 16, 7, stride=2, padding=3)
        for i in range(4):
            setattr(self, f"block{i}", Block(16 if i == 0 else 24, 24, 2**i))
        self.fc = nn.Linear(24, 4)

    def forward(self, x):
        x = functional.relu(self.stem(x))
        for i in range(4):
            x = getattr(self, f"block{i}")(x)
        return self.fc(x.mean(2))


def main():
    rng = training.seeded()
    model = Machine()

    def batch():
        states = rng.integers(0, 4, 48)
        return torch.from_numpy(numpy.stack([vibrate(rng, s, 192) for s in states])).float(), torch.from_numpy(states)

    training.train(model, batch, lambda m, p: functional.cross_entropy(m(p[0]), p[1]), 1000, 5e-3)
    training.round_to_half(model)
    right = 0
    for n in range(400):  # longer than those of the training
        with torch.no_grad():
            right += int(model(torch.from_numpy(vibrate(rng, n % 4, 256))[None].float()).argmax()) == n % 4
    print(f"{right} of 400 machines are understood")
    os.makedirs(os.path.join(HERE, "samples"), exist_ok=True)
    for n in range(12):
        numpy.save(os.path.join(HERE, "samples", f"{STATES[n % 4]}-{n // 4 + 1}.npy"), vibrate(rng, n % 4, 256).astype("<f4"))
    training.write_safetensors(os.path.join(HERE, "machine.safetensors"), model, "states of a machine, trained by train.py")


if __name__ == "__main__":
    main()
