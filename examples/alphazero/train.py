# Trains the network of tictactoe.cnn on all positions of noughts and crosses,
# whose best moves a search to the end finds:
#   python3 train.py            # writes tictactoe.safetensors; a minute
# The policy learns the moves that keep the best result, and the value that
# result: 1 won, 0 drawn, -1 lost, for whoever is to move.

import functools
import os
import sys

import torch
from torch import nn
from torch.nn import functional

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import training  # noqa: E402

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


def won(stones):
    return any(all(stones[i] for i in line) for line in LINES)


@functools.lru_cache(None)
def result(own, other):
    """For who is to move; stones as tuples of 0 and 1."""
    if won(other):
        return -1
    free = [i for i in range(9) if not own[i] and not other[i]]
    return max((-result(other, put(own, i)) for i in free), default=0)


def put(stones, place):
    return stones[:place] + (1,) + stones[place + 1 :]


def positions():
    found, waiting = set(), [((0,) * 9, (0,) * 9)]
    while waiting:
        own, other = waiting.pop()
        if (own, other) in found or won(other) or all(a or b for a, b in zip(own, other)):
            continue
        found.add((own, other))
        waiting += [(other, put(own, i)) for i in range(9) if not own[i] and not other[i]]
    return sorted(found)


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)

    def forward(self, x):
        return functional.relu(x + self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x))))))


class ValueHead(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(width, 1, 1, bias=False), nn.BatchNorm2d(1)
        self.fc1, self.fc2 = nn.Linear(9, hidden), nn.Linear(hidden, 1)

    def forward(self, x):
        x = functional.relu(self.bn(self.conv(x))).flatten(1)
        return torch.tanh(self.fc2(functional.relu(self.fc1(x))))


class TicTacToe(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.stem, self.stem_bn = nn.Conv2d(2, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.tower = nn.Sequential(Residual(width), Residual(width))
        self.policy1, self.policy_bn, self.policy2 = nn.Conv2d(width, 8, 1, bias=False), nn.BatchNorm2d(8), nn.Linear(72, 9)
        self.value_head = ValueHead(width, 32)

    def forward(self, x):
        x = self.tower(functional.relu(self.stem_bn(self.stem(x))))
        policy = self.policy2(functional.relu(self.policy_bn(self.policy1(x))).flatten(1))
        return policy, self.value_head(x)


def main():
    rng = training.seeded()
    known = positions()
    boards = torch.tensor([[own, other] for own, other in known], dtype=torch.float32).reshape(-1, 2, 3, 3)
    values = torch.tensor([result(own, other) for own, other in known], dtype=torch.float32)
    best = torch.zeros(len(known), 9)
    for n, (own, other) in enumerate(known):
        for i in range(9):
            if not own[i] and not other[i]:
                best[n, i] = -result(other, put(own, i)) == values[n]
    model = TicTacToe()

    def batch():
        chosen = torch.from_numpy(rng.integers(0, len(known), 512))
        return boards[chosen], best[chosen], values[chosen]

    def loss(model, parts):
        policy, value = model(parts[0])
        good = (functional.softmax(policy, 1) * parts[1]).sum(1)
        return -torch.log(good + 1e-6).mean() + functional.mse_loss(value[:, 0], parts[2])

    training.train(model, batch, loss, 1500, 3e-3)
    training.round_to_half(model)
    policy, value = model(boards)
    moves = policy.masked_fill((boards.sum(1).flatten(1)) > 0, -1e9).argmax(1)
    print(f"{int(best[torch.arange(len(known)), moves].sum())} of {len(known)} moves keep the result, "
          f"values {float((value[:, 0] - values).abs().max()):.2f} off at most")
    training.write_safetensors(os.path.join(HERE, "tictactoe.safetensors"), model, "noughts and crosses, trained by train.py")


if __name__ == "__main__":
    main()
