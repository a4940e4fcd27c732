#!/usr/bin/env python3
"""The list of networks and the table docs/networks.md: what can be told of a network without measuring, from
`cnnc summary`, and what was measured when the table was written. As a program, writes the table (make networks). Needs
nothing beside Python; measure.py measures.
"""
import json
import os
import re
import shlex
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
CNNC = os.path.realpath(os.environ.get("CNNC", os.path.join(ROOT, "build/release/cnnc")))
DATA = os.environ.get("DATA") or os.path.join(ROOT, "../shared/data")
ORACLES = os.environ.get("ORACLES") or ""
TABLE = os.path.join(ROOT, "docs/networks.md")


class Network:
    """A line of networks.txt."""

    def __init__(self, field, line):
        self.field = field
        self.path, options, self.weights, others, self.source = (cell.strip() for cell in line.split("|"))
        words = shlex.split(options)
        self.scale = next((float(word.removeprefix("inputs*")) for word in words if word.startswith("inputs*")), 1.0)
        self.options = [word for word in words if not word.startswith("inputs*")]
        self.others = [other.strip() for other in others.split(",") if other.strip()]
        self.name = os.path.basename(self.path)[: -len(".cnn")]
        self.file = os.path.join(ROOT, self.path)
        self.key = self.path + (" " + self.weights if self.published else "")

    @property
    def published(self):
        return self.weights not in ("seeded", "trained", "none")

    def weights_file(self):
        """Of published weights; None where DATA lacks them."""
        folder = os.path.join(DATA, "models", self.weights)
        names = (self.weights + ending for ending in (".safetensors", ".oihw.safetensors"))
        return next((path for path in (os.path.join(folder, name) for name in names) if os.path.exists(path)), None)

    def answers_file(self):
        return os.path.join(DATA, "expected", self.weights + ".npz")

    def summary(self):
        done = subprocess.run([CNNC, "summary", "--json", self.file, *self.options], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError("cnnc summary %s: %s" % (self.path, done.stderr))
        return json.loads(done.stdout)


def networks():
    field, found = None, []
    with open(os.path.join(ROOT, "tests/oracles/networks.txt"), encoding="utf-8") as file:
        for line in map(str.strip, file):
            if not line or line.startswith("#"):
                continue
            if "|" in line:
                found.append(Network(field, line))
            else:
                field = line
    return found


def measure(chosen):
    """Yields (network, what measure.py tells of it)."""
    names = json.dumps([network.key for network in chosen])
    with subprocess.Popen([ORACLES, os.path.join(ROOT, "tests/oracles/measure.py"), names], stdout=subprocess.PIPE, text=True) as process:
        for network, line in zip(chosen, process.stdout):
            yield network, json.loads(line)
    if process.returncode:
        raise RuntimeError("measure.py ended with status %d" % process.returncode)


COLUMNS = ["network", "source", "parameters", "MACs", "workspace, bytes", "lower bound", "weights", "compared with", "largest difference"]

HEAD = """# Networks

Every network of the examples, and trained networks of others, beside runtimes that are not ours. `make networks` writes
this page; `make check` compares again, and `make test` sees to it that all columns but the last are those of today.

* **parameters** are the learned numbers, **MACs** the multiply-accumulates of one sample. **workspace** is what the C
  for target `generic` needs besides inputs, outputs and weights; the **lower bound** is the most that has to be kept at
  one time.
* **weights**: *seeded* ones are random numbers of `-w random:1`, *trained* ones stand beside the example, *published*
  ones are others' and not part of this repository. **source** says whose network it is.
* **largest difference**, in parts of the largest output: C that cnnc emitted for the machine that wrote the page,
  beside **ONNX Runtime** on what `cnnc export` wrote, then beside the other that is named. Where random weights leave
  little of float32's precision, so that this is more than 1e-5, both are compared with the evaluator in double
  precision: the C must be no more than four times as far from it as the other is. Then both distances are given.
"""


def known_cells(network):
    """All columns that no measurement is needed for."""
    summary = network.summary()
    totals = summary["totals"]
    options = [o for o in network.options if not o.startswith("-")]
    name = "[%s](../%s)%s" % (network.name, network.path, " " + ", ".join(options) if options else "")
    weights = "published: " + network.weights if network.published else network.weights
    others = ["ONNX Runtime", *network.others]
    numbers = [totals["parameters"], totals["macs"], totals["workspace_bytes"], totals["workspace_lower_bound_bytes"]]
    return [name, network.source, *("{:,}".format(n) for n in numbers), weights, ", ".join(others)]


def row(cells):
    return "| " + " | ".join(cells) + " |"


def written_rows():
    """The rows of the page as it is, by name and weights: cells."""
    rows = {}
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if line.startswith("| [") and len(cells) == len(COLUMNS):
                rows[re.search(r"\(\.\./(.*?)\)", cells[0]).group(1), cells[6]] = cells
    return rows


def main():
    chosen, field, lines = networks(), None, [HEAD.rstrip()]
    for network, measured in measure(chosen):
        print("%-60s %s" % (network.key, measured["text"]))
        if not measured["good"] or measured["missing"]:
            sys.exit("docs/networks.md stays as it is: %s" % (measured["missing"] or "they disagree"))
        if network.field != field:
            field = network.field
            lines += ["", "## %s" % field, "", row(COLUMNS), row(["---"] * 2 + ["---:"] * 4 + ["---"] * 3)]
        lines.append(row(known_cells(network) + [measured["text"]]))
    with open(TABLE, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
