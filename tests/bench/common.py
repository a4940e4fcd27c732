"""What bench.py, layers.py and report.py share: where things are, the networks, starting programs."""
import hashlib
import json
import os
import shlex
import subprocess

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CNNC = os.path.realpath(os.environ.get("CNNC") or os.path.join(ROOT, "build/release/cnnc"))
BENCH = os.path.realpath(os.environ.get("BENCH") or os.path.join(ROOT, "build/bench"))
CORE = int(os.environ.get("CORE") or max(os.sched_getaffinity(0)))
COMPILERS = ["gcc", "clang-19"]  # the newest of Debian 12


class Failure(Exception):
    pass


class Network:
    """A line of networks.txt."""

    def __init__(self, line):
        self.title, path, options, ratio = (cell.strip() for cell in line.split("|"))
        self.file = os.path.join(ROOT, path)
        self.name = os.path.basename(path)[: -len(".cnn")]
        self.options = shlex.split(options)
        self.ratio = float(ratio) if ratio else None
        self.folder = os.path.join(BENCH, self.name)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    @property
    def arguments(self):
        return [self.file, *self.options, "-w", "random:1"]

    def result(self):
        """What was measured, of whichever version of cnnc; None: nothing yet."""
        return load(self.path("result.json"))


def networks():
    with open(os.path.join(HERE, "networks.txt"), encoding="utf-8") as file:
        return [Network(line) for line in file if line.strip() and not line.startswith("#")]


def load(path):
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def save(path, value):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
    os.replace(path + ".new", path)


def run(words, folder=None):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure("%s: %s" % (" ".join(words), (done.stderr or done.stdout).strip()[-600:]))
    return done.stdout


def pin():
    os.sched_setaffinity(0, [CORE])


def cnnc_bench(arguments, compiler):
    """What `cnnc bench` says of a net for this machine, on the core of the benchmarks."""
    words = [CNNC, "bench", *arguments, "--cc", compiler, "--clock", "cpu", "--json", "-q"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, preexec_fn=pin)
    if done.returncode:
        raise Failure("%s: %s" % (" ".join(words), done.stderr.strip()[-600:]))
    return json.loads(done.stdout)


def version_of_cnnc():
    """Of the program's bytes: what was measured with other ones is out of date."""
    with open(CNNC, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:16]
