"""review.py OUTPUT.md - counts the lines that the edits of edits.txt change in the emitted C, and in that of another generator.

The Markdown says for each edit how many lines of .c and .h a reviewer reads, how many of them lie outside the places that the
edit is about (count), and how many lines emx-onnx-cgen's C of the same network changes, which reads what `cnnc export` wrote.
Needs CNNC, and emx-onnx-cgen beside the Python that runs this (`make bench-tools`). Networks whose weights make them
large are left out: they say the same and take hours there."""
import difflib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
EXAMPLES = os.path.join(HERE, "..", "..", "examples")
CNNC = os.path.realpath(os.environ["CNNC"])
EMX = os.path.join(os.path.dirname(sys.executable), "emx-onnx-cgen")
FORM = ["--target", "x86-64-v4"]


def read_edits():
    """(file, what, file to edit, allowed places, sed script) of each edit; no script: other weights."""
    net = ""
    with open(os.path.join(HERE, "edits.txt"), encoding="utf-8") as lines:
        for line in lines:
            kind, _, rest = line.strip().partition(" ")
            if kind == "net":
                net = "" if "large" in rest.split() else rest.split()[0]
            elif kind == "edit" and net:
                what, allowed, script = rest.split(" ; ", 2)
                yield net, what, os.path.basename(net), allowed, script
            elif kind == "in" and net:
                file, what, allowed, script = rest.split(" ; ", 3)
                yield net, what, file, allowed, script
            elif kind == "retrain" and net:
                yield net, "other weights", "", "", ""


def run(command, folder):
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def changed_lines(old, new):
    """As `diff` counts them: those that are gone and those that came."""
    return sum(line[0] in "+-" for line in list(difflib.unified_diff(old, new, n=0, lineterm=""))[2:] if line[:2] != "@@")


class Version:
    """The C of one text of a network, by both generators."""

    def __init__(self, work, net, seed, edited="", script=""):
        shutil.copytree(os.path.join(EXAMPLES, os.path.dirname(net)), work)
        if script:
            text = run(["sed", "-E", script, edited], work)
            with open(os.path.join(work, edited), "w", encoding="utf-8") as file:
                file.write(text)
        self.work, self.name = work, os.path.basename(net)[: -len(".cnn")]
        weights = ["-w", f"random:{seed}"]
        run([CNNC, "compile", self.name + ".cnn", *weights, *FORM, "-o", "ours.c"], work)
        run([CNNC, "export", self.name + ".cnn", *weights, "-o", "net.onnx"], work)
        self.theirs = None
        try:
            run([EMX, "compile", "--model-name", "net", "--emit-data-file", "net.onnx", "theirs.c"], work)
            self.theirs = lines_of(os.path.join(work, "theirs.c"))
        except subprocess.CalledProcessError as error:
            self.refusal = error.stdout.strip().splitlines()[-1]

    def path(self, name):
        return os.path.join(self.work, name)


def stray_lines(old, new, allowed):
    return sum(int(run([os.path.join(HERE, "count"), old.path(f"ours.{e}"), new.path(f"ours.{e}"), old.name, allowed], HERE)) for e in "ch")


def ours_changed(old, new):
    return sum(changed_lines(lines_of(old.path(f"ours.{e}")), lines_of(new.path(f"ours.{e}"))) for e in "ch")


def table(rows):
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    text = []
    for i, row in enumerate(rows):
        text.append("| " + " | ".join(cell.ljust(width) if k < 2 else cell.rjust(width) for k, (cell, width) in enumerate(zip(row, widths))) + " |")
        if i == 0:
            text.append("|" + "|".join("-" * (width + 2) if k < 2 else "-" * (width + 1) + ":" for k, width in enumerate(widths)) + "|")
    return "\n".join(text)


def median(numbers):
    return sorted(numbers)[len(numbers) // 2] if numbers else 0


def main():
    rows, ours, theirs, shares = [["network", "edit", "ours", "of", "stray", "emx", "of"]], [], [], []
    bases = {}
    with tempfile.TemporaryDirectory() as work:
        for number, (net, what, edited, allowed, script) in enumerate(read_edits()):
            if net not in bases:
                bases[net] = Version(os.path.join(work, f"base{number}"), net, 1)
            old, new = bases[net], Version(os.path.join(work, f"edit{number}"), net, 1 if script else 2, edited, script)
            mine, total = ours_changed(old, new), len(lines_of(new.path("ours.c"))) + len(lines_of(new.path("ours.h")))
            row = [old.name, what, str(mine), str(total), str(stray_lines(old, new, allowed))]
            ours.append(mine)
            if old.theirs and new.theirs:
                count = changed_lines(old.theirs, new.theirs)
                row += [str(count), str(len(new.theirs))]
                theirs.append(count)
                if script:
                    shares.append((count / len(new.theirs), mine / total))
            else:
                row += ["-", "-"]
            rows.append(row)
            print(*row, sep=", ", file=sys.stderr)
    version = importlib.metadata.version("emx-onnx-cgen")
    text = f"""# What a reviewer reads

An edit of one layer should change that layer's C and nothing else. For {len(rows) - 1} edits of the example networks this table
counts the lines that are gone and that came in the emitted .c and .h (`{" ".join(FORM)}`), how many of them lie outside
what the edit is about (**stray**: not the layers whose text or shapes change, the table of offsets, totals, or shared kernels),
and the lines that change in the C of emx-onnx-cgen {version} for the same edit, made from what `cnnc export` writes, its weights
in a file of their own. `make review` writes this page; `tests/edits/run` asks for no stray line in every form, `make check`
for the large networks, too.

{table(rows)}

* stray lines in all: {sum(int(row[4]) for row in rows[1:])}
* lines changed by an edit, median: ours {median(ours)}, emx-onnx-cgen {median(theirs)}
* as a part of all lines, median: ours {100 * median([mine for _, mine in shares]):.0f} %, emx-onnx-cgen {100 * median([share for share, _ in shares]):.0f} %
* `-`: emx-onnx-cgen refuses the network, whose sizes vary or whose types it does not know
* onnx2c comes from no package registry and is not counted here.
"""
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
