# Trains the network of lines.cnn on lines that are made up here:
#   python3 train.py            # writes lines.safetensors; a minute

import os
import random
import sys

import torch
from torch import nn
from torch.nn import functional

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import characters  # noqa: E402
import training  # noqa: E402

SYLLABLES = "an ba be bri ca che do el fa fin ga ge hol in ja ka lan le lo ma mer na no or pa per qui ra ri sa sen ta ter to ul van ve win yo zu".split()
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec january february march april june july august september october november december".split()
CURRENCIES = ["$", "eur ", "usd ", "chf ", "gbp "]
ENDS = ["com", "org", "net", "de", "io", "ch", "co.uk", "edu"]
LENGTH = 40


def word(r):
    return "".join(r.choice(SYLLABLES) for _ in range(r.randint(1, 4)))


def number(r, digits):
    return "".join(r.choice("0123456789") for _ in range(digits))


def date(r):
    y, m, d = r.randint(1900, 2099), r.randint(1, 12), r.randint(1, 31)
    return r.choice([f"{y}-{m:02}-{d:02}", f"{d}.{m}.{y}", f"{d:02}/{m:02}/{y}", f"{d} {r.choice(MONTHS)} {y}", f"{r.choice(MONTHS)} {d}, {y}"])


def time(r):
    h, m, s = r.randint(0, 23), r.randint(0, 59), r.randint(0, 59)
    return r.choice([f"{h}:{m:02}", f"{h:02}:{m:02}:{s:02}", f"{h % 12 + 1}:{m:02} {r.choice(['am', 'pm'])}", f"{h % 12 + 1} {r.choice(['am', 'pm'])}"])


def amount(r):
    whole = r.choice([f"{r.randint(0, 999)}", f"{r.randint(1, 999)},{number(r, 3)}", f"{r.randint(0, 99999)}"])
    value = whole + r.choice(["", "." + number(r, 2)])
    return r.choice([r.choice(CURRENCIES) + value, value + " " + r.choice(["eur", "usd", "chf", "gbp", "dollars", "euros"])])


def email(r):
    name = r.choice([word(r), f"{word(r)}.{word(r)}", f"{word(r)}_{r.randint(1, 99)}", f"{r.choice('abcdefgh')}.{word(r)}"])
    return f"{name}@{word(r)}{r.choice(['', '-' + word(r)])}.{r.choice(ENDS)}"


def web(r):
    host = f"{word(r)}{r.choice(['', '.' + word(r)])}.{r.choice(ENDS)}"
    path = "".join("/" + word(r) for _ in range(r.randint(0, 3))) + r.choice(["", "/", ".html", "?id=" + number(r, 3)])
    return r.choice([f"https://{host}{path}", f"http://{host}{path}", f"www.{host}{path}"])


def telephone(r):
    return r.choice([f"+{r.randint(1, 99)} {number(r, 2)} {number(r, 3)} {number(r, 4)}", f"({number(r, 3)}) {number(r, 3)}-{number(r, 4)}",
                     f"0{number(r, 2)}/{number(r, 7)}", f"0{number(r, 3)} {number(r, 6)}", f"{number(r, 3)}-{number(r, 3)}-{number(r, 4)}"])


def words(r):
    parts = [word(r) for _ in range(r.randint(1, 6))]
    if r.random() < 0.2:
        parts[r.randrange(len(parts))] = str(r.randint(1, 99))
    return " ".join(parts) + r.choice(["", ".", "!", "?"])


KINDS = [date, time, amount, email, web, telephone, words]


def rows(line):
    return torch.tensor(characters.rows_of(line[:LENGTH].ljust(LENGTH)))


class Lines(nn.Module):
    def __init__(self, filters=32):
        super().__init__()
        self.embedding = nn.Conv1d(characters.ROWS, 16, 1, bias=False)
        for size in (3, 5, 7):
            setattr(self, f"conv{size}", nn.Conv1d(16, filters, size, padding="same"))
        self.fc = nn.Linear(3 * filters, len(KINDS))

    def forward(self, x):
        x = self.embedding(x)
        best = [functional.relu(conv(x)).amax(2) for conv in (self.conv3, self.conv5, self.conv7)]
        return self.fc(functional.dropout(torch.cat(best, 1), 0.3, self.training))


def main():
    training.seeded()
    r = random.Random(training.SEED)
    lines = [(n % len(KINDS), KINDS[n % len(KINDS)](r)) for n in range(14000)]
    inputs, kinds = torch.stack([rows(line) for _, line in lines]), torch.tensor([kind for kind, _ in lines])
    model = Lines()

    def batch():
        chosen = torch.tensor(r.sample(range(len(lines)), 128))
        return inputs[chosen], kinds[chosen]

    training.train(model, batch, lambda m, p: functional.cross_entropy(m(p[0]), p[1]), 600, 5e-3)
    training.round_to_half(model)
    new = [(n % len(KINDS), KINDS[n % len(KINDS)](r)) for n in range(1400)]
    with torch.no_grad():
        found = model(torch.stack([rows(line) for _, line in new])).argmax(1).tolist()
    print(f"{sum(a == b for a, (b, _) in zip(found, new))} of {len(new)} new lines are told right")
    training.write_safetensors(os.path.join(HERE, "lines.safetensors"), model, "kinds of lines, trained by train.py")


if __name__ == "__main__":
    main()
